//! A training run that lets JavaScript have a word between any few steps.

use graftwork::options::camel_case;
use graftwork::{
    Adapter, AdapterFile, Backbone, Evaluation, Progress, Recipe, Stage, StepReport, TextLimit, TrainConfig, Trainer,
    Turn,
};
use js_sys::Date;
use serde_json::{Map, Value, json};

use crate::data_sets::{self, DataSet, Reading};
use crate::error::Result;
use crate::host::Host;
use crate::options::{Options, bad};
use crate::tasks::{self, Front};

/// Seconds between two reports, roughly.
const REPORT_SECONDS: f64 = 0.2;
/// One key holds all of a saved run, so its state need not say which it is of.
const RUN: &str = "";

/// Trains an adapter, whose file is `start`, on examples, data sets as JSON; gives the adapter as it is saved and whether the run
/// went to its end.
pub async fn run(
    backbone: &Backbone,
    adapter: &Adapter,
    start: &AdapterFile,
    examples: &str,
    options: &str,
    host: &Host,
) -> Result<(AdapterFile, bool)> {
    let mut options = Options::parse(options)?;
    let (recipe, validation) = (options.recipe()?, options.number("validation")?);
    let (choice, head) = (options.thresholds()?, options.text("head")?);
    let (sampling, weights) = (options.sampling()?, options.loss_weights()?);
    let given = options.settings(TrainConfig::default())?;
    if validation.is_some_and(|share| !(0.0..1.0).contains(&share)) {
        return Err(bad("validation must be at least 0 and less than 1"));
    }
    let limit = TextLimit { max_length: given.max_length, long_texts: given.long_texts.unwrap_or_default() };
    let reading = Reading { limit, validation, seed: given.seed };
    let sets = data_sets::read(backbone, start, (head, examples), &reading)?;
    let config = options.settings(recipe.settings(&sets[0].train))?;
    if choice.is_some() && !sets.iter().any(|set| set.gives_several() && set.dev.is_some()) {
        return Err(bad("chooseThresholds is for multi-label-classification, and needs examples that are held out"));
    }
    let parts = data_sets::parts(&sets, &weights)?;
    let mut trainer = match recipe {
        Recipe::Standard => backbone.course(start, config, &parts, sampling)?,
        _ if sets.len() > 1 || sets[0].dev.is_some() => {
            return Err(bad("validation and several data sets are for standard training"));
        }
        Recipe::FewShot => backbone.few_shot(start, config, &sets[0].train)?,
        Recipe::Probe => backbone.head_alone(start, config, &sets[0].train)?,
    };
    if host.shares().is_none() {
        help(&mut trainer, host).await?;
        return Ok((start.clone(), false));
    }
    if let Some(state) = host.state() {
        trainer.resume(adapter.read_state("the saved run", &state)?, RUN)?;
    } else if host.seconds().is_finite() && !keep(&trainer, host).await? {
        return Ok((start.clone(), false));
    }
    let finished = turns(&mut trainer, &sets, host).await?;
    let mut trained = trainer.to_file().await?;
    let validation = validation.map(|share| ("validation".to_owned(), share.into()));
    trained.metadata.training.extend(validation);
    if let (true, Some(best)) = (finished, trainer.best()) {
        let mut score = best.score;
        for set in &sets {
            let (Some(choice), Some(dev)) = (set.thresholds(choice), &set.dev) else { continue };
            let view = set.head.as_ref().map(|name| trainer.adapter().with_head(name)).transpose()?;
            let (chosen, metrics) = view.as_ref().unwrap_or(trainer.adapter()).choose_thresholds(dev, choice).await?;
            *trained.known_mut(set.head.as_deref()).1 = chosen;
            if sets.len() == 1 {
                score = metrics.score();
            }
        }
        let name = match sets.as_slice() {
            [one] => (one.front.score)(&one.labels[0]),
            // The mean of what chooses each one's best weights.
            _ => "score",
        };
        trained.metadata.metrics.insert("dev".to_owned(), json!({name: score, "loss": best.loss}));
    }
    Ok((trained, finished))
}

/// As many steps at a time as fit between two reports; how they are cut changes nothing of the result.
async fn turns(trainer: &mut Trainer<'_>, sets: &[DataSet], host: &Host) -> Result<bool> {
    let (mut most, first, keeps) = (1, trainer.progress().step, host.seconds().is_finite());
    let mut kept = Date::now();
    loop {
        let (before, stage) = (trainer.progress(), trainer.stage());
        let turn = match shared_step(trainer, host).await? {
            Some(turn) => turn,
            None => trainer.turn(most).await?,
        };
        let events = match turn {
            Turn::Steps(reports) => {
                let now = trainer.progress();
                let seconds = (now.elapsed - before.elapsed).as_secs_f64() / reports.len().max(1) as f64;
                most = (REPORT_SECONDS / seconds.max(1e-6)).clamp(1.0, 16.0) as usize;
                steps_json(&reports, stage, &now, first)
            }
            Turn::Evaluated { evaluation, further, best, .. } => {
                let mut found = evaluated_json(&evaluation, &further, best, sets);
                (found["step"], found["totalSteps"]) = (before.step.into(), before.total_steps.into());
                json!([found])
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

/// The next step, if its batch is shared out. What nobody else computes is computed here.
async fn shared_step(trainer: &mut Trainer<'_>, host: &Host) -> Result<Option<Turn>> {
    let orders = trainer.orders(host.shares().unwrap_or(1)).await?;
    if orders.is_empty() {
        return Ok(None);
    }
    // The others begin before this one does; the first share is its own.
    let mut asked = vec![None];
    for order in &orders[1..] {
        asked.push(host.ask(order.clone()));
    }
    let mut gradients = Vec::new();
    for (order, asked) in orders.iter().zip(asked) {
        gradients.push(match Host::answer(asked).await {
            Some(gradient) => gradient,
            None => trainer.gradient(order).await?,
        });
    }
    Ok(Some(trainer.step_by(&gradients).await?))
}

/// Takes orders of the same run in another worker, until that ends.
async fn help(trainer: &mut Trainer<'_>, host: &Host) -> Result<()> {
    let mut gradient = Vec::new();
    while let Some(order) = Host::answer(host.ask(gradient)).await {
        gradient = trainer.gradient(&order).await?;
    }
    Ok(())
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

/// What was found: for the first head, with those of its task under their names, and of the others by theirs.
fn evaluated_json(found: &Evaluation, further: &[(String, Evaluation)], best: bool, sets: &[DataSet]) -> Value {
    let first = &sets[0];
    let mut validation = evaluation_json(found, first.front, &first.labels[0]);
    validation["best"] = best.into();
    let mut others = Map::new();
    for (name, found) in further {
        let together = first.front.info.heads.iter().zip(&first.labels).find(|((own, _), _)| own == name);
        if let Some(((_, task), labels)) = together {
            if let Ok(front) = tasks::named(task.name) {
                validation[name] = evaluation_json(found, front, labels);
            }
        } else if let Some(set) = sets.iter().find(|set| set.head.as_ref() == Some(name)) {
            others.insert(name.clone(), evaluation_json(found, set.front, &set.labels[0]));
        }
    }
    let mut found = json!({"validation": validation});
    if !others.is_empty() {
        found["others"] = others.into();
    }
    found
}

fn evaluation_json(found: &Evaluation, front: &Front, labels: &[String]) -> Value {
    let predictions = found.answers.iter().map(|answer| (front.prediction)(answer, labels)).collect::<Value>();
    let mut values = json!({"loss": found.loss, "predictions": predictions});
    for (name, value) in &found.metrics.values {
        values[camel_case(name)] = (*value).into();
    }
    values
}
