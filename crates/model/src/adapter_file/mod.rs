//! An adapter in memory: configuration, head, tensors and what is known about them.

#[cfg(test)]
mod adapterhub_tests;
pub(crate) mod files;
pub(crate) mod heads;
pub(crate) mod knowledge;
pub(crate) mod metadata;
mod parts;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use files::{adapterhub, single_file};
use graftwork_formats::architectures::{self, BERT};
use graftwork_formats::{BackboneConfig, Blueprint, Error, Fingerprint, HostTensor, Result, TensorSpec};
use heads::{FurtherHead, is_of_head};
use metadata::Metadata;

use crate::graft::Matrix;
use crate::head_config::HeadConfig;
use crate::methods::{AdapterConfig, MAX_LAYERS, Sizes, layer_of};

/// An adapter, perhaps with its head, as it is loaded from and saved to files.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterFile {
    /// The adapter's name; part of its tensors' names in files.
    pub name: String,
    /// How it is built.
    pub config: AdapterConfig,
    /// D of the backbone that it fits.
    pub hidden_size: usize,
    /// The `model_type` of the backbone that it fits, such as `bert`.
    pub model_type: String,
    /// What its backbone is called, if anybody said.
    pub model_name: Option<String>,
    /// The head, if there is one; of several, the first.
    pub head: Option<HeadConfig>,
    /// The heads beside it, each of another name.
    pub further: Vec<FurtherHead>,
    /// All tensors by canonical name: [`AdapterConfig::tensors`], for the head `head.<layer>.weight` and
    /// `head.<layer>.bias`, for those beside it `heads.<name>.<layer>.weight` and `.bias`.
    pub tensors: BTreeMap<String, HostTensor>,
    /// What graftwork knows beyond AdapterHub's keys.
    pub metadata: Metadata,
    /// Unknown keys of `adapter_config.json`, written back as they were.
    pub extra: Map<String, Value>,
}

impl AdapterFile {
    /// An adapter called `name` for `backbone`, still without tensors: fill [`AdapterFile::tensors`] with what
    /// [`AdapterFile::tensor_specs`] asks for.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        config: AdapterConfig,
        head: Option<HeadConfig>,
        backbone: &BackboneConfig,
    ) -> Self {
        Self {
            name: name.into(),
            config,
            hidden_size: backbone.hidden_size,
            model_type: backbone.architecture.model_type.to_owned(),
            model_name: None,
            head,
            further: Vec::new(),
            tensors: BTreeMap::new(),
            metadata: Metadata::default(),
            extra: Map::new(),
        }
    }

    /// Every tensor of adapter and heads on a backbone of these sizes, in the order of the forward pass.
    ///
    /// # Errors
    /// If the configuration says nothing about a layer.
    pub fn tensor_specs(&self, sizes: &Sizes) -> Result<Vec<TensorSpec>> {
        let mut specs = self.config.tensors(sizes)?;
        specs.extend(self.head.iter().flat_map(|head| head.tensor_specs(self.hidden_size)));
        specs.extend(self.further.iter().flat_map(|head| head.tensor_specs(self.hidden_size)));
        Ok(specs)
    }

    /// How many values the adapter has (without the heads).
    #[must_use]
    pub fn adapter_parameters(&self) -> usize {
        let ours = self.tensors.iter().filter(|(name, _)| !is_of_head(name));
        ours.map(|(_, tensor)| tensor.len()).sum()
    }

    /// How many values its heads have.
    #[must_use]
    pub fn head_parameters(&self) -> usize {
        self.tensors.values().map(HostTensor::len).sum::<usize>() - self.adapter_parameters()
    }

    /// How many layers the tensors speak of: one more than the last layer that has any.
    #[must_use]
    pub fn layers(&self) -> usize {
        let layers = self.tensors.keys().filter_map(|name| layer_of(name));
        layers.map(|layer| layer.saturating_add(1)).max().unwrap_or(0)
    }

    /// Checks that the configuration makes sense and that the tensors are exactly those that it asks for, in every
    /// layer up to the last that has any. `file` is what messages call this adapter's place.
    ///
    /// # Errors
    /// If something is missing, superfluous, of another shape or not a number, or two labels have one name.
    pub fn validate(&self, file: &str) -> Result<()> {
        check_name(file, &self.name)?;
        if let Some(name) = self.head.as_ref().and_then(HeadConfig::name) {
            check_name(file, name)?;
        }
        self.check_heads(file)?;
        self.check_answers(file, self.head.as_ref(), (self.metadata.knowledge.as_ref(), &self.metadata.thresholds))?;
        for head in &self.further {
            self.check_answers(file, Some(&head.config), (head.knowledge.as_ref(), &head.thresholds))?;
        }
        let method = self.config.method();
        method.validate(file)?;
        let layers = self.layers();
        if layers > MAX_LAYERS {
            let problem = format!("it has tensors for {layers} layers; at most {MAX_LAYERS} are accepted");
            return Err(Error::Format { file: file.to_owned(), format: "adapter", problem });
        }
        // Of an adapter without any tensor, ask for those of the first layer that it does not leave out, to name one that
        // is missing; unless it leaves out layers from the first on, which may be all there are.
        let first = (0..).find(|layer| !method.leave_out().contains(layer)).unwrap_or(0);
        let may_be_all = first > 0 && first == method.leave_out().len();
        let layers = if may_be_all { layers } else { layers.max(first + 1) };
        let feed_forward = method.feed_forward(&self.tensors).unwrap_or(4 * self.hidden_size);
        self.check_tensors(file, &Sizes { hidden: self.hidden_size, feed_forward, layers })
    }

    /// Checks that this adapter fits `backbone`, and that it was trained on the backbone of `fingerprint`. `None` skips
    /// that second check: this is how a user overrides it. An adapter that does not name its backbone (as those of
    /// AdapterHub) passes.
    ///
    /// # Errors
    /// If architecture, width or number of layers differ, or the fingerprint does.
    pub fn check_backbone(&self, backbone: &BackboneConfig, fingerprint: Option<&Fingerprint>) -> Result<()> {
        let file = format!("adapter `{}`", self.name);
        let model_type = backbone.architecture.model_type;
        if self.model_type != model_type {
            let problem = format!("is \"{}\", but the backbone's is \"{model_type}\"", self.model_type);
            return Err(Error::config(&file, "model_type", problem));
        }
        if self.hidden_size != backbone.hidden_size {
            let problem = format!("is {}, but the backbone's is {}", self.hidden_size, backbone.hidden_size);
            return Err(Error::config(&file, "hidden_size", problem));
        }
        self.check_tensors(&file, &Sizes::of(backbone))?;
        match (self.metadata.backbone_fingerprint, fingerprint) {
            (Some(expected), Some(found)) if expected != *found => Err(Error::OtherBackbone {
                adapter: self.name.clone(),
                expected: expected.to_string(),
                found: found.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// The lowest layer (from 0) of a backbone of so many whose output depends on this adapter, or is read by its head; what
    /// goes into it can be computed once, whatever the adapter learns.
    #[must_use]
    pub fn lowest_layer(&self, layers: usize) -> usize {
        let read = self.head.as_ref().and_then(|head| head.hidden_layers.first().copied()).unwrap_or(layers);
        self.config.lowest_layer(layers).min(read)
    }

    /// Whether merging changes a frozen matrix.
    pub(crate) fn changes(&self, layer: usize, matrix: Matrix) -> bool {
        self.config.method().changes(layer, matrix)
    }

    /// What merging adds to a frozen matrix.
    pub(crate) fn change(&self, layer: usize, matrix: Matrix) -> Option<HostTensor> {
        self.config.method().change(&self.tensors, layer, matrix)
    }

    /// The heads alone, for a backbone that the adapter was merged into: an adapter that leaves out every layer. It does not
    /// name its backbone yet.
    ///
    /// # Errors
    /// If the adapter does not fit `backbone`.
    pub fn without_modules(&self, backbone: &BackboneConfig) -> Result<Self> {
        self.check_backbone(backbone, None)?;
        let all: Vec<usize> = (0..backbone.num_hidden_layers).collect();
        let mut head = Self { config: self.config.clone().with("leave_out", all)?, ..self.clone() };
        head.tensors.retain(|name, _| is_of_head(name));
        head.metadata.backbone_fingerprint = None;
        Ok(head)
    }

    /// The digest of all tensors; see [`Fingerprint`].
    #[must_use]
    pub fn weights_digest(&self) -> Fingerprint {
        self.digest_of(|_| true)
    }

    /// The digest of some of the tensors.
    fn digest_of(&self, which: impl Fn(&str) -> bool) -> Fingerprint {
        let some = self.tensors.iter().filter(|(name, _)| which(name));
        Fingerprint::of_tensors(some.map(|(name, tensor)| (name.as_str(), tensor)))
    }

    /// Loads an adapter from a directory as AdapterHub's or from a single file as [`single_file`] writes it, whichever
    /// `path` is.
    ///
    /// # Errors
    /// If nothing is there, or what is there is damaged, inconsistent or not supported; the message says which.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let (names, parts) = graftwork_formats::adapterhub::read(path.as_ref())?;
        parts::from_parts(&names, parts)
    }

    /// Loads an adapter from the bytes of a single file; `file` is what messages call it.
    ///
    /// # Errors
    /// As [`AdapterFile::load`].
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<Self> {
        single_file::from_bytes(file, bytes)
    }

    /// Saves to `path`: one file if that ends in `.safetensors`, otherwise a directory as AdapterHub's.
    ///
    /// # Errors
    /// As [`adapterhub::write_dir`] and [`single_file::write`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors")) {
            single_file::write(self, path)
        } else {
            adapterhub::write_dir(self, path)
        }
    }

    /// The architecture that it is for; BERT where that is unknown, since this only chooses names.
    pub(crate) fn architecture(&self) -> &'static Blueprint {
        architectures::of_model_type(&self.model_type).unwrap_or(&BERT)
    }

    fn check_tensors(&self, file: &str, sizes: &Sizes) -> Result<()> {
        let specs = self.tensor_specs(sizes)?;
        for spec in &specs {
            let (file, tensor, expected) = (file.to_owned(), spec.name.clone(), spec.shape.clone());
            match self.tensors.get(&spec.name) {
                None => {
                    let hint = "the weights are incomplete, or are not those that the configuration describes";
                    return Err(Error::MissingTensor { file, tensor, expected, hint });
                }
                Some(found) if found.shape != spec.shape => {
                    return Err(Error::WrongShape { file, tensor, expected, found: found.shape.clone() });
                }
                Some(found) if found.data.iter().any(|value| !value.is_finite()) => {
                    return Err(Error::NotFinite { file, tensor });
                }
                Some(_) => {}
            }
        }
        if self.tensors.len() == specs.len() {
            return Ok(());
        }
        let superfluous = self.tensors.keys().find(|name| specs.iter().all(|spec| spec.name != **name));
        let tensor = superfluous.cloned().unwrap_or_default();
        let hint = "the backbone has fewer layers, or the configuration lacks the option that the tensor belongs to";
        Err(Error::UnexpectedTensor { file: file.to_owned(), tensor, hint })
    }
}

/// Refuses names that cannot be part of a tensor's name.
pub(crate) fn check_name(file: &str, name: &str) -> Result<()> {
    let fine = !name.is_empty() && name.len() <= 255 && !name.contains('.') && !name.chars().any(char::is_control);
    if fine {
        return Ok(());
    }
    let problem = "must have from 1 to 255 bytes, no dot and no control character";
    Err(Error::config(file, "name", problem))
}

#[cfg(test)]
mod tests;
