//! A training run that lets JavaScript have a word between any few steps.

use graftwork::{
    Adapter, AdapterFile, Answer, Backbone, Dataset, Evaluation, Example, Progress, Recipe, Stage, StepReport,
    TextLimit, TrainConfig, Trainer, Turn,
};
use js_sys::Date;
use serde_json::{Value, json};

use crate::error::{Failure, Result};
use crate::host::Host;
use crate::options::{self, Train, bad};

/// Seconds between two reports, roughly.
const REPORT_SECONDS: f64 = 0.2;
/// One key holds all of a saved run, so its state need not say which it is of.
const RUN: &str = "";
/// Which of a seed's orders tells what is held out; no epoch has this number.
const HELD_OUT: u64 = u64::MAX;

/// Texts with their labels, as JavaScript gave them.
pub struct Texts {
    pub train: (Vec<String>, Vec<String>),
    /// Empty unless the caller brought his own.
    pub dev: (Vec<String>, Vec<String>),
}

/// Trains an adapter, whose file is `start`; gives the adapter as it is saved and whether the run went to its end.
pub async fn run(
    backbone: &Backbone,
    adapter: &Adapter,
    start: &AdapterFile,
    texts: Texts,
    options: &str,
    host: &Host,
) -> Result<(AdapterFile, bool)> {
    let options: Train = options::parse(options)?;
    let (recipe, validation) = (options.recipe()?, options.validation()?);
    let given = options.config(TrainConfig::default())?;
    let labels = labels_of(start)?;
    let limit = TextLimit { max_length: given.max_length, long_texts: given.long_texts.unwrap_or_default() };
    let mut train = dataset(&labels, texts.train)?;
    let dev = match (texts.dev, validation) {
        (own, None) if !own.0.is_empty() => Some(dataset(&labels, own)?),
        (own, Some(share)) if own.0.is_empty() => hold_out(&mut train, share, given.seed)?,
        (_, Some(_)) => return Err(bad("validation is a share or examples, not both")),
        (_, None) => None,
    };
    let train = backbone.examples("training", &train, limit)?;
    let dev = dev.map(|dev| backbone.examples("validation", &dev, limit)).transpose()?;
    let config = options.config(recipe.settings(&train))?;

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
    let finished = turns(&mut trainer, &labels, host).await?;
    let mut trained = trainer.to_file().await?;
    let validation = validation.map(|share| ("validation".to_owned(), share.into()));
    trained.metadata.training.extend(validation);
    if let (true, Some(best)) = (finished, trainer.best()) {
        let found = json!({"accuracy": best.score, "loss": best.loss});
        trained.metadata.metrics.insert("dev".to_owned(), found);
    }
    Ok((trained, finished))
}

/// As many steps at a time as fit between two reports; how they are cut changes nothing of the result.
async fn turns(trainer: &mut Trainer<'_>, labels: &[String], host: &Host) -> Result<bool> {
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
            Turn::Evaluated { evaluation, best } => evaluation_json(&evaluation, best, &before, labels),
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

fn evaluation_json(found: &Evaluation, best: bool, progress: &Progress, labels: &[String]) -> Value {
    let label = |answer: &Answer| answer.labels().first().and_then(|id| labels.get(*id)).cloned();
    json!([{
        "step": progress.step,
        "totalSteps": progress.total_steps,
        "validation": {
            "accuracy": found.metrics.get("accuracy"),
            "macroF1": found.metrics.get("macro_f1"),
            "loss": found.loss,
            "best": best,
            "predictions": found.answers.iter().map(label).collect::<Vec<_>>(),
        },
    }])
}

fn labels_of(file: &AdapterFile) -> Result<Vec<String>> {
    let head = file.head.as_ref().ok_or_else(|| Failure::new("no-head", "the adapter has no head to train"))?;
    Ok((0..head.num_labels).map(|id| head.label(id)).collect())
}

fn dataset(known: &[String], (texts, labels): (Vec<String>, Vec<String>)) -> Result<Dataset> {
    if texts.len() != labels.len() {
        return Err(Failure::new("bad-examples", "there are not as many labels as texts"));
    }
    let example = |(index, (text, label)): (usize, (String, String))| {
        let Some(id) = known.iter().position(|name| *name == label) else {
            let message = format!("example {index} has the label {label:?}, but the adapter knows {known:?}");
            return Err(Failure::new("bad-examples", message));
        };
        Ok(Example { text: text.into(), label: Some(id) })
    };
    let examples = texts.into_iter().zip(labels).enumerate().map(example).collect::<Result<_>>()?;
    Ok(Dataset { examples, labels: known.to_vec() })
}

/// Takes a share of the examples out, drawn from the seed; both parts keep their order. None for a share of 0.
fn hold_out(data: &mut Dataset, share: f64, seed: u64) -> Result<Option<Dataset>> {
    if !(0.0..1.0).contains(&share) {
        return Err(bad("validation must be at least 0 and less than 1"));
    }
    let count = data.examples.len();
    let held = (count as f64 * share).round() as usize;
    if held == 0 {
        return Ok(None);
    }
    let mut is_held = vec![false; count];
    graftwork::shuffled(count, seed, HELD_OUT)[..held].iter().for_each(|index| is_held[*index] = true);
    let mut flags = is_held.into_iter();
    let (dev, train) = data.examples.drain(..).partition(|_| flags.next().unwrap_or(false));
    data.examples = train;
    Ok(Some(Dataset { examples: dev, labels: data.labels.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(count: usize) -> Dataset {
        let texts = (0..count).map(|i| i.to_string()).collect();
        dataset(&["a".to_owned()], (texts, vec!["a".to_owned(); count])).unwrap()
    }

    #[test]
    fn every_example_is_in_one_part() {
        let mut train = data(10);
        let dev = hold_out(&mut train, 0.2, 7).unwrap().unwrap();
        assert_eq!((train.examples.len(), dev.examples.len()), (8, 2));
        let mut all: Vec<&str> = train.examples.iter().chain(&dev.examples).map(|e| e.text.first.as_str()).collect();
        all.sort_unstable();
        assert_eq!(all, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        assert_eq!(hold_out(&mut data(10), 0.2, 7).unwrap().unwrap(), dev);
        assert!(hold_out(&mut data(10), 0.0, 7).unwrap().is_none());
        assert!(hold_out(&mut data(10), 1.0, 7).is_err());
    }

    #[test]
    fn unknown_labels_are_named() {
        let error = dataset(&["a".to_owned()], (vec!["t".to_owned()], vec!["b".to_owned()])).unwrap_err();
        assert!(format!("{error:?}").contains("\\\"b\\\""), "{error:?}");
    }
}
