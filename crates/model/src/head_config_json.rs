//! [`HeadConfig`] from and to AdapterHub's `head_config.json`, and the names of its tensors there.
//!
//! | canonical | in the head's file |
//! |---|---|
//! | `head.<k>.weight`, `.bias` | `heads.<name>.<i>.weight`, where every dense layer follows a dropout and is followed by the activation, if there is one: i = 1, 4, 7, ... or 1, 3, 5, ... |
//! | `head.<k>.weight`, `.bias`, `.norm.weight`, `.norm.bias` | of a head over words, which has no dropout, `heads.<name>.<i>`: dense layer, activation if there is one, norm if there is one, and so on; AdapterHub writes the table of words as the last one's weight, and takes its own where that is missing |
//! | `head.<k>.weight`, `.bias` | of a static head, the modules that its row in the table of kinds names, such as `classifier.weight` |

use graftwork_formats::architectures::TAGGER;
use graftwork_formats::json::{Fields, shown};
use graftwork_formats::{ActivationName, Blueprint, Error, Result};
use serde_json::{Map, Value, json};

use crate::head_config::{HeadConfig, HeadPooling, HeadStyle, Tied, unnamed_label};
use crate::head_kind::{HEAD_KINDS, HeadKind, HeadKindInfo};

/// The most dense layers of a head.
const MAX_HEAD_LAYERS: usize = 64;

/// What AdapterHub's keys cannot say of a head: an object of the file that AdapterHub ignores.
const SECTION: &str = "graftwork";

/// The `problem_type` of transformers' `...ForSequenceClassification` that takes any of the classes; others it tells by
/// their number. AdapterHub's files don't have it.
const MULTI_LABEL: &str = "multi_label_classification";

impl HeadConfig {
    /// Reads a `head_config.json` called `file`, for a backbone of width `hidden` and of `architecture`.
    ///
    /// # Errors
    /// If the file is not JSON, has senseless values, is of another width, or its head is of a kind that is not
    /// supported.
    pub fn from_json(file: &str, bytes: &[u8], hidden: usize, architecture: &'static Blueprint) -> Result<Self> {
        Self::from_fields(Fields::parse(file, bytes)?, hidden, architecture)
    }

    pub(crate) fn from_fields(mut fields: Fields, hidden: usize, architecture: &'static Blueprint) -> Result<Self> {
        let file = fields.file().to_owned();
        if let Some(found) = fields.take_usize("hidden_size")?
            && found != hidden
        {
            let problem = format!("is {found}, but the adapter beside it is for a backbone of hidden size {hidden}");
            return Err(Error::config(&file, "hidden_size", problem));
        }
        let name = fields.take_text("name")?;
        // Kept in `extra`: AdapterHub looks at the class before it loads a head.
        let class = fields.take_text("model_class")?;
        let own = fields.take_object(SECTION)?;
        let mut head = match fields.take_object("config")? {
            Some(config) => {
                let name = name.ok_or_else(|| Error::config(&file, "name", "is missing; a head has a name"))?;
                flex_head(name, Fields::of(&file, config), hidden)?
            }
            None => static_head(&mut fields, class.as_deref(), architecture)?,
        };
        if let Some(own) = own {
            head.read_own(Fields::of(&file, own))?;
        }
        head.extra = fields.rest();
        head.extra.extend(class.map(|class| ("model_class".to_owned(), Value::String(class))));
        Ok(head)
    }

    /// The object that AdapterHub reads as this head on a backbone of `architecture`; `shared` are the keys that its file
    /// has in common with the adapter's (hidden size, model type, ...), for a head that does not bring its own.
    pub(crate) fn to_json(&self, shared: &Map<String, Value>, architecture: &Blueprint) -> Map<String, Value> {
        let mut map = shared.clone();
        let class = match self.style {
            HeadStyle::Flex { .. } => architecture.adapter_model_class(),
            HeadStyle::Static => format!("{}{}", architecture.class, self.kind.info().model_class),
        };
        map.insert("model_class".to_owned(), json!(class));
        map.extend(self.extra.clone());
        let own = self.own_section();
        if !own.is_empty() {
            map.insert(SECTION.to_owned(), own.into());
        }
        let label2id: Value = match &self.labels {
            Some(labels) => {
                labels.iter().enumerate().map(|(id, label)| (label.clone(), json!(id))).collect::<Map<_, _>>().into()
            }
            None => Value::Null,
        };
        match &self.style {
            HeadStyle::Flex { name } => {
                let (mut config, info) = (self.extra_config.clone(), self.kind.info());
                let known = json!({
                    "head_type": info.head_type,
                    info.count_key: self.num_labels,
                    "layers": self.layers,
                    "activation_function": self.activation.as_ref().map(ActivationName::name),
                    "label2id": label2id,
                });
                config.extend(known.as_object().cloned().unwrap_or_default());
                // AdapterHub refuses keys that the kind does not have.
                if info.says_dropout {
                    config.insert("dropout_prob".to_owned(), json!(self.dropout_prob));
                }
                if let Some(tied) = &self.tied {
                    config.insert("shift_labels".to_owned(), json!(false));
                    config.insert("embedding_size".to_owned(), json!(tied.width));
                    config.insert("layer_norm".to_owned(), json!(tied.norm));
                }
                if info.says_pooler {
                    config.insert("use_pooler".to_owned(), json!(self.pooling == HeadPooling::Pooler));
                }
                if info.says_bias {
                    config.insert("bias".to_owned(), json!(self.bias));
                }
                map.insert("config".to_owned(), config.into());
                map.insert("name".to_owned(), json!(name));
            }
            HeadStyle::Static => {
                map.insert("config".to_owned(), Value::Null);
                map.insert("name".to_owned(), Value::Null);
                map.insert("label2id".to_owned(), label2id);
                map.insert("num_labels".to_owned(), json!(self.num_labels));
            }
        }
        map
    }
}

impl HeadConfig {
    /// What goes into [`SECTION`].
    fn own_section(&self) -> Map<String, Value> {
        let mut own = Map::new();
        if self.style == HeadStyle::Static && self.kind == HeadKind::MultiLabel {
            own.insert("problem_type".to_owned(), json!(MULTI_LABEL));
        }
        if self.is_adapterhubs() {
            return own;
        }
        if self.pooling == HeadPooling::Mean {
            own.insert("pooling".to_owned(), json!(self.pooling.name()));
        }
        own.insert("normalize".to_owned(), json!(self.normalize));
        if !self.hidden_layers.is_empty() {
            own.insert("hidden_layers".to_owned(), json!(self.hidden_layers));
        }
        own
    }

    /// Takes what [`SECTION`] says.
    fn read_own(&mut self, mut own: Fields) -> Result<()> {
        match own.take_text("problem_type")?.as_deref() {
            None => {}
            Some(MULTI_LABEL) => self.kind = HeadKind::MultiLabel,
            Some(other) => {
                return Err(Error::unsupported(own.file(), format!("the problem type {other:?}"), MULTI_LABEL));
            }
        }
        let mean = HeadPooling::Mean.name();
        match own.take_text("pooling")?.as_deref() {
            None => {}
            Some(name) if name == mean => self.pooling = HeadPooling::Mean,
            Some(other) => {
                return Err(Error::unsupported(own.file(), format!("a head on the pooling {other:?}"), mean));
            }
        }
        self.normalize = own.take_bool("normalize")?.unwrap_or(false);
        let layers = own.take("hidden_layers").unwrap_or_else(|| json!([]));
        let whole = |value: &Value| value.as_u64()?.try_into().ok();
        let layers = layers.as_array().and_then(|layers| layers.iter().map(whole).collect());
        self.hidden_layers =
            layers.ok_or_else(|| Error::config(own.file(), "hidden_layers", "must be a list of layers"))?;
        self.check_layers(own.file(), None)
    }
}

/// A head of an `...AdapterModel`, from its `config` object.
fn flex_head(name: String, mut config: Fields, hidden: usize) -> Result<HeadConfig> {
    let file = config.file().to_owned();
    let head_type = config.take_text("head_type")?.unwrap_or_default();
    let of_type = |info: &&HeadKindInfo| info.head_type == head_type;
    let Some(first) = HEAD_KINDS.iter().find(of_type) else {
        let what = format!("the head type {}", shown(&json!(head_type)));
        return Err(Error::unsupported(&file, what, listed(HEAD_KINDS.iter().map(|info| info.head_type.to_owned()))));
    };
    let (num_labels, info) = count(&mut config, 2, first, &of_type)?;
    let activation = match config.take_text("activation_function")? {
        Some(name) if !name.is_empty() => Some(ActivationName::parse(&name).ok_or_else(|| {
            let what = format!("activation_function {}", shown(&json!(name)));
            Error::unsupported(&file, what, ActivationName::known())
        })?),
        _ => None,
    };
    let label2id = config.take_object("label2id")?;
    let use_pooler = if info.says_pooler { config.take_bool("use_pooler")? } else { None };
    let bias = if info.says_bias { config.take_bool("bias")? } else { None };
    let dropout_prob = if info.says_dropout { config.take_probability("dropout_prob")? } else { None };
    let tied = if info.tied { Some(tied(&mut config, hidden)?) } else { None };
    Ok(HeadConfig {
        kind: info.kind,
        style: HeadStyle::Flex { name },
        num_labels,
        layers: config.take_usize_in("layers", info.layers, 1, MAX_HEAD_LAYERS)?,
        activation,
        pooling: if use_pooler == Some(true) { HeadPooling::Pooler } else { HeadPooling::First },
        normalize: false,
        hidden_layers: Vec::new(),
        bias: bias.unwrap_or(true),
        dropout_prob,
        labels: labels(&file, label2id, num_labels)?,
        tied,
        extra_config: config.rest(),
        extra: Map::new(),
    })
}

/// What is said of a head over words, beside a backbone of width `hidden`.
fn tied(config: &mut Fields, hidden: usize) -> Result<Tied> {
    let shifts = config.take_bool("shift_labels")?.unwrap_or(false);
    if shifts {
        let what = "a masked language model with shift_labels".to_owned();
        return Err(Error::unsupported(config.file(), what, "shift_labels false"));
    }
    let width = config.take_usize_in("embedding_size", hidden, 1, 8192)?;
    Ok(Tied { width, norm: config.take_bool("layer_norm")?.unwrap_or(true), table: None })
}

/// How many classes a head has, and so which of the kinds it is that `are_of` it, of which `first` is the first.
fn count(
    fields: &mut Fields,
    default: usize,
    first: &'static HeadKindInfo,
    are_of: &dyn Fn(&&HeadKindInfo) -> bool,
) -> Result<(usize, &'static HeadKindInfo)> {
    let found = fields.take_usize_in(first.count_key, default, 1, usize::MAX)?;
    let mut kinds = HEAD_KINDS.iter().filter(are_of);
    let info = kinds.find(|info| info.counts.contains(&found)).ok_or_else(|| {
        let (least, most) = (first.counts.start(), first.counts.end());
        let must = if least == most { format!("be {least}") } else { format!("be from {least} to {most}") };
        Error::config(fields.file(), first.count_key, format!("is {found}; it must {must}"))
    })?;
    Ok((found, info))
}

/// Each name once, for a message.
fn listed(names: impl Iterator<Item = String>) -> String {
    let mut once: Vec<String> = Vec::new();
    names.for_each(|name| {
        if !once.contains(&name) {
            once.push(name)
        }
    });
    once.join(", ")
}

/// The head of one of transformers' classes, from the keys of the file itself.
fn static_head(fields: &mut Fields, class: Option<&str>, architecture: &Blueprint) -> Result<HeadConfig> {
    let file = fields.file().to_owned();
    let of_class = |info: &&HeadKindInfo| class.is_some_and(|class| class.ends_with(info.model_class));
    let unsupported = |which: String| {
        let classes = listed(HEAD_KINDS.iter().map(|info| format!("...{}", info.model_class)));
        Error::unsupported(&file, which, format!("heads of {classes} and ...AdapterModel"))
    };
    let what = || format!("the head of a {}", shown(&json!(class)));
    let first = HEAD_KINDS.iter().find(of_class).ok_or_else(|| unsupported(what()))?;
    let label2id = fields.take_object("label2id")?;
    let default = label2id.as_ref().map_or(2, Map::len).max(1);
    let (num_labels, info) = count(fields, default, first, &of_class)?;
    let labels = labels(&file, label2id, num_labels)?;
    let head = HeadConfig::plain(info.kind, architecture, Vec::new()).ok_or_else(|| unsupported(what()))?;
    Ok(HeadConfig { num_labels, labels, ..head })
}

/// Names by id from a map of ids by name.
fn labels(file: &str, label2id: Option<Map<String, Value>>, num_labels: usize) -> Result<Option<Vec<String>>> {
    let Some(label2id) = label2id else {
        return Ok(None);
    };
    let mut labels = vec![None; num_labels];
    for (label, id) in label2id {
        let slot = id.as_u64().and_then(|id| labels.get_mut(usize::try_from(id).ok()?));
        match slot {
            Some(slot @ None) => *slot = Some(label),
            Some(Some(other)) => {
                let problem = format!("gives {label:?} and {other:?} the same id");
                return Err(Error::config(file, "label2id", problem));
            }
            None => {
                let problem = format!("gives {label:?} the id {}; ids go from 0 to {}", shown(&id), num_labels - 1);
                return Err(Error::config(file, "label2id", problem));
            }
        }
    }
    let named = labels.into_iter().enumerate().map(|(id, label)| label.unwrap_or_else(|| unnamed_label(id)));
    Ok(Some(named.collect()))
}

impl HeadConfig {
    /// The name under which AdapterHub stores this head's tensor `head.<layer>.<part>`.
    pub(crate) fn stored_name(&self, architecture: &Blueprint, layer: usize, part: &str) -> String {
        match &self.style {
            HeadStyle::Static => {
                let plain = (self.kind.info().plain)(architecture);
                let module = plain.and_then(|plain| plain.layers.get(layer).copied()).unwrap_or(TAGGER);
                format!("{module}.{part}")
            }
            HeadStyle::Flex { name } => {
                // The activation takes a place only if there is one.
                let activation = usize::from(self.activation.is_some());
                let place = match &self.tied {
                    // A dropout, the dense layer, the activation.
                    None => layer * (2 + activation) + 1,
                    // The dense layer, the activation, the norm.
                    Some(tied) => {
                        let own = if part.starts_with("norm.") { 1 + activation } else { 0 };
                        layer * (1 + activation + usize::from(tied.norm)) + own
                    }
                };
                format!("heads.{name}.{place}.{}", part.strip_prefix("norm.").unwrap_or(part))
            }
        }
    }

    /// Whether `stored` belongs to another head. AdapterHub picks a head's tensors by a piece of text, so the file of a
    /// head `sst` also holds those of `sst2`.
    pub(crate) fn is_of_another(&self, stored: &str) -> bool {
        match &self.style {
            HeadStyle::Static => false,
            HeadStyle::Flex { name } => {
                let rest = stored.strip_prefix("heads.").and_then(|rest| rest.strip_prefix(name.as_str()));
                rest.is_some_and(|rest| !rest.starts_with('.'))
            }
        }
    }
}

#[cfg(test)]
#[path = "head_config_json_tests.rs"]
mod tests;
