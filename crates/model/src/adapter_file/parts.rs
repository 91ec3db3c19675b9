//! What the parts of AdapterHub's files mean: between [`Parts`] and [`AdapterFile`].

use std::collections::BTreeMap;

use graftwork_formats::adapterhub::{HEADS, HeadParts, Names, Parts, SECTION, Tensors};
use graftwork_formats::json::Fields;
use graftwork_formats::{Error, Fingerprint, HostTensor, Result};
use serde_json::{Map, Value, json};

use super::AdapterFile;
use super::heads::{FIRST, Listed, is_of_head, prefix_of};
use super::metadata::Metadata;
use crate::head_config::HeadConfig;
use crate::language_head::words_table;
use crate::methods::{AdapterConfig, Modules, layer_of};

/// The version of the library whose format this is; written where a file does not say one, since files without are taken
/// to be of a much older format.
const VERSION: &str = "adapters.1.3.0";

/// Puts an adapter together. Tensors of layers that the configuration leaves out are dropped, as AdapterHub does.
pub(crate) fn from_parts(names: &Names, parts: Parts) -> Result<AdapterFile> {
    let file = names.adapter_config.as_str();
    let mut fields = Fields::of(file, parts.adapter_config);
    let missing =
        |key: &str| Error::config(file, key, "is missing; AdapterHub writes it, so the file is not an adapter's");
    let name = fields.take_text("name")?.ok_or_else(|| missing("name"))?;
    let mut config = fields.take_object("config")?.ok_or_else(|| missing("config"))?;
    let kind = fields.take_text("type")?;
    if kind.as_deref() == Some("text_task") {
        drop_unused_invertible(&mut config, &parts.adapter_tensors);
    }
    let mut section = fields.take_object(SECTION)?.unwrap_or_default();
    let mut listed = Listed::take(&mut section);
    let (metadata, digest) = Metadata::from_json(file, section)?;
    let mut adapter = AdapterFile {
        config: AdapterConfig::from_json(file, config, fields.has("version"))?,
        hidden_size: fields.take_usize("hidden_size")?.ok_or_else(|| missing("hidden_size"))?,
        model_type: fields.take_text("model_type")?.ok_or_else(|| missing("model_type"))?,
        model_name: fields.take_text("model_name")?,
        name,
        head: None,
        further: Vec::new(),
        tensors: BTreeMap::new(),
        metadata,
        extra: fields.rest(),
    };
    adapter.extra.extend(kind.map(|kind| ("type".to_owned(), Value::String(kind))));
    if !(1..=8192).contains(&adapter.hidden_size) {
        return Err(Error::config(
            file,
            "hidden_size",
            format!("is {}; it must be from 1 to 8192", adapter.hidden_size),
        ));
    }
    take_adapter_tensors(&names.adapter_tensors, parts.adapter_tensors, &mut adapter)?;
    if let Some(head) = parts.head_config {
        let fields = Fields::of(&names.head_config, head);
        let mut head = HeadConfig::from_fields(fields, adapter.hidden_size, adapter.architecture())?;
        take_head_tensors((&names.head_tensors, FIRST), parts.head_tensors, &mut head, &mut adapter)?;
        adapter.head = Some(head);
    }
    for HeadParts { name, config, tensors } in parts.heads {
        let [config_file, tensors_file] = names.of_head(&name);
        let fields = Fields::of(&config_file, config);
        let mut head = HeadConfig::from_fields(fields, adapter.hidden_size, adapter.architecture())?;
        if head.name() != Some(&name) {
            let problem = format!("is {:?}; in this place it must be {name:?}", head.name().unwrap_or_default());
            return Err(Error::config(&config_file, "name", problem));
        }
        take_head_tensors((&tensors_file, &prefix_of(&name)), tensors, &mut head, &mut adapter)?;
        let weights = adapter.digest_of(|tensor| tensor.starts_with(&prefix_of(&name)));
        adapter.further.push(listed.head(&config_file, head, weights)?);
    }
    adapter.validate(&names.place)?;
    match (digest, adapter.digest_of(is_of_first)) {
        (Some(expected), found) if expected != found => {
            let (expected, found) = (expected.to_string(), found.to_string());
            Err(Error::MixedFiles { file: names.place.clone(), expected, found })
        }
        _ => Ok(adapter),
    }
}

/// Whether a tensor belongs to the adapter or its first head: those beside it may be left out, and have digests of their own.
fn is_of_first(tensor: &str) -> bool {
    tensor.starts_with(FIRST) || !is_of_head(tensor)
}

/// AdapterHub 1 wrote invertible adapters into the configuration of task adapters (`type` "text_task"), which did not
/// have any; AdapterHub drops the keys in that case too.
fn drop_unused_invertible(config: &mut Map<String, Value>, tensors: &Tensors) {
    if !tensors.keys().any(|name| name.contains("invertible")) {
        for key in ["inv_adapter", "inv_adapter_reduction_factor", "invertible_adapter"] {
            config.shift_remove(key);
        }
    }
}

fn take_adapter_tensors(file: &str, stored: Tensors, adapter: &mut AdapterFile) -> Result<()> {
    let (config, modules) = (adapter.config.clone(), Modules::of(adapter.architecture()));
    let method = config.method();
    for (stored_name, tensor) in stored {
        let Some(name) = method.canonical_name(&stored_name, &modules, &adapter.name) else {
            let hint = "it is no tensor of the method and of the adapter that the configuration names";
            return Err(Error::UnexpectedTensor { file: file.to_owned(), tensor: stored_name, hint });
        };
        if layer_of(&name).is_some_and(|layer| method.leave_out().contains(&layer)) {
            continue;
        }
        let twice_by_design = method.stored_names(&name, &modules, &adapter.name).len() > 1;
        match adapter.tensors.get(&name) {
            Some(before) if twice_by_design && same_bits(before, &tensor) => {}
            Some(_) => {
                let problem = format!("the second time as `{stored_name}`, with other values");
                return Err(Error::DuplicateTensor { file: file.to_owned(), tensor: name, problem });
            }
            None => drop(adapter.tensors.insert(name, tensor)),
        }
    }
    Ok(())
}

/// Takes a head's tensors, whose canonical names begin with `prefix`.
fn take_head_tensors(
    (file, prefix): (&str, &str),
    mut stored: Tensors,
    head: &mut HeadConfig,
    adapter: &mut AdapterFile,
) -> Result<()> {
    let architecture = adapter.architecture();
    if head.tied.is_some() {
        // The table of words is the backbone's own: only which one it was is kept.
        let table = stored.remove(&head.stored_name(architecture, head.layers - 1, "weight"));
        let table = table.map(|table| Fingerprint::of_tensor(&words_table(architecture), &table));
        head.tied.iter_mut().for_each(|tied| tied.table = table);
    }
    let has_norms = head.tied.as_ref().is_some_and(|tied| tied.norm);
    let parts = ["weight", "bias", "norm.weight", "norm.bias"];
    for layer in 0..head.layers {
        for part in &parts[..if has_norms { 4 } else { 2 }] {
            if let Some(tensor) = stored.remove(&head.stored_name(architecture, layer, part)) {
                adapter.tensors.insert(format!("{prefix}{layer}.{part}"), tensor);
            }
        }
    }
    match stored.into_keys().find(|name| !head.is_of_another(name)) {
        Some(tensor) => {
            let hint = "it does not belong to the head that head_config.json describes";
            Err(Error::UnexpectedTensor { file: file.to_owned(), tensor, hint })
        }
        None => Ok(()),
    }
}

/// Equal in every bit, not-a-numbers included.
fn same_bits(a: &HostTensor, b: &HostTensor) -> bool {
    a.shape == b.shape && a.data.iter().zip(&b.data).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// Takes an adapter apart, after checking that it is consistent.
pub(crate) fn to_parts(adapter: &AdapterFile) -> Result<Parts> {
    adapter.validate(&format!("adapter `{}`", adapter.name))?;
    let architecture = adapter.architecture();
    let shared = json!({
        "hidden_size": adapter.hidden_size,
        "model_name": adapter.model_name,
        "model_type": adapter.model_type,
        "version": VERSION,
    });
    let shared = shared.as_object().cloned().unwrap_or_default();
    let mut adapter_config = shared.clone();
    adapter_config.insert("model_class".to_owned(), json!(architecture.adapter_model_class()));
    adapter_config.extend(adapter.extra.clone());
    adapter_config.insert("name".to_owned(), json!(adapter.name));
    adapter_config.insert("config".to_owned(), adapter.config.to_json().into());
    let mut section = adapter.metadata.to_json(adapter.digest_of(is_of_first));
    if !adapter.further.is_empty() {
        let weights = |name: &str| adapter.digest_of(|tensor| tensor.starts_with(&prefix_of(name)));
        let list = adapter.further.iter().map(|head| head.to_json(weights(head.name())));
        section.insert(HEADS.to_owned(), list.collect());
    }
    adapter_config.insert(SECTION.to_owned(), section.into());

    let mut parts = Parts { adapter_config, ..Parts::default() };
    let (method, modules) = (adapter.config.method(), Modules::of(architecture));
    for (name, tensor) in &adapter.tensors {
        let stored = method.stored_names(name, &modules, &adapter.name);
        parts.adapter_tensors.extend(stored.into_iter().map(|stored| (stored, tensor.clone())));
    }
    if let Some(head) = &adapter.head {
        parts.head_config = Some(head.to_json(&shared, architecture));
        parts.head_tensors = head_tensors(adapter, head, FIRST);
    }
    for head in &adapter.further {
        let (name, config) = (head.name().to_owned(), head.config.to_json(&shared, architecture));
        let tensors = head_tensors(adapter, &head.config, &prefix_of(&name));
        parts.heads.push(HeadParts { name, config, tensors });
    }
    Ok(parts)
}

/// The tensors of a head, whose canonical names begin with `prefix`, under AdapterHub's names.
fn head_tensors(adapter: &AdapterFile, head: &HeadConfig, prefix: &str) -> Tensors {
    let mut stored = Tensors::new();
    for (name, tensor) in &adapter.tensors {
        if let Some((layer, part)) = name.strip_prefix(prefix).and_then(|rest| rest.split_once('.'))
            && let Ok(layer) = layer.parse()
        {
            stored.insert(head.stored_name(adapter.architecture(), layer, part), tensor.clone());
        }
    }
    stored
}
