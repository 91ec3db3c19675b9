//! `graftwork predict`

use std::ops::ControlFlow;

use serde::{Serialize, Serializer};

use super::{labels_of, load};
use crate::args::{Common, Predict};
use crate::cache::backbone_dir;
use crate::engine::Engine;
use crate::failure::Result;
use crate::input;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// Classifies texts, one line out for each in.
pub fn run(args: &Predict, common: &Common) -> Result<()> {
    let file = Engine::read_adapter(&args.adapter, args.any_backbone)?;
    let labels = labels_of(&file)?;
    let engine = load(&backbone_dir(&args.backbone)?, common)?;
    let adapter = engine.attach(&file)?;
    let max_length = engine.max_length(args.texts.max_length, Some(&file))?;
    let mut out = Output::new();
    let mut progress = Progress::count("texts classified:", common.quiet);
    input::texts(&args.texts, |texts| {
        let found = engine.classify(&adapter, &texts, max_length)?;
        for (text, found) in texts.iter().zip(&found) {
            let scores = Scores { labels: &labels, scores: &found.scores };
            out.json(&Line { text, label: &labels[found.label], scores, logits: &found.logits })?;
        }
        progress.add(texts.len());
        Ok(match out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })
}

/// One line of output. Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    label: &'a str,
    scores: Scores<'a>,
    logits: &'a [f32],
}

/// Probabilities by label, in the order of the labels.
struct Scores<'a> {
    labels: &'a [String],
    scores: &'a [f32],
}

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.labels.iter().zip(self.scores))
    }
}
