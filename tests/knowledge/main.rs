//! What probes know of their own answers, measured on data sets: how far their probabilities are from the truth, without
//! a temperature and with it, and how many texts of another domain or language they flag. Prints Markdown.
//!
//! `cargo run --release -p graftwork-tests --bin knowledge -- DATA`, where DATA has a folder a set with `train.tsv.gz` and
//! `test.tsv.gz`, each with the columns `label` and `text`. The backbone is all-MiniLM-L6-v2, as the tests have it.

mod auroc;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use graftwork::{Backbone, Classification, Dataset, Device, Probe, ReadOptions, Warning, block_on, shuffled};
use graftwork_tests::golden;
use graftwork_train::probe::{Bins, Outcome, expected_calibration_error};

use auroc::auroc;

/// Measures what probes know of their own answers.
#[derive(Parser)]
struct Options {
    /// The folder of the data sets.
    data: PathBuf,
    /// Sets to learn. What a set itself labels `oos` is never learned; it counts as another domain.
    #[arg(long, value_delimiter = ',', default_value = "clinc150,sib200-eng_Latn,sms-spam,sentence-polarity")]
    sets: Vec<String>,
    /// Sets of other languages and domains, beside the sets to learn.
    #[arg(long, value_delimiter = ',', default_value = "sib200-deu_Latn,sib200-zho_Hans")]
    others: Vec<String>,
    /// Examples a label.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 20])]
    shots: Vec<usize>,
    /// Draws of the examples.
    #[arg(long, default_value_t = 3)]
    draws: u64,
    /// The most test texts of a set.
    #[arg(long, default_value_t = 300)]
    most: usize,
}

/// What a set itself calls out of scope.
const OUT_OF_SCOPE: &str = "oos";

type Labelled = Vec<(String, String)>;

fn main() {
    let options = Options::parse();
    let backbone = block_on(Backbone::load(golden::minilm_dir(), &Device::cpu())).expect("a backbone");
    let tests: BTreeMap<&str, Labelled> = options
        .sets
        .iter()
        .chain(&options.others)
        .map(|set| {
            let all = read(&options.data, set, "test");
            let order = shuffled(all.len(), 0, 0);
            let known = |text: &&(String, String)| text.1 != OUT_OF_SCOPE;
            (set.as_str(), order.iter().map(|i| &all[*i]).filter(known).take(options.most).cloned().collect())
        })
        .collect();
    println!(
        "| set | examples a label | accuracy | temperature | calibration error before | after | false alarms | flagged: texts of other sets (unfamiliar + not covered by the vocabulary; AUROC of the distance) |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
    for set in &options.sets {
        let train = read(&options.data, set, "train");
        let own: Labelled = read(&options.data, set, "test")
            .into_iter()
            .filter(|text| text.1 == OUT_OF_SCOPE)
            .take(options.most)
            .collect();
        let related = |other: &str| other != set && !(set.starts_with("sib200") && other == "sib200-eng_Latn");
        let mut outside: Vec<(&str, &Labelled)> =
            tests.iter().filter(|(other, _)| related(other)).map(|(name, texts)| (*name, texts)).collect();
        if !own.is_empty() {
            outside.insert(0, (OUT_OF_SCOPE, &own));
        }
        for shots in &options.shots {
            row(&backbone, (set, *shots, options.draws), &train, &tests[set.as_str()], &outside);
        }
    }
}

fn read(data: &Path, set: &str, split: &str) -> Labelled {
    let path = data.join(set).join(format!("{split}.tsv.gz"));
    let set = Dataset::from_path(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let label = |label: Option<usize>| label.map_or_else(String::new, |label| set.labels[label].clone());
    set.examples.iter().map(|example| (example.text.first.clone(), label(example.label))).collect()
}

/// So many examples of each label, those that come first in an order.
fn draw(train: &Labelled, shots: usize, seed: u64) -> Labelled {
    let mut taken = BTreeMap::new();
    let order = shuffled(train.len(), seed, 0).into_iter().map(|i| &train[i]);
    let wanted = |(_, label): &&(String, String)| {
        let count = taken.entry(label.clone()).or_insert(0);
        *count += 1;
        label != OUT_OF_SCOPE && *count <= shots
    };
    order.filter(wanted).cloned().collect()
}

/// Means over the draws.
fn row(
    backbone: &Backbone,
    (set, shots, draws): (&str, usize, u64),
    train: &Labelled,
    test: &Labelled,
    outside: &[(&str, &Labelled)],
) {
    let mut sums = [0.0; 5];
    let mut flagged = vec![[0.0; 3]; outside.len()];
    for seed in 0..draws {
        let mut probe = backbone.probe();
        block_on(probe.add(&draw(train, shots, seed))).expect("examples");
        let temperature = probe.knowledge().expect("examples that were held out").temperature;
        let found = classify(&probe, test);
        let right: Vec<bool> = found.iter().zip(test).map(|(found, (_, label))| found.label == *label).collect();
        let error = |temperature: f64| {
            let outcome = |(found, right): (&Classification, &bool)| Outcome {
                confidence: confidence(&found.logits, temperature),
                right: *right,
            };
            let outcomes: Vec<Outcome> = found.iter().zip(&right).map(outcome).collect();
            expected_calibration_error(&outcomes, Bins::EqualWidth(15))
        };
        let accuracy = share(right.iter().copied());
        let values = [accuracy, temperature, error(1.0), error(temperature), share(found.iter().map(unfamiliar))];
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / draws as f64);
        for ((_, texts), flagged) in outside.iter().zip(&mut flagged) {
            let out = classify(&probe, texts);
            let either = |found: &Classification| unfamiliar(found) || uncovered(found);
            let values = [
                share(out.iter().map(unfamiliar)),
                share(out.iter().map(either)),
                auroc(&distances(&found), &distances(&out)),
            ];
            flagged.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / draws as f64);
        }
    }
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let [accuracy, temperature, before, after, alarms] = sums;
    let of_outside = |((name, _), [alone, either, auroc]): (&(&str, &Labelled), &[f64; 3])| {
        let more = 100.0 * (either - alone);
        let more = if more >= 0.5 { format!(" + {more:.0}") } else { String::new() };
        let auroc = if auroc.is_nan() { "–".to_owned() } else { format!("{auroc:.2}") };
        format!("{name} {:.0}{more} % ({auroc})", 100.0 * alone)
    };
    let outside: Vec<String> = outside.iter().zip(&flagged).map(of_outside).collect();
    println!(
        "| {set} | {shots} | {} | {temperature:.2} | {} | {} | {} | {} |",
        percent(accuracy),
        percent(before),
        percent(after),
        percent(alarms),
        outside.join(", ")
    );
}

fn classify(probe: &Probe, texts: &Labelled) -> Vec<Classification> {
    let texts: Vec<&str> = texts.iter().map(|(text, _)| text.as_str()).collect();
    block_on(probe.classify(&texts)).expect("answers")
}

/// The largest probability at a temperature.
fn confidence(logits: &[f32], temperature: f64) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    1.0 / logits.iter().map(|logit| (f64::from(logit - top) / temperature).exp()).sum::<f64>()
}

/// None of a probe of so few examples that it knows no limit of what is familiar.
fn distances(found: &[Classification]) -> Vec<f64> {
    found.iter().filter_map(|found| found.distance).collect()
}

fn unfamiliar(found: &Classification) -> bool {
    found.warnings.iter().any(|warning| matches!(warning, Warning::Unfamiliar { .. }))
}

fn uncovered(found: &Classification) -> bool {
    found.warnings.iter().any(|warning| matches!(warning, Warning::Uncovered { .. }))
}

fn share(is_so: impl ExactSizeIterator<Item = bool>) -> f64 {
    let n = is_so.len().max(1);
    is_so.filter(|is_so| *is_so).count() as f64 / n as f64
}
