use graftwork_tensor::DropoutKey;
use graftwork_tensor::ops::dropout::{Mask, dropout, dropout_cpu};
use graftwork_tests::{parity, random};

fn mask(site: u32, step: u32, p: f32) -> Mask {
    Mask { key: DropoutKey { seed: 42, step }, site, p, first: 0 }
}

/// Every device draws the same mask, with and without a residual.
#[test]
fn masks_agree() {
    let cases = [(1, 1, 0.5), (7, 13, 0.1), (300, 384, 0.9)];
    parity(cases, 1e-13, |device, (rows, cols, p)| {
        let n = rows * cols;
        let (x, residual) = (device.tensor(*rows, *cols, &random(1, n)), device.tensor(*rows, *cols, &random(2, n)));
        let (y, z) = (device.empty(*rows, *cols), device.empty(*rows, *cols));
        dropout(device, &x, mask(3, 9, *p), None, &y);
        dropout(device, &x, mask(3, 9, *p), Some(&residual), &z);
        // The lower rows as a part of their own: they drop what they drop in the whole.
        let (part, first) = (device.empty(rows - rows / 2, *cols), rows / 2 * cols);
        let lower = device.tensor(part.rows(), *cols, &random(1, n)[first..]);
        dropout(device, &lower, Mask { first: first as u32, ..mask(3, 9, *p) }, None, &part);
        vec![y, z, part]
    });
}

#[test]
fn a_part_drops_what_it_drops_in_the_whole() {
    let x = random(1, 1000);
    let (mut whole, mut part) = (vec![0.0f32; 1000], vec![0.0f32; 400]);
    dropout_cpu(&x, mask(3, 9, 0.5), None, &mut whole);
    dropout_cpu(&x[600..], Mask { first: 600, ..mask(3, 9, 0.5) }, None, &mut part);
    assert_eq!(whole[600..], part);
}

#[test]
fn masks_have_the_right_rate_and_differ() {
    let draw = |site, step, p| {
        let mut y = vec![0.0f64; 100_000];
        dropout_cpu(&[1.0; 100_000], mask(site, step, p), None, &mut y);
        y
    };
    for p in [0.1, 0.5] {
        let y = draw(0, 1, p);
        let dropped = y.iter().filter(|v| **v == 0.0).count() as f64 / y.len() as f64;
        assert!((dropped - f64::from(p)).abs() < 0.005, "{dropped}");
        assert!((y.iter().sum::<f64>() / y.len() as f64 - 1.0).abs() < 0.01, "the expectation is kept");
    }
    assert_ne!(draw(0, 1, 0.5), draw(1, 1, 0.5));
    assert_ne!(draw(0, 1, 0.5), draw(0, 2, 0.5));
}
