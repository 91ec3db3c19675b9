//! An adapter on a device.

use graftwork_model::AdapterFile;
use graftwork_tensor::Device;

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
