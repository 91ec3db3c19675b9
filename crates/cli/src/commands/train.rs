//! `graftwork train`: read data -> load backbone -> run, with checkpoints -> measure -> save.

mod identity;
mod log;
mod runner;
mod start;

use std::path::Path;

use graftwork::{AdapterFile, Dataset, Evaluation, Examples};
use pollster::block_on;
use serde_json::{Value, json};

use crate::args::{Common, Train};
use crate::engine::load;
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
    let init = start::init(&args.adapter)?;
    let data = read_data(args, init.as_ref())?;
    std::fs::create_dir_all(&args.out).map_err(|e| cannot("create", &args.out, &e))?;
    let backbone = load(&args.backbone, common)?;
    let file = match init {
        Some(file) => start::with_labels(file, &data.train.labels)?,
        None => start::fresh(&args.adapter, &backbone, &data.train.labels, config.seed)?,
    };

    let max_length = args.max_length.unwrap_or(backbone.config().max_position_embeddings);
    let train = backbone.examples("training", &data.train, Some(max_length))?;
    let dev = backbone.examples("dev", &data.dev, Some(max_length))?;
    let test = data.test.as_ref().map(|test| backbone.examples("test", test, Some(max_length))).transpose()?;
    let mut settings = start::settings(args, &config, &file, max_length);
    let runner = Runner {
        backbone: &backbone,
        identity: identity::of(&settings, &backbone, &file, [&data.train, &data.dev]),
        config,
        interrupt: Interrupt::install()?,
        quiet: common.quiet,
        args,
    };
    let (trained, speed) = match runner.run(&file, &train, &dev)? {
        Outcome::Finished(trained, speed) => (trained, speed),
        Outcome::Interrupted { step, total_steps } => return interrupted(step, total_steps, args, common),
    };

    let adapter = backbone.attach(&trained)?;
    let measure = |what: &str, examples: &Examples| -> Result<Evaluation> {
        let mut progress = Progress::fraction(&format!("measuring on {what}"), common.quiet);
        Ok(block_on(backbone.evaluate(&adapter, examples, &mut |done| progress.set_fraction(done)))?)
    };
    let dev_found = measure("dev", &dev)?;
    let test_found = test.as_ref().map(|test| measure("test", test)).transpose()?;

    let parameters = trained.adapter_parameters() + trained.head_parameters();
    let mut saved = *trained;
    settings.insert("run".to_owned(), json!(runner.identity));
    start::describe(&mut saved, &backbone, settings, max_length);
    saved.metadata.metrics.insert("dev".to_owned(), brief(&dev_found));
    if let Some(found) = &test_found {
        saved.metadata.metrics.insert("test".to_owned(), brief(found));
    }
    saved.save(&args.out)?;
    runner.remove_checkpoint();

    let mut out = Output::new();
    if common.json {
        let labels = &data.train.labels;
        out.json(&json!({
            "out": args.out,
            "task": "text-classification",
            "labels": labels,
            "trainable_parameters": parameters,
            "backbone_parameters": backbone.model().parameters(),
            "steps": speed.steps,
            "train_seconds": speed.seconds,
            "tokens_per_second": speed.tokens_per_second,
            "device": backbone.device().name(),
            "interrupted": false,
            "dev": report::to_json(&dev_found, labels),
            "test": test_found.as_ref().map(|found| report::to_json(found, labels)),
        }))?;
    } else {
        let share = 100.0 * parameters as f64 / backbone.model().parameters() as f64;
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
