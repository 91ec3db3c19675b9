use graftwork_tensor::ops::layer_norm::{Saved, layer_norm, layer_norm_bwd, layer_norm_bwd_cpu, layer_norm_cpu};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64};

#[test]
fn forward_and_backward() {
    let sizes = [(1, 1), (1, 2), (3, 7), (17, 64), (5, 384), (3, 1024), (300, 12), (66_000, 4)];
    let cases = sizes.into_iter().flat_map(|size| [(size, false), (size, true)]);
    parity(cases, 1e-9, |device, ((rows, cols), residual)| {
        let n = rows * cols;
        let make = |seed| device.tensor(*rows, *cols, &random(seed, n));
        let (x, added, dy) = (make(1), make(2), make(3));
        let (gamma, beta) = (device.tensor(1, *cols, &random(4, *cols)), device.tensor(1, *cols, &random(5, *cols)));
        let residual = residual.then_some(&added);
        let y = device.empty(*rows, *cols);
        layer_norm(device, (&x, residual), [&gamma, &beta], 1e-5, &y, None);
        let (again, saved) = (device.empty(*rows, *cols), Saved::empty(device, *rows, *cols));
        layer_norm(device, (&x, residual), [&gamma, &beta], 1e-5, &again, Some(&saved));
        let (dx, dx2, dy_h) = (device.empty(*rows, *cols), device.empty(*rows, *cols), device.empty(*rows, *cols));
        layer_norm_bwd(device, &dy, &saved, &gamma, &dx, None);
        layer_norm_bwd(device, &dy, &saved, &gamma, &dx2, Some(&dy_h));
        // A row of one element normalises to zero and one of two to -1 and 1, whatever they are: derivatives are rounding noise.
        if *cols <= 2 { vec![y, again, saved.sum] } else { vec![y, again, saved.sum, saved.stats, dx, dx2, dy_h] }
    });
}

#[test]
fn derivatives() {
    let (t, d) = (3, 11);
    let (x, residual, gamma, beta) = (random_f64(1, t * d), random_f64(2, t * d), random_f64(3, d), random_f64(4, d));
    let dy = random_f64(5, t * d);
    let forward = |x: &[f64], gamma: &[f64], kept: Option<(&mut [f64], &mut [f64])>| {
        let mut y = vec![0.0; t * d];
        layer_norm_cpu((x, Some(&residual)), [gamma, &beta], 1e-12, &mut y, kept);
        y
    };
    let (mut sum, mut stats) = (vec![0.0; t * d], vec![0.0; 2 * t]);
    forward(&x, &gamma, Some((&mut sum, &mut stats)));
    let (mut dx, mut dy_h) = (vec![0.0; t * d], vec![0.0; t * d]);
    layer_norm_bwd_cpu(&dy, (&sum, &stats), &gamma, &mut dx, Some(&mut dy_h));
    check_gradient(&x, &dx, |x| dot(&forward(x, &gamma, None), &dy));
    let dgamma: Vec<f64> = (0..d).map(|j| (0..t).map(|i| dy_h[i * d + j]).sum()).collect();
    check_gradient(&gamma, &dgamma, |gamma| dot(&forward(&x, gamma, None), &dy));
}
