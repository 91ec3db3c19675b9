//! [`Bottleneck`] from and to the `config` object of AdapterHub's `adapter_config.json`.

use graftwork_formats::json::{Fields, map_of, shown};
use graftwork_formats::{ActivationName, Error, Result};
use serde_json::{Map, Value, json};

use super::{Bottleneck, InitWeights, ReductionFactor, ResidualBeforeLn, Scaling};
use crate::methods::{MAX_LAYERS, take_leave_out, take_seed, whole_if_possible};

impl Bottleneck {
    /// Reads the fields of a `config` object. `has_version` says whether the file has a `version`; see
    /// [`crate::AdapterConfig::from_json`].
    pub(super) fn from_fields(mut fields: Fields, has_version: bool) -> Result<Self> {
        let file = &fields.file().to_owned();
        refuse_unsupported(&mut fields)?;
        let required = |key: &str| Error::config(file, key, "is missing; bottleneck adapters need it");
        let name = fields.take_text("non_linearity")?.ok_or_else(|| required("non_linearity"))?;
        let base = Self::bottleneck_defaults(1.0, activation(file, &name, has_version)?);
        let factor = fields.take("reduction_factor").ok_or_else(|| required("reduction_factor"))?;
        let config = Self {
            mh_adapter: fields.take_bool("mh_adapter")?.ok_or_else(|| required("mh_adapter"))?,
            output_adapter: fields.take_bool("output_adapter")?.ok_or_else(|| required("output_adapter"))?,
            reduction_factor: reduction_factor(file, &factor)?,
            original_ln_before: fields.take_bool("original_ln_before")?.unwrap_or(base.original_ln_before),
            original_ln_after: fields.take_bool("original_ln_after")?.unwrap_or(base.original_ln_after),
            ln_before: fields.take_bool("ln_before")?.unwrap_or(base.ln_before),
            ln_after: fields.take_bool("ln_after")?.unwrap_or(base.ln_after),
            init_weights: init_weights(&mut fields)?.unwrap_or(base.init_weights),
            init_weights_seed: take_seed(&mut fields)?,
            is_parallel: fields.take_bool("is_parallel")?.unwrap_or(base.is_parallel),
            scaling: scaling(&mut fields)?.unwrap_or(base.scaling),
            residual_before_ln: residual_before_ln(&mut fields)?.unwrap_or(base.residual_before_ln),
            adapter_residual_before_ln: fields
                .take_bool("adapter_residual_before_ln")?
                .unwrap_or(base.adapter_residual_before_ln),
            leave_out: take_leave_out(&mut fields)?,
            dropout: fields.take_probability("dropout")?.unwrap_or(base.dropout),
            extra: fields.rest(),
            ..base
        };
        config.check(file)?;
        Ok(config)
    }

    pub(super) fn to_object(&self) -> Map<String, Value> {
        let mut map = self.extra.clone();
        let known = json!({
            "mh_adapter": self.mh_adapter,
            "output_adapter": self.output_adapter,
            "reduction_factor": match &self.reduction_factor {
                ReductionFactor::Uniform(factor) => whole_if_possible(*factor),
                ReductionFactor::PerLayer { layers, default } => {
                    let layers = layers.iter().map(|(layer, factor)| (layer.to_string(), whole_if_possible(*factor)));
                    let default = default.map(|factor| ("default".to_owned(), whole_if_possible(factor)));
                    Value::Object(layers.chain(default).collect())
                }
            },
            "non_linearity": self.non_linearity.name(),
            "original_ln_before": self.original_ln_before,
            "original_ln_after": self.original_ln_after,
            "ln_before": self.ln_before,
            "ln_after": self.ln_after,
            "init_weights": match self.init_weights {
                InitWeights::Bert => "bert",
                InitWeights::MamAdapter => "mam_adapter",
                InitWeights::Houlsby => "houlsby",
            },
            "init_weights_seed": self.init_weights_seed,
            "is_parallel": self.is_parallel,
            "scaling": match self.scaling {
                // Always with a decimal point: AdapterHub refuses an integer here.
                Scaling::Fixed(factor) => json!(factor),
                Scaling::Learned => json!("learned"),
                Scaling::Channel => json!("channel"),
            },
            "residual_before_ln": match self.residual_before_ln {
                ResidualBeforeLn::Yes => json!(true),
                ResidualBeforeLn::No => json!(false),
                ResidualBeforeLn::PostAdd => json!("post_add"),
            },
            "adapter_residual_before_ln": self.adapter_residual_before_ln,
            "leave_out": self.leave_out,
            "dropout": self.dropout,
            "use_gating": false,
            "inv_adapter": null,
            "inv_adapter_reduction_factor": null,
            "cross_adapter": false,
            "phm_layer": false,
            "stochastic_depth": 0.0,
        });
        if let Value::Object(known) = known {
            map.extend(known);
        }
        map
    }
}

/// Refuses options that would change the function unnoticed.
fn refuse_unsupported(fields: &mut Fields) -> Result<()> {
    const SUPPORTED: &str = "bottleneck adapters without it";
    let refuse = |fields: &Fields, what: String| Err(Error::unsupported(fields.file(), what, SUPPORTED));
    for key in ["use_gating", "phm_layer", "cross_adapter"] {
        if fields.take_bool(key)? == Some(true) {
            return refuse(fields, format!("`{key}` = true"));
        }
    }
    // `invertible_adapter` is how AdapterHub 1 wrote `inv_adapter`.
    for key in ["inv_adapter", "invertible_adapter"] {
        if let Some(kind) = fields.take(key) {
            return refuse(fields, format!("`{key}` = {}", shown(&kind)));
        }
    }
    fields.take("inv_adapter_reduction_factor");
    if fields.take_f64("stochastic_depth")?.unwrap_or(0.0) != 0.0 {
        return refuse(fields, "`stochastic_depth` other than 0".to_owned());
    }
    Ok(())
}

fn activation(file: &str, name: &str, has_version: bool) -> Result<ActivationName> {
    let current = match (has_version, name) {
        (false, "gelu") => "gelu_new",
        (false, "gelu_orig") => "gelu",
        _ => name,
    };
    ActivationName::parse(current).ok_or_else(|| {
        Error::unsupported(file, format!("non_linearity {}", shown(&Value::from(name))), ActivationName::known())
    })
}

fn reduction_factor(file: &str, value: &Value) -> Result<ReductionFactor> {
    let positive = |value: &Value| value.as_f64().filter(|factor| *factor > 0.0 && factor.is_finite());
    let parsed = match value {
        Value::Object(map) => {
            let default = map.get("default").map(positive);
            let layers = map.iter().filter(|(layer, _)| *layer != "default").map(|(layer, factor)| {
                let layer = layer.parse().ok().filter(|layer| *layer < MAX_LAYERS)?;
                Some((layer, positive(factor)?))
            });
            match (map_of(layers), default) {
                (_, Some(None)) | (None, _) => None,
                (Some(layers), default) => Some(ReductionFactor::PerLayer { layers, default: default.flatten() }),
            }
        }
        single => positive(single).map(ReductionFactor::Uniform),
    };
    parsed.ok_or_else(|| {
        let problem = format!(
            "is {}; it must be a positive number, or a map like {{\"1\": 8, \"default\": 16}} of them by layer",
            shown(value)
        );
        Error::config(file, "reduction_factor", problem)
    })
}

fn scaling(fields: &mut Fields) -> Result<Option<Scaling>> {
    let Some(value) = fields.take("scaling") else {
        return Ok(None);
    };
    match (value.as_str(), value.as_f64()) {
        (Some("learned"), _) => Ok(Some(Scaling::Learned)),
        (Some("channel"), _) => Ok(Some(Scaling::Channel)),
        (None, Some(factor)) => Ok(Some(Scaling::Fixed(factor))),
        _ => {
            let problem = format!("is {}; it must be a number, \"learned\" or \"channel\"", shown(&value));
            Err(Error::config(fields.file(), "scaling", problem))
        }
    }
}

fn residual_before_ln(fields: &mut Fields) -> Result<Option<ResidualBeforeLn>> {
    match fields.take("residual_before_ln") {
        None => Ok(None),
        Some(Value::Bool(true)) => Ok(Some(ResidualBeforeLn::Yes)),
        Some(Value::Bool(false)) => Ok(Some(ResidualBeforeLn::No)),
        Some(Value::String(text)) if text == "post_add" => Ok(Some(ResidualBeforeLn::PostAdd)),
        Some(other) => {
            let problem = format!("is {}; it must be true, false or \"post_add\"", shown(&other));
            Err(Error::config(fields.file(), "residual_before_ln", problem))
        }
    }
}

fn init_weights(fields: &mut Fields) -> Result<Option<InitWeights>> {
    match fields.take_text("init_weights")?.as_deref() {
        None => Ok(None),
        Some("bert") => Ok(Some(InitWeights::Bert)),
        Some("mam_adapter") => Ok(Some(InitWeights::MamAdapter)),
        Some("houlsby") => Ok(Some(InitWeights::Houlsby)),
        Some(_) => {
            Err(Error::config(fields.file(), "init_weights", "must be \"bert\", \"mam_adapter\" or \"houlsby\""))
        }
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
