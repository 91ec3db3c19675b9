//! What an instant head takes to learn one more example, apart from the text's way through the backbone: the median, and
//! the longest, in which the regularisation is chosen anew.

use std::time::{Duration, Instant};

use graftwork_tests::random;
use graftwork_train::probe::Learner;

use crate::measure::Bench;

/// Numbers that a head over MiniLM stands on: the means of two layers.
const DIM: usize = 2 * 384;

pub fn run(bench: &Bench<'_>) {
    for classes in [3, 20] {
        for n in [10, 100, 1000] {
            let name = format!("probe: {n} examples, {classes} labels");
            if bench.wants(&name) {
                // A tenth more, so that the regularisation is chosen once at least.
                let mut times = added(n.max(classes), n / 10 + 1, classes);
                times.sort();
                let longest = times[times.len() - 1];
                bench.print(&name, 0.0, times);
                bench.print(&format!("{name}, longest"), 0.0, vec![longest]);
            }
        }
    }
}

/// The times of adding `more` examples, one by one, to `n`.
fn added(n: usize, more: usize, classes: usize) -> Vec<Duration> {
    let rows: Vec<f32> = (0..n + more).flat_map(|i| row(i, classes)).collect();
    let labels: Vec<usize> = (0..n + more).map(|i| i % classes).collect();
    let mut learner = Learner::new(DIM);
    learner.add(&rows[..n * DIM], &labels[..n]);
    let add = |i: usize| {
        let started = Instant::now();
        learner.add(&rows[i * DIM..][..DIM], &labels[i..=i]);
        started.elapsed()
    };
    (n..n + more).map(add).collect()
}

/// About as alike as sentences of one topic are: cosines of 0.4 within a class and 0.2 otherwise.
fn row(i: usize, classes: usize) -> Vec<f32> {
    let (common, class, own) = (random(1, DIM), random(2 + (i % classes) as u64, DIM), random(100 + i as u64, DIM));
    let row: Vec<f32> = (0..DIM).map(|j| 0.45 * common[j] + 0.45 * class[j] + 0.77 * own[j]).collect();
    let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
    row.into_iter().map(|v| v / length).collect()
}
