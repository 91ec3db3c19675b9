//! A training run that lets JavaScript have a word between any few steps.

use graftwork::options::camel_case;
use graftwork::{
    Adapter, AdapterFile, Backbone, Evaluation, HeadConfig, Progress, Recipe, Stage, StepReport, TextLimit, Thresholds,
    TrainConfig, TrainError, Trainer, Turn, multi_label_classification, question_answering,
};
use js_sys::Date;
use serde_json::{Value, json};

use crate::error::{Failure, Result};
use crate::host::Host;
use crate::options::{self, Options, bad};
use crate::tasks::{self, Front};

/// Seconds between two reports, roughly.
const REPORT_SECONDS: f64 = 0.2;
/// One key holds all of a saved run, so its state need not say which it is of.
const RUN: &str = "";
/// Trains an adapter, whose file is `start`, on examples, and perhaps others to evaluate it on; gives the adapter as it is saved and whether the run went to its end.
pub async fn run(
    backbone: &Backbone,
    adapter: &Adapter,
    start: &AdapterFile,
    (examples, own_dev): (&str, Option<&str>),
    options: &str,
    host: &Host,
) -> Result<(AdapterFile, bool)> {
    let mut options = Options::parse(options)?;
    let (recipe, validation) = (options.recipe()?, options.number("validation")?);
    let choice = options.thresholds()?;
    let given = options.settings(TrainConfig::default())?;
    start.head.as_ref().ok_or(TrainError::NoHead)?;
    let other = || Failure::new("wrong-task", "adapters for this task cannot be trained in a browser yet");
    let front = tasks::of_adapter(start).ok_or_else(other)?;
    let labels: Vec<Vec<String>> = start.heads().map(HeadConfig::label_names).collect();
    let limit = TextLimit { max_length: given.max_length, long_texts: given.long_texts.unwrap_or_default() };
    let read = |what, json| {
        let examples = options::parse(json)?;
        let data = (front.data)(examples.as_array().map_or(&[], Vec::as_slice), &labels)?;
        Ok::<_, Failure>(backbone.examples(what, &*data, limit)?)
    };
    let mut train = read("training", examples)?;
    let mut dev = own_dev.map(|own| read("validation", own)).transpose()?;
    if let Some(share) = validation {
        if dev.is_some() {
            return Err(bad("validation is a share or examples, not both"));
        }
        if !(0.0..1.0).contains(&share) {
            return Err(bad("validation must be at least 0 and less than 1"));
        }
        if let Some((kept, held)) = train.hold_out(share, given.seed, "validation") {
            (train, dev) = (kept, Some(held));
        }
    }
    let config = options.settings(recipe.settings(&train))?;
    if choice.is_some() && (front.info.name != multi_label_classification::INFO.name || dev.is_none()) {
        return Err(bad("chooseThresholds is for multi-label-classification, and needs examples that are held out"));
    }
    let answers_questions = front.info.name == question_answering::INFO.name;
    let choice = choice.or(answers_questions.then_some(Thresholds::One));

    let mut trainer = match recipe {
        Recipe::Standard => backbone.trainer(start, config, &train, dev.as_ref())?,
        _ if dev.is_some() => return Err(bad("validation is for standard training: here cross-validation stands in")),
        Recipe::FewShot => backbone.few_shot(start, config, &train)?,
        Recipe::Probe => backbone.head_alone(start, config, &train)?,
    };
    if let Some(state) = host.state() {
        trainer.resume(adapter.read_state("the saved run", &state)?, RUN)?;
    } else if host.seconds().is_finite() && !keep(&trainer, host).await? {
        return Ok((start.clone(), false));
    }
    let finished = turns(&mut trainer, (front, &labels), host).await?;
    let mut trained = trainer.to_file().await?;
    let validation = validation.map(|share| ("validation".to_owned(), share.into()));
    trained.metadata.training.extend(validation);
    if let (true, Some(best), Some(dev)) = (finished, trainer.best(), &dev) {
        let mut score = best.score;
        if let Some(choice) = choice {
            let (chosen, metrics) = trainer.adapter().choose_thresholds(dev, choice).await?;
            (trained.metadata.thresholds, score) = (chosen, metrics.score());
        }
        let found = json!({(front.score)(&labels[0]): score, "loss": best.loss});
        trained.metadata.metrics.insert("dev".to_owned(), found);
    }
    Ok((trained, finished))
}

/// As many steps at a time as fit between two reports; how they are cut changes nothing of the result.
async fn turns(trainer: &mut Trainer<'_>, task: (&Front, &[Vec<String>]), host: &Host) -> Result<bool> {
    let (mut most, first, keeps) = (1, trainer.progress().step, host.seconds().is_finite());
    let mut kept = Date::now();
    loop {
        let (before, stage) = (trainer.progress(), trainer.stage());
        let events = match trainer.turn(most).await? {
            Turn::Steps(reports) => {
                let now = trainer.progress();
                let seconds = (now.elapsed - before.elapsed).as_secs_f64() / reports.len().max(1) as f64;
                most = (REPORT_SECONDS / seconds.max(1e-6)).clamp(1.0, 16.0) as usize;
                steps_json(&reports, stage, &now, first)
            }
            Turn::Evaluated { evaluation, further, best, .. } => {
                let validation = validation_json(&evaluation, &further, best, task);
                json!([{"step": before.step, "totalSteps": before.total_steps, "validation": validation}])
            }
            Turn::Compared(found) => {
                json!([{"step": before.step, "totalSteps": before.total_steps, "comparison": found.to_json()}])
            }
            Turn::Finished => return Ok(true),
        };
        let mut go_on = host.tell(&events.to_string()).await?;
        // What ends a run early wants to go on from where it was.
        let due = !go_on || Date::now() - kept >= host.seconds() * 1000.0;
        if keeps && due {
            go_on &= keep(trainer, host).await?;
            kept = Date::now();
        }
        if !go_on {
            return Ok(false);
        }
    }
}

/// Gives the host what the run needs to go on from here.
async fn keep(trainer: &Trainer<'_>, host: &Host) -> Result<bool> {
    let state = trainer.state(RUN).await?.to_bytes()?;
    let Progress { step, total_steps, .. } = trainer.progress();
    host.keep(state, step, total_steps).await
}

/// `first` is where this process began, which its time is counted from.
fn steps_json(reports: &[StepReport], stage: Stage, progress: &Progress, first: usize) -> Value {
    let stage = if stage == Stage::CrossValidation { "cross-validation" } else { "training" };
    let per_step = progress.elapsed.as_secs_f64() / (progress.step - first).max(1) as f64;
    let step = |report: &StepReport| {
        json!({
            "step": report.step,
            "totalSteps": progress.total_steps,
            "stage": stage,
            "loss": report.loss,
            "gradNorm": report.grad_norm,
            "lr": report.lr,
            "tokensPerSecond": progress.tokens_per_second(),
            "etaSeconds": (progress.total_steps - report.step) as f64 * per_step,
        })
    };
    reports.iter().map(step).collect()
}

/// What was found for a task's heads: for its first one, and under their names for those beside it.
fn validation_json(
    found: &Evaluation,
    further: &[(String, Evaluation)],
    best: bool,
    (front, labels): (&Front, &[Vec<String>]),
) -> Value {
    let mut validation = evaluation_json(found, front, &labels[0]);
    validation["best"] = best.into();
    let own = front.info.heads.iter().zip(labels).skip(1);
    for ((_, found), ((name, task), labels)) in further.iter().zip(own) {
        if let Ok(front) = tasks::named(task.name) {
            validation[*name] = evaluation_json(found, front, labels);
        }
    }
    validation
}

fn evaluation_json(found: &Evaluation, front: &Front, labels: &[String]) -> Value {
    let predictions = found.answers.iter().map(|answer| (front.prediction)(answer, labels)).collect::<Value>();
    let mut values = json!({"loss": found.loss, "predictions": predictions});
    for (name, value) in &found.metrics.values {
        values[camel_case(name)] = (*value).into();
    }
    values
}
