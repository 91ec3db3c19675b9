use graftwork_tensor::ops::cross_entropy::{IGNORED, cross_entropy, cross_entropy_cpu};
use graftwork_tensor::{Device, GpuKind, Indices, Tensor};
use graftwork_tests::{check_gradient, parity, random, random_f64};

/// dz and loss, of a thread a row and of a workgroup a row.
fn both(device: &Device, z: &Tensor, labels: &Indices, counted: usize) -> Vec<Tensor> {
    let results = GpuKind::ALL.map(|kind| {
        let (dz, loss) = (device.empty(z.rows(), z.cols()), device.empty(1, z.rows()));
        cross_entropy(&device.tuned_for(kind), z, labels, counted, &dz, &loss);
        [dz, loss]
    });
    results.concat()
}

#[test]
fn loss_and_derivative() {
    parity([(1, 1), (1, 2), (33, 3), (70, 151), (65, 64), (3, 65)], 1e-10, |device, (rows, classes)| {
        let z: Vec<f32> = random(1, rows * classes).iter().map(|v| v * 20.0).collect();
        let labels: Vec<u32> = (0..*rows as u32).map(|i| (i * 7) % *classes as u32).collect();
        let (z, labels) = (device.tensor(*rows, *classes, &z), device.indices(&labels));
        both(device, &z, &labels, *rows)
    });
}

/// Rows without a label: all but every third one, and all.
#[test]
fn rows_that_do_not_count() {
    parity([(70, 9, 3), (65, 2, 1000)], 1e-10, |device, (rows, classes, every)| {
        let z = random(1, rows * classes);
        let label = |i: usize| if i % every == 1 { (i * 7 % classes) as u32 } else { IGNORED };
        let labels: Vec<u32> = (0..*rows).map(label).collect();
        let counted = labels.iter().filter(|label| **label != IGNORED).count();
        both(device, &device.tensor(*rows, *classes, &z), &device.indices(&labels), counted)
    });
    let (z, mut dz, mut loss) = (random_f64(1, 6), [9.0; 6], [9.0; 3]);
    cross_entropy_cpu(&z, &[IGNORED, 1, IGNORED], 1, &mut dz, &mut loss);
    let (mut alone, mut one) = ([0.0; 2], [0.0]);
    cross_entropy_cpu(&z[2..4], &[1], 1, &mut alone, &mut one);
    assert_eq!((dz, loss), ([0.0, 0.0, alone[0], alone[1], 0.0, 0.0], [0.0, one[0], 0.0]));
}

#[test]
fn derivative_by_finite_differences() {
    let (z, labels) = (random_f64(1, 4 * 5), [0, 4, 2, 2]);
    let mean = |z: &[f64], dz: &mut [f64]| {
        let mut loss = [0.0; 4];
        cross_entropy_cpu(z, &labels, 4, dz, &mut loss);
        loss.iter().sum::<f64>()
    };
    let mut dz = vec![0.0; 20];
    mean(&z, &mut dz);
    check_gradient(&z, &dz, |z| mean(z, &mut [0.0; 20]));
}

/// Two equal logits: the loss is ln 2.
#[test]
fn a_known_value() {
    let (mut dz, mut loss) = ([0.0; 2], [0.0]);
    cross_entropy_cpu(&[3.0, 3.0], &[1], 1, &mut dz, &mut loss);
    assert!((loss[0] - std::f64::consts::LN_2).abs() < 1e-15);
    assert_eq!(dz, [0.5, -0.5]);
}
