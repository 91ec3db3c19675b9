//! Adapters on a device.

use std::collections::BTreeMap;
use std::sync::Arc;

use graftwork_tensor::Device;

use crate::arena::Arena;
use crate::backbone::Backbone;
use crate::graft::Graft;
use crate::head::Head;
use crate::merge::MergedProducts;
use crate::methods::Sizes;
use crate::{AdapterFile, Error, HeadPooling, Result};

/// An adapter and its head on a device, fitted to a backbone.
#[derive(Debug, Clone)]
pub struct Adapter {
    graft: Arc<dyn Graft>,
    head: Option<Head>,
    arena: Arena,
    /// Everything but the weights.
    description: AdapterFile,
    /// The backbone that it is attached to.
    backbone: usize,
}

impl Adapter {
    /// Uploads an adapter for inference.
    ///
    /// # Errors
    /// If it does not fit the backbone, or was trained on another one.
    pub fn load(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        Self::new(backbone, file, false)
    }

    /// Uploads an adapter that will be trained: with room for its gradients.
    ///
    /// # Errors
    /// As [`Adapter::load`].
    pub fn load_trainable(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        Self::new(backbone, file, true)
    }

    /// Uploads an adapter for inference, folded into copies of the frozen matrices that it changes: the copies take
    /// memory, and a forward pass takes as long as the backbone's. The backbone stays as it is.
    ///
    /// # Errors
    /// As [`Adapter::load`], or if its method changes more than matrices ([`crate::AdapterConfig::merges`]).
    pub fn load_merged(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        let adapter = Self::new(backbone, file, false)?;
        Ok(Self { graft: Arc::new(MergedProducts::new(backbone, file)?), ..adapter })
    }

    fn new(backbone: &Backbone, file: &AdapterFile, trainable: bool) -> Result<Self> {
        file.check_backbone(backbone.config(), Some(&backbone.fingerprint()))?;
        if file.head.as_ref().is_some_and(|head| head.pooling == HeadPooling::Pooler) && !backbone.has_pooler() {
            return Err(Error::NoPooler { adapter: file.name.clone() });
        }
        let sizes = Sizes::of(backbone.config());
        if let Some(head) = &file.head {
            head.check_layers(&file.name, Some(sizes.layers))?;
            backbone.check_words(head)?;
        }
        let specs = file.tensor_specs(&sizes)?;
        let arena = Arena::new(backbone.device(), &specs, &file.tensors, trainable);
        backbone.device().check(arena.weights())?;
        let graft = file.config.method().graft(&arena, sizes.layers);
        let head = file.head.as_ref().map(|head| Head::new(head, &arena, backbone));
        let description = AdapterFile { tensors: BTreeMap::new(), ..file.clone() };
        Ok(Self { graft, head, arena, description, backbone: backbone.id() })
    }

    pub(crate) fn backbone(&self) -> usize {
        self.backbone
    }

    /// What it does at the backbone's places.
    pub(crate) fn graft(&self) -> &dyn Graft {
        &*self.graft
    }

    /// Its parameters.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Its head, if it has one.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Everything about it but the weights.
    pub fn description(&self) -> &AdapterFile {
        &self.description
    }

    /// Reads the weights back and gives the adapter as it is saved.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn to_file(&self, device: &Device) -> Result<AdapterFile> {
        Ok(AdapterFile { tensors: self.arena.read(device).await?, ..self.description.clone() })
    }
}
