//! What a run starts from: its settings, and the adapter before the first step.

use graftwork::{
    AdapterFile, Backbone, CoursePart, Examples, Fingerprint, HeadConfig, NewAdapter, Recipe, TaskInfo, TrainConfig,
};
use serde_json::{Map, Value, json};

use super::data::DataSet;
use crate::args::{AdapterArgs, HeadArgs, RecipeChoice, Task, Train};
use crate::engine::{head_of, read_adapter};
use crate::failure::{Failure, Kind, Result};

/// The adapter of `--init`; of several heads those that go on.
pub fn init(args: &AdapterArgs) -> Result<Option<AdapterFile>> {
    let Some(path) = &args.init else { return Ok(None) };
    let file = read_adapter(path, args.any_backbone)?;
    if file.further.is_empty() || !args.heads.and.is_empty() || args.new_head {
        return Ok(Some(file));
    }
    let together = TaskInfo::of_adapter(&file).is_some_and(|task| !task.heads.is_empty());
    match (&args.heads.head, file.head_names().first()) {
        (Some(name), _) => Ok(Some(file.with_head(name)?)),
        (None, Some(first)) if !together => Ok(Some(file.with_head(first)?)),
        _ => Ok(Some(file)),
    }
}

/// The task: that of the heads to start from, if labels are learned for it and no other one is asked for.
pub fn task(args: &AdapterArgs, init: Option<&AdapterFile>) -> Result<&'static TaskInfo> {
    let asked = args.task.info();
    let kept = |file: &&AdapterFile| file.head.is_some() && !args.new_head && args.task == Task::default();
    let Some(file) = init.filter(kept) else { return Ok(asked) };
    let (_, task) = head_of(file)?;
    Ok(if task.head.info().tied { asked } else { task })
}

/// The adapter before the first step: that of `--init` with its heads, or with new ones if its own are for other tasks or none is
/// asked to stay, or a new one.
pub fn adapter(
    args: &AdapterArgs,
    init: Option<AdapterFile>,
    backbone: &Backbone,
    sets: &[DataSet],
    (recipe, seed): (Recipe, u64),
) -> Result<AdapterFile> {
    let labels = sets[0].labels();
    let mut new = NewAdapter::of_task(sets[0].task, &labels).recipe(recipe).seed(seed);
    if let Some(name) = sets[0].head.as_ref().or(args.heads.head.as_ref().filter(|_| sets[0].task.heads.is_empty())) {
        new = new.head(name);
    }
    for set in &sets[1..] {
        new = new.and(set.head.clone().unwrap_or_default(), set.task, set.train.labels());
    }
    let kinds = |set: &DataSet| match set.task.heads {
        [] => vec![(set.head.clone(), set.task.head)],
        heads => heads.iter().map(|(name, task)| (Some((*name).to_owned()), task.head)).collect(),
    };
    let wanted: Vec<_> = sets.iter().flat_map(kinds).collect();
    let goes_on = |file: &AdapterFile| {
        let is_same = |(head, (name, kind)): (&HeadConfig, &(Option<String>, _))| {
            head.kind == *kind && (name.is_none() || name.as_deref() == head.name())
        };
        !args.new_head && file.heads().count() == wanted.len() && file.heads().zip(&wanted).all(is_same)
    };
    Ok(match init {
        Some(file) if goes_on(&file) => with_labels(file, sets.iter().flat_map(DataSet::labels).collect())?,
        Some(file) => backbone.new_adapter(new.on(file))?,
        None => backbone.new_adapter(new.named(&args.name).method(args.method.config.clone()))?,
    })
}

/// The data sets with what they teach, as the library takes them.
///
/// # Errors
/// If a weight is for a head that none teaches.
pub fn parts<'a>(
    heads: &HeadArgs,
    data: Vec<(Option<String>, &'a Examples, Option<&'a Examples>)>,
) -> Result<Vec<CoursePart<'a>>> {
    let part = |(head, train, dev): (Option<String>, _, _)| {
        head.into_iter().fold(CoursePart::new(train).dev(dev), CoursePart::head)
    };
    let mut parts: Vec<CoursePart<'a>> = data.into_iter().map(part).collect();
    for (name, weight) in &heads.loss_weights {
        let Some(part) = parts.iter_mut().find(|part| part.teaches(name)) else {
            let message = format!("--loss-weight is for {name:?}, which no data set teaches");
            return Err(
                Failure::new(Kind::Usage, message).hint("name a head of --and, --head, or one of the task's own")
            );
        };
        *part = part.clone().weight(name, *weight);
    }
    Ok(parts)
}

/// The labels that an adapter's heads have names for, if they are for this task.
pub fn own_labels(file: &AdapterFile, task: &TaskInfo) -> Option<Vec<Vec<String>>> {
    let names = |head: &HeadConfig| Some(head.own_labels()?.to_vec());
    if task.heads.is_empty() {
        return Some(vec![names(file.head.as_ref().filter(|head| head.kind == task.head)?)?]);
    }
    file.heads()
        .map(names)
        .collect::<Option<_>>()
        .filter(|_| TaskInfo::of_adapter(file).is_some_and(|own| own.name == task.name))
}

/// An existing adapter, each of whose heads must be for as many labels as the data has.
fn with_labels(mut file: AdapterFile, labels: Vec<Vec<String>>) -> Result<AdapterFile> {
    let adapter = file.name.clone();
    let further = file.further.iter_mut().map(|head| &mut head.config);
    for (head, labels) in file.head.iter_mut().chain(further).zip(labels).filter(|(head, _)| head.tied.is_none()) {
        if head.num_labels != labels.len() {
            let (has, needs) = (head.num_labels, labels.len());
            let message = format!("the head of the adapter {adapter} is for {has} labels, but the data has {needs}");
            return Err(Failure::new(Kind::Input, message).hint("--new-head gives the adapter one for these labels"));
        }
        head.labels = Some(labels);
    }
    Ok(file)
}

/// The recipe that is asked for, or the one for as many examples; `count` is how many data sets there are.
pub fn recipe(args: &Train, train: &Examples, count: usize) -> Result<Recipe> {
    let frozen = args.run.settings.over(TrainConfig::default()).freeze_adapter;
    if frozen && args.adapter.init.is_none() {
        let message = "--freeze-adapter needs an adapter: a new one has learned nothing";
        let hint = "name it with --init, or take --recipe probe for a head on the bare backbone";
        return Err(Failure::new(Kind::Usage, message).hint(hint));
    }
    let begins = args.adapter.init.is_some() || args.teacher.teacher_logits.is_some();
    let recipe = match args.run.recipe {
        RecipeChoice::Auto if args.dev.is_some() || begins || count > 1 => Recipe::Standard,
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
    if args.teacher.teacher_logits.is_some() {
        return refuse("learns from labels alone", "leave --teacher-logits out, or take --recipe standard");
    }
    if count > 1 {
        return refuse("is for one data set", "leave --and out, or take --recipe standard");
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
    sets: &[DataSet],
    recipe: Recipe,
    config: &TrainConfig,
    initial_weights: &Fingerprint,
) -> Map<String, Value> {
    let mut settings = Map::new();
    settings.insert("task".to_owned(), json!(sets[0].task.name));
    if args.init.is_none() {
        settings.insert("method".to_owned(), json!(args.method.name));
    }
    if recipe != Recipe::Standard {
        settings.insert("recipe".to_owned(), json!(recipe.name()));
    }
    settings.extend(config.to_json());
    if sets.len() > 1 {
        let heads = sets.iter().map(|set| json!({"head": set.head, "task": set.task.name}));
        settings.insert("data_sets".to_owned(), heads.collect());
        settings.insert("sampling".to_owned(), json!(graftwork::Sampling::from(args.heads.sampling).name()));
    }
    if !args.heads.loss_weights.is_empty() {
        let weights = args.heads.loss_weights.iter().map(|(head, weight)| (head.clone(), json!(weight)));
        settings.insert("loss_weights".to_owned(), weights.collect::<Map<_, _>>().into());
    }
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
            let train = graftwork::Dataset::new([("a", "b")]).unwrap();
            let task = args.adapter.task.info();
            let set = DataSet { head: None, task, train: Box::new(train), dev: None, test: None };
            let settings = settings(&args.adapter, &[set], Recipe::Standard, &config, &digest);
            Value::from(settings).to_string()
        };
        let digest = format!(r#""initial_weights":"{}"}}"#, "0".repeat(64));
        let default = r#"{"task":"text-classification","method":"double_seq_bn","epochs":3,"lr":0.001,"schedule":"linear","warmup_ratio":0.1,"weight_decay":0.01,"clip":1.0,"batch_size":32,"max_length":128,"dropout":0.0,"shuffle":true,"seed":42,"keep_best":true,"#;
        assert_eq!(of(""), format!("{default}{digest}"));
        let all = "--epochs 2 --max-steps 9 --lr 1e-3 --schedule constant --warmup-ratio 0.06 --weight-decay 0 --clip none \
                   --batch-tokens 512 --dropout 0.1 --no-shuffle --seed 7 --eval-every 4 --patience 2 --keep-last --init a";
        let expected = r#"{"task":"text-classification","epochs":2,"max_steps":9,"lr":0.001,"schedule":"constant","warmup_ratio":0.06,"weight_decay":0.0,"batch_tokens":512,"max_length":128,"dropout":0.1,"shuffle":false,"seed":7,"eval_every":4,"patience":2,"keep_best":false,"#;
        assert_eq!(of(all), format!("{expected}{digest}"));
    }
}
