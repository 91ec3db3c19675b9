//! `graftwork predict`

use std::ops::ControlFlow;

use pollster::block_on;
use serde::{Serialize, Serializer};

use crate::args::{Common, Predict};
use crate::engine::{head_of, load, read_adapter};
use crate::failure::Result;
use crate::input;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// Classifies texts, one line out for each in.
pub fn run(args: &Predict, common: &Common) -> Result<()> {
    let file = read_adapter(&args.adapter, args.any_backbone)?;
    let (_, task) = head_of(&file)?;
    let backbone = load(&args.backbone, common)?;
    let adapter = backbone.attach(&file)?;
    let mut out = Output::new();
    let mut progress = Progress::count("texts classified:", common.quiet);
    input::texts(&args.texts, |inputs| {
        let texts = input::whole_texts(inputs, task.name)?;
        let found = block_on(backbone.classify(&adapter, &texts, args.texts.max_length, &mut |_| {}))?;
        for (text, found) in texts.iter().zip(&found) {
            let scores = Scores(&found.scores);
            out.json(&Line { text, label: &found.label, scores, logits: &found.logits })?;
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
struct Scores<'a>(&'a [(String, f32)]);

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, score)| (label, score)))
    }
}
