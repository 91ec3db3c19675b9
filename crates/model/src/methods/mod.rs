//! Adapter methods: one module each, and the table of them. Nobody else tells methods apart.
//!
//! A method says its configuration under AdapterHub's keys, its tensors with their initial values and their names in files,
//! and what it computes at the backbone's places, as a `Graft`.

pub mod bottleneck;
pub mod lora;
mod stored;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use graftwork_formats::json::{Fields, map_of, shown};
use graftwork_formats::{BackboneConfig, Error, HostTensor, Result, TensorSpec};
use serde_json::{Map, Value, json};

pub use bottleneck::Bottleneck;
pub use lora::Lora;
pub(crate) use stored::Modules;

use crate::arena::Arena;
use crate::graft::{Graft, Matrix};
use crate::init::Random;
use crate::options::{OptionKind, typed};

/// The most layers a backbone may have.
pub(crate) const MAX_LAYERS: usize = 256;

/// How an adapter is built: the configuration of one of the methods.
#[derive(Debug, Clone, PartialEq)]
pub enum AdapterConfig {
    /// A small network with a narrow middle, after or beside a sub-layer.
    Bottleneck(Bottleneck),
    /// A low-rank change of frozen matrices.
    Lora(Lora),
}

/// The table: every method.
pub const METHODS: &[&MethodInfo] = &[&bottleneck::METHOD, &lora::METHOD];

impl AdapterConfig {
    /// The configuration as its method, and the method's entry in the table.
    fn entry(&self) -> (&dyn Method, &'static MethodInfo) {
        match self {
            Self::Bottleneck(config) => (config, &bottleneck::METHOD),
            Self::Lora(config) => (config, &lora::METHOD),
        }
    }

    pub(crate) fn method(&self) -> &dyn Method {
        self.entry().0
    }
}

/// What is known about a method before it is configured.
#[derive(Debug)]
pub struct MethodInfo {
    /// The configurations that have a name.
    pub presets: &'static [Preset],
    /// What can be changed in them.
    pub options: &'static [MethodOption],
    /// `architecture` in AdapterHub's configurations; `None` is the absence of that key.
    pub(crate) architecture: Option<&'static str>,
    preset: fn(&str) -> Option<AdapterConfig>,
    from_json: fn(Fields, bool) -> Result<AdapterConfig>,
}

/// A configuration with a name, as AdapterHub has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Such as `double_seq_bn`.
    pub name: &'static str,
    /// Other names of it, such as `houlsby`.
    pub aliases: &'static [&'static str],
    /// What it is, in half a line.
    pub about: &'static str,
}

impl Preset {
    /// The name of the one that is taken if nobody chooses.
    pub const DEFAULT: &'static str = "double_seq_bn";

    /// The one of this name, or of this other name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let known = |preset: &&Self| preset.name == name || preset.aliases.contains(&name);
        METHODS.iter().flat_map(|method| method.presets).find(known)
    }
}

/// Something about a method that a user may choose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MethodOption {
    /// As it is spelled on the command line, such as `reduction-factor`.
    pub name: &'static str,
    /// AdapterHub's key for it, such as `reduction_factor`.
    pub key: &'static str,
    /// Which values it takes. The configuration, which comes from files too, checks them again.
    pub kind: OptionKind,
    /// What it does.
    pub help: &'static str,
}

impl MethodOption {
    /// What the presets have, as a user would type it, such as `16, par_bn 2`; `None` for a switch, which is off.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        let presets = METHODS.iter().flat_map(|method| method.presets.iter().map(|preset| preset.name));
        let value = |name| Some((name, AdapterConfig::preset(name)?.to_json().remove(self.key)?));
        let values: Vec<_> = presets.filter_map(value).filter(|_| self.kind != OptionKind::Switch).collect();
        let count = |value: &Value| values.iter().filter(|(_, other)| other == value).count();
        // Of those that are as frequent, the first: `max_by_key` takes the last.
        let (_, usual) = values.iter().rev().max_by_key(|(_, value)| count(value))?;
        let others = values.iter().filter(|(_, value)| value != usual);
        let others = others.map(|(name, value)| format!(", {name} {}", typed(value)));
        Some(typed(usual) + &others.collect::<String>())
    }
}

/// The sizes of a backbone that an adapter's tensors depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// D, `hidden_size`.
    pub hidden: usize,
    /// F, `intermediate_size`.
    pub feed_forward: usize,
    /// How many layers.
    pub layers: usize,
}

impl Sizes {
    /// Those of a backbone.
    #[must_use]
    pub fn of(backbone: &BackboneConfig) -> Self {
        Self {
            hidden: backbone.hidden_size,
            feed_forward: backbone.intermediate_size,
            layers: backbone.num_hidden_layers,
        }
    }
}

/// One method, configured.
pub(crate) trait Method: Debug {
    /// The `config` object that AdapterHub reads as this configuration, with the keys of a file that mean nothing here.
    fn to_json(&self) -> Map<String, Value>;

    /// Checks what types cannot; `file` is what messages call the configuration's place.
    fn validate(&self, file: &str) -> Result<()>;

    /// The layers (from 0) that it leaves as they are. A method that changes the embeddings leaves out none.
    fn leave_out(&self) -> &[usize];

    /// The dropout probability inside it while training.
    fn dropout(&self) -> f64;

    /// Its tensors by canonical name, `layer.<number>.<what the method calls it>`, in the order of the forward pass.
    fn tensors(&self, sizes: &Sizes) -> Result<Vec<TensorSpec>>;

    /// F of the backbone that it was trained on, where its tensors tell.
    fn feed_forward(&self, _tensors: &BTreeMap<String, HostTensor>) -> Option<usize> {
        None
    }

    /// The initial values of a tensor.
    fn fresh(&self, spec: &TensorSpec, random: &mut Random) -> Vec<f32>;

    /// Seed and stream of a tensor's initial values, where the configuration brings its own seed.
    fn own_seed(&self, canonical: &str) -> Option<(u64, u64)>;

    /// The names under which AdapterHub stores a tensor of the adapter called `adapter`: more than one where it stores
    /// the same tensor twice.
    fn stored_names(&self, canonical: &str, modules: &Modules, adapter: &str) -> Vec<String>;

    /// The canonical name of what AdapterHub stores as `stored`; `None` if it is none of this method's tensors.
    fn canonical_name(&self, stored: &str, modules: &Modules, adapter: &str) -> Option<String>;

    /// What it does at the backbone's places, with the weights of `arena`.
    fn graft(&self, arena: &Arena, layers: usize) -> Arc<dyn Graft>;

    /// The key, and its value, with which the adapter changes the backbone by `factor` times as much; `None` where no key can
    /// say that.
    fn scaled(&self, _factor: f64) -> Option<(&'static str, f64)> {
        None
    }

    /// Whether the adapter can be folded into the backbone's matrices.
    fn merges(&self) -> bool {
        false
    }

    /// Whether merging changes a frozen matrix of a layer.
    fn changes(&self, _layer: usize, _matrix: Matrix) -> bool {
        false
    }

    /// What merging adds to a frozen matrix [out, in] of a layer; `None` if nothing.
    fn change(&self, _tensors: &BTreeMap<String, HostTensor>, _layer: usize, _matrix: Matrix) -> Option<HostTensor> {
        None
    }
}

impl AdapterConfig {
    /// The configuration that AdapterHub calls `name`; `None` if there is none. See [`METHODS`].
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let name = Preset::find(name)?.name;
        METHODS.iter().find_map(|method| (method.preset)(name))
    }

    /// Reads the `config` object of an `adapter_config.json` called `file`. `has_version` says whether the file has a
    /// `version`: files without one come from before AdapterHub 2, which called GELU's tanh approximation `gelu` and
    /// GELU itself `gelu_orig`.
    ///
    /// # Errors
    /// If a key is missing or senseless, or asks for a method that is not supported.
    pub fn from_json(file: &str, config: Map<String, Value>, has_version: bool) -> Result<Self> {
        let mut fields = Fields::of(file, config);
        let asked = fields.take("architecture");
        let name = asked.as_ref().map(|name| name.as_str().unwrap_or_default());
        match METHODS.iter().find(|method| method.architecture == name) {
            Some(method) => (method.from_json)(fields, has_version),
            None => {
                let what = format!("the adapter method {}", shown(&asked.unwrap_or_default()));
                let presets = METHODS.iter().flat_map(|method| method.presets).map(|preset| preset.name);
                Err(Error::unsupported(file, what, presets.collect::<Vec<_>>().join(", ")))
            }
        }
    }

    /// The `config` object that AdapterHub reads as this configuration, unknown keys of its file included.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        self.method().to_json()
    }

    /// The same with another value of one of AdapterHub's keys, such as `reduction_factor` or `r`.
    ///
    /// # Errors
    /// If the method does not know the key or the value makes no sense.
    pub fn with(self, key: &str, value: impl Into<Value>) -> Result<Self> {
        const PLACE: &str = "the adapter's configuration";
        let mut config = self.to_json();
        let info = self.entry().1;
        if !config.contains_key(key) && info.options.iter().all(|option| option.key != key) {
            let method = info.presets[0].name;
            return Err(Error::config(PLACE, key, format!("means nothing to the method {method}")));
        }
        config.insert(key.to_owned(), value.into());
        Self::from_json(PLACE, config, true)
    }

    /// The dropout probability inside the adapter while training.
    #[must_use]
    pub fn dropout(&self) -> f64 {
        self.method().dropout()
    }

    /// Every tensor of this adapter, by canonical name, in the order of the forward pass.
    ///
    /// # Errors
    /// If the configuration says nothing about a layer.
    pub fn tensors(&self, sizes: &Sizes) -> Result<Vec<TensorSpec>> {
        self.method().tensors(sizes)
    }

    /// The same adapter, which adds `factor` times as much to what the backbone computes; `None` where its configuration cannot
    /// say that, as where the factor is learned.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Option<Self> {
        let (key, value) = self.method().scaled(factor)?;
        self.clone().with(key, value).ok()
    }

    /// The lowest layer that the adapter changes in a backbone of so many; `layers` if it changes none. What goes into it
    /// is the frozen backbone's, whatever the adapter learns.
    #[must_use]
    pub fn lowest_layer(&self, layers: usize) -> usize {
        (0..layers).find(|layer| !self.method().leave_out().contains(layer)).unwrap_or(layers)
    }

    /// Whether the adapter can be folded into the backbone's matrices, so that inference costs nothing.
    #[must_use]
    pub fn merges(&self) -> bool {
        self.method().merges()
    }
}

/// The layer that a canonical name speaks of.
pub(crate) fn layer_of(canonical: &str) -> Option<usize> {
    canonical.strip_prefix("layer.")?.split_once('.')?.0.parse().ok()
}

/// What a canonical name says behind the layer.
pub(crate) fn part_of(canonical: &str) -> Option<(usize, &str)> {
    let (layer, rest) = canonical.strip_prefix("layer.")?.split_once('.')?;
    Some((layer.parse().ok()?, rest))
}

/// Takes the key `leave_out`: layers from 0, sorted here.
fn take_leave_out(fields: &mut Fields) -> Result<Vec<usize>> {
    let value = fields.take("leave_out").unwrap_or_else(|| json!([]));
    let layer =
        |value: &Value| Some((value.as_u64().map(|layer| layer as usize).filter(|layer| *layer < MAX_LAYERS)?, ()));
    let layers = value.as_array().and_then(|layers| map_of(layers.iter().map(layer)));
    layers.map(|layers| layers.into_keys().collect()).ok_or_else(|| {
        let problem = format!("is {}; it must be a list of layers from 0 to {}", shown(&value), MAX_LAYERS - 1);
        Error::config(fields.file(), "leave_out", problem)
    })
}

/// Takes the key `init_weights_seed`.
fn take_seed(fields: &mut Fields) -> Result<Option<i64>> {
    const KEY: &str = "init_weights_seed";
    match fields.take(KEY).map(|seed| seed.as_i64()) {
        Some(None) => Err(Error::config(fields.file(), KEY, "must be a whole number")),
        seed => Ok(seed.flatten()),
    }
}

/// 16 rather than 16.0, as AdapterHub writes the numbers that people gave as integers.
fn whole_if_possible(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}
