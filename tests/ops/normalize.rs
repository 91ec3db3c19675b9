use graftwork_tensor::ops::normalize::{normalize, normalize_bwd, normalize_bwd_cpu, normalize_cpu};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64};

#[test]
fn forward_and_backward() {
    parity([(1, 2), (3, 7), (17, 64), (5, 384), (3, 1024), (66_000, 4)], 1e-11, |device, (rows, cols)| {
        let n = rows * cols;
        let (x, dy) = (device.tensor(*rows, *cols, &random(1, n)), device.tensor(*rows, *cols, &random(2, n)));
        let (y, dx) = (device.empty(*rows, *cols), device.empty(*rows, *cols));
        normalize(device, &x, &y);
        normalize_bwd(device, &dy, &x, &dx);
        vec![y, dx]
    });
}

/// 3, 4, 5; and nothing has no direction.
#[test]
fn known_values() {
    let mut y = [9.0; 4];
    normalize_cpu(&[3.0, 4.0, 0.0, 0.0], 2, &mut y);
    assert_eq!(y, [0.6, 0.8, 0.0, 0.0]);
    parity([()], 1e-14, |device, ()| {
        let (x, y) = (device.tensor(2, 2, &[0.0, 0.0, 3.0, 4.0]), device.empty(2, 2));
        normalize(device, &x, &y);
        let dx = device.empty(2, 2);
        normalize_bwd(device, &device.tensor(2, 2, &[1e-12, 2e-12, 3.0, 4.5]), &x, &dx);
        vec![y, dx]
    });
}

#[test]
fn derivatives() {
    let (n, d) = (3, 11);
    let (x, dy) = (random_f64(1, n * d), random_f64(2, n * d));
    let mut dx = vec![0.0; n * d];
    normalize_bwd_cpu(&dy, &x, d, &mut dx);
    check_gradient(&x, &dx, |x| {
        let mut y = vec![0.0; n * d];
        normalize_cpu(x, d, &mut y);
        dot(&y, &dy)
    });
}
