//! An adapter on a device.

use std::path::Path;

use graftwork_model::AdapterFile;
use graftwork_text::LongTexts;
use graftwork_train::checkpoint::RunState;

use crate::{Backbone, Error, Result, TextLimit};

/// An adapter on its backbone's device, ready to be used. Clones share it.
#[derive(Debug, Clone)]
pub struct Adapter {
    backbone: Backbone,
    model: graftwork_model::Adapter,
}

impl Adapter {
    pub(crate) fn new(backbone: &Backbone, model: graftwork_model::Adapter) -> Self {
        Self { backbone: backbone.clone(), model }
    }

    pub(crate) fn model(&self) -> &graftwork_model::Adapter {
        &self.model
    }

    /// What it is attached to.
    pub fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// Everything about it but the weights.
    pub fn description(&self) -> &AdapterFile {
        self.model.description()
    }

    /// The same adapter with the head of that name alone: it shares the weights.
    ///
    /// # Errors
    /// If it has no head of that name.
    pub fn with_head(&self, name: &str) -> Result<Self> {
        Ok(Self::new(&self.backbone, self.model.with_head(name)?))
    }

    /// Its labels in the order of the logits; none without a head. Of several heads, those of the first.
    pub fn labels(&self) -> Vec<String> {
        self.description().head.as_ref().map(|head| head.label_names()).unwrap_or_default()
    }

    /// The longest text of its training in tokens, if it says.
    pub fn max_length(&self) -> Option<usize> {
        self.description().metadata.max_length
    }

    /// Below which probability its answers are not sure, if nothing else is asked for.
    pub fn threshold(&self) -> Option<f64> {
        self.description().metadata.knowledge.as_ref().and_then(|knowledge| knowledge.threshold)
    }

    /// What of longer texts its training read: what its answers do, unless they are told otherwise.
    ///
    /// # Errors
    /// If its file names something that this version does not know.
    pub fn long_texts(&self) -> Result<LongTexts> {
        let Some(name) = &self.description().metadata.long_texts else { return Ok(LongTexts::First) };
        LongTexts::from_name(name).ok_or_else(|| {
            let must = format!("be given: this adapter reads them as `{name}`, which this version does not know");
            Error::Setting { setting: "long texts", must }
        })
    }

    /// How much of a text its answers read: what is not chosen is as its training had it.
    ///
    /// # Errors
    /// As [`Adapter::long_texts`], if that is asked for.
    pub fn limit(&self, max_length: Option<usize>, long_texts: Option<LongTexts>) -> Result<TextLimit> {
        let long_texts = long_texts.map_or_else(|| self.long_texts(), Ok)?;
        Ok(TextLimit { max_length: max_length.or(self.max_length()), long_texts })
    }

    /// Reads the weights back and gives the adapter as it is saved.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn to_file(&self) -> Result<AdapterFile> {
        Ok(self.model.to_file(self.backbone.device()).await?)
    }

    /// Reads the state of an interrupted run of this adapter, as [`RunState::save`] wrote it.
    ///
    /// # Errors
    /// If the file is damaged or of another adapter.
    pub fn load_state(&self, path: impl AsRef<Path>) -> Result<RunState> {
        Ok(RunState::load(path.as_ref(), self.model.arena().weights().len())?)
    }

    /// The same from bytes; `file` is what messages call them.
    ///
    /// # Errors
    /// As [`Adapter::load_state`].
    pub fn read_state(&self, file: &str, bytes: &[u8]) -> Result<RunState> {
        Ok(RunState::from_bytes(file, bytes, self.model.arena().weights().len())?)
    }

    /// The adapter with the weights that it had in a state of its run.
    pub fn file_at(&self, state: &RunState) -> AdapterFile {
        let [weights, ..] = &state.arena;
        self.model.file_of(weights)
    }
}
