//! What a run starts from: its settings, and the adapter before the first step.

use graftwork::{AdapterFile, Backbone, BatchSize, Schedule, TaskInfo, TrainConfig};
use serde_json::{Map, Value, json};

use crate::args::{AdapterArgs, RunArgs, ScheduleName, Task, Train};
use crate::engine::{head_of, read_adapter};
use crate::failure::{Failure, Kind, Result};

/// The settings of the training itself.
pub fn train_config(args: &RunArgs) -> Result<TrainConfig> {
    let default = TrainConfig::default();
    let batch_size = match (args.batch_size, args.batch_tokens) {
        (Some(count), _) => BatchSize::Count(count),
        (None, Some(tokens)) => BatchSize::Tokens(tokens),
        (None, None) => default.batch_size,
    };
    let config = TrainConfig {
        epochs: args.epochs,
        max_steps: args.max_steps,
        lr: args.lr,
        schedule: match args.schedule {
            ScheduleName::Linear => Schedule::Linear,
            ScheduleName::Constant => Schedule::Constant,
        },
        warmup_ratio: args.warmup_ratio,
        weight_decay: args.weight_decay,
        clip: args.clip.0,
        batch_size,
        dropout: args.dropout,
        shuffle: !args.no_shuffle,
        seed: args.seed,
        eval_every: args.eval_every,
        patience: args.patience,
        keep_best: !args.keep_last,
    };
    config.validate()?;
    Ok(config)
}

/// The adapter of `--init`.
pub fn init(args: &AdapterArgs) -> Result<Option<AdapterFile>> {
    args.init.as_deref().map(|path| read_adapter(path, args.any_backbone)).transpose()
}

/// The task: that of the head to start from, if there is one.
pub fn task(args: &AdapterArgs, init: Option<&AdapterFile>) -> Result<&'static TaskInfo> {
    let Some(file) = init.filter(|file| file.head.is_some()) else { return Ok(args.task.info()) };
    let (_, task) = head_of(file)?;
    if args.task != Task::default() && args.task.info().name != task.name {
        let message = format!("the head of the adapter {} is for {}", file.name, task.name);
        return Err(Failure::new(Kind::Usage, message).hint("leave --task out, or start without --init"));
    }
    Ok(task)
}

/// The labels that an adapter's head has names for.
pub fn own_labels(file: &AdapterFile) -> Option<Vec<String>> {
    Some(file.head.as_ref()?.own_labels()?.to_vec())
}

/// An existing adapter, whose head must be for as many labels as the data has.
pub fn with_labels(mut file: AdapterFile, labels: &[String]) -> Result<AdapterFile> {
    let Some(head) = &mut file.head else {
        let message = format!("the adapter {} has no head to start from", file.name);
        return Err(Failure::new(Kind::Input, message));
    };
    if head.num_labels != labels.len() {
        let (has, needs) = (head.num_labels, labels.len());
        let message = format!("the head of the adapter {} is for {has} labels, but the data has {needs}", file.name);
        return Err(Failure::new(Kind::Input, message));
    }
    head.labels = Some(labels.to_vec());
    Ok(file)
}

/// A new adapter with a new head.
pub fn fresh(
    args: &AdapterArgs,
    task: &TaskInfo,
    backbone: &Backbone,
    labels: &[String],
    seed: u64,
) -> Result<AdapterFile> {
    Ok(backbone.new_adapter(task, &args.name, args.method.config.clone(), labels.to_vec(), seed)?)
}

/// Everything that decides what a run learns, apart from data and starting weights: for the adapter's files, and to
/// tell runs apart.
pub fn settings(
    args: &Train,
    task: &TaskInfo,
    config: &TrainConfig,
    file: &AdapterFile,
    max_length: usize,
) -> Map<String, Value> {
    let (batch_size, batch_tokens) = match config.batch_size {
        BatchSize::Count(count) => (Some(count), None),
        BatchSize::Tokens(tokens) => (None, Some(tokens)),
    };
    let settings = json!({
        "task": task.name,
        "method": args.adapter.init.is_none().then_some(args.adapter.method.name),
        "epochs": config.epochs,
        "max_steps": config.max_steps,
        "lr": config.lr,
        "schedule": config.schedule.name(),
        "warmup_ratio": config.warmup_ratio,
        "weight_decay": config.weight_decay,
        "clip": config.clip,
        "batch_size": batch_size,
        "batch_tokens": batch_tokens,
        "max_length": max_length,
        "dropout": config.dropout,
        "shuffle": config.shuffle,
        "seed": config.seed,
        "eval_every": config.eval_every,
        "patience": config.patience,
        "keep_best": config.keep_best,
        "initial_weights": file.weights_digest().to_string(),
    });
    match settings {
        Value::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}

/// Writes down where an adapter comes from. Nothing here may differ between two runs of the same settings and data.
pub fn describe(file: &mut AdapterFile, backbone: &Backbone, settings: Map<String, Value>, max_length: usize) {
    let metadata = &mut file.metadata;
    metadata.backbone_fingerprint = Some(backbone.fingerprint());
    metadata.max_length = Some(max_length);
    metadata.tool_version = Some(format!("graftwork {}", graftwork::VERSION));
    metadata.training = settings;
    metadata.metrics = Map::new();
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn the_options_have_the_defaults_of_the_library() {
        let line = "graftwork train --backbone b --train t --dev d --out o";
        let Command::Train(args) = Cli::parse_from(line.split(' ')).command else { panic!("train") };
        assert_eq!(train_config(&args.run).unwrap(), TrainConfig::default());
    }
}
