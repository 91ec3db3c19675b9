//! `graftwork predict`: one file a task, and the table of them.

mod text_classification;
mod token_classification;

use std::ops::ControlFlow;

use graftwork::{Adapter, Input, TaskInfo};

use crate::args::{Common, Predict};
use crate::engine::{head_of, load, read_adapter};
use crate::failure::{Failure, Kind, Result};
use crate::input;
use crate::notes::Tally;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// What is written.
struct Lines {
    out: Output,
    tally: Tally,
}

/// Answers some inputs, one line out for each.
type Answer = fn(&Adapter, &Predict, Vec<Input>, &mut Lines) -> Result<()>;

/// How the inputs of each task are answered.
static ANSWERS: &[(&TaskInfo, Answer)] = &[
    (&graftwork::text_classification::INFO, text_classification::lines),
    (&graftwork::token_classification::INFO, token_classification::lines),
];

/// Predicts what the adapter's head is for, one line out for each input.
pub fn run(args: &Predict, common: &Common) -> Result<()> {
    let file = read_adapter(&args.adapter, args.any_backbone)?;
    let (_, task) = head_of(&file)?;
    let (_, answer) = ANSWERS
        .iter()
        .find(|(known, _)| known.name == task.name)
        .ok_or_else(|| Failure::new(Kind::Input, format!("nothing can be predicted for {}", task.name)))?;
    let backbone = load(&args.backbone, common)?;
    let adapter = backbone.attach(&file)?;
    let mut lines = Lines { out: Output::new(), tally: Tally::default() };
    let mut progress = Progress::count("texts predicted:", common.quiet);
    input::texts(&args.texts, |inputs| {
        let count = inputs.len();
        answer(&adapter, args, inputs, &mut lines)?;
        progress.add(count);
        Ok(match lines.out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })?;
    lines.tally.say(if task.takes_windows { "--max-length or --long-texts windows" } else { "--max-length" }, common);
    Ok(())
}
