use graftwork_tensor::ops::scale::{scale, scale_cpu};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64};

#[test]
fn scalars_vectors_and_matrices() {
    let sizes = [(1, 1), (5, 7), (40, 64)];
    let cases = sizes.into_iter().flat_map(|(t, d)| [(t, d, 1), (t, d, d), (t, d, t * d)]);
    parity(cases, 1e-13, |device, (t, d, factors)| {
        let (x, residual) = (device.tensor(*t, *d, &random(1, t * d)), device.tensor(*t, *d, &random(2, t * d)));
        let s = device.tensor(1, *factors, &random(3, *factors));
        let (y, z) = (device.empty(*t, *d), device.empty(*t, *d));
        scale(device, &x, &s, None, &y);
        scale(device, &x, &s, Some(&residual), &z);
        vec![y, z]
    });
}

/// ds is the sum of dy * x over what shares a factor; dx = dy * s.
#[test]
fn derivatives() {
    let (t, d) = (3, 4);
    let (x, s, dy) = (random_f64(1, t * d), random_f64(2, d), random_f64(3, t * d));
    let forward = |x: &[f64], s: &[f64]| {
        let mut y = vec![0.0; t * d];
        scale_cpu(x, s, None, &mut y);
        y
    };
    let dx = forward(&dy, &s);
    check_gradient(&x, &dx, |x| dot(&forward(x, &s), &dy));
    let product = forward(&dy, &x);
    let ds: Vec<f64> = (0..d).map(|j| (0..t).map(|i| product[i * d + j]).sum()).collect();
    check_gradient(&s, &ds, |s| dot(&forward(&x, s), &dy));
}
