//! `graftwork eval`

use graftwork::{Evaluation, block_on};
use serde_json::json;

use super::train::by_head;
use crate::args::{Common, Eval};
use crate::engine::{head_of, load, read_adapter, with_head};
use crate::failure::Result;
use crate::output::Output;
use crate::progress::Progress;
use crate::{input, notes, report};

/// Measures an adapter on labelled data.
pub fn run(args: &Eval, common: &Common) -> Result<()> {
    let file = with_head(read_adapter(&args.adapter, args.any_backbone)?, args.head.as_deref())?;
    let (_, task) = head_of(&file)?;
    // Of a task with several heads each is measured; otherwise the first one.
    let heads: Vec<_> = file.heads().take(task.heads.len().max(1)).collect();
    let labels: Vec<_> = heads.iter().map(|head| head.label_names()).collect();
    let data = input::labelled(&args.data, task, &args.read, Some(labels.clone()))?;
    let backbone = load(&args.backbone, common)?;
    let adapter = backbone.attach(&file)?;
    let limit = adapter.limit(args.max_length, args.long_texts)?;
    let examples = backbone.examples("evaluation", data.as_ref(), limit)?;
    notes::on_examples(&examples, &backbone, common);
    let mut found = Vec::new();
    for head in &heads {
        let name = head.name().filter(|_| heads.len() > 1);
        let adapter = name.map_or_else(|| Ok(adapter.clone()), |name| adapter.with_head(name))?;
        let mut progress = Progress::fraction("evaluating", common.quiet);
        let call = adapter.evaluate(&examples).progress(|done| progress.set_fraction(done));
        found.push((name.map(str::to_owned), vec![("found", block_on(call)?)]));
    }

    let mut out = Output::new();
    if common.json {
        let of = |place: usize, found: &Evaluation| {
            let mut of = report::to_json(found, &labels[place]);
            of["labels"] = json!(labels[place]);
            of
        };
        let mut found = by_head(&found, "found", of).unwrap_or_default();
        found["texts"] = notes::to_json(&examples.survey());
        found["device"] = json!(backbone.device().name());
        out.json(&found)?;
    } else {
        for (name, measured) in &found {
            let (_, evaluation) = &measured[0];
            let name = name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            out.line(&format!("{name}{} on {} texts", report::summary(evaluation), evaluation.answers.len()))?;
            for line in report::table(evaluation).into_iter().chain(calibration(evaluation)) {
                out.line(&line)?;
            }
        }
    }
    out.flush().map(drop)
}

/// How well the probabilities fit the data, and what thresholds cost on it.
fn calibration(evaluation: &Evaluation) -> Vec<String> {
    evaluation.calibration.as_deref().map(report::knowledge).unwrap_or_default()
}
