//! What a backbone is: the keys of its `config.json` that decide its function.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::activation_name::ActivationName;
use crate::architectures::{Architecture, TensorSpec};
use crate::error::{Error, Result};
use crate::json::{Fields, MAX_JSON_BYTES, shown};
use crate::mistaken;

/// A backbone's configuration, as in transformers' `BertConfig`; [`Default`] is BERT-base, which is also what stands in
/// for keys that a file lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct BackboneConfig {
    /// The family (`model_type`).
    pub architecture: Architecture,
    /// Rows of the word embedding.
    pub vocab_size: usize,
    /// D, the width of a token's vector.
    pub hidden_size: usize,
    /// How many layers.
    pub num_hidden_layers: usize,
    /// H; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// F, the inner width of the feed-forward block.
    pub intermediate_size: usize,
    /// The non-linearity of the feed-forward block.
    pub hidden_act: ActivationName,
    /// The longest sequence in tokens.
    pub max_position_embeddings: usize,
    /// How many segments (token types) there are.
    pub type_vocab_size: usize,
    /// Added to the variance in the backbone's LayerNorms.
    pub layer_norm_eps: f64,
    /// The padding token's id; batches are packed, so it is only passed on.
    pub pad_token_id: usize,
    /// The dropout probability of training, at least 0 and less than 1.
    pub hidden_dropout_prob: f64,
    /// The dropout probability before a head, where it differs from `hidden_dropout_prob`.
    pub classifier_dropout: Option<f64>,
    /// Label names of the task that the checkpoint was trained for, if any.
    pub id2label: BTreeMap<usize, String>,
}

impl Default for BackboneConfig {
    fn default() -> Self {
        Self {
            architecture: Architecture::Bert,
            vocab_size: 30522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: ActivationName::default(),
            max_position_embeddings: 512,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            pad_token_id: 0,
            hidden_dropout_prob: 0.1,
            classifier_dropout: None,
            id2label: BTreeMap::new(),
        }
    }
}

impl BackboneConfig {
    /// Reads `config.json` of the backbone directory `dir`.
    ///
    /// # Errors
    /// If the file is not there, is not JSON, has senseless values, or describes a backbone that is not supported.
    pub fn from_dir(dir: &Path) -> Result<Self> {
        let path = dir.join("config.json");
        if !path.is_file() {
            let problem = if dir.join("adapter_config.json").is_file() {
                "there is no config.json, but an adapter; give it as the adapter, and as the backbone the directory of \
                 the model that it was trained on"
                    .to_owned()
            } else {
                let hint = mistaken::folders_with("config.json", dir);
                format!(
                    "there is no config.json; a backbone directory holds config.json, model.safetensors and \
                     tokenizer.json or vocab.txt, as on the Hugging Face hub{hint}"
                )
            };
            return Err(Error::MissingFile { place: dir.display().to_string(), problem });
        }
        let bytes = crate::atomic_file::read_capped(&path, MAX_JSON_BYTES as u64, "the JSON text")?;
        Self::from_json(&path.display().to_string(), &bytes)
    }

    /// Reads the bytes of a `config.json`; `file` is what messages call it.
    ///
    /// # Errors
    /// As [`BackboneConfig::from_dir`].
    pub fn from_json(file: &str, bytes: &[u8]) -> Result<Self> {
        let mut fields = Fields::parse(file, bytes)?;
        let architecture = architecture_of(&mut fields)?;
        refuse_unsupported(&mut fields)?;
        let default = Self::default();
        let hidden_size = fields.take_usize_in("hidden_size", default.hidden_size, 1, 8192)?;
        let num_attention_heads =
            fields.take_usize_in("num_attention_heads", default.num_attention_heads, 1, hidden_size)?;
        if hidden_size % num_attention_heads != 0 {
            let problem = format!("is {hidden_size}, which {num_attention_heads} attention heads do not divide");
            return Err(Error::config(file, "hidden_size", problem));
        }
        let vocab_size = fields.take_usize_in("vocab_size", default.vocab_size, 1, 10_000_000)?;
        let layer_norm_eps = fields.take_f64("layer_norm_eps")?.unwrap_or(default.layer_norm_eps);
        if !(0.0..=1.0).contains(&layer_norm_eps) {
            return Err(Error::config(file, "layer_norm_eps", format!("is {layer_norm_eps}; it must be from 0 to 1")));
        }
        Ok(Self {
            architecture,
            vocab_size,
            hidden_size,
            num_hidden_layers: fields.take_usize_in("num_hidden_layers", default.num_hidden_layers, 1, 256)?,
            num_attention_heads,
            intermediate_size: fields.take_usize_in("intermediate_size", default.intermediate_size, 1, 65_536)?,
            hidden_act: hidden_act_of(&mut fields)?,
            max_position_embeddings: fields.take_usize_in(
                "max_position_embeddings",
                default.max_position_embeddings,
                1,
                1 << 20,
            )?,
            type_vocab_size: fields.take_usize_in("type_vocab_size", default.type_vocab_size, 1, 65_536)?,
            layer_norm_eps,
            pad_token_id: fields.take_usize_in("pad_token_id", default.pad_token_id, 0, vocab_size - 1)?,
            hidden_dropout_prob: fields.take_probability("hidden_dropout_prob")?.unwrap_or(default.hidden_dropout_prob),
            classifier_dropout: fields.take_probability("classifier_dropout")?,
            id2label: id2label_of(&mut fields)?,
        })
    }

    /// E, the width of one attention head.
    #[must_use]
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// Every tensor of this backbone with its shape, in the order of the forward pass.
    #[must_use]
    pub fn tensor_specs(&self) -> Vec<TensorSpec> {
        self.architecture.tensor_specs(self)
    }
}

fn architecture_of(fields: &mut Fields) -> Result<Architecture> {
    let known = || Architecture::ALL.iter().map(|known| known.model_type()).collect::<Vec<_>>().join(", ");
    if let Some(model_type) = fields.take_text("model_type")? {
        return Architecture::from_model_type(&model_type)
            .ok_or_else(|| Error::unsupported(fields.file(), format!("the architecture `{model_type}`"), known()));
    }
    // Configurations from before transformers 2.? have no `model_type`, only the class that wrote the checkpoint.
    let classes = fields.take("architectures");
    let first = classes.as_ref().and_then(|classes| classes.get(0)).and_then(Value::as_str);
    match first {
        Some(class) if class.starts_with("Bert") => Ok(Architecture::Bert),
        _ => {
            let problem = format!("is missing, so the architecture is unknown; it must be one of: {}", known());
            Err(Error::config(fields.file(), "model_type", problem))
        }
    }
}

/// Refuses what would silently compute another function than the checkpoint's.
fn refuse_unsupported(fields: &mut Fields) -> Result<()> {
    if let Some(kind) = fields.take_text("position_embedding_type")?
        && kind != "absolute"
    {
        return Err(Error::unsupported(fields.file(), format!("position_embedding_type `{kind}`"), "absolute"));
    }
    for key in ["is_decoder", "add_cross_attention", "is_encoder_decoder"] {
        if fields.take_bool(key)? == Some(true) {
            return Err(Error::unsupported(fields.file(), format!("{key} = true"), "encoders"));
        }
    }
    if fields.has("quantization_config") {
        return Err(Error::unsupported(fields.file(), "a quantised checkpoint", "F32, F16 and BF16 weights"));
    }
    if let Some(pruned) = fields.take_object("pruned_heads")?
        && !pruned.is_empty()
    {
        return Err(Error::unsupported(fields.file(), "pruned attention heads", "all heads of every layer"));
    }
    Ok(())
}

fn hidden_act_of(fields: &mut Fields) -> Result<ActivationName> {
    let name = fields.take_text("hidden_act")?.unwrap_or_else(|| "gelu".to_owned());
    let known = ActivationName::parse(&name);
    known.ok_or_else(|| {
        Error::unsupported(fields.file(), format!("hidden_act {}", shown(&Value::from(name))), ActivationName::known())
    })
}

fn id2label_of(fields: &mut Fields) -> Result<BTreeMap<usize, String>> {
    let object = fields.take_object("id2label")?.unwrap_or_default();
    let pair = |(id, label): (String, Value)| Some((id.parse().ok()?, label.as_str()?.to_owned()));
    object.into_iter().map(pair).collect::<Option<_>>().ok_or_else(|| {
        Error::config(
            fields.file(),
            "id2label",
            "must map whole numbers to texts, as {\"0\": \"ham\", \"1\": \"spam\"}",
        )
    })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
