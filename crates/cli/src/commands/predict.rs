//! `graftwork predict`

use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::{labels_of, load};
use crate::args::{Common, Predict};
use crate::cache::backbone_dir;
use crate::engine::{Classification, Engine};
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
            out.json(&line(text, found, &labels))?;
        }
        progress.add(texts.len());
        Ok(match out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })
}

fn line(text: &str, found: &Classification, labels: &[String]) -> Value {
    let scores: Map<String, Value> =
        labels.iter().zip(&found.scores).map(|(label, score)| (label.clone(), json!(score))).collect();
    json!({"text": text, "label": labels[found.label], "scores": scores, "logits": found.logits})
}
