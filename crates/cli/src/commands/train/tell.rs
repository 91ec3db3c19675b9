//! What there is to tell of a finished run.

use graftwork::{AdapterFile, Backbone, Evaluation, Recipe};
use serde_json::{Map, Value, json};

use super::data::DataSet;
use super::measure::Found;
use super::runner::Speed;
use crate::args::{Common, Train};
use crate::failure::Result;
use crate::output::Output;
use crate::progress::thousands;
use crate::report;

/// A finished run.
pub struct Told<'a> {
    pub args: &'a Train,
    pub common: &'a Common,
    pub backbone: &'a Backbone,
    pub trained: &'a AdapterFile,
    pub recipe: Recipe,
    pub sets: &'a [DataSet],
    pub speed: Speed,
    pub found: Found,
}

/// What was measured on data of that name: of one head alone, or of several by name, behind the mean of their scores.
pub fn by_head(found: &Found, data: &str, value: impl Fn(usize, &Evaluation) -> Value) -> Option<Value> {
    let of = found.iter().enumerate().filter_map(|(place, (head, measured))| {
        let (_, evaluation) = measured.iter().find(|(name, _)| *name == data)?;
        Some((place, head.as_deref(), evaluation))
    });
    let of: Vec<_> = of.collect();
    if let [(place, None, evaluation)] = of[..] {
        return Some(value(place, evaluation));
    }
    let mean = of.iter().map(|(.., evaluation)| evaluation.metrics.score()).sum::<f64>() / of.len().max(1) as f64;
    let mut all = Map::from_iter([("score".to_owned(), json!(mean))]);
    all.extend(of.iter().map(|(place, head, found)| (head.unwrap_or_default().to_owned(), value(*place, found))));
    (!of.is_empty()).then(|| all.into())
}

/// Tells it, to people or as JSON.
pub fn tell(told: &Told<'_>) -> Result<()> {
    let mut out = Output::new();
    match told.common.json {
        true => drop(out.json(&to_json(told))?),
        false => lines(told, &mut out)?,
    }
    out.flush().map(drop)
}

fn to_json(told: &Told<'_>) -> Value {
    let Told { args, backbone, trained, speed, .. } = told;
    let labels: Vec<Vec<String>> = told.sets.iter().flat_map(DataSet::labels).collect();
    let metadata = &trained.metadata;
    let known = metadata_of(trained);
    let [thresholds, knowledge] = match told.found.as_slice() {
        [(None, _)] => [
            json!((!metadata.thresholds.is_empty()).then_some(&metadata.thresholds)),
            json!(metadata.knowledge.as_ref().map(report::knowledge_json)),
        ],
        found => {
            let names = found.iter().map(|(head, _)| head.clone().unwrap_or_default());
            let mut each = [Map::new(), Map::new()];
            for (name, (thresholds, knowledge)) in names.zip(known) {
                each[0].insert(name.clone(), thresholds);
                each[1].insert(name, knowledge);
            }
            each.map(Value::from)
        }
    };
    let shown = match told.found.as_slice() {
        [(None, _)] => json!(labels[0]),
        found => {
            let named = found.iter().zip(&labels);
            named
                .map(|((head, _), labels)| (head.clone().unwrap_or_default(), json!(labels)))
                .collect::<Map<_, _>>()
                .into()
        }
    };
    let mut line = json!({
        "out": args.out,
        "task": told.sets[0].task.name,
        "recipe": told.recipe.name(),
        "labels": shown,
        "trainable_parameters": trained.adapter_parameters() + trained.head_parameters(),
        "backbone_parameters": backbone.parameters(),
        "steps": speed.steps,
        "train_seconds": speed.seconds,
        "tokens_per_second": speed.tokens_per_second,
        "device": backbone.device().name(),
        "interrupted": false,
        "cross_validation": metadata.metrics.get("cross_validation"),
        "thresholds": thresholds,
        "knowledge": knowledge,
        "test": null,
    });
    for name in ["dev", "test"] {
        if let Some(found) = by_head(&told.found, name, |place, found| report::to_json(found, &labels[place])) {
            line[name] = found;
        }
    }
    line
}

/// Thresholds and knowledge of each head, for scripts.
fn metadata_of(file: &AdapterFile) -> impl Iterator<Item = (Value, Value)> {
    let first = (&file.metadata.thresholds, file.metadata.knowledge.as_ref());
    let further = file.further.iter().map(|head| (&head.thresholds, head.knowledge.as_ref()));
    std::iter::once(first).chain(further).map(|(thresholds, knowledge)| {
        (json!((!thresholds.is_empty()).then_some(thresholds)), json!(knowledge.map(report::knowledge_json)))
    })
}

fn lines(told: &Told<'_>, out: &mut Output) -> Result<()> {
    let Told { backbone, trained, speed, .. } = told;
    let (parameters, of) = (trained.adapter_parameters() + trained.head_parameters(), backbone.parameters());
    let share = 100.0 * parameters as f64 / of as f64;
    let (seconds, tokens) = (speed.seconds, thousands(speed.tokens_per_second));
    let what = format!("{parameters} parameters ({share:.2} % of the backbone's)");
    out.line(&match told.recipe {
        Recipe::Probe => format!("fitted {what}"),
        _ => format!("trained {what} in {seconds:.1} s, {tokens} tokens/s"),
    })?;
    for (head, measured) in &told.found {
        for (name, found) in measured {
            let head = head.as_ref().map(|head| format!(" {head}:")).unwrap_or_default();
            out.line(&format!("{name:5}{head} {}", report::summary(found)))?;
        }
    }
    for (head, _) in &told.found {
        let view = match head {
            Some(name) => trained.with_head(name)?,
            None => (*trained).clone(),
        };
        if !view.metadata.thresholds.is_empty() {
            let thresholds = view.metadata.thresholds.iter().map(|threshold| format!("{threshold:.3}"));
            let thresholds = thresholds.collect::<Vec<_>>().join(", ");
            out.line(&format!("labels are given from a probability on of {thresholds}"))?;
        }
        if let (Some(name), Some(_)) = (head, &view.metadata.knowledge) {
            out.line(&format!("{name}:"))?;
        }
        for line in view.metadata.knowledge.iter().flat_map(report::knowledge) {
            out.line(&line)?;
        }
    }
    out.line(&format!("the adapter is in {}", told.args.out.display())).map(drop)
}
