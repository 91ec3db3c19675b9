//! What a run starts from: its settings, and the adapter before the first step.

use graftwork::{AdapterFile, Backbone, Examples, Fingerprint, NewAdapter, Recipe, TaskInfo, TrainConfig};
use serde_json::{Map, Value, json};

use crate::args::{AdapterArgs, RecipeChoice, Task, Train};
use crate::engine::{head_of, read_adapter};
use crate::failure::{Failure, Kind, Result};

/// The adapter of `--init`.
pub fn init(args: &AdapterArgs) -> Result<Option<AdapterFile>> {
    args.init.as_deref().map(|path| read_adapter(path, args.any_backbone)).transpose()
}

/// The task: that of the head to start from, if labels are learned for it and no other one is asked for.
pub fn task(args: &AdapterArgs, init: Option<&AdapterFile>) -> Result<&'static TaskInfo> {
    let asked = args.task.info();
    let Some(file) = init.filter(|file| file.head.is_some() && args.task == Task::default()) else { return Ok(asked) };
    let (_, task) = head_of(file)?;
    Ok(if task.head.info().tied { asked } else { task })
}

/// The adapter before the first step: that of `--init` with its head, or with a new one if its own is for another task, or a
/// new one.
pub fn adapter(
    args: &AdapterArgs,
    (task, init): (&'static TaskInfo, Option<AdapterFile>),
    backbone: &Backbone,
    labels: &[String],
    (recipe, seed): (Recipe, u64),
) -> Result<AdapterFile> {
    let new = NewAdapter::new(task, labels).recipe(recipe).seed(seed);
    Ok(match init {
        Some(file) if file.head.as_ref().is_some_and(|head| head.kind == task.head) => with_labels(file, labels)?,
        Some(file) => backbone.new_adapter(new.on(file))?,
        None => backbone.new_adapter(new.named(&args.name).method(args.method.config.clone()))?,
    })
}

/// The labels that an adapter's head has names for, if it is for this task.
pub fn own_labels(file: &AdapterFile, task: &TaskInfo) -> Option<Vec<String>> {
    let head = file.head.as_ref().filter(|head| head.kind == task.head)?;
    Some(head.own_labels()?.to_vec())
}

/// An existing adapter, whose head must be for as many labels as the data has.
fn with_labels(mut file: AdapterFile, labels: &[String]) -> Result<AdapterFile> {
    let Some(head) = file.head.as_mut().filter(|head| head.tied.is_none()) else { return Ok(file) };
    if head.num_labels != labels.len() {
        let (has, needs) = (head.num_labels, labels.len());
        let message = format!("the head of the adapter {} is for {has} labels, but the data has {needs}", file.name);
        return Err(Failure::new(Kind::Input, message));
    }
    head.labels = Some(labels.to_vec());
    Ok(file)
}

/// The recipe that is asked for, or the one for as many examples.
pub fn recipe(args: &Train, train: &Examples) -> Result<Recipe> {
    let recipe = match args.run.recipe {
        RecipeChoice::Auto if args.dev.is_some() || args.adapter.init.is_some() => Recipe::Standard,
        RecipeChoice::Auto => Recipe::of(train),
        RecipeChoice::FewShot => Recipe::FewShot,
        RecipeChoice::Probe => Recipe::Probe,
        RecipeChoice::Standard => Recipe::Standard,
    };
    if recipe == Recipe::Standard {
        return Ok(recipe);
    }
    let refuse = |what: &str, hint: &str| {
        let message = format!("--recipe {} {what}", recipe.name());
        Err(Failure::new(Kind::Usage, message).hint(hint))
    };
    if args.adapter.init.is_some() {
        return refuse("begins with a new adapter", "leave --init out, or take --recipe standard");
    }
    if !train.has_one_label_each() {
        return refuse("is for texts with one label each", "take --recipe standard");
    }
    Ok(recipe)
}

/// Everything that decides what a run learns, apart from data and starting weights: for the adapter's files, and to
/// tell runs apart. Nothing here may differ between two runs of the same settings and data.
///
/// Checkpoints hold a digest of it: names, order and values must stay as they are, or runs of before are not resumed.
pub fn settings(
    args: &AdapterArgs,
    task: &TaskInfo,
    recipe: Recipe,
    config: &TrainConfig,
    initial_weights: &Fingerprint,
) -> Map<String, Value> {
    let mut settings = Map::new();
    settings.insert("task".to_owned(), json!(task.name));
    if args.init.is_none() {
        settings.insert("method".to_owned(), json!(args.method.name));
    }
    if recipe != Recipe::Standard {
        settings.insert("recipe".to_owned(), json!(recipe.name()));
    }
    settings.extend(config.to_json());
    settings.insert("initial_weights".to_owned(), json!(initial_weights.to_string()));
    settings
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command, Train};

    fn args(line: &str) -> Train {
        let line = format!("graftwork train --backbone b --train t --dev d --out o {line}");
        let Command::Train(args) = Cli::parse_from(line.split_whitespace()).command else { panic!("train") };
        *args
    }

    #[test]
    fn the_options_have_the_defaults_of_the_library() {
        assert_eq!(args("").run.settings.over(TrainConfig::default()), TrainConfig::default());
    }

    /// What version 0.1.0 took the digest of, byte for byte: its checkpoints must be resumed.
    #[test]
    fn what_tells_runs_apart_stays() {
        let of = |line: &str| {
            let args = args(line);
            let config = args.run.settings.over(TrainConfig::default());
            let config = TrainConfig { max_length: Some(128), ..config };
            let digest = "0".repeat(64).parse().unwrap();
            let settings = settings(&args.adapter, args.adapter.task.info(), Recipe::Standard, &config, &digest);
            Value::from(settings).to_string()
        };
        let digest = format!(r#""initial_weights":"{}"}}"#, "0".repeat(64));
        let default = r#"{"task":"text-classification","method":"double_seq_bn","epochs":3,"lr":0.0005,"schedule":"linear","warmup_ratio":0.1,"weight_decay":0.01,"clip":1.0,"batch_size":32,"max_length":128,"dropout":0.0,"shuffle":true,"seed":42,"keep_best":true,"#;
        assert_eq!(of(""), format!("{default}{digest}"));
        let all = "--epochs 2 --max-steps 9 --lr 1e-3 --schedule constant --warmup-ratio 0.06 --weight-decay 0 --clip none \
                   --batch-tokens 512 --dropout 0.1 --no-shuffle --seed 7 --eval-every 4 --patience 2 --keep-last --init a";
        let expected = r#"{"task":"text-classification","epochs":2,"max_steps":9,"lr":0.001,"schedule":"constant","warmup_ratio":0.06,"weight_decay":0.0,"batch_tokens":512,"max_length":128,"dropout":0.1,"shuffle":false,"seed":7,"eval_every":4,"patience":2,"keep_best":false,"#;
        assert_eq!(of(all), format!("{expected}{digest}"));
    }
}
