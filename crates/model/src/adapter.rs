//! Adapters on a device.

use std::collections::BTreeMap;
use std::sync::Arc;

use graftwork_tensor::Device;

use crate::adapter_file::heads::{FIRST, prefix_of, with_one_head};
use crate::arena::{Arena, Learning};
use crate::backbone::Backbone;
use crate::graft::Graft;
use crate::head::Head;
use crate::merge::MergedProducts;
use crate::methods::Sizes;
use crate::{AdapterFile, Error, FurtherHead, HeadPooling, Result};

/// An adapter and its head on a device, fitted to a backbone.
#[derive(Debug, Clone)]
pub struct Adapter {
    graft: Arc<dyn Graft>,
    head: Option<Head>,
    /// Those beside it, as the description has them.
    further: Vec<Head>,
    arena: Arena,
    /// Everything but the weights.
    description: AdapterFile,
    /// What the arena's names of its head begin with, where it is a view of one of several heads.
    view: Option<String>,
    /// The backbone that it is attached to.
    backbone: usize,
}

impl Adapter {
    /// Uploads an adapter for inference.
    ///
    /// # Errors
    /// If it does not fit the backbone, or was trained on another one.
    pub fn load(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        Self::new(backbone, file, Learning::Nothing)
    }

    /// Uploads an adapter that will be trained: with room for its gradients.
    ///
    /// # Errors
    /// As [`Adapter::load`].
    pub fn load_trainable(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        Self::new(backbone, file, Learning::Everything)
    }

    /// Uploads an adapter whose head alone will be trained.
    ///
    /// # Errors
    /// As [`Adapter::load`].
    pub fn load_head_trainable(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        Self::new(backbone, file, Learning::Head)
    }

    /// Uploads an adapter for inference, folded into copies of the frozen matrices that it changes: the copies take
    /// memory, and a forward pass takes as long as the backbone's. The backbone stays as it is.
    ///
    /// # Errors
    /// As [`Adapter::load`], or if its method changes more than matrices ([`crate::AdapterConfig::merges`]).
    pub fn load_merged(backbone: &Backbone, file: &AdapterFile) -> Result<Self> {
        let adapter = Self::new(backbone, file, Learning::Nothing)?;
        Ok(Self { graft: Arc::new(MergedProducts::new(backbone, file)?), ..adapter })
    }

    fn new(backbone: &Backbone, file: &AdapterFile, learning: Learning) -> Result<Self> {
        file.check_backbone(backbone.config(), Some(&backbone.fingerprint()))?;
        if file.heads().any(|head| head.pooling == HeadPooling::Pooler) && !backbone.has_pooler() {
            return Err(Error::NoPooler { adapter: file.name.clone() });
        }
        let sizes = Sizes::of(backbone.config());
        for head in file.heads() {
            head.check_layers(&file.name, Some(sizes.layers))?;
            backbone.check_words(head)?;
        }
        let specs = file.tensor_specs(&sizes)?;
        let arena = Arena::new(backbone.device(), &specs, &file.tensors, learning);
        backbone.device().check(arena.weights())?;
        let graft = file.config.method().graft(&arena, sizes.layers);
        let head = file.head.as_ref().map(|head| Head::new(head, (&arena, FIRST), backbone));
        let own = |head: &FurtherHead| Head::new(&head.config, (&arena, &prefix_of(head.name())), backbone);
        let further = file.further.iter().map(own).collect();
        let description = AdapterFile { tensors: BTreeMap::new(), ..file.clone() };
        Ok(Self { graft, head, further, arena, description, view: None, backbone: backbone.id() })
    }

    /// The same adapter with the head of that name alone: it shares the weights, also while they are trained.
    ///
    /// # Errors
    /// If it has no head of that name.
    pub fn with_head(&self, name: &str) -> Result<Self> {
        let description = self.description.with_head(name)?;
        let place = self.description.further.iter().position(|head| head.name() == name);
        let (head, prefix) = match place {
            Some(place) => (Some(self.further[place].clone()), prefix_of(name)),
            None => (self.head.clone(), self.view.clone().unwrap_or_else(|| FIRST.to_owned())),
        };
        let (graft, arena) = (Arc::clone(&self.graft), self.arena.clone());
        Ok(Self { graft, head, further: Vec::new(), arena, description, view: Some(prefix), backbone: self.backbone })
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

    /// Its head, if it has one; of several, the first.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// All its heads, as [`AdapterFile::heads`] has them.
    pub fn heads(&self) -> impl Iterator<Item = &Head> {
        self.head.iter().chain(&self.further)
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
        let values = device.read(self.arena.weights()).await?;
        Ok(self.file_of(&values))
    }

    /// The adapter as it is saved, with other values of the whole arena.
    pub fn file_of(&self, values: &[f32]) -> AdapterFile {
        let mut tensors = self.arena.unpack(values);
        if let Some(prefix) = &self.view {
            tensors = with_one_head(tensors, prefix);
        }
        AdapterFile { tensors, ..self.description.clone() }
    }
}
