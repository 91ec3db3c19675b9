//! The instant head against scikit-learn.

use graftwork_tests::{golden, random};
use graftwork_train::probe::{Bins, choose_l2, expected_calibration_error, fit, outcomes, temperature};
use serde_json::Value;

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn whole(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Probabilities within 1e-4, weights within 2e-3 of the largest: the search ends at a gradient of 1e-6 an example.
#[test]
fn regressions_are_scikit_learns() {
    for case in golden::json("probe.json")["regressions"].as_array().unwrap() {
        let (features, labels) = (floats(&case["features"]), whole(&case["labels"]));
        let (dim, classes) = (case["dim"].as_u64().unwrap() as usize, case["classes"].as_u64().unwrap() as usize);
        let found = fit(&features, dim, &labels, classes, case["l2"].as_f64().unwrap(), None);
        let logits = found.logits(&features);
        let probabilities: Vec<f32> = logits.chunks(classes).flat_map(graftwork_train::predict::softmax).collect();
        let off = farthest(&probabilities, &floats(&case["probabilities"]));
        let weight = floats(&case["weight"]);
        let largest = weight.iter().fold(0.0, |most: f32, w| most.max(w.abs()));
        let weights_off = farthest(&found.weight, &weight) / largest;
        // Only differences of biases mean anything.
        let mean = found.bias.iter().sum::<f32>() / classes as f32;
        let bias: Vec<f32> = found.bias.iter().map(|b| b - mean).collect();
        let bias_off = farthest(&bias, &floats(&case["bias"])) / largest;
        eprintln!("{} x {dim}, {classes} classes: {off:e} {weights_off:e} {bias_off:e}", labels.len());
        assert!(off < 1e-4, "probabilities are off by {off}");
        assert!(weights_off < 2e-3 && bias_off < 2e-3, "weights are off by {weights_off}, the bias by {bias_off}");
    }
}

#[test]
fn temperatures_and_calibration_errors_are_the_references() {
    for case in golden::json("probe.json")["calibrations"].as_array().unwrap() {
        let (logits, labels) = (floats(&case["logits"]), whole(&case["labels"]));
        let classes = case["classes"].as_u64().unwrap() as usize;
        let wanted = case["temperature"].as_f64().unwrap();
        let found = temperature(&logits, classes, &labels);
        assert!((found / wanted - 1.0).abs() < 1e-5, "{found} instead of {wanted}");
        for (temperature, wanted) in [1.0, found].into_iter().zip(case["ece"].as_array().unwrap()) {
            let outcomes = outcomes(&logits, classes, &labels, temperature);
            let ece = expected_calibration_error(&outcomes, Bins::EqualWidth(15));
            assert!((ece - wanted.as_f64().unwrap()).abs() < 1e-5, "{ece} instead of {wanted}");
        }
    }
}

/// Rows of length 1 about one centre a class, with so much noise.
fn rows(n: usize, dim: usize, classes: usize, noise: f32) -> (Vec<f32>, Vec<usize>) {
    let labels: Vec<usize> = (0..n).map(|i| i % classes).collect();
    let (centres, noises) = (random(1, classes * dim), random(2, n * dim));
    let row = |i: usize| -> Vec<f32> {
        let centre = &centres[labels[i] * dim..][..dim];
        let row: Vec<f32> = centre.iter().zip(&noises[i * dim..]).map(|(c, e)| c + noise * e + 1.0).collect();
        let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
        row.into_iter().map(|v| v / length).collect()
    };
    ((0..n).flat_map(row).collect(), labels)
}

#[test]
fn a_start_nearby_leads_to_the_same_place() {
    let (features, labels) = rows(60, 24, 3, 1.0);
    let cold = fit(&features, 24, &labels, 3, 0.1, None);
    let fewer = fit(&features[..50 * 24], 24, &labels[..50], 3, 0.1, None);
    let warm = fit(&features, 24, &labels, 3, 0.1, Some(&fewer));
    assert!(farthest(&cold.logits(&features), &warm.logits(&features)) < 1e-3);
    assert_eq!(cold, fit(&features, 24, &labels, 3, 0.1, None), "the same bits again");
}

/// Every held-out logit is that of a classifier that was fitted to the other folds alone.
#[test]
fn what_is_held_out_was_not_learned() {
    let (features, mut labels) = rows(41, 20, 3, 2.0);
    labels[40] = 3;
    let found = choose_l2(&features, 20, &labels, 4, 5);
    assert_eq!((found.folds, found.fold[40]), (5, 5));
    assert_eq!(found.held_out[40 * 4..], [0.0; 4], "the only one of its label is never held out");
    for own in 0..found.folds {
        let (held, kept): (Vec<usize>, Vec<usize>) = (0..41).partition(|i| found.fold[*i] == own);
        let of = |examples: &[usize]| -> Vec<f32> {
            examples.iter().flat_map(|i| &features[i * 20..][..20]).copied().collect()
        };
        let kept_labels: Vec<usize> = kept.iter().map(|i| labels[*i]).collect();
        let fitted = fit(&of(&kept), 20, &kept_labels, 4, found.l2, None);
        let wanted = fitted.logits(&of(&held));
        let found: Vec<f32> = held.iter().flat_map(|i| &found.held_out[i * 4..][..4]).copied().collect();
        assert!(farthest(&found, &wanted) < 1e-2, "fold {own}: {}", farthest(&found, &wanted));
    }
}

#[test]
fn noise_asks_for_more_regularisation() {
    let chosen = |noise| {
        let (features, labels) = rows(80, 20, 2, noise);
        choose_l2(&features, 20, &labels, 2, 1).l2
    };
    assert!(chosen(0.3) < chosen(6.0), "{} {}", chosen(0.3), chosen(6.0));
}

#[test]
fn where_nothing_can_be_held_out_there_is_a_default() {
    let (features, labels) = rows(3, 8, 3, 0.1);
    let found = choose_l2(&features, 8, &labels, 3, 1);
    assert_eq!((found.l2, found.folds, found.judged().count()), (1.0, 0, 0));
    assert_eq!(found.held_out, [0.0; 9]);
}
