use graftwork_tensor::Activation;
use graftwork_tensor::ops::activation_bwd::activation_bwd;
use graftwork_tests::{check_gradient, parity, random, random_f64};

#[test]
fn derivatives_on_the_gpu() {
    let cases = Activation::ALL.into_iter().flat_map(|kind| [(kind, 1, 1), (kind, 7, 13), (kind, 33, 384)]);
    parity(cases, 1e-10, |device, (kind, rows, cols)| {
        let z: Vec<f32> = random(1, rows * cols).iter().map(|v| v * 6.0).collect();
        let (dy, z) = (device.tensor(*rows, *cols, &random(2, rows * cols)), device.tensor(*rows, *cols, &z));
        let dz = device.empty(*rows, *cols);
        activation_bwd(device, &dy, &z, *kind, 0.75, &dz);
        vec![dz]
    });
}

#[test]
fn derivatives_by_finite_differences() {
    for kind in Activation::ALL {
        let x: Vec<f64> = random_f64(3, 50).iter().map(|v| v * 5.0).collect();
        let gradient: Vec<f64> = x.iter().map(|v| kind.derivative(*v)).collect();
        check_gradient(&x, &gradient, |x| x.iter().map(|v| kind.apply(*v)).sum());
    }
}

/// Far from zero nothing overflows.
#[test]
fn extreme_values_stay_finite() {
    parity(Activation::ALL, 1e-9, |device, kind| {
        let z = device.tensor(1, 8, &[-1e4, -100.0, -30.0, -0.0, 0.0, 30.0, 100.0, 1e4]);
        let (dy, dz) = (device.tensor(1, 8, &[1.0; 8]), device.empty(1, 8));
        activation_bwd(device, &dy, &z, *kind, 1.0, &dz);
        vec![dz]
    });
}
