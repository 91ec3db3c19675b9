//! `.bin` files: the default of AdapterHub, written by `torch.save`.

use std::collections::BTreeMap;
use std::fs;

use graftwork_model::{AdapterFile, HeadStyle, Sizes, adapterhub};

use crate::{golden, raw_tensors, test_data};

fn metaphor() -> AdapterFile {
    AdapterFile::load(test_data("metaphor-adapter")).unwrap()
}

/// A real adapter from the hub, cut down: Pfeiffer's, reduction factor 16, for multilingual BERT, with a two-layer head.
#[test]
fn a_published_adapter_loads() {
    let adapter = metaphor();
    assert_eq!((adapter.name.as_str(), adapter.hidden_size, adapter.layers()), ("md", 32, 12));
    assert_eq!(adapter.model_name.as_deref(), Some("bert-base-multilingual-cased"));
    let specs = adapter.config.tensors(&Sizes { hidden: 32, feed_forward: 128, layers: 12 }).unwrap();
    let down = |site: &str| specs.iter().filter(|spec| spec.name.ends_with(&format!(".{site}.down.weight"))).count();
    assert_eq!((down("output"), down("attention")), (12, 0));
    assert_eq!((adapter.adapter_parameters(), adapter.head_parameters()), (12 * 162, 32 * 32 + 32 + 2 * 32 + 2));
    let head = adapter.head.as_ref().unwrap();
    assert_eq!(head.style, HeadStyle::Flex { name: "md".to_owned() });
    // In this file the label called "0" has the id 1.
    assert_eq!(head.labels.as_deref().unwrap(), ["1", "0"]);
}

/// PyTorch read the two archives and wrote what it found as safetensors. All of it is ours too, bit for bit and, when we
/// write it, under AdapterHub's names.
#[test]
fn its_values_are_those_that_pytorch_reads() {
    let adapter = metaphor();
    let files = adapterhub::to_files(&adapter).unwrap();
    for file in ["adapter.safetensors", "model_head.safetensors"] {
        let expected = fs::read(test_data("metaphor-adapter/expected").join(file)).unwrap();
        assert_eq!(raw_tensors(&files[file]), raw_tensors(&expected), "{file}");
    }
    // The same once more without our own writer: first and last values, as Python's `struct` finds them in the archive.
    for (name, first, last) in VALUES {
        let data = &adapter.tensors[name].data;
        assert_eq!((data[0].to_bits(), data[data.len() - 1].to_bits()), (first, last), "{name}");
    }
}

const VALUES: [(&str, u32, u32); 4] = [
    ("layer.0.output.down.weight", 0x3ad5d8d2, 0x3bd080ff),
    ("layer.11.output.up.bias", 0x3b3d1f2d, 0x386bedcb),
    ("head.0.weight", 0xbccad0ea, 0x3b69e3ae),
    ("head.1.bias", 0xba35db98, 0x3a35d8dc),
];

#[test]
fn it_is_the_same_adapter_as_safetensors() {
    let adapter = metaphor();
    let again = adapterhub::from_files("again", &adapterhub::to_files(&adapter).unwrap()).unwrap();
    assert_eq!((&again.tensors, &again.head), (&adapter.tensors, &adapter.head));
    assert_eq!(again.extra, adapter.extra);
}

/// AdapterHub cannot write `ln_before` adapters as safetensors (a shared tensor), so these goldens have both forms.
#[test]
fn both_forms_of_an_adapter_are_the_same() {
    for case in ["ln_before", "par_bn-ln_before-after", "double_seq_bn-ln_before-after"] {
        let dir = golden("tiny-cases").join(case);
        let read = |name: &str| (name.to_owned(), fs::read(dir.join(name)).unwrap());
        let common = ["adapter_config.json", "head_config.json", "model_head.safetensors"].map(read);
        let with = |weights| {
            let files: BTreeMap<_, _> = common.iter().cloned().chain([read(weights)]).collect();
            adapterhub::from_files(case, &files).unwrap()
        };
        assert_eq!(with("pytorch_adapter.bin"), with("adapter.safetensors"), "{case}");
    }
}

/// A damaged archive is an error, or (a flip in padding) changes nothing; it is never a panic.
#[test]
fn damage_is_noticed() {
    let dir = test_data("metaphor-adapter");
    let good = metaphor();
    let mut files: BTreeMap<_, _> =
        ["adapter_config.json", "head_config.json", "pytorch_adapter.bin", "pytorch_model_head.bin"]
            .map(|name| (name.to_owned(), fs::read(dir.join(name)).unwrap()))
            .into();
    let whole = files["pytorch_model_head.bin"].clone();
    for position in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bad = whole.clone();
        bad[position] ^= 0x20;
        files.insert("pytorch_model_head.bin".to_owned(), bad);
        if let Ok(adapter) = adapterhub::from_files("damaged", &files) {
            assert_eq!(adapter, good, "byte {position}");
        }
        files.insert("pytorch_model_head.bin".to_owned(), whole[..position].to_vec());
        assert!(adapterhub::from_files("truncated", &files).is_err());
    }
}
