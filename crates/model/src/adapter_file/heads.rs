//! Several heads on one adapter: the first is [`AdapterFile::head`], the others stand beside it.

use std::collections::BTreeMap;

use graftwork_formats::adapterhub::{HEADS, check_head_name};
use graftwork_formats::json::Fields;
use graftwork_formats::{Error, Fingerprint, HostTensor, Result, TensorSpec};
use serde_json::{Map, Value, json};

use super::AdapterFile;
use super::knowledge::Knowledge;
use super::metadata::take_thresholds;
use crate::LanguageHead;
use crate::head_config::HeadConfig;

/// What canonical names of the first head's tensors begin with.
pub(crate) const FIRST: &str = "head.";

/// Whether a canonical name is a head's, whichever head's.
#[must_use]
pub fn is_of_head(tensor: &str) -> bool {
    tensor.starts_with(FIRST) || tensor.starts_with("heads.")
}

/// What canonical names of the tensors of a head beside the first one begin with.
pub(crate) fn prefix_of(name: &str) -> String {
    format!("heads.{name}.")
}

/// The tensors of an adapter with one head alone, whose tensors begin with `prefix`: that head is then the first.
pub(crate) fn with_one_head(tensors: BTreeMap<String, HostTensor>, prefix: &str) -> BTreeMap<String, HostTensor> {
    let mut own = BTreeMap::new();
    for (name, tensor) in tensors {
        if let Some(part) = name.strip_prefix(prefix) {
            own.insert(format!("{FIRST}{part}"), tensor);
        } else if !is_of_head(&name) {
            own.insert(name, tensor);
        }
    }
    own
}

/// A head beside an adapter's first one, and what is known of its answers.
#[derive(Debug, Clone, PartialEq)]
pub struct FurtherHead {
    /// The head; its name tells it from the others.
    pub config: HeadConfig,
    /// What the adapter knows about its answers, as [`Metadata::knowledge`](crate::Metadata::knowledge) of the first one.
    pub knowledge: Option<Knowledge>,
    /// Its thresholds, as [`Metadata::thresholds`](crate::Metadata::thresholds) of the first one.
    pub thresholds: Vec<f64>,
}

impl From<HeadConfig> for FurtherHead {
    fn from(config: HeadConfig) -> Self {
        Self { config, knowledge: None, thresholds: Vec::new() }
    }
}

impl FurtherHead {
    /// Its name; empty if it has none, which no valid adapter's has.
    #[must_use]
    pub fn name(&self) -> &str {
        self.config.name().unwrap_or_default()
    }

    /// Its tensors on a backbone of width `hidden`, by canonical names: `heads.<name>.<layer>.weight`, say.
    #[must_use]
    pub fn tensor_specs(&self, hidden: usize) -> Vec<TensorSpec> {
        let prefix = prefix_of(self.name());
        let own = |spec: TensorSpec| TensorSpec { name: spec.name.replacen(FIRST, &prefix, 1), ..spec };
        self.config.tensor_specs(hidden).into_iter().map(own).collect()
    }

    /// What our section of `adapter_config.json` lists of it, beside weights of that digest.
    pub(super) fn to_json(&self, weights: Fingerprint) -> Value {
        let mut map = json!({"name": self.name(), "weights_sha256": weights.to_string()});
        if let Some(knowledge) = &self.knowledge {
            map["knowledge"] = knowledge.to_json();
        }
        if !self.thresholds.is_empty() {
            map["thresholds"] = json!(self.thresholds);
        }
        map
    }
}

/// What is listed of the heads beside the first one, by name: what is known of the answers, and the digest of the weights.
#[derive(Default)]
pub(super) struct Listed(Map<String, Value>);

impl Listed {
    /// Takes the list out of our section, whose form the reader of the files has checked.
    pub fn take(section: &mut Map<String, Value>) -> Self {
        let entries = section.shift_remove(HEADS).and_then(|list| list.as_array().cloned()).unwrap_or_default();
        let named = entries.into_iter().filter_map(|entry| Some((entry["name"].as_str()?.to_owned(), entry)));
        Self(named.collect())
    }

    /// A head with what is listed of it, whose weights have this digest.
    pub fn head(&mut self, file: &str, config: HeadConfig, weights: Fingerprint) -> Result<FurtherHead> {
        let entry = config.name().and_then(|name| self.0.shift_remove(name));
        let Some(Value::Object(entry)) = entry else { return Ok(config.into()) };
        let mut fields = Fields::of(file, entry);
        let (expected, found) = (fields.take_text("weights_sha256")?, weights.to_string());
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(Error::MixedFiles { file: file.to_owned(), expected, found });
        }
        let (knowledge, thresholds) = (Knowledge::take(&mut fields)?, take_thresholds(&mut fields)?);
        Ok(FurtherHead { config, knowledge, thresholds })
    }
}

impl AdapterFile {
    /// All its heads, the first one first.
    pub fn heads(&self) -> impl Iterator<Item = &HeadConfig> {
        self.head.iter().chain(self.further.iter().map(|head| &head.config))
    }

    /// The names of all its heads; that of one of transformers' classes is empty.
    #[must_use]
    pub fn head_names(&self) -> Vec<String> {
        self.heads().map(|head| head.name().unwrap_or_default().to_owned()).collect()
    }

    /// The same adapter with the head of that name alone, as if it had no other.
    ///
    /// # Errors
    /// If it has no head of that name.
    pub fn with_head(&self, name: &str) -> Result<Self> {
        let mut file = Self { tensors: BTreeMap::new(), further: Vec::new(), ..self.clone() };
        let mut prefix = FIRST.to_owned();
        if self.head.as_ref().and_then(HeadConfig::name) != Some(name) {
            let own = self.further.iter().find(|head| head.name() == name).ok_or_else(|| self.no_head(name))?;
            (file.metadata.knowledge, file.metadata.thresholds) = (own.knowledge.clone(), own.thresholds.clone());
            file.head = Some(own.config.clone());
            prefix = prefix_of(name);
        }
        file.tensors = with_one_head(self.tensors.clone(), &prefix);
        Ok(file)
    }

    /// What is known of a head's answers, and its thresholds, to be changed; of the first head where none of that name stands
    /// beside it.
    pub fn known_mut(&mut self, head: Option<&str>) -> (&mut Option<Knowledge>, &mut Vec<f64>) {
        match self.further.iter_mut().find(|own| Some(own.name()) == head) {
            Some(own) => (&mut own.knowledge, &mut own.thresholds),
            None => (&mut self.metadata.knowledge, &mut self.metadata.thresholds),
        }
    }

    /// That there is no head of that name, and which there are.
    pub(crate) fn no_head(&self, name: &str) -> Error {
        let names = self.head_names().join(", ");
        let problem = match names.is_empty() {
            true => format!("has no {name:?}: its head has no name"),
            false => format!("has no {name:?}; the adapter's heads are {names}"),
        };
        Error::config(&format!("adapter `{}`", self.name), HEADS, problem)
    }

    /// Checks that its heads can be told apart, before there are tensors.
    ///
    /// # Errors
    /// If two have one name, or one a name that cannot be.
    pub fn check_names(&self) -> Result<()> {
        self.check_heads(&self.name)
    }

    /// Gives every head of that kind the weights of the backbone's own.
    pub fn fill_heads(&mut self, own: &LanguageHead) {
        let is_same = |head: &HeadConfig| head.kind == own.config.kind;
        let first = self.head.iter().filter(|head| is_same(head)).map(|_| FIRST.to_owned());
        let further = self.further.iter().filter(|head| is_same(&head.config)).map(|head| prefix_of(head.name()));
        for prefix in first.chain(further).collect::<Vec<_>>() {
            let named = |(name, tensor): (&String, &HostTensor)| (name.replacen(FIRST, &prefix, 1), tensor.clone());
            self.tensors.extend(own.tensors.iter().map(named));
        }
    }

    /// Tells heads apart by their names; each reads the last layer's states alone, because all share a forward pass.
    pub(super) fn check_heads(&self, file: &str) -> Result<()> {
        let Some(first) = self.head.as_ref().filter(|_| !self.further.is_empty()) else {
            let fine = self.further.is_empty();
            return if fine { Ok(()) } else { Err(Error::config(file, HEADS, "are there without a first head")) };
        };
        let mut before: Vec<&str> = Vec::new();
        for head in self.heads() {
            let name = head.name().unwrap_or_default();
            if before.contains(&name) {
                return Err(Error::config(
                    file,
                    HEADS,
                    format!("has {name:?} twice; give each head a name of its own"),
                ));
            }
            if !std::ptr::eq(head, first) {
                check_head_name(file, name)?;
            }
            if name.is_empty() || !head.hidden_layers.is_empty() {
                let problem = "of an adapter with several must each have a name and read the last layer alone";
                return Err(Error::config(file, HEADS, problem));
            }
            before.push(name);
        }
        Ok(())
    }

    /// Checks a head's labels, and what is known of its answers.
    pub(super) fn check_answers(
        &self,
        file: &str,
        head: Option<&HeadConfig>,
        (knowledge, thresholds): (Option<&Knowledge>, &[f64]),
    ) -> Result<()> {
        head.map_or(Ok(()), |head| head.check_labels(file))?;
        if let Some(familiar) = knowledge.and_then(|knowledge| knowledge.familiar.as_ref()) {
            familiar.check_width(file, head.map_or(self.hidden_size, |head| head.features(self.hidden_size)))?;
        }
        let labels = head.map_or(0, |head| head.num_labels);
        if thresholds.len() > 1 && thresholds.len() != labels {
            let given = thresholds.len();
            let problem = format!("has {given} numbers; it must have one for all {labels} labels, or one for each");
            return Err(Error::config(file, "thresholds", problem));
        }
        Ok(())
    }
}
