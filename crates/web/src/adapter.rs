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
    /// With the chosen head alone, if one is.
    adapter: graftwork::Adapter,
    /// All of it in host memory: what a lost device took with it comes from here.
    file: Rc<AdapterFile>,
    /// The head that was chosen by its name.
    head: Option<String>,
    /// What the run began with that goes on from a state: it may be asked for again after that.
    start: Option<Rc<AdapterFile>>,
}

impl Held {
    fn new(shared: Rc<Shared>, file: Rc<AdapterFile>, head: Option<String>) -> graftwork::Result<Self> {
        let whole = shared.0.attach(&file)?;
        Self { shared, adapter: whole, file, head: None, start: None }.with_head(head)
    }

    fn with_head(mut self, head: Option<String>) -> graftwork::Result<Self> {
        if let Some(name) = &head {
            self.adapter = self.adapter.with_head(name)?;
        }
        Ok(Self { head, ..self })
    }
}

impl Adapter {
    /// Uploads it.
    pub fn new(shared: Rc<Shared>, file: AdapterFile) -> Result<Self> {
        let held = Held::new(shared, Rc::new(file), None).map_err(Failure::reading("wrong-backbone"))?;
        Ok(Self { held: RefCell::new(Some(held)) })
    }

    /// Uploads the adapter of an interrupted run, as it began and as it is in the run's state.
    pub fn of_run(shared: Rc<Shared>, (start, file): (AdapterFile, AdapterFile), head: Option<String>) -> Result<Self> {
        let held = Held::new(shared, Rc::new(file), head);
        let mut held = held.map_err(Failure::reading("wrong-backbone"))?;
        held.start = Some(Rc::new(start));
        Ok(Self { held: RefCell::new(Some(held)) })
    }

    fn held(&self) -> Result<Held> {
        self.held.borrow().clone().ok_or_else(|| Failure::new("disposed", "the adapter was disposed of"))
    }
}

#[wasm_bindgen]
impl Adapter {
    /// What it is, as JSON.
    pub fn info(&self) -> Result<String> {
        let Held { adapter, file, head, .. } = self.held()?;
        let description = adapter.description();
        let metadata = &description.metadata;
        let task = tasks::of_adapter(description);
        let mut sets = description.heads().map(HeadConfig::label_names);
        let info = json!({
            "name": description.name,
            "heads": file.head_names(),
            "head": head,
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

    /// The same adapter, whose head of that name answers and learns.
    #[wasm_bindgen(js_name = withHead)]
    pub fn with_head(&self, name: String) -> Result<Self> {
        let held = self.held()?;
        let held = match held.head {
            // The others are not in the view that it has of itself.
            Some(_) => Held::new(held.shared, held.file, Some(name)),
            None => Held { start: None, ..held }.with_head(Some(name)),
        };
        let held = held.map_err(Failure::reading("no-head"))?;
        Ok(Self { held: RefCell::new(Some(held)) })
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
        let Held { file, head, start, .. } = self.held()?;
        *self.held.borrow_mut() = Some(Held { start, ..Held::new(backbone.shared()?, file, head)? });
        Ok(())
    }

    /// Trains it on examples, data sets as JSON. Until the run is over this adapter answers as before it; it gets the new weights
    /// also when `host` ends the run early, but not when it fails. Returns whether it went to its end.
    pub async fn train(&self, examples: String, options: String, host: Host) -> Result<bool> {
        let Held { shared, adapter, file, start, .. } = self.held()?;
        let begun = start.filter(|_| host.state().is_some());
        if let Some(held) = &mut *self.held.borrow_mut() {
            held.start.clone_from(&begun);
        }
        let start = begun.unwrap_or(file);
        let (trained, finished) = training::run(&shared.0, &adapter, &start, &examples, &options, &host).await?;
        // It may have been disposed of in the meantime, or moved to another device.
        if let Ok(Held { shared, head, .. }) = self.held() {
            *self.held.borrow_mut() = Some(Held::new(shared, Rc::new(trained), head)?);
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
