use graftwork_tensor::ops::contrast::{contrast, contrast_cpu, counted};
use graftwork_tests::{check_gradient, parity, random, random_f64};

fn labels(rows: usize, classes: u32) -> Vec<u32> {
    (0..rows as u32).map(|i| i * 7 % classes).collect()
}

#[test]
fn loss_and_derivative() {
    // The last: nobody shares a label.
    parity([(2, 1), (16, 2), (33, 5), (70, 40), (5, 1000)], 1e-10, |device, (rows, classes)| {
        let s: Vec<f32> = random(1, rows * rows).iter().map(|v| v * 10.0).collect();
        let labels = labels(*rows, *classes);
        let s = device.tensor(*rows, *rows, &s);
        let (ds, loss) = (device.empty(*rows, *rows), device.empty(1, *rows));
        contrast(device, &s, &device.indices(&labels), counted(&labels), &ds, &loss);
        vec![ds, loss]
    });
}

#[test]
fn derivative_by_finite_differences() {
    let (n, labels) = (6, [0, 1, 0, 2, 1, 0]);
    let s = random_f64(1, n * n);
    let mean = |s: &[f64], ds: &mut [f64]| {
        let mut loss = vec![0.0; n];
        contrast_cpu(s, &labels, 5, ds, &mut loss);
        loss.iter().sum::<f64>()
    };
    let mut ds = vec![0.0; n * n];
    mean(&s, &mut ds);
    check_gradient(&s, &ds, |s| mean(s, &mut vec![0.0; n * n]));
}
