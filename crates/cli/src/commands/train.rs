//! `graftwork train`: read data -> load backbone -> run, with checkpoints -> measure -> save.

mod identity;
mod log;
mod runner;
mod start;

use std::path::Path;

use graftwork_model::AdapterFile;
use graftwork_text::Dataset;
use graftwork_train::evaluate::Evaluation;
use serde_json::{Value, json};

use super::load;
use crate::args::{Common, Train};
use crate::cache::backbone_dir;
use crate::failure::{Failure, Kind, Result};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::progress::{Progress, thousands};
use crate::{input, report};
use runner::{Outcome, Runner};

/// The labelled data of a run.
struct Data {
    train: Dataset,
    dev: Dataset,
    test: Option<Dataset>,
}

/// Trains an adapter.
pub fn run(args: &Train, common: &Common) -> Result<()> {
    // What may be wrong is looked at before what takes long.
    let config = start::train_config(&args.run)?;
    let dir = backbone_dir(&args.backbone)?;
    let init = start::init(&args.adapter)?;
    let data = read_data(args, init.as_ref())?;
    std::fs::create_dir_all(&args.out).map_err(|e| cannot("create", &args.out, &e))?;
    let engine = load(&dir, common)?;
    let file = match init {
        Some(file) => start::with_labels(file, &data.train.labels)?,
        None => start::fresh(&args.adapter, &engine, &data.train.labels, config.seed)?,
    };

    let max_length = engine.max_length(args.max_length, None)?;
    let train = engine.examples("training", &data.train, max_length)?;
    let dev = engine.examples("dev", &data.dev, max_length)?;
    let test = data.test.as_ref().map(|test| engine.examples("test", test, max_length)).transpose()?;
    let mut settings = start::settings(args, &config, &file, max_length);
    let runner = Runner {
        engine: &engine,
        identity: identity::of(&settings, &engine, &file, [&data.train, &data.dev]),
        config,
        interrupt: Interrupt::install()?,
        quiet: common.quiet,
        args,
    };
    let (trained, speed) = match runner.run(&file, &train, &dev)? {
        Outcome::Finished(adapter, speed) => (adapter, speed),
        Outcome::Interrupted { step, total_steps } => return interrupted(step, total_steps, args, common),
    };

    let measure = |what: &str, examples| -> Result<Evaluation> {
        let mut progress = Progress::fraction(&format!("measuring on {what}"), common.quiet);
        engine.evaluate(&trained, examples, &mut |done| progress.set_fraction(done))
    };
    let dev_found = measure("dev", &dev)?;
    let test_found = test.as_ref().map(|test| measure("test", test)).transpose()?;

    let mut saved = engine.read_back(&trained)?;
    settings.insert("run".to_owned(), json!(runner.identity));
    start::describe(&mut saved, &engine, settings, max_length);
    saved.metadata.metrics.insert("dev".to_owned(), brief(&dev_found));
    if let Some(found) = &test_found {
        saved.metadata.metrics.insert("test".to_owned(), brief(found));
    }
    saved.save(&args.out)?;
    runner.remove_checkpoint();

    let parameters = trained.arena().parameters();
    let mut out = Output::new();
    if common.json {
        let labels = &data.train.labels;
        out.json(&json!({
            "out": args.out,
            "task": "text-classification",
            "labels": labels,
            "trainable_parameters": parameters,
            "backbone_parameters": engine.backbone().parameters(),
            "steps": speed.steps,
            "train_seconds": speed.seconds,
            "tokens_per_second": speed.tokens_per_second,
            "device": engine.backbone().device().name(),
            "interrupted": false,
            "dev": report::to_json(&dev_found, labels),
            "test": test_found.as_ref().map(|found| report::to_json(found, labels)),
        }))?;
    } else {
        let share = 100.0 * parameters as f64 / engine.backbone().parameters() as f64;
        out.line(&format!(
            "trained {parameters} parameters ({share:.2} % of the backbone's) in {:.1} s, {} tokens/s",
            speed.seconds,
            thousands(speed.tokens_per_second)
        ))?;
        out.line(&format!("dev   {}", report::summary(&dev_found)))?;
        if let Some(found) = &test_found {
            out.line(&format!("test  {}", report::summary(found)))?;
        }
        out.line(&format!("the adapter is in {}", args.out.display()))?;
    }
    out.flush().map(drop)
}

fn read_data(args: &Train, init: Option<&AdapterFile>) -> Result<Data> {
    let known = args.labels.clone().or_else(|| init.and_then(start::own_labels));
    let train = input::labelled(&args.train, &args.read, known)?;
    if train.labels.len() < 2 {
        let message = format!("{}: there is only one label, {:?}", args.train.display(), train.labels.join(""));
        return Err(Failure::new(Kind::Input, message).hint("a classifier needs at least two"));
    }
    let read = |path: &Path| input::labelled(path, &args.read, Some(train.labels.clone()));
    let dev = read(&args.dev)?;
    let test = args.test.as_deref().map(read).transpose()?;
    Ok(Data { train, dev, test })
}

/// Tells where to go on, and ends with the status of an interruption.
fn interrupted(step: usize, total_steps: usize, args: &Train, common: &Common) -> Result<()> {
    if common.json {
        let mut out = Output::new();
        out.json(&json!({"out": args.out, "interrupted": true, "steps": step, "total_steps": total_steps}))?;
        out.flush()?;
    }
    Err(Failure::new(Kind::Interrupted, format!("interrupted after step {step} of {total_steps}"))
        .hint("the same command with --resume goes on from there"))
}

/// What an adapter's files say about a measurement: nothing that differs from run to run.
fn brief(found: &Evaluation) -> Value {
    json!({"accuracy": found.metrics.accuracy, "macro_f1": found.metrics.macro_f1, "loss": found.loss})
}

fn cannot(action: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::of(Kind::Failure, error).about(format!("cannot {action} {}", path.display()))
}
