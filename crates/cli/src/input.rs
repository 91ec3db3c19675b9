//! Files of text and labels, as the options name them.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use graftwork::{
    Corpus, Format, Input, InputKind, Labelled, ReadOptions, TaskInfo, Text, data, multi_label_classification,
    multiple_choice, question_answering,
};

use crate::args::{AskedArgs, DataArgs, InputFormat, TextArgs};
use crate::failure::{Failure, Kind, Result};

/// Texts that are worked on together: enough for batches of similar lengths, few enough that results flow.
const CHUNK: usize = 128;

/// Reads labelled data; `labels` are those that may occur, of each head of the task, if that is known: of one without any it is
/// not.
///
/// # Errors
/// If the file cannot be read, or has bad rows.
pub fn labelled(
    path: &Path,
    task: &TaskInfo,
    args: &DataArgs,
    labels: Option<Vec<Vec<String>>>,
) -> Result<Box<dyn Labelled>> {
    let mut sets = labels.into_iter().flatten();
    let mut next = || sets.next().filter(|set| !set.is_empty());
    let options = ReadOptions { labels: next(), tags: next(), ..options(args) };
    (task.read)(path, &options).map_err(|error| with_hint(error.into()))
}

/// Reads texts without labels.
///
/// # Errors
/// If a file cannot be read, has bad rows, or has nothing in it.
pub fn corpus(paths: &[PathBuf], args: &DataArgs) -> Result<Corpus> {
    Corpus::from_paths(paths, &options(args)).map_err(|error| with_hint(error.into()))
}

fn options(args: &DataArgs) -> ReadOptions {
    ReadOptions {
        text_column: args.text_column.clone(),
        text_pair_column: args.text_pair_column.clone(),
        label_column: args.label_column.clone(),
        labels_column: args.labels_column.clone(),
        label_separator: args.label_separator.clone(),
        score_column: args.score_column.clone(),
        tokens_column: args.tokens_column.clone(),
        tags_column: args.tags_column.clone(),
        intent_column: args.intent_column.clone(),
        answers_column: args.answers_column.clone(),
        format: args.format.map(Format::from),
        line_by_line: args.line_by_line,
        ..asked(&args.asked)
    }
}

/// The column that has a task's labels.
pub fn label_column<'a>(task: &TaskInfo, args: &'a DataArgs) -> &'a str {
    if task.name == multi_label_classification::INFO.name { &args.labels_column } else { &args.label_column }
}

/// Where questions and choices stand; everything else as usual.
fn asked(args: &AskedArgs) -> ReadOptions {
    ReadOptions {
        question_column: args.question_column.clone(),
        context_column: args.context_column.clone(),
        choices_column: args.choices_column.clone(),
        ..ReadOptions::default()
    }
}

/// Hands what a task predicts of a file, or of standard input, to `work` in chunks, in order.
///
/// # Errors
/// As [`texts`].
pub fn of_task(
    task: &TaskInfo,
    args: &TextArgs,
    columns: &AskedArgs,
    work: impl FnMut(Vec<Input>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let inputs = match task.name {
        name if name == question_answering::INFO.name => InputKind::Questions,
        name if name == multiple_choice::INFO.name => InputKind::Choices,
        _ => InputKind::Texts,
    };
    inputs_of(args, ReadOptions { inputs, ..asked(columns) }, work)
}

/// Hands the texts of a file, or of standard input, to `work` in chunks, in order.
///
/// # Errors
/// If the file cannot be read, has bad rows, or `work` fails.
pub fn texts(args: &TextArgs, work: impl FnMut(Vec<Input>) -> Result<ControlFlow<()>>) -> Result<()> {
    inputs_of(args, ReadOptions::default(), work)
}

fn inputs_of(
    args: &TextArgs,
    options: ReadOptions,
    mut work: impl FnMut(Vec<Input>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let from_stdin = args.input == Path::new("-");
    let name = if from_stdin { "standard input".to_owned() } else { args.input.display().to_string() };
    // What is typed is answered line by line.
    let typed = from_stdin && io::stdin().is_terminal();
    let reader: Box<dyn Read> = if from_stdin {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.input);
        Box::new(file.map_err(|error| Failure::of(Kind::Input, &error).about(format!("cannot read {name}")))?)
    };
    let format = args.format.map(Format::from).or_else(|| Format::of_name(&name)).unwrap_or(Format::Txt);
    let options = ReadOptions {
        text_column: args.text_column.clone(),
        text_pair_column: args.text_pair_column.clone(),
        tokens_column: args.tokens_column.clone(),
        format: Some(format),
        // Nothing is kept: a stream may be as long as it likes.
        max_bytes: u64::MAX,
        ..options
    };
    let mut outcome = Ok(());
    let mut take = |inputs: Vec<Input>| match work(inputs) {
        Ok(flow) => flow,
        Err(failure) => {
            outcome = Err(failure);
            ControlFlow::Break(())
        }
    };
    let read = data::for_each_chunk(&name, reader, &options, if typed { 1 } else { CHUNK }, &mut take);
    outcome.and(read.map_err(|error| with_hint(error.into())))
}

/// The texts and pairs of inputs for something that takes no lists of words; `who` takes them.
///
/// # Errors
/// If one is a list of words.
pub fn texts_or_pairs(inputs: Vec<Input>, who: &str) -> Result<Vec<Text>> {
    let text = |input| match input {
        Input::Text(text) => Ok(text),
        Input::Choices(_) => Err(Failure::new(Kind::Input, format!("{who} takes texts, not choices"))),
        Input::Words(_) => {
            Err(Failure::new(Kind::Input, format!("{who} takes texts, but a row of the input is a list of words")))
        }
    };
    inputs.into_iter().map(text).collect()
}

/// The same for something that takes no pairs either.
///
/// # Errors
/// If one is a list of words, or a pair.
pub fn whole_texts(inputs: Vec<Input>, who: &str) -> Result<Vec<String>> {
    let text = |text: Text| match text.second {
        None => Ok(text.first),
        Some(_) => {
            Err(Failure::new(Kind::Input, format!("{who} takes single texts, but a row of the input is a pair")))
        }
    };
    texts_or_pairs(inputs, who)?.into_iter().map(text).collect()
}

/// Names the options that help.
fn with_hint(failure: Failure) -> Failure {
    let message = failure.messages.join(" ");
    if let Some((_, what)) = message.split_once("say which column holds the ") {
        let option = match what {
            "second text" => "text-pair",
            "words" => "tokens",
            what => what,
        };
        failure.hint(format!("name it with --{option}-column"))
    } else if message.contains("does not tell the format") || message.contains("a line of text alone") {
        failure.hint("give it with --format")
    } else {
        failure
    }
}

impl From<InputFormat> for Format {
    fn from(format: InputFormat) -> Self {
        match format {
            InputFormat::Tsv => Self::Tsv,
            InputFormat::Csv => Self::Csv,
            InputFormat::Jsonl => Self::Jsonl,
            InputFormat::Txt => Self::Txt,
        }
    }
}
