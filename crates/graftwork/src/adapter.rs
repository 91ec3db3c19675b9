//! An adapter on a device.

use graftwork_model::AdapterFile;
use graftwork_tensor::Device;
use graftwork_train::checkpoint::RunState;

use crate::Result;

/// An adapter on the backbone's device, ready to classify.
#[derive(Debug, Clone)]
pub struct Adapter {
    pub(crate) model: graftwork_model::Adapter,
}

impl Adapter {
    /// Everything about it but the weights.
    pub fn description(&self) -> &AdapterFile {
        self.model.description()
    }

    /// Reads the weights back and gives the adapter as it is saved.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn to_file(&self, device: &Device) -> Result<AdapterFile> {
        Ok(self.model.to_file(device).await?)
    }

    /// Reads the state of an interrupted run of this adapter; `file` is what messages call it.
    ///
    /// # Errors
    /// If the bytes are damaged or of another adapter.
    pub fn read_state(&self, file: &str, bytes: &[u8]) -> Result<RunState> {
        Ok(RunState::from_bytes(file, bytes, self.model.arena().weights().len())?)
    }

    /// The adapter with the weights that it had in a state of its run.
    pub fn file_at(&self, state: &RunState) -> AdapterFile {
        let [weights, ..] = &state.arena;
        AdapterFile { tensors: self.model.arena().unpack(weights), ..self.description().clone() }
    }

    /// Its labels in the order of the logits; none without a head.
    pub fn labels(&self) -> Vec<String> {
        let head = self.description().head.as_ref();
        head.map(|head| (0..head.num_labels).map(|id| head.label(id)).collect()).unwrap_or_default()
    }

    /// The longest text of its training in tokens, if it says.
    pub fn max_length(&self) -> Option<usize> {
        self.description().metadata.max_length
    }
}

impl From<graftwork_model::Adapter> for Adapter {
    fn from(model: graftwork_model::Adapter) -> Self {
        Self { model }
    }
}
