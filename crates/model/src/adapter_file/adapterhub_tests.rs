//! Directories and single files there and back, and what is refused. Files that AdapterHub itself wrote are read in the
//! tests crate.

use std::fs;
use std::path::PathBuf;

use graftwork_formats::adapterhub::Names;
use graftwork_formats::adapterhub::directory::*;
use serde_json::{Value, json};

use super::files::adapterhub::{from_files, to_files, write_dir};
use super::parts::{from_parts, to_parts};
use super::*;
use crate::HeadKind;
use crate::single_file;
use crate::test_support::{adapter, configs, labels};

fn sample() -> AdapterFile {
    let mut sample = adapter(configs()[0].1.clone(), Some(HeadConfig::classifier("test", labels())));
    sample.model_name = Some("tiny".to_owned());
    sample.metadata.backbone_fingerprint = Some(sample.weights_digest());
    sample.metadata.max_length = Some(128);
    sample
}

fn reread(files: &BTreeMap<String, Vec<u8>>) -> AdapterFile {
    from_files("dir", files).unwrap()
}

/// What is stable under writing: writing again what was read gives the same bytes.
#[test]
fn every_configuration_survives_both_forms() {
    for (name, config) in configs() {
        for head in [
            None,
            Some(HeadConfig::classifier("other", labels())),
            HeadConfig::plain(HeadKind::Classification, &BERT, labels()),
        ] {
            let adapter = adapter(config.clone(), head);
            let files = to_files(&adapter).unwrap();
            let back = reread(&files);
            assert_eq!(
                (&back.tensors, &back.config, &back.name),
                (&adapter.tensors, &adapter.config, &adapter.name),
                "{name}"
            );
            assert_eq!(back.metadata, adapter.metadata);
            assert_eq!(to_files(&back).unwrap(), files, "{name}");
            let bytes = single_file::to_bytes(&adapter).unwrap();
            let single = single_file::from_bytes("x.safetensors", &bytes).unwrap();
            assert_eq!(single, back, "{name}");
            assert_eq!(single_file::to_bytes(&single).unwrap(), bytes, "{name}");
        }
    }
}

#[test]
fn files_are_laid_out_as_the_librarys() {
    let files = to_files(&sample()).unwrap();
    let config: Value = serde_json::from_slice(&files[ADAPTER_CONFIG]).unwrap();
    assert_eq!(config["version"], "adapters.1.3.0");
    assert_eq!(
        (&config["name"], &config["model_type"], &config["hidden_size"]),
        (&json!("test"), &json!("bert"), &json!(8))
    );
    assert_eq!(config["graftwork"]["max_length"], 128);
    let head: Value = serde_json::from_slice(&files[HEAD_CONFIG]).unwrap();
    assert_eq!(head["config"]["label2id"], json!({"ham": 0, "spam": 1, "phishing": 2}));
    assert_eq!((&head["name"], &head["model_class"]), (&json!("test"), &json!("BertAdapterModel")));
    let weights = safetensors::SafeTensors::deserialize(&files[ADAPTER_WEIGHTS]).unwrap();
    assert!(weights.names().contains(&"bert.encoder.layer.2.output.adapters.test.adapter_down.0.weight"));
    let weights = safetensors::SafeTensors::deserialize(&files[HEAD_WEIGHTS]).unwrap();
    let mut names = weights.names();
    names.sort_unstable();
    assert_eq!(names, ["heads.test.1.bias", "heads.test.1.weight", "heads.test.4.bias", "heads.test.4.weight"]);
}

/// The adapter's files with `from` replaced by `to` in `adapter_config.json`, and without the digest.
fn edited(from: &str, to: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = to_files(&sample()).unwrap();
    let mut config: Value = serde_json::from_slice(&files[ADAPTER_CONFIG]).unwrap();
    config["graftwork"].as_object_mut().unwrap().remove("weights_sha256");
    let text = config.to_string();
    assert!(text.contains(from), "{from}");
    files.insert(ADAPTER_CONFIG.to_owned(), text.replace(from, to).into());
    files
}

fn refusal(files: &BTreeMap<String, Vec<u8>>) -> String {
    from_files("dir", files).unwrap_err().to_string()
}

#[test]
fn unknown_keys_and_layers_left_out_later_are_handled() {
    let files = edited("\"name\":\"test\"", "\"name\":\"test\",\"of_tomorrow\":[1]");
    let back = reread(&files);
    assert_eq!(back.extra["of_tomorrow"], json!([1]));
    assert!(String::from_utf8_lossy(&to_files(&back).unwrap()[ADAPTER_CONFIG]).contains("of_tomorrow"));

    let dropped = reread(&edited("\"leave_out\":[]", "\"leave_out\":[1]"));
    assert!(!dropped.tensors.contains_key("layer.1.output.up.bias"));
}

#[test]
fn task_adapters_of_old_name_invertible_adapters_that_are_not_there() {
    let inverted = "\"inv_adapter\":\"nice\"";
    let task = edited("\"name\":\"test\"", "\"name\":\"test\",\"type\":\"text_task\"");
    let with = |text: &str| {
        let mut files = task.clone();
        files.insert(ADAPTER_CONFIG.to_owned(), text.replace("\"inv_adapter\":null", inverted).into());
        files
    };
    let text = String::from_utf8(task[ADAPTER_CONFIG].clone()).unwrap();
    let adapter = reread(&with(&text));
    assert_eq!((adapter.config, &adapter.extra["type"]), (sample().config, &json!("text_task")));
    // Those of languages had them, so the file lacks tensors that the function needs.
    assert!(refusal(&with(&text.replace("text_task", "text_lang"))).contains("`inv_adapter`"));
}

#[test]
fn contradictions_between_files_are_named() {
    for (from, to, named) in [
        ("\"name\":\"test\"", "\"name\":\"tset\"", "`bert.encoder.layer.0.output.adapters.test."),
        ("\"name\":\"test\"", "\"name\":null", "`name` is missing"),
        ("\"hidden_size\":8", "\"hidden_size\":16", "hidden_size"),
        ("\"hidden_size\":8", "\"hidden_size\":0", "from 1 to 8192"),
        ("\"reduction_factor\":4", "\"reduction_factor\":2", "has shape [2, 8], but the configuration asks for [4, 8]"),
        ("\"ln_after\":false", "\"ln_after\":true", "`layer.0.output.norm_after.weight` of shape [8] is missing"),
        ("\"ln_before\":false", "\"ln_before\":true", "`layer.0.output.norm_before.weight`"),
        ("\"mh_adapter\":false", "\"mh_adapter\":true", "`layer.0.attention.down.weight`"),
        ("\"output_adapter\":true", "\"output_adapter\":false", "no adapter"),
        ("\"config\":", "\"configuration\":", "`config` is missing"),
        ("\"name\":\"test\"", "\"peft_type\":\"LORA\"", "a PEFT adapter"),
    ] {
        let message = refusal(&edited(from, to));
        assert!(message.contains("dir") && message.contains(named), "{to}: {message}");
    }
}

#[test]
fn missing_and_mixed_files_are_named() {
    let files = to_files(&sample()).unwrap();
    let without = |name: &str| {
        let mut files = files.clone();
        files.remove(name);
        refusal(&files)
    };
    assert!(without(ADAPTER_CONFIG).contains(ADAPTER_CONFIG));
    assert!(without(ADAPTER_WEIGHTS).contains("no weights"));
    assert!(without(HEAD_CONFIG).contains(HEAD_CONFIG));
    assert!(without(HEAD_WEIGHTS).contains("the head has no weights"));

    let mut other = sample();
    other.tensors.get_mut("head.1.bias").unwrap().data[0] += 1.0;
    let mut mixed = files;
    mixed.insert(HEAD_WEIGHTS.to_owned(), to_files(&other).unwrap().remove(HEAD_WEIGHTS).unwrap());
    assert!(matches!(from_files("dir", &mixed), Err(Error::MixedFiles { .. })));
}

#[test]
fn the_norm_that_is_stored_twice_must_agree() {
    let norms = adapter(configs()[5].1.clone(), None);
    let parts = to_parts(&norms).unwrap();
    let twice = "bert.encoder.layer.0.output.adapters.test.adapter_down.0.weight";
    let once = "bert.encoder.layer.0.output.adapters.test.adapter_norm_before.weight";
    assert_eq!(parts.adapter_tensors[twice], parts.adapter_tensors[once]);

    let names = Names::all("dir");
    for name in [twice, once] {
        let mut parts = parts.clone();
        parts.adapter_tensors.remove(name);
        assert_eq!(from_parts(&names, parts).unwrap().tensors, norms.tensors);
    }
    let mut differing = parts;
    differing.adapter_tensors.insert(once.to_owned(), HostTensor::filled([8], 7.0));
    let message = from_parts(&names, differing).unwrap_err().to_string();
    assert!(message.contains("`layer.0.output.norm_before.weight` is there twice"), "{message}");
}

#[test]
fn a_directory_appears_whole_and_is_replaced_file_by_file() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("made/for/it");
    let sample = sample();
    write_dir(&sample, &dir).unwrap();
    assert_eq!(AdapterFile::load(&dir).unwrap().tensors, sample.tensors);
    assert_eq!(fs::read_dir(dir.parent().unwrap()).unwrap().count(), 1);

    fs::write(dir.join("README.md"), "mine").unwrap();
    let headless = AdapterFile { name: "next".to_owned(), ..adapter(configs()[1].1.clone(), None) };
    write_dir(&headless, &dir).unwrap();
    assert_eq!(AdapterFile::load(&dir).unwrap().name, "next");
    let mut names: Vec<PathBuf> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into()).collect();
    names.sort();
    assert_eq!(names, ["README.md", ADAPTER_WEIGHTS, ADAPTER_CONFIG].map(PathBuf::from));

    fs::write(dir.join(ADAPTER_PICKLE), "").unwrap();
    assert!(write_dir(&sample, &dir).unwrap_err().to_string().contains(ADAPTER_PICKLE));
    assert_eq!(AdapterFile::load(&dir).unwrap().name, "next");
}

#[test]
fn nothing_is_written_of_an_inconsistent_adapter() {
    let root = tempfile::tempdir().unwrap();
    let mut broken = sample();
    broken.tensors.remove("head.1.bias");
    for name in ["dir", "file.safetensors"] {
        assert!(broken.save(root.path().join(name)).is_err());
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn saving_chooses_the_form_by_name() {
    let root = tempfile::tempdir().unwrap();
    let (dir, file) = (root.path().join("adapter"), root.path().join("adapter.safetensors"));
    sample().save(&dir).unwrap();
    sample().save(&file).unwrap();
    assert!(dir.is_dir() && file.is_file());
    assert_eq!(AdapterFile::load(&dir).unwrap(), AdapterFile::load(&file).unwrap());
    let message = AdapterFile::load(dir.join(ADAPTER_WEIGHTS)).unwrap_err().to_string();
    assert!(message.contains("no adapter configuration"), "{message}");
}

#[test]
fn damaged_single_files_are_refused_without_panic() {
    let good = single_file::to_bytes(&sample()).unwrap();
    for length in (0..good.len()).step_by(7) {
        assert!(single_file::from_bytes("x", &good[..length]).is_err());
    }
    for position in 0..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 0x11;
        // The digest protects weights; a flip in a free text (the model's name) may well go through.
        if let Ok(adapter) = single_file::from_bytes("x", &bad) {
            assert_eq!(adapter.tensors, sample().tensors, "byte {position}");
        }
    }
    assert!(single_file::from_bytes("x", b"PK\x03\x04").unwrap_err().to_string().contains("PyTorch"));
}

#[test]
fn what_lies_where_an_adapter_should_be_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let told = |path: &Path, what: &str| {
        let message = AdapterFile::load(path).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    };
    let inner = dir.path().join("md");
    write_dir(&sample(), &inner).unwrap();
    // As AdapterHub's `save_all_adapters` lays them out: a folder for each adapter.
    told(dir.path(), "md`, which holds one");
    fs::write(inner.join("adapter.safetensors"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d").unwrap();
    told(&inner, "git lfs pull");
    fs::write(inner.join("adapter.safetensors"), "").unwrap();
    told(&inner, "it is empty");
    fs::write(inner.join("adapter_config.json"), "<!DOCTYPE html>").unwrap();
    told(&inner, "web page");
    // A ZIP archive, as the hub packs directories: its beginning and its list of entries are enough.
    let zip = dir.path().join("adapter.zip");
    fs::write(&zip, b"PK\x03\x04......PK\x01\x02....md/adapter_config.json").unwrap();
    told(&zip, "unpack it");
}
