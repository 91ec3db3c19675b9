//! The tensors of a bottleneck: which there are, their shapes and initial values, and their names.
//!
//! | canonical, behind `layer.<l>.attention.` or `layer.<l>.output.` | AdapterHub's, behind `<module>.adapters.<name>.` |
//! |---|---|
//! | `norm_before.weight`, `.bias` | `adapter_norm_before.weight` and again `adapter_down.0.weight` |
//! | `down.weight`, `.bias` | `adapter_down.0.weight`; `adapter_down.1` with `ln_before` |
//! | `up.weight`, `.bias` | `adapter_up.weight` |
//! | `scaling` | `scaling` |
//! | `norm_after.weight`, `.bias` | `adapter_norm_after.weight` |
//!
//! With `ln_before` the LayerNorm is both a member of the module and the first of the sequence `adapter_down`, so it is
//! stored under both names. Files of AdapterHub 1 say `layer_text_task_adapters` or the like for `adapters`.

use graftwork_formats::{Result, TensorSpec};

use super::{Bottleneck, InitWeights, Scaling};
use crate::graft::SubLayer;
use crate::init::Random;
use crate::methods::{Modules, Sizes, part_of};

/// How AdapterHub calls the modules, and how AdapterHub 1 did.
const KINDS: [&str; 5] = [
    "adapters",
    "attention_text_task_adapters",
    "attention_text_lang_adapters",
    "layer_text_task_adapters",
    "layer_text_lang_adapters",
];

/// Which tensor of a bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// Of the LayerNorm before `W_down`, `[D]`; with `ln_before`.
    NormBeforeWeight,
    NormBeforeBias,
    /// `W_down`, `[R, D]`.
    DownWeight,
    /// `b_down`, `[R]`.
    DownBias,
    /// `W_up`, `[D, R]`.
    UpWeight,
    /// `b_up`, `[D]`.
    UpBias,
    /// The learned scaling, `[1]` or `[D]`; with `scaling` "learned" or "channel".
    Scaling,
    /// Of the LayerNorm after `W_up`, `[D]`; with `ln_after`.
    NormAfterWeight,
    NormAfterBias,
}

impl Part {
    /// All, in the order of the forward pass.
    pub const ALL: [Self; 9] = [
        Self::NormBeforeWeight,
        Self::NormBeforeBias,
        Self::DownWeight,
        Self::DownBias,
        Self::UpWeight,
        Self::UpBias,
        Self::Scaling,
        Self::NormAfterWeight,
        Self::NormAfterBias,
    ];

    /// Its words in canonical names.
    pub fn name(self) -> &'static str {
        match self {
            Self::NormBeforeWeight => "norm_before.weight",
            Self::NormBeforeBias => "norm_before.bias",
            Self::DownWeight => "down.weight",
            Self::DownBias => "down.bias",
            Self::UpWeight => "up.weight",
            Self::UpBias => "up.bias",
            Self::Scaling => "scaling",
            Self::NormAfterWeight => "norm_after.weight",
            Self::NormAfterBias => "norm_after.bias",
        }
    }

    /// What AdapterHub calls it behind the adapter's name; two names for what it stores twice.
    fn endings(self, ln_before: bool) -> &'static [&'static str] {
        match (self, ln_before) {
            (Self::NormBeforeWeight, true) => &["adapter_norm_before.weight", "adapter_down.0.weight"],
            (Self::NormBeforeBias, true) => &["adapter_norm_before.bias", "adapter_down.0.bias"],
            (Self::NormBeforeWeight | Self::NormBeforeBias, false) => &[],
            (Self::DownWeight, false) => &["adapter_down.0.weight"],
            (Self::DownBias, false) => &["adapter_down.0.bias"],
            (Self::DownWeight, true) => &["adapter_down.1.weight"],
            (Self::DownBias, true) => &["adapter_down.1.bias"],
            (Self::UpWeight, _) => &["adapter_up.weight"],
            (Self::UpBias, _) => &["adapter_up.bias"],
            (Self::Scaling, _) => &["scaling"],
            (Self::NormAfterWeight, _) => &["adapter_norm_after.weight"],
            (Self::NormAfterBias, _) => &["adapter_norm_after.bias"],
        }
    }
}

/// A sub-layer's word in canonical names: the word of AdapterHub's keys.
fn word(sub_layer: SubLayer) -> &'static str {
    match sub_layer {
        SubLayer::Attention => "attention",
        SubLayer::FeedForward => "output",
    }
}

pub(super) fn canonical_name(layer: usize, sub_layer: SubLayer, part: Part) -> String {
    format!("layer.{layer}.{}.{}", word(sub_layer), part.name())
}

/// The inverse of [`canonical_name`].
fn parse(canonical: &str) -> Option<(usize, SubLayer, Part)> {
    let (layer, rest) = part_of(canonical)?;
    let (place, part) = rest.split_once('.')?;
    let sub_layer = SubLayer::ALL.into_iter().find(|known| word(*known) == place)?;
    Some((layer, sub_layer, Part::ALL.into_iter().find(|known| known.name() == part)?))
}

impl Bottleneck {
    /// Whether `layer` has an adapter after `sub_layer`.
    #[must_use]
    pub fn has_adapter(&self, layer: usize, sub_layer: SubLayer) -> bool {
        let has = match sub_layer {
            SubLayer::Attention => self.mh_adapter,
            SubLayer::FeedForward => self.output_adapter,
        };
        has && !self.leave_out.contains(&layer)
    }

    pub(super) fn specs(&self, sizes: &Sizes) -> Result<Vec<TensorSpec>> {
        let mut specs = Vec::new();
        for layer in 0..sizes.layers {
            for sub_layer in SubLayer::ALL.into_iter().filter(|sub_layer| self.has_adapter(layer, *sub_layer)) {
                let bottleneck = self.bottleneck(sizes.hidden, layer)?;
                specs.extend(Part::ALL.into_iter().filter_map(|part| {
                    let shape = self.shape(part, sizes.hidden, bottleneck)?;
                    Some(TensorSpec { name: canonical_name(layer, sub_layer, part), shape, optional: false })
                }));
            }
        }
        Ok(specs)
    }

    /// The shape of `part`, if this configuration has it.
    fn shape(&self, part: Part, hidden: usize, bottleneck: usize) -> Option<Vec<usize>> {
        match part {
            Part::DownWeight => Some(vec![bottleneck, hidden]),
            Part::DownBias => Some(vec![bottleneck]),
            Part::UpWeight => Some(vec![hidden, bottleneck]),
            Part::UpBias => Some(vec![hidden]),
            Part::NormBeforeWeight | Part::NormBeforeBias => self.ln_before.then(|| vec![hidden]),
            Part::NormAfterWeight | Part::NormAfterBias => self.ln_after.then(|| vec![hidden]),
            Part::Scaling => match self.scaling {
                Scaling::Fixed(_) => None,
                Scaling::Learned => Some(vec![1]),
                Scaling::Channel => Some(vec![hidden]),
            },
        }
    }

    /// Biases start at zero, norms' weights and learned scalings at one, matrices as `init_weights` says.
    pub(super) fn initial(&self, spec: &TensorSpec, random: &mut Random) -> Vec<f32> {
        let n = spec.shape.iter().product();
        match (parse(&spec.name).map(|(.., part)| part), self.init_weights) {
            (Some(Part::DownWeight | Part::UpWeight), InitWeights::Bert) => random.normals(n, 0.02),
            (Some(Part::DownWeight | Part::UpWeight), InitWeights::Houlsby) => random.truncated_normals(n, 0.01),
            (Some(Part::DownWeight), InitWeights::MamAdapter) => random.kaiming(n, spec.shape[1]),
            (Some(Part::Scaling | Part::NormBeforeWeight | Part::NormAfterWeight), _) => vec![1.0; n],
            _ => vec![0.0; n],
        }
    }

    /// AdapterHub's `init_weights_seed` makes all modules equal: one stream for all `W_down`, one for all `W_up`.
    pub(super) fn seed_of(&self, canonical: &str) -> Option<(u64, u64)> {
        let is_up = matches!(parse(canonical), Some((.., Part::UpWeight)));
        self.init_weights_seed.map(|seed| (seed as u64, u64::from(is_up)))
    }

    pub(super) fn stored(&self, canonical: &str, modules: &Modules, adapter: &str) -> Vec<String> {
        let Some((layer, sub_layer, part)) = parse(canonical) else { return Vec::new() };
        let module = modules.sub_layer(sub_layer);
        let name = |ending: &&str| modules.stored(layer, module, KINDS[0], adapter, ending);
        part.endings(self.ln_before).iter().map(name).collect()
    }

    pub(super) fn canonical(&self, stored: &str, modules: &Modules, adapter: &str) -> Option<String> {
        let (layer, module, ending) = modules.parse(stored, &KINDS, adapter)?;
        let sub_layer = SubLayer::ALL.into_iter().find(|sub_layer| modules.sub_layer(*sub_layer) == module)?;
        let part = Part::ALL.into_iter().find(|part| part.endings(self.ln_before).contains(&ending))?;
        Some(canonical_name(layer, sub_layer, part))
    }
}

#[cfg(test)]
#[path = "tensors_tests.rs"]
mod tests;
