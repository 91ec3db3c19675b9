//! How a bottleneck adapter is built: the keys of AdapterHub's `BnConfig` (library `adapters` 1.3.0).

use std::collections::BTreeMap;

use graftwork_formats::{ActivationName, Error, Result};
use serde_json::{Map, Value};

/// The widest accepted bottleneck; eight times the widest accepted hidden size.
const MAX_BOTTLENECK: usize = 65_536;

/// A bottleneck adapter's configuration. What it computes, with `h` the output of the sub-layer's dense, `x` the
/// sub-layer's input, LN the backbone's frozen LayerNorm and
/// `A(z) = scaling * (W_up act(W_down z + b_down) + b_up)`, is said at each key.
#[derive(Debug, Clone, PartialEq)]
pub struct Bottleneck {
    /// Whether an adapter stands after the attention sub-layer.
    pub mh_adapter: bool,
    /// Whether an adapter stands after the feed-forward sub-layer.
    pub output_adapter: bool,
    /// Hidden size over bottleneck width.
    pub reduction_factor: ReductionFactor,
    /// `act`, the non-linearity in the bottleneck.
    pub non_linearity: ActivationName,
    /// Sequential adapters: `z = LN(h + x)` instead of `z = h`. Default false.
    pub original_ln_before: bool,
    /// `y = LN(output + x)` after the adapter instead of `y = output`. Default true.
    pub original_ln_after: bool,
    /// A LayerNorm of the adapter's own before `W_down`. Default false.
    pub ln_before: bool,
    /// A LayerNorm of the adapter's own after `W_up`. Default false.
    pub ln_after: bool,
    /// How new weights are drawn. Default "bert".
    pub init_weights: InitWeights,
    /// If set, every adapter module is drawn from this seed anew (so that all are equal), as AdapterHub does.
    pub init_weights_seed: Option<i64>,
    /// Parallel adapters take `z = x` and add `A(x)` to `h`; sequential ones take `z` from `h`. Default false.
    pub is_parallel: bool,
    /// What `A` is multiplied with. Default 1.
    pub scaling: Scaling,
    /// Sequential adapters with `original_ln_before`: where the skip connection round the adapter starts. Default
    /// [`ResidualBeforeLn::Yes`].
    pub residual_before_ln: ResidualBeforeLn,
    /// Sequential adapters with `ln_after`: whether the skip is added before that LayerNorm. Default false.
    pub adapter_residual_before_ln: bool,
    /// Layers (from 0) without adapters; sorted.
    pub leave_out: Vec<usize>,
    /// The dropout probability on `A` while training. Default 0.
    pub dropout: f64,
    /// Keys of the file that mean nothing here; written back as they were.
    pub extra: Map<String, Value>,
}

/// Hidden size over bottleneck width, for all layers or by layer.
#[derive(Debug, Clone, PartialEq)]
pub enum ReductionFactor {
    /// The same for all layers.
    Uniform(f64),
    /// By layer (from 0), with a default for layers that are not listed.
    PerLayer {
        /// The listed layers.
        layers: BTreeMap<usize, f64>,
        /// What holds for the others.
        default: Option<f64>,
    },
}

/// What the adapter's output is multiplied with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scaling {
    /// A constant.
    Fixed(f64),
    /// One learned factor, starting at 1: tensor `scaling` of shape `[1]`.
    Learned,
    /// One learned factor a channel, starting at 1: tensor `scaling` of shape `[D]`.
    Channel,
}

/// Where the skip connection round a sequential adapter with `original_ln_before` starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResidualBeforeLn {
    /// `true`: at `h`.
    Yes,
    /// `false`: at `LN(h + x)`.
    No,
    /// `"post_add"`: at `h + x`.
    PostAdd,
}

/// How new adapter weights are drawn; biases start at zero, LayerNorms at weight 1 and bias 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitWeights {
    /// Both matrices from N(0, 0.02).
    Bert,
    /// `W_down` from U(-b, b) with `b = 1 / sqrt(D)` (Kaiming with a = sqrt 5), `W_up` zero.
    MamAdapter,
    /// Both matrices from N(0, 0.01), truncated at two standard deviations.
    Houlsby,
}

impl Bottleneck {
    /// The configuration that AdapterHub calls `name`; `None` if it calls none of its bottlenecks so.
    ///
    /// `seq_bn` is Pfeiffer et al. 2020, `double_seq_bn` Houlsby et al. 2019, `par_bn` He et al. 2021.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let swish_or_relu = if name == "double_seq_bn" { "swish" } else { "relu" };
        let base = Self::bottleneck_defaults(16.0, ActivationName::parse(swish_or_relu)?);
        let parallel = |scaling| Self {
            output_adapter: true,
            reduction_factor: ReductionFactor::Uniform(2.0),
            init_weights: InitWeights::MamAdapter,
            is_parallel: true,
            scaling,
            ..base.clone()
        };
        match name {
            "seq_bn" => Some(Self { output_adapter: true, original_ln_before: true, ..base }),
            "double_seq_bn" => Some(Self { mh_adapter: true, output_adapter: true, ..base }),
            "par_bn" => Some(parallel(Scaling::Fixed(4.0))),
            "scaled_par_bn" => Some(parallel(Scaling::Learned)),
            _ => None,
        }
    }

    /// `BnConfig`'s defaults; the sites are off.
    pub(crate) fn bottleneck_defaults(reduction_factor: f64, non_linearity: ActivationName) -> Self {
        Self {
            mh_adapter: false,
            output_adapter: false,
            reduction_factor: ReductionFactor::Uniform(reduction_factor),
            non_linearity,
            original_ln_before: false,
            original_ln_after: true,
            ln_before: false,
            ln_after: false,
            init_weights: InitWeights::Bert,
            init_weights_seed: None,
            is_parallel: false,
            scaling: Scaling::Fixed(1.0),
            residual_before_ln: ResidualBeforeLn::Yes,
            adapter_residual_before_ln: false,
            leave_out: Vec::new(),
            dropout: 0.0,
            extra: Map::new(),
        }
    }

    /// R, the bottleneck's width in `layer` for a backbone of `hidden` size: Python's `max(1, int(hidden // factor))`.
    ///
    /// # Errors
    /// If the layer has no factor (a per-layer map without default), the factor is not a positive number, or the
    /// bottleneck would be absurdly wide (more than 65,536).
    pub fn bottleneck(&self, hidden: usize, layer: usize) -> Result<usize> {
        const KEY: &str = "reduction_factor";
        let factor = match &self.reduction_factor {
            ReductionFactor::Uniform(factor) => Some(*factor),
            ReductionFactor::PerLayer { layers, default } => layers.get(&layer).copied().or(*default),
        };
        let factor = factor.ok_or_else(|| {
            let problem = format!("says nothing about layer {layer}; add it, or a \"default\"");
            Error::config("the adapter's configuration", KEY, problem)
        })?;
        let width = if factor > 0.0 { floor_divide(hidden as f64, factor).max(1.0) } else { f64::NAN };
        if width <= MAX_BOTTLENECK as f64 {
            return Ok(width as usize);
        }
        let problem = format!(
            "is {factor} in layer {layer}; it must be positive and make a bottleneck of at most {MAX_BOTTLENECK}"
        );
        Err(Error::config("the adapter's configuration", KEY, problem))
    }

    /// Checks what types cannot: `file` is what the message calls the configuration's place.
    ///
    /// # Errors
    /// If no site has an adapter, a number is out of its range, or keys contradict each other.
    pub(super) fn check(&self, file: &str) -> Result<()> {
        if !self.mh_adapter && !self.output_adapter {
            return Err(Error::config(file, "output_adapter", "and `mh_adapter` are both false: there is no adapter"));
        }
        if let Scaling::Fixed(factor) = self.scaling
            && !factor.is_finite()
        {
            return Err(Error::config(file, "scaling", "must be a finite number, \"learned\" or \"channel\""));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(Error::config(file, "dropout", "must be at least 0 and less than 1"));
        }
        if self.residual_before_ln == ResidualBeforeLn::PostAdd && !self.original_ln_before && !self.is_parallel {
            // AdapterHub fails in the forward pass here: the sum that the skip should start at is never formed.
            let problem = "is \"post_add\", which needs `original_ln_before` = true";
            return Err(Error::config(file, "residual_before_ln", problem));
        }
        Ok(())
    }
}

/// Python's `a // b` for floats and positive `b`: not always `floor(a / b)`, as the quotient may be rounded up.
fn floor_divide(a: f64, b: f64) -> f64 {
    let quotient = (a - a % b) / b;
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
