use graftwork_tensor::ops::reduce::{norm_and_clip, norm_and_clip_cpu, sum};
use graftwork_tests::{parity, random};

#[test]
fn sums_and_norms() {
    let sizes = [1, 63, 64, 65, 8192, 8193, 100_000];
    let cases = sizes.into_iter().flat_map(|n| [(n, 1.0), (n, 1e6), (n, f32::INFINITY)]);
    parity(cases, 1e-10, |device, (n, max_norm)| {
        let x = device.tensor(1, *n, &random(1, *n));
        let y = device.tensor(1, 4, &[0.0, 0.0, 5.0, 6.0]);
        norm_and_clip(device, &x, *max_norm, &y, 0);
        let total = device.tensor(1, 2, &[7.0, 0.0]);
        // The sum of numbers around zero is small against them: compare it beside a fixed number.
        let shifted: Vec<f32> = random(1, *n).iter().map(|v| v + 1.0).collect();
        sum(device, &device.tensor(1, *n, &shifted), &total, 1);
        vec![y, total]
    });
}

#[test]
fn clipping_as_pytorch_does() {
    let [norm, factor] = norm_and_clip_cpu(&[3.0f64, 4.0], 1.0);
    assert_eq!(norm, 5.0);
    assert!((factor - 1.0 / 5.000_001).abs() < 1e-12);
    assert_eq!(norm_and_clip_cpu(&[0.3f64, 0.4], 1.0)[1], 1.0);
    assert_eq!(norm_and_clip_cpu(&[3.0f64, 4.0], f32::INFINITY)[1], 1.0);
}
