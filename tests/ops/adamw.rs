use graftwork_tensor::ops::adamw::{AdamW, adamw, adamw_cpu};
use graftwork_tests::{parity, random};

const SETTINGS: AdamW = AdamW { lr: 0.01, weight_decay: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, step: 1 };

#[test]
fn steps() {
    let cases = [(1, 0), (65, 65), (1000, 300)].into_iter().flat_map(|size| [(size, 1), (size, 7), (size, 1000)]);
    parity(cases, 1e-10, |device, ((n, decayed), step)| {
        let make = |seed| device.tensor(1, *n, &random(seed, *n));
        let second: Vec<f32> = random(4, *n).iter().map(|v| v * v).collect();
        let (g, w, m, v) = (make(1), make(2), make(3), device.tensor(1, *n, &second));
        let clip = device.tensor(1, 2, &[3.0, 0.5]);
        adamw(device, AdamW { step: *step, ..SETTINGS }, &g, &clip, [&w, &m, &v], *decayed);
        vec![w, m, v]
    });
}

/// The first step from zero moments moves every weight by lr against its gradient's sign, after decay.
#[test]
fn the_first_step_by_hand() {
    let (mut w, mut m, mut v) = ([1.0f64, 1.0], [0.0; 2], [0.0; 2]);
    adamw_cpu(SETTINGS, &[0.5, -2.0], 1.0, (&mut w, &mut m, &mut v), 1);
    assert!((w[0] - (1.0 * (1.0 - 0.001) - 0.01)).abs() < 1e-9, "{w:?}");
    assert!((w[1] - 1.01).abs() < 1e-9, "{w:?}");
    assert!((m[0] - 0.05).abs() < 1e-15 && (v[1] - 0.004).abs() < 1e-15);
}
