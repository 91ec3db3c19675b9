//! What the kept weights are worth, and what the adapter is to know of its answers.

use graftwork::{
    AdapterFile, Backbone, Evaluation, Examples, TaskInfo, multi_label_classification, question_answering,
};

use crate::args::{Common, ThresholdChoice, Train};
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// What was measured of a head: by the head's name, if it has one here, and by the name of the data.
pub type Found = Vec<(Option<String>, Vec<(&'static str, Evaluation)>)>;

/// Measures heads.
pub struct Measure<'a> {
    pub backbone: &'a Backbone,
    pub args: &'a Train,
    pub common: &'a Common,
    pub interrupt: &'a Interrupt,
    /// Whether cross-validation has already said what is known of the answers.
    pub crossed: bool,
}

impl Measure<'_> {
    /// Measures a head on dev and test data, and keeps in the adapter what they tell: test data only measures that. `None` if it
    /// was interrupted.
    pub fn head(
        &self,
        trained: &mut AdapterFile,
        (head, task): (Option<&str>, &TaskInfo),
        data: [(&'static str, Option<&Examples>); 2],
    ) -> Result<Option<Vec<(&'static str, Evaluation)>>> {
        let args = &self.args.adapter;
        let answers_questions = task.name == question_answering::INFO.name;
        let gives_several = task.name == multi_label_classification::INFO.name;
        let by_itself = (answers_questions && args.threshold.is_none()).then_some(ThresholdChoice::One);
        let chosen = args.choose_thresholds.filter(|_| gives_several).or(by_itself);
        if let (Some(choice), Some(dev)) = (chosen, data[0].1) {
            let adapter = self.backbone.attach(&view(trained, head)?)?;
            let chosen = self.interrupt.unless_set(adapter.choose_thresholds(dev, choice.into())).transpose()?;
            let Some((chosen, _)) = chosen else { return Ok(None) };
            *trained.known_mut(head).1 = chosen;
        } else if answers_questions || gives_several {
            *trained.known_mut(head).1 = args.threshold.into_iter().collect();
        }
        if !self.crossed {
            *trained.known_mut(head).0 = None;
        }
        let mut found = Vec::new();
        for (name, examples) in data {
            let Some(examples) = examples else { continue };
            let adapter = self.backbone.attach(&view(trained, head)?)?;
            let mut progress = Progress::fraction(&format!("measuring on {name}"), self.common.quiet);
            let measured = adapter.calibrate(examples).progress(|done| progress.set_fraction(done));
            let Some((evaluation, knowledge)) = self.interrupt.unless_set(measured).transpose()? else {
                return Ok(None);
            };
            if name == "dev" && !self.crossed {
                *trained.known_mut(head).0 = knowledge;
            }
            found.push((name, evaluation));
        }
        if let Some(knowledge) = trained.known_mut(head).0 {
            knowledge.threshold = args.threshold;
        }
        Ok(Some(found))
    }
}

/// The adapter with that head alone.
fn view(file: &AdapterFile, head: Option<&str>) -> Result<AdapterFile> {
    match head {
        Some(name) => file.with_head(name).map_err(Failure::from),
        None => Ok(file.clone()),
    }
}
