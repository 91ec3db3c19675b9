//! The library as a Rust user meets it: one crate, its types, its examples.

mod calls;
mod heads;
mod known;
mod long_texts;
mod pairing;
mod pairs;
mod phases;
mod probe;
mod questions;
mod serving;
mod shares;
mod threads;
mod training;
mod words;

use graftwork::{Adapter, AdapterFile, Backbone, Device, block_on};
use graftwork_tests::golden;

/// The random tiny BERT.
fn tiny_bert(device: &Device) -> Backbone {
    block_on(Backbone::load(golden::path("tiny-bert"), device)).unwrap()
}

/// A golden adapter on it.
fn attached(backbone: &Backbone, case: &str) -> Adapter {
    backbone.attach(&AdapterFile::load(golden::path(case)).unwrap()).unwrap()
}

/// Texts of different lengths, the same for the same `seed`.
fn texts(seed: u64, count: usize) -> Vec<String> {
    const WORDS: [&str; 8] = ["the", "of", "and", "in", "to", "was", "he", "is"];
    let text = |i| {
        let draws = graftwork_tests::random(seed * 1000 + i as u64, 1 + (seed as usize + 7 * i) % 23);
        draws.iter().map(|draw| WORDS[((draw + 1.0) * 4.0) as usize]).collect::<Vec<_>>().join(" ")
    };
    (0..count).map(text).collect()
}
