//! What graftwork knows about an adapter beyond AdapterHub's keys: the section `graftwork` of its
//! `adapter_config.json`, which AdapterHub ignores.

use graftwork_formats::json::Fields;
use graftwork_formats::{Error, Fingerprint, Result};
use serde_json::{Map, Value, json};

use super::knowledge::Knowledge;

/// Where an adapter comes from and how good it is. Label names are not here but in the head
/// ([`crate::HeadConfig::labels`]), where AdapterHub has them too.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The backbone it was trained on. Adapters from elsewhere do not say.
    pub backbone_fingerprint: Option<Fingerprint>,
    /// The longest sequence of its training, in tokens.
    pub max_length: Option<usize>,
    /// What it read of longer texts, by name; `None` is their first tokens.
    pub long_texts: Option<String>,
    /// The program and version that wrote it, such as `graftwork 0.1.0`.
    pub tool_version: Option<String>,
    /// What was measured: data split -> metric -> value, such as `{"dev": {"accuracy": 0.98}}`.
    pub metrics: Map<String, Value>,
    /// What it knows about its own answers.
    pub knowledge: Option<Knowledge>,
    /// From which probability on a label is given, where a text may have several: one for each label, one for all, or none
    /// for a half. Of one that answers questions, above which probability of no answer, beside the best one, there is none;
    /// without, there always is one.
    pub thresholds: Vec<f64>,
    /// The training's settings (learning rate, seed, ...).
    pub training: Map<String, Value>,
    /// Keys of later versions, written back as they were.
    pub extra: Map<String, Value>,
}

/// Says, beside the weights, which weights they are; see [`Error::MixedFiles`].
const DIGEST_KEY: &str = "weights_sha256";

impl Metadata {
    /// Reads the section, and the digest of the weights that it was written with.
    pub(crate) fn from_json(file: &str, section: Map<String, Value>) -> Result<(Self, Option<Fingerprint>)> {
        let mut fields = Fields::of(file, section);
        let backbone_fingerprint = take_fingerprint(&mut fields, "backbone_fingerprint")?;
        let digest = take_fingerprint(&mut fields, DIGEST_KEY)?;
        let metadata = Self {
            backbone_fingerprint,
            max_length: fields.take_usize("max_length")?,
            long_texts: fields.take_text("long_texts")?,
            tool_version: fields.take_text("tool_version")?,
            metrics: fields.take_object("metrics")?.unwrap_or_default(),
            knowledge: Knowledge::take(&mut fields)?,
            thresholds: take_thresholds(&mut fields)?,
            training: fields.take_object("training")?.unwrap_or_default(),
            extra: fields.rest(),
        };
        Ok((metadata, digest))
    }

    /// The section for a file beside weights of digest `weights`. Absent values are left out.
    pub(crate) fn to_json(&self, weights: Fingerprint) -> Map<String, Value> {
        let mut map = self.extra.clone();
        map.insert(DIGEST_KEY.to_owned(), json!(weights.to_string()));
        let known = [
            ("backbone_fingerprint", self.backbone_fingerprint.map(|fingerprint| json!(fingerprint.to_string()))),
            ("max_length", self.max_length.map(|length| json!(length))),
            ("long_texts", self.long_texts.as_ref().map(|choice| json!(choice))),
            ("tool_version", self.tool_version.as_ref().map(|version| json!(version))),
            ("metrics", Some(json!(self.metrics)).filter(|_| !self.metrics.is_empty())),
            ("knowledge", self.knowledge.as_ref().map(Knowledge::to_json)),
            ("thresholds", Some(json!(self.thresholds)).filter(|_| !self.thresholds.is_empty())),
            ("training", Some(json!(self.training)).filter(|_| !self.training.is_empty())),
        ];
        map.extend(known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        map
    }
}

pub(super) fn take_thresholds(fields: &mut Fields) -> Result<Vec<f64>> {
    const KEY: &str = "thresholds";
    let Some(value) = fields.take(KEY) else { return Ok(Vec::new()) };
    let probability = |value: &Value| value.as_f64().filter(|number| (0.0..=1.0).contains(number));
    let list = value.as_array().and_then(|list| list.iter().map(probability).collect());
    list.ok_or_else(|| Error::config(fields.file(), KEY, "must be a list of probabilities, from 0 to 1"))
}

fn take_fingerprint(fields: &mut Fields, key: &str) -> Result<Option<Fingerprint>> {
    match fields.take_text(key)? {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|problem: &str| Error::config(fields.file(), key, problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_writing_and_reading() {
        let digest = Fingerprint::of_tensors([]);
        let metadata = Metadata {
            backbone_fingerprint: Some(digest),
            max_length: Some(128),
            long_texts: Some("windows".to_owned()),
            tool_version: Some("graftwork 0.1.0".to_owned()),
            metrics: serde_json::from_str(r#"{"dev": {"accuracy": 0.5}}"#).unwrap(),
            knowledge: Some(Knowledge::sample()),
            thresholds: vec![0.25, 0.5],
            training: serde_json::from_str(r#"{"seed": 7}"#).unwrap(),
            extra: serde_json::from_str(r#"{"a_key_of_tomorrow": [1]}"#).unwrap(),
        };
        for metadata in [metadata, Metadata::default()] {
            let written = metadata.to_json(digest);
            assert_eq!(Metadata::from_json("f", written).unwrap(), (metadata, Some(digest)));
        }
    }

    /// 83 / 91: read carelessly, it comes back one unit in the last place lower.
    #[test]
    fn numbers_survive_to_the_last_bit() {
        let text = r#"{"metrics":{"dev":{"accuracy":0.9120879120879121}}}"#;
        let (metadata, _) = Metadata::from_json("f", serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(metadata.metrics["dev"]["accuracy"].as_f64(), Some(83.0 / 91.0));
        assert!(
            Value::Object(metadata.to_json(Fingerprint::of_tensors([]))).to_string().contains(&text[1..text.len() - 1])
        );
    }

    #[test]
    fn thresholds_are_probabilities() {
        for bad in ["0.5", "[2]", "[\"a\"]", "[-0.1, 0.5]"] {
            let section = serde_json::from_str(&format!(r#"{{"thresholds": {bad}}}"#)).unwrap();
            let message = Metadata::from_json("f", section).unwrap_err().to_string();
            assert!(message.contains("`thresholds`") && message.contains("probabilities"), "{bad}: {message}");
        }
    }

    #[test]
    fn a_broken_fingerprint_is_named() {
        let section = serde_json::from_str(r#"{"backbone_fingerprint": "abc"}"#).unwrap();
        let message = Metadata::from_json("f", section).unwrap_err().to_string();
        assert!(message.contains("`backbone_fingerprint`") && message.contains("64"), "{message}");
    }
}
