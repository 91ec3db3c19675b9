//! `graftwork eval`

use graftwork::{Evaluation, block_on};
use serde_json::json;

use crate::args::{Common, Eval};
use crate::engine::{head_of, load, read_adapter};
use crate::failure::Result;
use crate::output::Output;
use crate::progress::Progress;
use crate::{input, notes, report};

/// Measures an adapter on labelled data.
pub fn run(args: &Eval, common: &Common) -> Result<()> {
    let file = read_adapter(&args.adapter, args.any_backbone)?;
    let (head, task) = head_of(&file)?;
    let labels = head.label_names();
    let data = input::labelled(&args.data, task, &args.read, Some(labels.clone()))?;
    let backbone = load(&args.backbone, common)?;
    let adapter = backbone.attach(&file)?;
    let limit = adapter.limit(args.max_length, args.long_texts)?;
    let examples = backbone.examples("evaluation", data.as_ref(), limit)?;
    notes::on_examples(&examples, &backbone, common);
    let mut progress = Progress::fraction("evaluating", common.quiet);
    let evaluation = block_on(adapter.evaluate(&examples).progress(|done| progress.set_fraction(done)))?;
    drop(progress);

    let mut out = Output::new();
    if common.json {
        let mut found = report::to_json(&evaluation, &labels);
        found["labels"] = json!(labels);
        found["texts"] = notes::to_json(&examples.survey());
        found["device"] = json!(backbone.device().name());
        out.json(&found)?;
    } else {
        out.line(&format!("{} on {} texts", report::summary(&evaluation), evaluation.answers.len()))?;
        for line in report::table(&evaluation).into_iter().chain(calibration(&evaluation)) {
            out.line(&line)?;
        }
    }
    out.flush().map(drop)
}

/// How well the probabilities fit the data, and what thresholds cost on it.
fn calibration(evaluation: &Evaluation) -> Vec<String> {
    evaluation.calibration.as_deref().map(report::knowledge).unwrap_or_default()
}
