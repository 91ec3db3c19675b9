//! `graftwork predict`: one file a task, and the table of them.

mod fill_mask;
mod intent_slot_classification;
mod multi_label_classification;
mod multiple_choice;
mod question_answering;
mod regression;
mod scores;
mod text_classification;
mod token_classification;

use std::ops::ControlFlow;

use graftwork::{Adapter, AdapterFile, Backbone, Input, TaskInfo, Text};

use crate::args::{Common, Predict};
use crate::engine::{head_of, load, read_adapter, with_head};
use crate::failure::{Failure, Kind, Result};
use crate::input;
use crate::notes::Tally;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// What is written.
struct Lines {
    out: Output,
    tally: Tally,
    /// Whether there were pairs of texts, of which no more than first tokens can be read.
    has_pairs: bool,
}

impl Lines {
    /// The texts and pairs of inputs; `task` takes no lists of words.
    fn texts(&mut self, inputs: Vec<Input>, task: &TaskInfo) -> Result<Vec<Text>> {
        let texts = input::texts_or_pairs(inputs, task.name)?;
        self.has_pairs |= texts.iter().any(|text| text.second.is_some());
        Ok(texts)
    }
}

/// Answers some inputs, one line out for each.
type Answer = fn(&Adapter, &Predict, Vec<Input>, &mut Lines) -> Result<()>;

/// How the inputs of each task are answered.
static ANSWERS: &[(&TaskInfo, Answer)] = &[
    (&graftwork::text_classification::INFO, text_classification::lines),
    (&graftwork::multi_label_classification::INFO, multi_label_classification::lines),
    (&graftwork::regression::INFO, regression::lines),
    (&graftwork::token_classification::INFO, token_classification::lines),
    (&graftwork::question_answering::INFO, question_answering::lines),
    (&graftwork::multiple_choice::INFO, multiple_choice::lines),
    (&graftwork::masked_lm::INFO, fill_mask::lines),
    (&graftwork::intent_slot_classification::INFO, intent_slot_classification::lines),
];

/// Predicts what the adapter's head is for, one line out for each input.
pub fn run(args: &Predict, common: &Common) -> Result<()> {
    let read = |path| with_head(read_adapter(path, args.any_backbone)?, args.head.as_deref());
    let given = args.adapter.as_deref().map(read).transpose()?;
    given.as_ref().map(head_of).transpose()?;
    let backbone = load(&args.backbone, common)?;
    let file = given.map_or_else(|| own_words(&backbone), Ok)?;
    let (_, task) = head_of(&file)?;
    let (_, answer) = ANSWERS
        .iter()
        .find(|(known, _)| known.name == task.name)
        .ok_or_else(|| Failure::new(Kind::Input, format!("nothing can be predicted for {}", task.name)))?;
    let adapter = backbone.attach(&file)?;
    let mut lines = Lines { out: Output::new(), tally: Tally::default(), has_pairs: false };
    let mut progress = Progress::count("texts predicted:", common.quiet);
    input::of_task(task, &args.texts, &args.asked, |inputs| {
        let count = inputs.len();
        answer(&adapter, args, inputs, &mut lines)?;
        progress.add(count);
        Ok(match lines.out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })?;
    let takes_windows = task.takes_windows() && !lines.has_pairs;
    lines.tally.say(if takes_windows { "--max-length or --long-texts windows" } else { "--max-length" }, common);
    Ok(())
}

/// What the backbone's files know of words.
fn own_words(backbone: &Backbone) -> Result<AdapterFile> {
    backbone.language_model()?.ok_or_else(|| {
        let message = "without --adapter masks are filled, but the backbone's files have no head for words";
        Failure::new(Kind::Input, message).hint("give --adapter, or a backbone of a masked language model")
    })
}
