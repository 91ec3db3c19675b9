//! An adapter as JavaScript holds it.

use std::cell::RefCell;
use std::rc::Rc;

use graftwork::{AdapterFile, HeadConfig, files};
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::backbone::{Backbone, Shared, Vectors, create, embed};
use crate::error::{Failure, Result};
use crate::host::Host;
use crate::options::{self, Options};
use crate::probe::knowledge;
use crate::{tasks, training};

/// An adapter on its backbone's device.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Adapter {
    held: RefCell<Option<Held>>,
}

#[derive(Debug, Clone)]
struct Held {
    shared: Rc<Shared>,
    adapter: graftwork::Adapter,
    /// The same in host memory: what a lost device took with it comes from here.
    file: Rc<AdapterFile>,
    /// What the run began with that goes on from a state: it may be asked for again after that.
    start: Option<Rc<AdapterFile>>,
}

impl Held {
    fn new(shared: Rc<Shared>, file: Rc<AdapterFile>) -> std::result::Result<Self, graftwork::Error> {
        let adapter = shared.0.attach(&file)?;
        Ok(Self { shared, adapter, file, start: None })
    }
}

impl Adapter {
    /// Uploads it.
    pub fn new(shared: Rc<Shared>, file: AdapterFile) -> Result<Self> {
        let held = Held::new(shared, Rc::new(file)).map_err(Failure::reading("wrong-backbone"))?;
        Ok(Self { held: RefCell::new(Some(held)) })
    }

    /// Uploads the adapter of an interrupted run as it is in its state.
    pub fn of_run(shared: Rc<Shared>, start: AdapterFile, file: AdapterFile) -> Result<Self> {
        let adapter = Self::new(shared, file)?;
        if let Some(held) = &mut *adapter.held.borrow_mut() {
            held.start = Some(Rc::new(start));
        }
        Ok(adapter)
    }

    fn held(&self) -> Result<Held> {
        self.held.borrow().clone().ok_or_else(|| Failure::new("disposed", "the adapter was disposed of"))
    }
}

#[wasm_bindgen]
impl Adapter {
    /// What it is, as JSON.
    pub fn info(&self) -> Result<String> {
        let Held { adapter, .. } = self.held()?;
        let description = adapter.description();
        let metadata = &description.metadata;
        let task = tasks::of_adapter(description);
        let mut sets = description.heads().map(HeadConfig::label_names);
        let info = json!({
            "name": description.name,
            "task": task.map(|front| front.info.name),
            "labels": sets.next().unwrap_or_default(),
            "tags": task.filter(|front| !front.info.heads.is_empty()).and_then(|_| sets.next()),
            "maxLength": adapter.max_length(),
            "metrics": metadata.metrics,
            "thresholds": metadata.thresholds,
            "knowledge": knowledge(metadata.knowledge.as_ref()),
            "training": metadata.training,
        });
        Ok(info.to_string())
    }

    /// What it says to inputs of a task, each as JSON; the answers are JSON, in input order. `first` is the number of the first
    /// input: a long list comes in parts.
    pub async fn answer(&self, task: String, inputs: Vec<String>, first: usize, options: String) -> Result<String> {
        let Held { adapter, .. } = self.held()?;
        let front = tasks::named(&task)?;
        let inputs = inputs.iter().map(|input| options::parse(input)).collect::<Result<Vec<Value>>>()?;
        let mut options = Options::parse(&options)?;
        options.first = first;
        Ok((front.answer)(&adapter, inputs, options).await?.to_string())
    }

    /// Vectors of texts with this adapter in the backbone.
    pub async fn embed(&self, texts: Vec<String>, options: String) -> Result<Vectors> {
        let Held { shared, adapter, .. } = self.held()?;
        embed(&shared, Some(&adapter), &texts, &options).await
    }

    /// A new adapter on the same backbone, ready to be trained, that begins with this one's modules under a head of its own.
    pub fn next(&self, options: &str) -> Result<Self> {
        let Held { shared, file, .. } = self.held()?;
        create(shared, options, Some((*file).clone()))
    }

    /// The adapter in one file, as every graftwork reads it.
    pub fn export(&self) -> Result<Vec<u8>> {
        let file = self.held()?.file;
        files::single_file::to_bytes(&file).map_err(|error| graftwork::Error::from(error).into())
    }

    /// Uploads it to another device, after its own was lost.
    #[wasm_bindgen(js_name = moveTo)]
    pub fn move_to(&self, backbone: &Backbone) -> Result<()> {
        let Held { file, start, .. } = self.held()?;
        *self.held.borrow_mut() = Some(Held { start, ..Held::new(backbone.shared()?, file)? });
        Ok(())
    }

    /// Trains it on examples, a list as JSON; with `dev`, evaluates on those, otherwise on the share that the options hold
    /// out. Until the run is over this adapter answers as before it; it gets the new weights also when
    /// `host` ends the run early, but not when it fails. Returns whether it went to its end.
    pub async fn train(&self, examples: String, dev: Option<String>, options: String, host: Host) -> Result<bool> {
        let Held { shared, adapter, file, start } = self.held()?;
        let begun = start.filter(|_| host.state().is_some());
        if let Some(held) = &mut *self.held.borrow_mut() {
            held.start.clone_from(&begun);
        }
        let start = begun.unwrap_or(file);
        let examples = (examples.as_str(), dev.as_deref());
        let (trained, finished) = training::run(&shared.0, &adapter, &start, examples, &options, &host).await?;
        // It may have been disposed of in the meantime, or moved to another device.
        if let Ok(Held { shared, .. }) = self.held() {
            *self.held.borrow_mut() = Some(Held::new(shared, Rc::new(trained))?);
        }
        Ok(finished)
    }

    /// Frees its memory, and what its backbone kept for reuse.
    pub fn dispose(&self) {
        let Some(Held { shared, adapter, .. }) = self.held.take() else { return };
        drop(adapter);
        if let Some(gpu) = shared.0.device().as_gpu() {
            gpu.trim();
        }
    }
}
