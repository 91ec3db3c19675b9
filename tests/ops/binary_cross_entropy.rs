use graftwork_tensor::ops::binary_cross_entropy::{binary_cross_entropy, binary_cross_entropy_cpu};
use graftwork_tests::{check_gradient, parity, random, random_f64};

#[test]
fn loss_and_derivative() {
    parity([(1, 1), (1, 2), (33, 3), (70, 151)], 1e-10, |device, (rows, cols)| {
        let z: Vec<f32> = random(1, rows * cols).iter().map(|v| v * 20.0).collect();
        let t: Vec<f32> = random(2, rows * cols).iter().map(|v| f32::from(u8::from(*v > 0.0))).collect();
        let [z, t] = [&z, &t].map(|values| device.tensor(*rows, *cols, values));
        let [dz, loss] = [0; 2].map(|_| device.empty(*rows, *cols));
        binary_cross_entropy(device, &z, &t, &dz, &loss);
        vec![dz, loss]
    });
}

#[test]
fn derivative_by_finite_differences() {
    let z: Vec<f64> = random_f64(1, 20).iter().map(|v| v * 3.0).collect();
    let t: Vec<f64> = random_f64(2, 20).iter().map(|v| f64::from(u8::from(*v > 0.0))).collect();
    let mean = |z: &[f64], dz: &mut [f64]| {
        let mut loss = [0.0; 20];
        binary_cross_entropy_cpu(z, &t, dz, &mut loss);
        loss.iter().sum::<f64>()
    };
    let mut dz = [0.0; 20];
    mean(&z, &mut dz);
    check_gradient(&z, &dz, |z| mean(z, &mut [0.0; 20]));
}

/// `torch.nn.functional.binary_cross_entropy_with_logits` of torch 2.15 in f64, far from 0 too.
#[test]
fn known_values() {
    let (z, t) = ([0.0, 2.0, -3.0, 800.0, -800.0], [1.0, 0.0, 1.0, 0.0, 0.0]);
    let (mut dz, mut loss) = ([0.0f64; 5], [0.0f64; 5]);
    binary_cross_entropy_cpu(&z, &t, &mut dz, &mut loss);
    let expected = [0.6931471805599453, 2.1269280110429727, 3.048587351573742, 800.0, 0.0];
    let gradient = [-0.1, 0.17615941559557646, -0.19051482536448666, 0.2, 0.0];
    for i in 0..5 {
        assert!((loss[i] - expected[i] / 5.0).abs() < 1e-12, "{loss:?}");
        assert!((dz[i] - gradient[i]).abs() < 1e-15, "{dz:?}");
    }
}
