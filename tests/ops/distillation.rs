use graftwork_tensor::ops::cross_entropy::cross_entropy_cpu;
use graftwork_tensor::ops::distillation::{Distillation, distillation, distillation_cpu};
use graftwork_tests::{check_gradient, golden, parity, random, random_f64};

const HOW: Distillation = Distillation { temperature: 2.5, weight: 0.7 };

#[test]
fn loss_and_derivative() {
    parity([(1, 1), (1, 2), (33, 3), (70, 151)], 1e-10, |device, (rows, classes)| {
        let logits = |seed: u64| {
            let values: Vec<f32> = random(seed, rows * classes).iter().map(|v| v * 20.0).collect();
            device.tensor(*rows, *classes, &values)
        };
        let dz = device.tensor(*rows, *classes, &random(3, rows * classes));
        let loss = device.tensor(1, *rows, &random(4, *rows));
        distillation(device, &logits(1), &logits(2), HOW, &dz, &loss);
        vec![dz, loss]
    });
}

/// The whole loss: the labels' part and the teacher's.
fn whole(z: &[f64], t: &[f64], labels: &[u32], how: Distillation) -> (f64, Vec<f64>) {
    let (mut dz, mut loss) = (vec![0.0; z.len()], vec![0.0; labels.len()]);
    cross_entropy_cpu(z, labels, labels.len(), &mut dz, &mut loss);
    distillation_cpu(z, t, z.len() / labels.len(), how, &mut dz, &mut loss);
    (loss.iter().sum(), dz)
}

#[test]
fn derivative_by_finite_differences() {
    let (z, t, labels) = (random_f64(1, 4 * 5), random_f64(2, 4 * 5), [0, 4, 2, 2]);
    for how in [HOW, Distillation { temperature: 0.5, weight: 1.0 }, Distillation { weight: 0.0, ..HOW }] {
        check_gradient(&z, &whole(&z, &t, &labels, how).1, |z| whole(z, &t, &labels, how).0);
    }
}

/// PyTorch's `kl_div` and `cross_entropy`, and autograd.
#[test]
fn it_is_pytorchs() {
    let cases = golden::json("distillation.json");
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 4);
    for case in cases {
        let numbers = |key: &str| serde_json::from_value::<Vec<f64>>(case[key].clone()).unwrap();
        let number = |key: &str| case[key].as_f64().unwrap();
        let labels: Vec<u32> = serde_json::from_value(case["labels"].clone()).unwrap();
        let how = Distillation { temperature: number("temperature") as f32, weight: number("weight") as f32 };
        let (loss, dz) = whole(&numbers("student"), &numbers("teacher"), &labels, how);
        assert!((loss - number("loss")).abs() < 1e-6 * number("loss").abs().max(1.0), "{loss} {}", case["loss"]);
        for (found, expected) in dz.iter().zip(numbers("gradient")) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}

/// A teacher that says the same adds nothing, and a sure one of any distance gives numbers.
#[test]
fn extremes() {
    let z = [1.0_f32, -3.0, 0.5, 2.0];
    let (mut dz, mut loss) = ([0.25; 4], [1.0, 2.0]);
    distillation_cpu(&z, &z, 2, HOW, &mut dz, &mut loss);
    assert!(dz.iter().all(|v| (v - 0.3 * 0.25).abs() < 1e-6) && (loss[1] - 0.6).abs() < 1e-6, "{dz:?} {loss:?}");
    distillation_cpu(&[0.0, 1e4], &[1e4, 0.0], 2, HOW, &mut dz[..2], &mut loss[..1]);
    assert!(dz.iter().chain(&loss).all(|v: &f32| v.is_finite()), "{dz:?} {loss:?}");
}
