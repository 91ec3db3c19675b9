use graftwork_tensor::ops::gemm::{Epilogue, Layout, accumulate_tn, gemm, gemm_cpu};
use graftwork_tensor::{Activation, Device, Tensor};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64, shapes};

const LAYOUTS: [Layout; 3] = [Layout::Nt, Layout::Nn, Layout::Tn];

fn operands(device: &Device, layout: Layout, [m, n, k]: [usize; 3]) -> (Tensor, Tensor) {
    let (a, b) = (random(1, m * k), random(2, n * k));
    let (am, ak) = if layout == Layout::Tn { (k, m) } else { (m, k) };
    let (bn, bk) = if layout == Layout::Nt { (n, k) } else { (k, n) };
    (device.tensor(am, ak, &a), device.tensor(bn, bk, &b))
}

#[test]
fn products_in_every_layout() {
    let cases = shapes::products().into_iter().flat_map(|size| LAYOUTS.map(|layout| (layout, size)));
    parity(cases, 1e-11, |device, (layout, [m, n, k])| {
        let (a, b) = operands(device, *layout, [*m, *n, *k]);
        let y = device.empty(*m, *n);
        gemm(device, &a, &b, *layout, Epilogue::default(), &y);
        vec![y]
    });
}

#[test]
fn weight_gradients_are_added_slice_by_slice() {
    parity([[3, 5, 1], [24, 16, 255], [8, 12, 256], [7, 9, 700]], 1e-11, |device, [m, n, k]| {
        let (a, b) = operands(device, Layout::Tn, [*m, *n, *k]);
        let grad = device.tensor(*m, *n, &random(5, m * n));
        accumulate_tn(device, &a, &b, &grad);
        vec![grad]
    });
}

/// The derivatives that `Tape::linear` composes: dX = dZ W, dW = dZ^T X with dZ = alpha * dY * act'(Z).
#[test]
fn derivatives_of_a_linear_layer() {
    let [t, out, inp] = [3, 4, 5];
    let (x, w, bias) = (random_f64(1, t * inp), random_f64(2, out * inp), random_f64(3, out));
    let dy = random_f64(4, t * out);
    for activation in Activation::ALL {
        let forward = |x: &[f64], w: &[f64], pre: Option<&mut [f64]>| {
            let mut y = vec![0.0; t * out];
            gemm_cpu((x, w, Layout::Nt, [t, out, inp]), Some(&bias), activation, 0.5, None, &mut y, pre);
            y
        };
        let mut z = vec![0.0; t * out];
        forward(&x, &w, Some(&mut z));
        let dz: Vec<f64> = dy.iter().zip(&z).map(|(dy, z)| 0.5 * dy * activation.derivative(*z)).collect();
        let product = |a: &[f64], b: &[f64], layout, size: [usize; 3]| {
            let mut y = vec![0.0; size[0] * size[1]];
            gemm_cpu((a, b, layout, size), None, Activation::Identity, 1.0, None, &mut y, None);
            y
        };
        let dx = product(&dz, &w, Layout::Nn, [t, inp, out]);
        check_gradient(&x, &dx, |x| dot(&forward(x, &w, None), &dy));
        let dw = product(&dz, &x, Layout::Tn, [out, inp, t]);
        check_gradient(&w, &dw, |w| dot(&forward(&x, w, None), &dy));
    }
}
