//! `graftwork eval`

use serde_json::json;

use super::{labels_of, load};
use crate::args::{Common, Eval};
use crate::cache::backbone_dir;
use crate::engine::Engine;
use crate::failure::Result;
use crate::output::Output;
use crate::progress::Progress;
use crate::{input, report};

/// Measures an adapter on labelled data.
pub fn run(args: &Eval, common: &Common) -> Result<()> {
    let file = Engine::read_adapter(&args.adapter, args.any_backbone)?;
    let labels = labels_of(&file)?;
    let data = input::labelled(&args.data, &args.read, Some(labels.clone()))?;
    let engine = load(&backbone_dir(&args.backbone)?, common)?;
    let adapter = engine.attach(&file)?;
    let max_length = engine.max_length(args.max_length, Some(&file))?;
    let examples = engine.examples("evaluation", &data, max_length)?;
    let mut progress = Progress::fraction("evaluating", common.quiet);
    let evaluation = engine.evaluate(&adapter, &examples, &mut |done| progress.set_fraction(done))?;
    drop(progress);

    let mut out = Output::new();
    if common.json {
        let mut found = report::to_json(&evaluation, &labels);
        found["labels"] = json!(labels);
        found["device"] = json!(engine.backbone().device().name());
        out.json(&found)?;
    } else {
        out.line(&format!("{} on {} texts", report::summary(&evaluation), data.len()))?;
        for line in report::table(&evaluation, &labels) {
            out.line(&line)?;
        }
    }
    out.flush().map(drop)
}
