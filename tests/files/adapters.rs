//! Every adapter directory that AdapterHub 1.3.0 wrote for the goldens: read, written in both of our forms, read again.

use std::fs;
use std::path::{Path, PathBuf};

use graftwork_formats::BackboneConfig;
use graftwork_model::{AdapterFile, HeadStyle, adapterhub, single_file};

use graftwork_tests::golden::{case_folders, tiny_backbones};

use crate::{golden, json, raw_tensors};

/// The directories with an adapter under `tests/golden/<group>`.
fn cases(group: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(golden(group)).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.join("adapter_config.json").is_file()).collect();
    cases.sort();
    cases
}

fn name(case: &Path) -> &str {
    case.file_name().unwrap().to_str().unwrap()
}

fn loaded(group: &str) -> Vec<(PathBuf, AdapterFile)> {
    let load = |case: PathBuf| {
        let adapter = AdapterFile::load(&case).unwrap_or_else(|e| panic!("{}: {e}", case.display()));
        (case, adapter)
    };
    cases(group).into_iter().map(load).collect()
}

#[test]
fn all_cases_load_and_fit_their_backbone() {
    let backbone = BackboneConfig::from_dir(&golden("tiny-bert")).unwrap();
    let cases = loaded("tiny-cases");
    let loras = loaded("lora-cases");
    assert_eq!((cases.len(), loras.len()), (65, 12));
    for (case, adapter) in cases.iter().chain(&loras) {
        let stated = json(&case.join("case.json"));
        assert_eq!(adapter.name, "golden", "{}", name(case));
        adapter.check_backbone(&backbone, None).unwrap();
        assert_eq!(adapter.head.is_some(), name(case) != "seq_bn-bare");
        if let Some(head) = &adapter.head {
            assert_eq!(serde_json::json!(head.labels.as_ref().unwrap()), stated["labels"], "{}", name(case));
            assert_eq!(head.style == HeadStyle::Static, stated["head"]["style"] == "static");
        }
    }
    assert_eq!(loaded("minilm-cases").len(), 6);
}

/// Names as AdapterHub 1.3.0 writes them: what of a file's names we change on purpose.
fn modern(name: String, model_type: &str) -> String {
    let name = ["attention_text_task_adapters", "layer_text_task_adapters"]
        .into_iter()
        .fold(name, |name, legacy| name.replace(legacy, "adapters"));
    let is_bare = name.starts_with("encoder.") || name.starts_with("transformer.");
    if is_bare { format!("{model_type}.{name}") } else { name }
}

#[test]
fn what_is_written_is_what_was_read_bit_for_bit() {
    let tiny = tiny_backbones().into_iter().flat_map(|backbone| case_folders(&backbone));
    for group in tiny.chain(["minilm-cases".to_owned()]) {
        for (case, adapter) in loaded(&group) {
            let files = adapterhub::to_files(&adapter).unwrap();
            for weights in ["adapter.safetensors", "model_head.safetensors"] {
                let Ok(original) = fs::read(case.join(weights)) else {
                    assert!(!files.contains_key(weights), "{}", name(&case));
                    continue;
                };
                let read = raw_tensors(&original)
                    .into_iter()
                    .map(|(name, tensor)| (modern(name, &adapter.model_type), tensor))
                    .collect();
                assert_eq!(raw_tensors(&files[weights]), read, "{} {weights}", name(&case));
                if !["legacy-names", "seq_bn-bare"].contains(&name(&case)) {
                    assert_eq!(files[weights], original, "{} {weights}", name(&case));
                }
            }
            for config in ["adapter_config.json", "head_config.json"] {
                let path = case.join(config);
                if path.is_file() && name(&case) != "legacy-no-version" {
                    let mut written: serde_json::Value = serde_json::from_slice(&files[config]).unwrap();
                    let original = json(&path);
                    if original.get("graftwork").is_none() {
                        written.as_object_mut().unwrap().remove("graftwork");
                    }
                    assert_eq!(written, original, "{} {config}", name(&case));
                }
            }
            let again = adapterhub::from_files("again", &files).unwrap();
            assert_eq!(
                (&again.tensors, &again.config, &again.head),
                (&adapter.tensors, &adapter.config, &adapter.head)
            );
            let single = single_file::from_bytes("again", &single_file::to_bytes(&adapter).unwrap()).unwrap();
            assert_eq!(single, again);
        }
    }
}

#[test]
fn old_files_are_understood() {
    let plain = AdapterFile::load(golden("tiny-cases/legacy-no-version")).unwrap();
    assert_eq!(plain.config.to_json()["non_linearity"], "gelu_new");
    // Written again it has a version, so the name must be today's.
    let again = adapterhub::from_files("again", &adapterhub::to_files(&plain).unwrap()).unwrap();
    assert_eq!(again.config, plain.config);
    let renamed = AdapterFile::load(golden("tiny-cases/legacy-names")).unwrap();
    assert!(renamed.tensors.contains_key("layer.1.attention.down.weight"));
}
