//! The tensors of an adapter: which there are, their canonical names and shapes.
//!
//! A canonical name depends neither on the adapter's name nor on the model class that it was saved from:
//! `layer.<number>.<site>.<part>`, such as `layer.0.output.down.weight`.

use std::fmt;

use graftwork_formats::{Result, TensorSpec};

use crate::adapter_config::{AdapterConfig, Scaling};

/// Added to the variance in an adapter's own LayerNorms (`ln_before`, `ln_after`): PyTorch's default, not the backbone's
/// `layer_norm_eps`.
pub const ADAPTER_LAYER_NORM_EPS: f64 = 1e-5;

/// Where in a layer an adapter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    /// After the attention sub-layer (`mh_adapter`).
    Attention,
    /// After the feed-forward sub-layer (`output_adapter`).
    Output,
}

/// Which tensor of an adapter module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Weight of the LayerNorm before `W_down`, `[D]`; with `ln_before`.
    NormBeforeWeight,
    /// Bias of the LayerNorm before `W_down`, `[D]`; with `ln_before`.
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
    /// Weight of the LayerNorm after `W_up`, `[D]`; with `ln_after`.
    NormAfterWeight,
    /// Bias of the LayerNorm after `W_up`, `[D]`; with `ln_after`.
    NormAfterBias,
}

/// One tensor that a configuration asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterTensor {
    /// The layer, from 0.
    pub layer: usize,
    /// The site in the layer.
    pub site: Site,
    /// The tensor at the site.
    pub part: Part,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl Site {
    /// Both, in the order of the forward pass.
    pub const ALL: [Self; 2] = [Self::Attention, Self::Output];

    /// Its word in canonical names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Output => "output",
        }
    }
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
    #[must_use]
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
}

impl AdapterTensor {
    /// The canonical name.
    #[must_use]
    pub fn name(&self) -> String {
        canonical_name(self.layer, self.site, self.part)
    }

    /// Name and shape.
    #[must_use]
    pub fn spec(&self) -> TensorSpec {
        TensorSpec { name: self.name(), shape: self.shape.clone(), optional: false }
    }
}

impl fmt::Display for AdapterTensor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name())
    }
}

/// `layer.<layer>.<site>.<part>`
pub(crate) fn canonical_name(layer: usize, site: Site, part: Part) -> String {
    format!("layer.{layer}.{}.{}", site.name(), part.name())
}

/// The inverse of [`canonical_name`].
pub(crate) fn parse_canonical_name(name: &str) -> Option<(usize, Site, Part)> {
    let (layer, rest) = name.strip_prefix("layer.")?.split_once('.')?;
    let (site, part) = rest.split_once('.')?;
    let site = Site::ALL.into_iter().find(|known| known.name() == site)?;
    let part = Part::ALL.into_iter().find(|known| known.name() == part)?;
    Some((layer.parse().ok()?, site, part))
}

impl AdapterConfig {
    /// Whether `layer` has an adapter at `site`.
    #[must_use]
    pub fn has_adapter(&self, layer: usize, site: Site) -> bool {
        let at_site = match site {
            Site::Attention => self.mh_adapter,
            Site::Output => self.output_adapter,
        };
        at_site && !self.leave_out.contains(&layer)
    }

    /// Every tensor of this adapter on a backbone of `layers` layers and width `hidden`, in the order of the forward
    /// pass.
    ///
    /// # Errors
    /// If a layer has no bottleneck width; see [`AdapterConfig::bottleneck`].
    pub fn tensors(&self, hidden: usize, layers: usize) -> Result<Vec<AdapterTensor>> {
        let mut tensors = Vec::new();
        for layer in 0..layers {
            for site in Site::ALL.into_iter().filter(|&site| self.has_adapter(layer, site)) {
                let bottleneck = self.bottleneck(hidden, layer)?;
                let present =
                    Part::ALL.into_iter().filter_map(|part| Some((part, self.shape(part, hidden, bottleneck)?)));
                tensors.extend(present.map(|(part, shape)| AdapterTensor { layer, site, part, shape }));
            }
        }
        Ok(tensors)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(preset: &str, hidden: usize, layers: usize) -> usize {
        let tensors = AdapterConfig::preset(preset).unwrap().tensors(hidden, layers).unwrap();
        tensors.iter().map(|tensor| tensor.shape.iter().product::<usize>()).sum()
    }

    #[test]
    fn sizes_are_those_of_adapterhub() {
        assert_eq!(parameters("seq_bn", 384, 6), 113_040);
        assert_eq!(parameters("double_seq_bn", 384, 6), 226_080);
        assert_eq!(parameters("seq_bn", 768, 12), 894_528);
        assert_eq!(parameters("double_seq_bn", 768, 12), 1_789_056);
    }

    #[test]
    fn all_parts_have_names_that_parse() {
        let config = AdapterConfig {
            ln_before: true,
            ln_after: true,
            scaling: Scaling::Channel,
            leave_out: vec![1],
            ..AdapterConfig::preset("double_seq_bn").unwrap()
        };
        let tensors = config.tensors(32, 3).unwrap();
        assert_eq!(tensors.len(), 2 * 2 * Part::ALL.len());
        for tensor in &tensors {
            assert_eq!(parse_canonical_name(&tensor.name()), Some((tensor.layer, tensor.site, tensor.part)));
            assert_ne!(tensor.layer, 1);
        }
        assert_eq!(tensors[2].to_string(), "layer.0.attention.down.weight");
        assert_eq!(tensors[2].shape, [2, 32]);
        for name in ["layer.x.output.scaling", "layer.0.middle.scaling", "layer.0.output.side.weight", "head.0.weight"]
        {
            assert_eq!(parse_canonical_name(name), None);
        }
    }
}
