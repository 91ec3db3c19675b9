//! The data sets of a run, as their files have them.

use std::path::Path;

use graftwork::{AdapterFile, Labelled, TaskInfo, intent_slot_classification};

use super::start;
use crate::args::Train;
use crate::failure::{Failure, Kind, Result};
use crate::input;

/// A data set of a run.
pub struct DataSet {
    /// The head that it teaches, where it is named; otherwise those of its task, or the adapter's only one.
    pub head: Option<String>,
    /// What it is for.
    pub task: &'static TaskInfo,
    /// What is learned.
    pub train: Box<dyn Labelled>,
    /// What decides which weights are kept.
    pub dev: Option<Box<dyn Labelled>>,
    /// What is only measured.
    pub test: Option<Box<dyn Labelled>>,
}

impl DataSet {
    /// The heads that it teaches by name; `None` is the adapter's only one.
    pub fn heads(&self) -> Vec<Option<String>> {
        match (&self.head, self.task.heads) {
            (Some(name), _) => vec![Some(name.clone())],
            (None, []) => vec![None],
            (None, heads) => heads.iter().map(|(name, _)| Some((*name).to_owned())).collect(),
        }
    }

    /// The labels of each of them.
    pub fn labels(&self) -> Vec<Vec<String>> {
        self.train.label_sets().into_iter().map(<[String]>::to_vec).collect()
    }
}

/// Where a data set is.
struct Files<'a> {
    train: &'a Path,
    dev: Option<&'a Path>,
    test: Option<&'a Path>,
}

/// Reads all of them: that of `--train`, which is for `task`, and those of `--and`.
///
/// # Errors
/// If a file cannot be read or is not for its task, or a head has no data.
pub fn read_all(args: &Train, task: &'static TaskInfo, init: Option<&AdapterFile>) -> Result<Vec<DataSet>> {
    let heads = &args.adapter.heads;
    let unknown =
        heads.and_dev.iter().chain(&heads.and_test).find(|of| heads.and.iter().all(|and| and.head != of.head));
    if let Some(unknown) = unknown {
        let message = format!("there is no head {:?} for {}", unknown.head, unknown.file.display());
        return Err(Failure::new(Kind::Usage, message).hint("name one of --and; the first head's are --dev and --test"));
    }
    let init = init.filter(|_| !args.adapter.new_head);
    let files = Files { train: &args.train, dev: args.dev.as_deref(), test: args.test.as_deref() };
    if args.tags.is_some() && task.heads.is_empty() {
        let message = format!("--tags is for {}, not for {}", intent_slot_classification::INFO.name, task.name);
        return Err(Failure::new(Kind::Usage, message).hint("the labels of one head are --labels"));
    }
    let given = [&args.labels, &args.tags].map(|names| names.clone().unwrap_or_default());
    let known = given.iter().any(|names| !names.is_empty()).then(|| given.to_vec());
    let known = known.or_else(|| init.and_then(|file| start::own_labels(file, task)));
    let several = !heads.and.is_empty();
    let first = several.then(|| heads.head.clone().unwrap_or_else(|| args.adapter.name.clone()));
    let first = first.filter(|_| task.heads.is_empty());
    let mut sets = vec![read(args, (first, task), &files, known)?];
    for and in &heads.and {
        let of = |files: &'_ [crate::args::FileOf]| {
            files.iter().rev().find(|of| of.head == and.head).map(|of| of.file.clone())
        };
        let (dev, test) = (of(&heads.and_dev), of(&heads.and_test));
        let files = Files { train: &and.file, dev: dev.as_deref(), test: test.as_deref() };
        let known = init.and_then(|file| start::own_labels(&file.with_head(&and.head).ok()?, and.task.info()));
        sets.push(read(args, (Some(and.head.clone()), and.task.info()), &files, known)?);
    }
    Ok(sets)
}

fn read(
    args: &Train,
    (head, task): (Option<String>, &'static TaskInfo),
    files: &Files<'_>,
    known: Option<Vec<Vec<String>>>,
) -> Result<DataSet> {
    let takes_any = args.many_labels || known.is_some();
    let train = input::labelled(files.train, task, &args.read, known)?;
    let labels = train.labels();
    if labels.len() < task.fewest_labels {
        let message = format!("{}: there is only one label, {:?}", files.train.display(), labels.join(""));
        return Err(Failure::new(Kind::Input, message).hint("a classifier needs at least two"));
    }
    if train.labels_look_like_ids() && !takes_any {
        let (path, count, one) = (files.train.display(), labels.len(), &labels[0]);
        let message = format!(
            "{path}: its column {:?} has {count} labels, such as {one:?}: most rows have one of their own, as if they were ids",
            input::label_column(task, &args.read)
        );
        let hint =
            "name the column of the labels with --label-column or --labels-column, or take these with --many-labels";
        return Err(Failure::new(Kind::Input, message).hint(hint));
    }
    let all: Vec<Vec<String>> = train.label_sets().into_iter().map(<[String]>::to_vec).collect();
    let read = |path: &Path| {
        let known = Some(all.clone());
        input::labelled(path, task, &args.read, known).map_err(of_training)
    };
    let (dev, test) = (files.dev.map(read).transpose()?, files.test.map(read).transpose()?);
    Ok(DataSet { head, task, train, dev, test })
}

/// Says whose labels they are that a row of other data does not keep to.
fn of_training(failure: Failure) -> Failure {
    if !failure.messages.iter().any(|message| message.contains("unknown label")) {
        return failure;
    }
    failure.hint("labels are those of the training data: name all with --labels or --tags, or leave such rows out")
}
