//! Options about several heads on one adapter.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use graftwork::Sampling;

use super::train::Task;

/// More data sets for the same adapter, each with a head of its own.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Several heads")]
pub struct HeadArgs {
    /// Learn this data set too, by a head of its own on the same adapter, such as names=token-classification:ner.jsonl; every step
    /// takes its batch from one data set. May be given again
    #[arg(long = "and", value_name = "HEAD=TASK:FILE", value_parser = more)]
    pub and: Vec<More>,
    /// The dev data of a head of --and [default: a tenth of its data]
    #[arg(long, value_name = "HEAD=FILE", value_parser = file_of, requires = "and")]
    pub and_dev: Vec<FileOf>,
    /// The test data of a head of --and
    #[arg(long, value_name = "HEAD=FILE", value_parser = file_of, requires = "and")]
    pub and_test: Vec<FileOf>,
    /// What the head of --train is called, where there are others [default: as the adapter]; of an --init with several, which one
    /// goes on
    #[arg(long, value_name = "HEAD")]
    pub head: Option<String>,
    /// How often the data sets have their turn
    #[arg(long, value_enum, default_value_t, requires = "and")]
    pub sampling: SamplingChoice,
    /// How much the loss of a head counts [default: 1]. May be given again
    #[arg(long = "loss-weight", value_name = "HEAD=WEIGHT", value_parser = weight)]
    pub loss_weights: Vec<(String, f64)>,
}

/// A data set of `--and`.
#[derive(Debug, Clone)]
pub struct More {
    /// What its head is called.
    pub head: String,
    /// What that is for.
    pub task: Task,
    /// What it learns from.
    pub file: PathBuf,
}

/// A file of a head of `--and`.
#[derive(Debug, Clone)]
pub struct FileOf {
    /// The head.
    pub head: String,
    /// The file.
    pub file: PathBuf,
}

/// How often the data sets have their turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SamplingChoice {
    /// As often as each has batches: an epoch goes through each once
    #[default]
    BySize,
    /// Each as often as the one with most batches: smaller ones begin again
    Evenly,
}

impl From<SamplingChoice> for Sampling {
    fn from(choice: SamplingChoice) -> Self {
        match choice {
            SamplingChoice::BySize => Self::BySize,
            SamplingChoice::Evenly => Self::Evenly,
        }
    }
}

fn more(text: &str) -> Result<More, String> {
    let parts = text.split_once('=').and_then(|(head, rest)| Some((head, rest.split_once(':')?)));
    let (head, (task, file)) = parts.ok_or("must be HEAD=TASK:FILE, such as names=token-classification:ner.jsonl")?;
    let names = || {
        let known = Task::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        known.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
    };
    let task = Task::from_str(task, false).map_err(|_| format!("there is no task {task:?}; there are {}", names()))?;
    if !task.info().heads.is_empty() {
        return Err(format!("{} has heads of its own: give its data with --task and --train", task.info().name));
    }
    Ok(More { head: head.to_owned(), task, file: file.into() })
}

fn file_of(text: &str) -> Result<FileOf, String> {
    let (head, file) = text.split_once('=').ok_or("must be HEAD=FILE")?;
    Ok(FileOf { head: head.to_owned(), file: file.into() })
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let parts = text.split_once('=').and_then(|(head, weight)| Some((head.to_owned(), weight.parse::<f64>().ok()?)));
    parts
        .filter(|(_, weight)| *weight > 0.0 && weight.is_finite())
        .ok_or_else(|| "must be HEAD=WEIGHT, a number above 0".to_owned())
}
