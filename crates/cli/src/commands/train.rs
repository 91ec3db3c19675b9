//! `graftwork train`: read data -> load backbone -> run, with checkpoints -> measure -> save.

mod identity;
mod log;
mod out_dir;
mod runner;
pub mod start;
mod teacher;

use std::path::Path;

use graftwork::{
    AdapterFile, Backbone, Evaluation, Examples, Labelled, Recipe, TaskInfo, Teacher, TextLimit, TrainConfig,
    multi_label_classification, question_answering,
};
use serde_json::{Value, json};

use crate::args::{Common, ThresholdChoice, Train};
use crate::engine::load;
use crate::failure::{Failure, Kind, Result};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::progress::{Progress, thousands};
use crate::{input, notes, report};
use out_dir::OutDir;
use runner::{Outcome, Runner, Speed};

/// The share of the training data that is held out where there is no --dev.
const HELD_OUT: f64 = 0.1;

/// The data of a run.
pub struct Data {
    /// What is learned.
    pub train: Box<dyn Labelled>,
    /// What decides which weights are kept.
    pub dev: Option<Box<dyn Labelled>>,
    /// What is only measured.
    pub test: Option<Box<dyn Labelled>>,
}

/// Trains an adapter.
pub fn run(args: &Train, common: &Common) -> Result<()> {
    // What may be wrong is looked at before what takes long.
    let init = start::init(&args.adapter)?;
    let task = start::task(&args.adapter, init.as_ref())?;
    if args.adapter.choose_thresholds.is_some() && task.name != multi_label_classification::INFO.name {
        let message = format!("--choose-thresholds is for texts with several labels, not for {}", task.name);
        return Err(Failure::new(Kind::Usage, message).hint("take --task multi-label-classification, or --threshold"));
    }
    let data = read_data(args, task, init.as_ref())?;
    learn(args, common, (task, init), data)
}

/// Trains an adapter for a task, from an adapter if there is one, on data that was read.
pub fn learn(
    args: &Train,
    common: &Common,
    (task, init): (&'static TaskInfo, Option<AdapterFile>),
    data: Data,
) -> Result<()> {
    let labels = data.train.labels();
    let teacher = teacher::read(&args.teacher, task, data.train.as_ref())?;
    let out_dir = OutDir::open(&args.out)?;
    let backbone = load(&args.backbone, common)?;

    let given = args.run.settings.over(TrainConfig::default());
    let max_length = given.max_length.unwrap_or(backbone.config().max_length());
    let limit = TextLimit { max_length: Some(max_length), long_texts: given.long_texts.unwrap_or_default() };
    let encode = |what, data: &dyn Labelled| -> Result<Examples> {
        let examples = backbone.examples(what, data, limit)?;
        notes::on_examples(&examples, &backbone, common);
        Ok(examples)
    };
    let mut train = encode("training", data.train.as_ref())?;
    let mut dev = data.dev.as_deref().map(|dev| encode("dev", dev)).transpose()?;
    let test = data.test.as_deref().map(|test| encode("test", test)).transpose()?;
    let recipe = start::recipe(args, &train)?;
    let taught = teacher.as_ref().map(Teacher::digest);
    if let Some(teacher) = teacher {
        train = train.taught_by(teacher)?;
    }
    let mut config = args.run.settings.over(recipe.settings(&train));
    (config.max_length, config.long_texts) = (Some(max_length), limit.recorded());
    if recipe == Recipe::Standard && dev.is_none() {
        let parts = train.hold_out(HELD_OUT, config.seed, "dev");
        let (kept, held) = parts.ok_or_else(|| {
            let message = format!("{} examples are too few to hold some out", train.len());
            Failure::new(Kind::Input, message).hint("give --dev, or take --recipe few-shot")
        })?;
        if !common.quiet {
            let (kept, held) = (kept.len(), held.len());
            eprintln!("note: without --dev, {held} of {} examples decide which weights are kept", kept + held);
        }
        (train, dev) = (kept, Some(held));
    }
    let file = start::adapter(&args.adapter, (task, init), &backbone, labels, (recipe, config.seed))?;
    let mut settings = start::settings(&args.adapter, task, recipe, &config, &file.weights_digest());
    if let Some(taught) = taught {
        settings.insert("teacher".to_owned(), json!(taught));
    }
    let interrupt = Interrupt::default();
    let runner = Runner {
        backbone: &backbone,
        identity: identity::of(&settings, &backbone, &file, [Some(data.train.as_ref()), data.dev.as_deref()]),
        recipe,
        config,
        interrupt: &interrupt,
        quiet: common.quiet,
        args,
        out: &out_dir,
    };
    let (mut trained, speed) = match runner.already_finished() {
        Some(file) => (file, Speed::default()),
        None => match runner.run(&file, &train, dev.as_ref())? {
            Outcome::Finished(mut trained, speed) => {
                settings.insert("run".to_owned(), json!(runner.identity));
                trained.metadata.training = settings;
                // Before it is measured, which may take long: from here on it cannot be lost.
                trained.save(&args.out)?;
                out_dir.remove_checkpoint();
                (*trained, speed)
            }
            Outcome::Interrupted { step, total_steps } => {
                let message = format!("interrupted after step {step} of {total_steps}");
                return interrupted(message, json!({"steps": step, "total_steps": total_steps}), args, common);
            }
        },
    };

    interrupt.install()?;
    let measure = |file: &AdapterFile, what: &str, examples: &Examples| {
        let adapter = backbone.attach(file)?;
        let mut progress = Progress::fraction(&format!("measuring on {what}"), common.quiet);
        let measured = adapter.calibrate(examples).progress(|done| progress.set_fraction(done));
        Ok::<_, Failure>(interrupt.unless_set(measured).transpose()?)
    };
    let answers_questions = task.name == question_answering::INFO.name;
    let by_itself = (answers_questions && args.adapter.threshold.is_none()).then_some(ThresholdChoice::One);
    if let (Some(choice), Some(dev)) = (args.adapter.choose_thresholds.or(by_itself), &dev) {
        let adapter = backbone.attach(&trained)?;
        let chosen = interrupt.unless_set(adapter.choose_thresholds(dev, choice.into())).transpose()?;
        let Some((chosen, _)) = chosen else { return interrupted_measuring(&speed, args, common) };
        trained.metadata.thresholds = chosen;
    } else if answers_questions || task.name == multi_label_classification::INFO.name {
        trained.metadata.thresholds = args.adapter.threshold.into_iter().collect();
    }
    let mut found = Vec::new();
    // What is known of its answers is said by cross-validation or by dev data; test data only measures that.
    let crossed = recipe != Recipe::Standard;
    if !crossed {
        trained.metadata.knowledge = None;
    }
    for (name, examples) in [("dev", dev.as_ref()), ("test", test.as_ref())] {
        let Some(examples) = examples else { continue };
        let Some((evaluation, knowledge)) = measure(&trained, name, examples)? else {
            return interrupted_measuring(&speed, args, common);
        };
        if name == "dev" && !crossed {
            trained.metadata.knowledge = knowledge;
        }
        found.push((name, evaluation));
    }
    if let Some(knowledge) = &mut trained.metadata.knowledge {
        knowledge.threshold = args.adapter.threshold;
    }
    let measured = found.iter().map(|(name, found)| ((*name).to_owned(), report::brief(found).into()));
    trained.metadata.metrics.extend(measured);
    trained.save(&args.out)?;
    notes::on_head(&trained, common);
    drop(out_dir);
    tell(&Told { args, common, backbone: &backbone, trained: &trained, task, recipe, labels, speed, found })
}

/// What there is to tell of a finished run.
struct Told<'a> {
    args: &'a Train,
    common: &'a Common,
    backbone: &'a Backbone,
    trained: &'a AdapterFile,
    task: &'a TaskInfo,
    recipe: Recipe,
    labels: &'a [String],
    speed: Speed,
    /// By name of the data.
    found: Vec<(&'static str, Evaluation)>,
}

fn tell(told: &Told<'_>) -> Result<()> {
    let Told { args, backbone, speed, .. } = told;
    let (parameters, of) = (told.trained.adapter_parameters() + told.trained.head_parameters(), backbone.parameters());
    let mut out = Output::new();
    if told.common.json {
        let mut line = json!({
            "out": args.out,
            "task": told.task.name,
            "recipe": told.recipe.name(),
            "labels": told.labels,
            "trainable_parameters": parameters,
            "backbone_parameters": of,
            "steps": speed.steps,
            "train_seconds": speed.seconds,
            "tokens_per_second": speed.tokens_per_second,
            "device": backbone.device().name(),
            "interrupted": false,
            "cross_validation": told.trained.metadata.metrics.get("cross_validation"),
            "thresholds": (!told.trained.metadata.thresholds.is_empty()).then_some(&told.trained.metadata.thresholds),
            "knowledge": told.trained.metadata.knowledge.as_ref().map(report::knowledge_json),
            "test": null,
        });
        for (name, found) in &told.found {
            line[*name] = report::to_json(found, told.labels);
        }
        out.json(&line)?;
    } else {
        let share = 100.0 * parameters as f64 / of as f64;
        let (seconds, tokens) = (speed.seconds, thousands(speed.tokens_per_second));
        let what = format!("{parameters} parameters ({share:.2} % of the backbone's)");
        out.line(&match told.recipe {
            Recipe::Probe => format!("fitted {what}"),
            _ => format!("trained {what} in {seconds:.1} s, {tokens} tokens/s"),
        })?;
        for (name, found) in &told.found {
            out.line(&format!("{name:5} {}", report::summary(found)))?;
        }
        if !told.trained.metadata.thresholds.is_empty() {
            let thresholds = told.trained.metadata.thresholds.iter().map(|threshold| format!("{threshold:.3}"));
            let thresholds = thresholds.collect::<Vec<_>>().join(", ");
            out.line(&format!("labels are given from a probability on of {thresholds}"))?;
        }
        for line in told.trained.metadata.knowledge.iter().flat_map(report::knowledge) {
            out.line(&line)?;
        }
        out.line(&format!("the adapter is in {}", args.out.display()))?;
    }
    out.flush().map(drop)
}

fn read_data(args: &Train, task: &TaskInfo, init: Option<&AdapterFile>) -> Result<Data> {
    let init = init.filter(|_| !args.adapter.new_head);
    let known = args.labels.clone().or_else(|| init.and_then(|file| start::own_labels(file, task)));
    let takes_any = args.many_labels || known.is_some();
    let train = input::labelled(&args.train, task, &args.read, known)?;
    let labels = train.labels();
    if labels.len() < task.fewest_labels {
        let message = format!("{}: there is only one label, {:?}", args.train.display(), labels.join(""));
        return Err(Failure::new(Kind::Input, message).hint("a classifier needs at least two"));
    }
    if train.labels_look_like_ids() && !takes_any {
        let (path, count, one) = (args.train.display(), labels.len(), &labels[0]);
        let message = format!(
            "{path}: its column {:?} has {count} labels, such as {one:?}: most rows have one of their own, as if they were ids",
            input::label_column(task, &args.read)
        );
        let hint =
            "name the column of the labels with --label-column or --labels-column, or take these with --many-labels";
        return Err(Failure::new(Kind::Input, message).hint(hint));
    }
    let read = |path: &Path| input::labelled(path, task, &args.read, Some(labels.to_vec()));
    let dev = args.dev.as_deref().map(read).transpose()?;
    let test = args.test.as_deref().map(read).transpose()?;
    Ok(Data { train, dev, test })
}

/// Tells where to go on, and ends with the status of an interruption.
fn interrupted(message: String, mut found: Value, args: &Train, common: &Common) -> Result<()> {
    if common.json {
        (found["out"], found["interrupted"]) = (json!(args.out), json!(true));
        let mut out = Output::new();
        out.json(&found)?;
        out.flush()?;
    }
    Err(Failure::new(Kind::Interrupted, message).hint("the same command with --resume goes on from there"))
}

fn interrupted_measuring(speed: &Speed, args: &Train, common: &Common) -> Result<()> {
    let message = format!("interrupted while measuring; the adapter is in {}", args.out.display());
    interrupted(message, json!({"steps": speed.steps}), args, common)
}

fn cannot(action: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::of(Kind::Failure, error).about(format!("cannot {action} {}", path.display()))
}
