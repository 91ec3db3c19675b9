//! A classifier that learns while examples come in, as JavaScript holds it.

use std::cell::RefCell;
use std::rc::Rc;

use graftwork::{Knowledge, LongTexts, TextVector, TradeOff};
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::adapter::Adapter;
use crate::backbone::{Backbone, Shared};
use crate::error::{Failure, Result};
use crate::options::Options;
use crate::tasks;

/// A probe on its backbone's device.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Probe {
    held: RefCell<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    shared: Rc<Shared>,
    probe: graftwork::Probe,
}

/// Texts that a probe has read, to be learned.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TextVectors(Vec<TextVector>);

#[wasm_bindgen]
impl TextVectors {
    /// The numbers of all texts, one text after the other.
    #[wasm_bindgen(getter)]
    pub fn values(&self) -> Vec<f32> {
        self.0.iter().flat_map(|text| text.values()).copied().collect()
    }
}

/// The options of an answer.
struct Asked {
    limit: (Option<usize>, Option<LongTexts>),
    threshold: Option<f64>,
    most: Option<u64>,
}

impl Asked {
    fn parse(options: &str) -> Result<Self> {
        let mut options = Options::parse(options)?;
        let asked = Self {
            limit: (options.max_length()?, options.long_texts()?),
            threshold: options.number("threshold")?,
            most: options.count("topK")?,
        };
        options.end()?;
        Ok(asked)
    }
}

impl Probe {
    /// One without examples.
    pub fn new(shared: Rc<Shared>, options: &str) -> Result<Self> {
        let mut options = Options::parse(options)?;
        let probe = shared.0.probe().limit(options.limit()?);
        options.end()?;
        Ok(Self { held: RefCell::new(Some(Held { shared, probe })) })
    }

    /// Does something with it that does not wait, so that nobody else finds it in use.
    fn with<T>(&self, work: impl FnOnce(&mut Held) -> Result<T>) -> Result<T> {
        let mut held = self.held.borrow_mut();
        work(held.as_mut().ok_or_else(|| Failure::new("disposed", "the probe was disposed of"))?)
    }
}

#[wasm_bindgen]
impl Probe {
    /// What it has learned from, as JSON.
    pub fn info(&self) -> Result<String> {
        let info = |held: &mut Held| {
            let probe = &held.probe;
            Ok(
                json!({"labels": probe.labels(), "examples": probe.examples(), "knowledge": knowledge(probe.knowledge())}),
            )
        };
        Ok(self.with(info)?.to_string())
    }

    /// Reads texts as the options of an answer say; `values` is what another worker's probe has read of them already.
    pub async fn read(&self, texts: Vec<String>, options: String, values: Option<Vec<f32>>) -> Result<TextVectors> {
        let Asked { limit, .. } = Asked::parse(&options)?;
        let reader = self.with(|held| Ok(held.probe.reader().clone()))?;
        Ok(TextVectors(match values {
            Some(values) => reader.take(&texts, limit, &values)?,
            None => reader.read(&texts).max_length(limit.0).long_texts(limit.1).await?,
        }))
    }

    /// Learns texts with their labels, those of all groups one after the other.
    pub fn learn(&self, groups: Vec<TextVectors>, labels: Vec<String>) -> Result<()> {
        let texts = groups.iter().flat_map(|group| &group.0);
        self.with(|held| {
            held.probe.learn(texts.zip(labels));
            Ok(())
        })
    }

    /// Forgets an example.
    pub fn remove(&self, example: usize) -> Result<()> {
        self.with(|held| Ok(held.probe.remove(example)?))
    }

    /// Gives an example another label.
    pub fn relabel(&self, example: usize, label: &str) -> Result<()> {
        self.with(|held| Ok(held.probe.relabel(example, label)?))
    }

    /// Classifies texts that were read; the answers are JSON, in input order.
    pub fn classify(&self, texts: TextVectors, options: &str) -> Result<String> {
        let asked = Asked::parse(options)?;
        let answers = self.with(|held| Ok(held.probe.answer(&texts.0, asked.threshold)?))?;
        Ok(tasks::classifications(&answers, asked.most).to_string())
    }

    /// The same as an adapter.
    #[wasm_bindgen(js_name = toAdapter)]
    pub async fn to_adapter(&self, name: Option<String>) -> Result<Adapter> {
        let (shared, mut probe) = self.with(|held| Ok((held.shared.clone(), held.probe.clone())))?;
        if let Some(name) = name {
            probe = probe.named(name);
        }
        Adapter::new(shared, probe.to_file().await?)
    }

    /// Goes on on another device, after its own was lost.
    #[wasm_bindgen(js_name = moveTo)]
    pub fn move_to(&self, backbone: &Backbone) -> Result<()> {
        let shared = backbone.shared()?;
        self.with(|held| {
            held.probe.read_with(shared.0.probe().reader())?;
            held.shared = shared;
            Ok(())
        })
    }

    /// Frees its memory.
    pub fn dispose(&self) {
        self.held.take();
    }
}

/// What a classifier knows of its answers, as JavaScript gets it.
pub fn knowledge(knowledge: Option<&Knowledge>) -> Value {
    let Some(known) = knowledge else { return Value::Null };
    let row = |row: &TradeOff| json!({"threshold": row.threshold, "answered": row.answered, "right": row.right});
    let (before, after) = known.calibration_error;
    json!({
        "temperature": known.temperature,
        "heldOut": known.held_out,
        "calibrationError": {"before": before, "after": after},
        "threshold": known.threshold,
        "tradeOffs": known.trade_offs.iter().map(row).collect::<Value>(),
    })
}
