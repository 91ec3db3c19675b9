use graftwork_tensor::Activation;
use graftwork_tensor::ops::activate::activate;
use graftwork_tests::{parity, random};

/// The derivative is `activation_bwd`'s, which has its own test.
#[test]
fn every_kind() {
    let cases = Activation::ALL.into_iter().flat_map(|kind| [(kind, 1, 1), (kind, 7, 13), (kind, 33, 384)]);
    parity(cases, 1e-10, |device, (kind, rows, cols)| {
        let x: Vec<f32> = random(1, rows * cols).iter().map(|v| v * 6.0).collect();
        let (x, y) = (device.tensor(*rows, *cols, &x), device.empty(*rows, *cols));
        activate(device, &x, *kind, &y);
        vec![y]
    });
}
