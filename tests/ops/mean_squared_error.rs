use graftwork_tensor::ops::mean_squared_error::{mean_squared_error, mean_squared_error_cpu};
use graftwork_tests::{check_gradient, parity, random, random_f64};

#[test]
fn loss_and_derivative() {
    parity([(1, 1), (1, 2), (33, 3), (70, 151)], 1e-10, |device, (rows, cols)| {
        let z: Vec<f32> = random(1, rows * cols).iter().map(|v| v * 20.0).collect();
        let t: Vec<f32> = random(2, rows * cols).iter().map(|v| v * 5.0).collect();
        let [z, t] = [&z, &t].map(|values| device.tensor(*rows, *cols, values));
        let [dz, loss] = [0; 2].map(|_| device.empty(*rows, *cols));
        mean_squared_error(device, &z, &t, &dz, &loss);
        vec![dz, loss]
    });
}

#[test]
fn derivative_by_finite_differences() {
    let z: Vec<f64> = random_f64(1, 20).iter().map(|v| v * 3.0).collect();
    let t: Vec<f64> = random_f64(2, 20).iter().map(|v| v * 5.0).collect();
    let mean = |z: &[f64], dz: &mut [f64]| {
        let mut loss = [0.0; 20];
        mean_squared_error_cpu(z, &t, dz, &mut loss);
        loss.iter().sum::<f64>()
    };
    let mut dz = [0.0; 20];
    mean(&z, &mut dz);
    check_gradient(&z, &dz, |z| mean(z, &mut [0.0; 20]));
}

/// By hand.
#[test]
fn known_values() {
    let (mut dz, mut loss) = ([0.0f64; 2], [0.0f64; 2]);
    mean_squared_error_cpu(&[3.0, -1.0], &[1.0, -1.5], &mut dz, &mut loss);
    assert_eq!((dz, loss), ([2.0, 0.5], [2.0, 0.125]));
}
