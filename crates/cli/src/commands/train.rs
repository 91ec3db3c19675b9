//! `graftwork train`: read data -> load backbone -> run, with checkpoints -> measure -> save.

mod data;
mod identity;
mod log;
mod measure;
mod out_dir;
mod runner;
pub mod start;
mod teacher;
mod tell;

use std::path::Path;

use graftwork::{AdapterFile, Examples, Labelled, Recipe, TextLimit, TrainConfig, multi_label_classification};
use serde_json::{Value, json};

use crate::args::{Common, Train};
use crate::engine::load;
use crate::failure::{Failure, Kind, Result};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::{notes, report};
pub use data::DataSet;
use measure::{Found, Measure};
use out_dir::OutDir;
use runner::{Outcome, Runner, Speed};
pub use tell::by_head;
use tell::{Told, tell};

/// The share of the training data that is held out where there is no --dev.
const HELD_OUT: f64 = 0.1;

/// Trains an adapter.
pub fn run(args: &Train, common: &Common) -> Result<()> {
    // What may be wrong is looked at before what takes long.
    let init = start::init(&args.adapter)?;
    let task = start::task(&args.adapter, init.as_ref())?;
    let sets = data::read_all(args, task, init.as_ref())?;
    let is_multi_label = |set: &DataSet| set.task.name == multi_label_classification::INFO.name;
    if args.adapter.choose_thresholds.is_some() && !sets.iter().any(is_multi_label) {
        let message = format!("--choose-thresholds is for texts with several labels, not for {}", task.name);
        return Err(Failure::new(Kind::Usage, message).hint("take --task multi-label-classification, or --threshold"));
    }
    learn(args, common, init, sets)
}

/// A data set as token ids.
struct Encoded {
    train: Examples,
    dev: Option<Examples>,
    test: Option<Examples>,
}

/// Trains an adapter, from an adapter if there is one, on data sets that were read.
pub fn learn(args: &Train, common: &Common, init: Option<AdapterFile>, sets: Vec<DataSet>) -> Result<()> {
    let teacher = teacher::read(&args.teacher, &sets)?;
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
    let mut encoded = Vec::new();
    for set in &sets {
        let train = encode("training", set.train.as_ref())?;
        let dev = set.dev.as_deref().map(|dev| encode("dev", dev)).transpose()?;
        let test = set.test.as_deref().map(|test| encode("test", test)).transpose()?;
        encoded.push(Encoded { train, dev, test });
    }
    let recipe = start::recipe(args, &encoded[0].train, sets.len())?;
    let taught = teacher.as_ref().map(graftwork::Teacher::digest);
    if let Some(teacher) = teacher {
        let first = encoded.remove(0);
        encoded.insert(0, Encoded { train: first.train.taught_by(teacher)?, ..first });
    }
    let mut config = args.run.settings.over(recipe.settings(&encoded[0].train));
    (config.max_length, config.long_texts) = (Some(max_length), limit.recorded());
    if recipe == Recipe::Standard {
        encoded = encoded.into_iter().map(|data| hold_out(data, config.seed, common)).collect::<Result<_>>()?;
    }
    let file = start::adapter(&args.adapter, init, &backbone, &sets, (recipe, config.seed))?;
    let mut settings = start::settings(&args.adapter, &sets, recipe, &config, &file.weights_digest());
    if let Some(taught) = taught {
        settings.insert("teacher".to_owned(), json!(taught));
    }
    let interrupt = Interrupt::default();
    let data = sets.iter().flat_map(|set| [Some(set.train.as_ref()), set.dev.as_deref()]);
    let runner = Runner {
        backbone: &backbone,
        identity: identity::of(&settings, &backbone, &file, data),
        recipe,
        config,
        interrupt: &interrupt,
        quiet: common.quiet,
        args,
        out: &out_dir,
    };
    let data =
        sets.iter().zip(&encoded).map(|(set, data)| (set.head.clone(), &data.train, data.dev.as_ref())).collect();
    let (mut trained, speed) = match runner.already_finished() {
        Some(file) => (file, Speed::default()),
        None => match runner.run(&file, data)? {
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
    let crossed = recipe != Recipe::Standard;
    let measure = Measure { backbone: &backbone, args, common, interrupt: &interrupt, crossed };
    let mut found: Found = Vec::new();
    for (set, data) in sets.iter().zip(&encoded) {
        for (head, place) in set.heads().into_iter().zip(0..) {
            let task = set.task.heads.get(place).map_or(set.task, |(_, task)| task);
            let on = [("dev", data.dev.as_ref()), ("test", data.test.as_ref())];
            let Some(measured) = measure.head(&mut trained, (head.as_deref(), task), on)? else {
                let message = format!("interrupted while measuring; the adapter is in {}", args.out.display());
                return interrupted(message, json!({"steps": speed.steps}), args, common);
            };
            found.push((head, measured));
        }
    }
    for name in ["dev", "test"] {
        let measured = by_head(&found, name, |_, found| report::brief(found).into());
        trained.metadata.metrics.extend(measured.map(|measured| (name.to_owned(), measured)));
    }
    trained.save(&args.out)?;
    notes::on_head(&trained, common);
    drop(out_dir);
    tell(&Told { args, common, backbone: &backbone, trained: &trained, recipe, sets: &sets, speed, found })
}

/// Where there is no dev data, some of the training data decides which weights are kept.
fn hold_out(data: Encoded, seed: u64, common: &Common) -> Result<Encoded> {
    if data.dev.is_some() {
        return Ok(data);
    }
    let parts = data.train.hold_out(HELD_OUT, seed, "dev");
    let (train, dev) = parts.ok_or_else(|| {
        let message = format!("{} examples are too few to hold some out", data.train.len());
        Failure::new(Kind::Input, message).hint("give --dev, or take --recipe few-shot")
    })?;
    if !common.quiet {
        let (kept, held) = (train.len(), dev.len());
        eprintln!("note: without --dev, {held} of {} examples decide which weights are kept", kept + held);
    }
    Ok(Encoded { train, dev: Some(dev), test: data.test })
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

fn cannot(action: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::of(Kind::Failure, error).about(format!("cannot {action} {}", path.display()))
}
