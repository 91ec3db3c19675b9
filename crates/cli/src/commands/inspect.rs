//! `graftwork inspect`

use std::fs;
use std::path::{Path, PathBuf};

use graftwork::{AdapterFile, BackboneSummary, HeadConfig, HeadStyle, Knowledge, Tokenizer};
use serde_json::{Value, json};

use crate::args::{Common, Inspect};
use crate::engine::read_adapter;
use crate::failure::{Failure, Kind, Result};
use crate::output::Output;
use crate::report;

/// Parts of AdapterHub's keys that mean nothing for bottleneck adapters: people are spared them.
const OTHER_METHODS: [&str; 6] = ["phm", "hypercomplex", "inv_adapter", "cross_adapter", "use_gating", "stochastic"];

/// Shows what a path holds.
pub fn run(args: &Inspect, common: &Common) -> Result<()> {
    let path = PathBuf::from(&args.path);
    let path = match graftwork::resolve_backbone(&args.path) {
        _ if path.exists() => path,
        Ok(cached) => cached,
        Err(_) => {
            let message = format!("there is no file, directory or cached backbone {}", args.path);
            return Err(Failure::new(Kind::Input, message));
        }
    };
    let (mut found, knowledge) = if path.join("config.json").is_file() && !path.join("adapter_config.json").is_file() {
        (backbone(&path)?, None)
    } else {
        if path.is_dir() && !path.join("adapter_config.json").is_file() {
            let message = format!("{} holds neither a backbone nor an adapter", path.display());
            return Err(Failure::new(Kind::Input, message)
                .hint("a backbone has config.json, an adapter has adapter_config.json"));
        }
        adapter(&path)?
    };
    let mut out = Output::new();
    if common.json {
        out.json(&found)?;
    } else {
        if let Some(Value::Object(config)) = found.get_mut("config") {
            config.retain(|key, _| !OTHER_METHODS.iter().any(|other| key.contains(other)));
        }
        // As a table, below.
        found.as_object_mut().and_then(|found| found.remove("knowledge"));
        print(&mut out, &found, "")?;
        for line in knowledge.iter().flat_map(report::knowledge) {
            out.line(&line)?;
        }
    }
    out.flush().map(drop)
}

fn backbone(dir: &Path) -> Result<Value> {
    let BackboneSummary { config, tensors, parameters, has_pooler, fingerprint } = BackboneSummary::read(dir)?;
    // A backbone without tokenizer can be looked at, if not used.
    let tokenizer = match Tokenizer::from_dir(dir) {
        Ok(tokenizer) => json!({"tokens": tokenizer.vocab_size()}),
        Err(error) => json!({"error": error.to_string()}),
    };
    Ok(json!({
        "kind": "backbone",
        "path": dir,
        "model_type": config.architecture.model_type,
        "parameters": parameters,
        "bytes": bytes_of(dir, &["safetensors"]),
        "tensors": tensors,
        "fingerprint": fingerprint.to_string(),
        "has_pooler": has_pooler,
        "tokenizer": tokenizer,
        "max_length": config.max_length(),
        "config": {
            "vocab_size": config.vocab_size,
            "embedding_size": config.embedding_size(),
            "hidden_size": config.hidden_size,
            "num_hidden_layers": config.num_hidden_layers,
            "num_attention_heads": config.num_attention_heads,
            "intermediate_size": config.intermediate_size,
            "max_position_embeddings": config.max_position_embeddings,
            "type_vocab_size": config.type_vocab_size,
            "layer_norm_eps": config.layer_norm_eps,
        },
    }))
}

fn adapter(path: &Path) -> Result<(Value, Option<Knowledge>)> {
    let file = read_adapter(path, false)?;
    let (adapter, head) = (file.adapter_parameters(), file.head_parameters());
    let of_heads =
        file.further.iter().map(|head| bytes_of(&path.join("heads").join(head.name()), &["safetensors", "bin"]));
    let bytes = if path.is_dir() {
        bytes_of(path, &["safetensors", "bin"]) + of_heads.sum::<u64>()
    } else {
        fs::metadata(path)?.len()
    };
    let metadata = &file.metadata;
    let found = json!({
        "kind": "adapter",
        "path": path,
        "form": if path.is_dir() { "directory" } else { "file" },
        "name": file.name,
        "parameters": {"adapter": adapter, "head": head, "total": adapter + head},
        "bytes": bytes,
        "model_type": file.model_type,
        "model_name": file.model_name,
        "hidden_size": file.hidden_size,
        "layers": file.layers(),
        "config": file.config.to_json(),
        "labels": file.head.as_ref().map(HeadConfig::label_names).filter(|labels| !labels.is_empty()),
        "head": file.head.as_ref().map(head_json),
        "heads": (!file.further.is_empty()).then(|| heads_json(&file)),
        "fingerprint": file.weights_digest().to_string(),
        "backbone_fingerprint": metadata.backbone_fingerprint.map(|fingerprint| fingerprint.to_string()),
        "max_length": metadata.max_length,
        "long_texts": metadata.long_texts,
        "thresholds": (!metadata.thresholds.is_empty()).then_some(&metadata.thresholds),
        "knowledge": metadata.knowledge.as_ref().map(report::knowledge_json),
        "tool_version": metadata.tool_version,
        "metrics": metadata.metrics,
        "training": metadata.training,
    });
    Ok((found, file.metadata.knowledge))
}

/// All heads by name, with their labels, where there are several.
fn heads_json(file: &AdapterFile) -> Value {
    let of = |head: &HeadConfig| {
        let mut of = head_json(head);
        of["labels"] = json!(head.label_names());
        (head.name().unwrap_or_default().to_owned(), of)
    };
    file.heads().map(of).collect::<serde_json::Map<_, _>>().into()
}

fn head_json(head: &HeadConfig) -> Value {
    json!({
        "type": head.kind.info().head_type,
        "style": if head.style == HeadStyle::Static { "static" } else { "flex" },
        "num_labels": head.num_labels,
        "layers": head.layers,
        "activation": head.activation.as_ref().map(|name| name.name().to_owned()),
        "pooling": head.pooling.name(),
        "normalize": head.normalize,
    })
}

/// Bytes of the weights in a directory.
fn bytes_of(dir: &Path, extensions: &[&str]) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let weights = entries.filter(|entry| {
        let path = entry.path();
        path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e))
    });
    weights.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// For people: a line a value, deeper ones indented; what is not there is left out.
fn print(out: &mut Output, value: &Value, indent: &str) -> Result<()> {
    let Value::Object(map) = value else { return Ok(()) };
    for (key, value) in map {
        let name = key.replace('_', " ");
        match value {
            Value::Null => {}
            Value::Object(inner) if inner.is_empty() => {}
            Value::Object(inner) => {
                out.line(&format!("{indent}{name}:"))?;
                print(out, &Value::Object(inner.clone()), &format!("{indent}  "))?;
            }
            Value::String(text) => drop(out.line(&format!("{indent}{name}: {text}"))?),
            Value::Array(items) => {
                let shown: Vec<String> = items.iter().take(20).map(plain).collect();
                let more = items.len().saturating_sub(20);
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                out.line(&format!("{indent}{name}: {}{more}", shown.join(", ")))?;
            }
            other => drop(out.line(&format!("{indent}{name}: {other}"))?),
        }
    }
    Ok(())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
