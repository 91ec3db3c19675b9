//! What a backbone is: the keys of its `config.json` that decide its function.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::activation_name::ActivationName;
use crate::architectures::{self, BERT, Blueprint, Setting, TensorSpec};
use crate::error::{Error, Result};
use crate::json::{Fields, MAX_JSON_BYTES, map_of, shown};
use crate::mistaken;

/// A backbone's configuration. The fields are called as in transformers' `BertConfig`; the architecture's
/// [`Settings`](crate::architectures::Settings) say what its files call them. [`Default`] is BERT-base.
#[derive(Debug, Clone, PartialEq)]
pub struct BackboneConfig {
    /// The family (`model_type`).
    pub architecture: &'static Blueprint,
    /// Rows of the word embedding.
    pub vocab_size: usize,
    /// The width of the embeddings, where they need not be as wide as the hidden states.
    pub embedding_size: Option<usize>,
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
    /// Rows of the position table; see [`BackboneConfig::max_length`].
    pub max_position_embeddings: usize,
    /// How many segments (token types) there are; 0 where tokens have none.
    pub type_vocab_size: usize,
    /// Added to the variance in the backbone's LayerNorms.
    pub layer_norm_eps: f64,
    /// The padding token's id. Batches are packed, so it matters only where positions begin behind it.
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
        Self::of(&BERT)
    }
}

impl BackboneConfig {
    /// What a `config.json` with nothing but its `model_type` means.
    #[must_use]
    pub fn of(architecture: &'static Blueprint) -> Self {
        let settings = &architecture.settings;
        Self {
            architecture,
            vocab_size: settings.vocab_size.default,
            embedding_size: settings.embedding_size.map(|setting| setting.default),
            hidden_size: settings.hidden_size.default,
            num_hidden_layers: settings.num_hidden_layers.default,
            num_attention_heads: settings.num_attention_heads.default,
            intermediate_size: settings.intermediate_size.default,
            hidden_act: ActivationName::parse(settings.hidden_act.default).unwrap_or_default(),
            max_position_embeddings: settings.max_position_embeddings.default,
            type_vocab_size: settings.type_vocab_size.default,
            layer_norm_eps: settings.layer_norm_eps.default,
            pad_token_id: settings.pad_token_id.default,
            hidden_dropout_prob: settings.hidden_dropout_prob.default,
            classifier_dropout: settings.classifier_dropout.default,
            id2label: BTreeMap::new(),
        }
    }

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
        let settings = &architecture.settings;
        let width = settings.hidden_size.key_in(&fields).unwrap_or_default();
        let hidden_size = settings.hidden_size.take(&mut fields, 1, 8192)?;
        let num_attention_heads = settings.num_attention_heads.take(&mut fields, 1, hidden_size)?;
        if hidden_size % num_attention_heads != 0 {
            let problem = format!("is {hidden_size}, which {num_attention_heads} attention heads do not divide");
            return Err(Error::config(file, width, problem));
        }
        let vocab_size = settings.vocab_size.take(&mut fields, 1, 10_000_000)?;
        let pad_token_id = settings.pad_token_id.take(&mut fields, 0, vocab_size - 1)?;
        let shortest = architecture.positions.first(pad_token_id) + 1;
        Ok(Self {
            architecture,
            vocab_size,
            embedding_size: settings.embedding_size.map(|setting| setting.take(&mut fields, 1, 8192)).transpose()?,
            hidden_size,
            num_hidden_layers: settings.num_hidden_layers.take(&mut fields, 1, 256)?,
            num_attention_heads,
            intermediate_size: settings.intermediate_size.take(&mut fields, 1, 65_536)?,
            hidden_act: hidden_act_of(&mut fields, settings.hidden_act)?,
            max_position_embeddings: settings.max_position_embeddings.take(&mut fields, shortest, 1 << 20)?,
            type_vocab_size: settings.type_vocab_size.take(&mut fields, 1, 65_536)?,
            layer_norm_eps: layer_norm_eps_of(&mut fields, settings.layer_norm_eps)?,
            pad_token_id,
            hidden_dropout_prob: settings.hidden_dropout_prob.take(&mut fields)?,
            classifier_dropout: settings.classifier_dropout.take(&mut fields)?,
            id2label: id2label_of(&mut fields)?,
        })
    }

    /// The longest sequence in tokens.
    #[must_use]
    pub fn max_length(&self) -> usize {
        self.max_position_embeddings - self.architecture.positions.first(self.pad_token_id)
    }

    /// The width of the embeddings.
    #[must_use]
    pub fn embedding_size(&self) -> usize {
        self.embedding_size.unwrap_or(self.hidden_size)
    }

    /// The module that makes hidden states of the embeddings, where those are of another width.
    #[must_use]
    pub fn projection(&self) -> Option<&'static str> {
        self.architecture.names.projection.filter(|_| self.embedding_size() != self.hidden_size)
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

impl<T> Setting<T> {
    /// The key that a file has for it, or may have.
    fn key_in(&self, fields: &Fields) -> Option<&'static str> {
        self.also.filter(|also| fields.has(also)).or(self.key)
    }
}

impl Setting<usize> {
    /// Takes it out of a file, between `low` and `high`, both included.
    fn take(self, fields: &mut Fields, low: usize, high: usize) -> Result<usize> {
        self.key_in(fields).map_or(Ok(self.default), |key| fields.take_usize_in(key, self.default, low, high))
    }
}

impl Setting<f64> {
    /// Takes a probability out of a file.
    fn take(self, fields: &mut Fields) -> Result<f64> {
        let found = self.key_in(fields).map(|key| fields.take_probability(key)).transpose()?.flatten();
        Ok(found.unwrap_or(self.default))
    }
}

impl Setting<Option<f64>> {
    /// Takes a probability out of a file.
    fn take(self, fields: &mut Fields) -> Result<Option<f64>> {
        let found = self.key_in(fields).map(|key| fields.take_probability(key)).transpose()?.flatten();
        Ok(found.or(self.default))
    }
}

fn architecture_of(fields: &mut Fields) -> Result<&'static Blueprint> {
    let known = architectures::known();
    if let Some(model_type) = fields.take_text("model_type")? {
        return architectures::of_model_type(&model_type)
            .ok_or_else(|| Error::unsupported(fields.file(), format!("the architecture `{model_type}`"), known));
    }
    // Configurations from before transformers 2.? have no `model_type`, only the class that wrote the checkpoint.
    let classes = fields.take("architectures");
    let first = classes.as_ref().and_then(|classes| classes.get(0)).and_then(Value::as_str);
    first.and_then(architectures::of_class).ok_or_else(|| {
        let problem = format!("is missing, so the architecture is unknown; it must be one of: {known}");
        Error::config(fields.file(), "model_type", problem)
    })
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

fn hidden_act_of(fields: &mut Fields, setting: Setting<&'static str>) -> Result<ActivationName> {
    let key = setting.key_in(fields).unwrap_or_default();
    let name = fields.take_text(key)?.unwrap_or_else(|| setting.default.to_owned());
    let known = ActivationName::parse(&name);
    known.ok_or_else(|| {
        Error::unsupported(fields.file(), format!("{key} {}", shown(&Value::from(name))), ActivationName::known())
    })
}

fn layer_norm_eps_of(fields: &mut Fields, setting: Setting<f64>) -> Result<f64> {
    let Some(key) = setting.key_in(fields) else { return Ok(setting.default) };
    let eps = fields.take_f64(key)?.unwrap_or(setting.default);
    if (0.0..=1.0).contains(&eps) {
        return Ok(eps);
    }
    Err(Error::config(fields.file(), key, format!("is {eps}; it must be from 0 to 1")))
}

fn id2label_of(fields: &mut Fields) -> Result<BTreeMap<usize, String>> {
    let object = fields.take_object("id2label")?.unwrap_or_default();
    let pair = |(id, label): (String, Value)| Some((id.parse().ok()?, label.as_str()?.to_owned()));
    map_of(object.into_iter().map(pair)).ok_or_else(|| {
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
