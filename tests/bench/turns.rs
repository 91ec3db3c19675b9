//! `bench turns`: graftwork as a native peer of `tests/bench/peers`. A line of JSON in, a line of JSON out, until the input
//! ends; `serve.py` there answers the same for PyTorch and ONNX Runtime.

use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Instant;

use graftwork::{
    Adapter, AdapterFile, Backbone, Dataset, Device, Result, Schedule, TrainConfig, Turn, VERSION, WeightType, block_on,
};
use serde_json::{Value, json};

/// Answers what it is asked on its standard input, a line each.
#[derive(clap::Args)]
pub struct Options {
    /// The backbone's folder
    #[arg(long)]
    model: PathBuf,
    /// Threads of the CPU path
    #[arg(long, default_value_t = NonZero::<usize>::MIN)]
    pub threads: NonZero<usize>,
    /// How frozen matrices are stored
    #[arg(long, default_value = "f32")]
    dtype: String,
    /// Folders of adapters with heads, as AdapterHub lays them out
    #[arg(long, num_args = 0..)]
    adapters: Vec<PathBuf>,
}

/// Serves until the input ends.
pub fn run(options: &Options) {
    let device = Device::cpu();
    let weight_type = WeightType::from_name(&options.dtype).expect("a type of weights");
    let backbone = block_on(Backbone::load(&options.model, &device).weight_type(weight_type)).expect("a backbone");
    let peer = Peer { backbone, adapters: &options.adapters };
    peer.embed(&["the first text of this visit"]);
    say(&json!({ "version": format!("graftwork {VERSION}") }));
    for line in std::io::stdin().lines() {
        let asked: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        say(&match asked["do"].as_str() {
            Some("embed") => peer.embed_timed(&asked),
            Some("train") => peer.train(&asked).expect("a training that runs"),
            Some("alternate") => peer.alternate(&asked).expect("adapters that fit"),
            other => panic!("{other:?} is nothing that a peer does"),
        });
    }
}

struct Peer<'a> {
    backbone: Backbone,
    adapters: &'a [PathBuf],
}

impl Peer<'_> {
    fn embed(&self, texts: &[&str]) -> Vec<Vec<f32>> {
        block_on(self.backbone.embed(texts).normalize(true)).expect("vectors")
    }

    fn embed_timed(&self, asked: &Value) -> Value {
        let texts = strings(&asked["texts"]);
        timed(1, number(&asked["warm"]), |_| drop(self.embed(&texts)));
        let mut vectors = Vec::new();
        let ms = timed(least(asked), number(&asked["seconds"]), |_| vectors = self.embed(&texts));
        let encoded = self.backbone.encode(&texts, None).expect("texts");
        let tokens: usize = encoded.iter().map(|text| text.ids.len()).sum();
        json!({ "ms": ms, "vectors": vectors, "tokens": tokens })
    }

    /// The time between steps; the first one, which plans and packs, is not in it.
    fn train(&self, asked: &Value) -> Result<Value> {
        let step = &asked["step"];
        let labels =
            step["labels"].as_array().expect("labels").iter().map(|label| if label == 1 { "yes" } else { "no" });
        let texts = strings(&step["texts"]);
        let batch_size = texts.len();
        let examples = self.backbone.examples("training", &Dataset::new(texts.into_iter().zip(labels))?, None)?;
        let config = TrainConfig {
            epochs: number(&asked["steps"]) as usize,
            batch_size,
            lr: number(&step["rate"]),
            schedule: Schedule::Constant,
            warmup_ratio: 0.0,
            weight_decay: 0.0,
            clip: None,
            shuffle: false,
            keep_mib: Some(0),
            ..TrainConfig::default()
        };
        let mut trainer = self.backbone.trainer(&AdapterFile::load(&self.adapters[0])?, config, &examples, None)?;
        let (mut losses, mut ends) = (Vec::new(), Vec::new());
        loop {
            match block_on(trainer.turn(1))? {
                Turn::Steps(steps) => losses.extend(steps.iter().map(|step| step.loss)),
                Turn::Finished => break,
                _ => continue,
            }
            ends.push(Instant::now());
        }
        let between = (ends[ends.len() - 1] - ends[0]).as_secs_f64() * 1e3 / (ends.len() - 1) as f64;
        Ok(json!({ "ms": [between], "losses": losses }))
    }

    /// One text, each time by the next adapter.
    fn alternate(&self, asked: &Value) -> Result<Value> {
        let load = |place: &PathBuf| self.backbone.attach(&AdapterFile::load(place)?);
        let adapters = self.adapters.iter().map(load).collect::<Result<Vec<Adapter>>>()?;
        let text = [asked["text"].as_str().expect("a text")];
        let classify = |i: usize| block_on(adapters[i % adapters.len()].classify(&text)).expect("an answer");
        (0..adapters.len()).for_each(|i| drop(classify(i)));
        Ok(json!({ "ms": timed(least(asked), number(&asked["seconds"]), |i| drop(classify(i))) }))
    }
}

/// Milliseconds of each call, until there are `least` of them and they took `seconds` together.
fn timed(least: usize, seconds: f64, mut work: impl FnMut(usize)) -> Vec<f64> {
    let mut ms = Vec::new();
    while ms.len() < least || (ms.iter().sum::<f64>() < seconds * 1e3 && ms.len() < 50) {
        let started = Instant::now();
        work(ms.len());
        ms.push(started.elapsed().as_secs_f64() * 1e3);
    }
    ms
}

fn least(asked: &Value) -> usize {
    number(&asked["least"]) as usize
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn say(answer: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{answer}").and_then(|()| out.flush()).expect("somebody who listens");
}
