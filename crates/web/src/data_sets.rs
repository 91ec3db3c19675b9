//! The data sets of a training, and the heads of the adapter that they teach.

use graftwork::{
    AdapterFile, Backbone, CoursePart, Examples, HeadConfig, TextLimit, Thresholds, TrainError,
    multi_label_classification, question_answering,
};
use serde_json::Value;

use crate::error::{Failure, Result};
use crate::options::{self, bad};
use crate::tasks::{self, Front};

/// A data set.
pub struct DataSet {
    /// The head that it teaches; `None` for the adapter's own, of which its task may have several.
    pub head: Option<String>,
    /// Its task.
    pub front: &'static Front,
    /// The labels of each head of the task.
    pub labels: Vec<Vec<String>>,
    /// What is learned from.
    pub train: Examples,
    /// What the adapter is evaluated on.
    pub dev: Option<Examples>,
}

/// How data sets are read.
pub struct Reading {
    /// How much of each text.
    pub limit: TextLimit,
    /// The share that is held out for evaluation.
    pub validation: Option<f64>,
    /// Decides what is held out.
    pub seed: u64,
}

/// Reads `{ train, dev, and: { head: { train, dev } } }`; the first data set is for `head`, if that is given.
pub fn read(
    backbone: &Backbone,
    file: &AdapterFile,
    (head, examples): (Option<String>, &str),
    reading: &Reading,
) -> Result<Vec<DataSet>> {
    let given = options::parse(examples)?;
    let others = given["and"].as_object();
    // Among others, each has a name.
    let head = head.or_else(|| others.and(file.head_names().into_iter().next()));
    let mut sets = vec![DataSet::read(backbone, file, head, &given, reading)?];
    for (name, given) in others.into_iter().flatten() {
        sets.push(DataSet::read(backbone, file, Some(name.clone()), given, reading)?);
    }
    Ok(sets)
}

impl DataSet {
    fn read(
        backbone: &Backbone,
        file: &AdapterFile,
        head: Option<String>,
        given: &Value,
        reading: &Reading,
    ) -> Result<Self> {
        let view = head.as_deref().map(|name| file.with_head(name)).transpose();
        let view = view.map_err(|error| Failure::new("no-head", error.to_string()))?;
        let view = view.as_ref().unwrap_or(file);
        view.head.as_ref().ok_or(TrainError::NoHead)?;
        let other = || Failure::new("wrong-task", "adapters for this task cannot be trained in a browser yet");
        let front = tasks::of_adapter(view).ok_or_else(other)?;
        let labels: Vec<Vec<String>> = view.heads().map(HeadConfig::label_names).collect();
        let examples = |what, json: &Value| {
            let data = (front.data)(json.as_array().map_or(&[], Vec::as_slice), &labels)?;
            Ok::<_, Failure>(backbone.examples(what, &*data, reading.limit)?)
        };
        let mut train = examples("training", &given["train"])?;
        let own = given.get("dev").filter(|own| !own.is_null());
        let mut dev = own.map(|own| examples("validation", own)).transpose()?;
        let share = reading.validation.filter(|_| dev.is_none());
        if let Some((kept, held)) = share.and_then(|share| train.hold_out(share, reading.seed, "validation")) {
            (train, dev) = (kept, Some(held));
        }
        Ok(Self { head, front, labels, train, dev })
    }

    /// As the trainer takes it.
    pub fn part(&self) -> CoursePart<'_> {
        self.head.iter().fold(CoursePart::new(&self.train).dev(&self.dev), CoursePart::head)
    }

    /// Whether a text may have several labels.
    pub fn gives_several(&self) -> bool {
        self.front.info.name == multi_label_classification::INFO.name
    }

    /// How its thresholds are chosen, if they are: of questions always, of several labels if that is asked for.
    pub fn thresholds(&self, asked: Option<Thresholds>) -> Option<Thresholds> {
        let answers_questions = self.front.info.name == question_answering::INFO.name;
        asked.filter(|_| self.gives_several()).or(answers_questions.then_some(Thresholds::One))
    }
}

/// Data sets as the trainer takes them, with how much the loss of each head counts.
pub fn parts<'a>(sets: &'a [DataSet], weights: &[(String, f64)]) -> Result<Vec<CoursePart<'a>>> {
    let mut parts: Vec<_> = sets.iter().map(DataSet::part).collect();
    for (name, weight) in weights {
        let part = parts.iter_mut().find(|part| part.teaches(name));
        let part = part.ok_or_else(|| bad(format!("lossWeights has `{name}`, which is no head that is taught")))?;
        *part = part.clone().weight(name, *weight);
    }
    Ok(parts)
}
