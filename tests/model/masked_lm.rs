//! Heads over words against PyTorch: AdapterHub's with their adapters, transformers' own beside backbones; and their files.

use std::collections::BTreeMap;

use graftwork_formats::architectures::ARCHITECTURES;
use graftwork_formats::{BackboneConfig, HostTensor, SafetensorsFile, WeightSource};
use graftwork_model::{Adapter, AdapterFile, Backbone, Batch, HeadKind, adapterhub};
use graftwork_tensor::ops::clear::clear;
use graftwork_tensor::{Device, Tape, Tensor, WeightType};
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, max_difference, nmse};
use graftwork_train::tasks::masked_lm::MeanLoss;
use graftwork_train::tasks::{Loss, Targets};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use crate::gradients::expected;

const CASES: [(&str, &str); 3] =
    [("defaults", "tiny-bert"), ("three-layers", "tiny-bert"), ("electra", "tiny-electra")];

fn read(device: &Device, tensor: &Tensor) -> Vec<f32> {
    pollster::block_on(device.read(tensor)).unwrap()
}

/// The golden batch, with its truths or without.
fn batch(backbone: &Backbone, golden: &Golden, truths: &[u32]) -> Batch {
    let (ids, starts) = golden.batch();
    let batch = backbone.batch(ids, &vec![0; ids.len()], starts).unwrap();
    backbone.ask(batch, &golden.counts["places"], truths).unwrap()
}

#[test]
fn logits_losses_and_every_gradient() {
    for device in devices() {
        for (case, name) in CASES {
            let (case, backbone) = (format!("tiny-words/{case}"), golden::tiny(name, &device));
            let golden = Golden::read(&format!("{case}/golden.safetensors"));
            let file = AdapterFile::load(golden::path(&case)).unwrap();
            let adapter = Adapter::load_trainable(&backbone, &file).unwrap();
            let forward = |tape: &mut Tape, truths: &[u32]| {
                let batch = batch(&backbone, &golden, truths);
                let hidden = backbone.forward(tape, &batch, Some(&adapter), 0.0).unwrap();
                adapter.head().unwrap().forward(tape, &backbone, &hidden, &batch, 0.1)
            };
            let logits = forward(&mut Tape::inference(&device), &[]);
            let found = read(&device, logits.value());
            let difference = max_difference(&found, &golden.floats["logits"]);
            assert!(difference < 1e-4, "{}: {case}: logits differ by {difference}", device.name());

            let truths = &golden.counts["truths"];
            let mut tape = Tape::training(&device, None);
            let rows = forward(&mut tape, truths);
            // Whether each is right, as its logits say.
            let largest =
                |row: &[f32]| row.iter().enumerate().fold(0, |best, (i, z)| if *z > row[best] { i } else { best });
            let words = backbone.config().vocab_size;
            let right = found.chunks(words).zip(truths).map(|(row, truth)| largest(row) == *truth as usize);
            let rights: Vec<bool> = read(&device, rows.value()).chunks(2).map(|row| row[1] == 1.0).collect();
            assert_eq!(rights, right.collect::<Vec<_>>());

            let Loss { root, gradient, shares } = MeanLoss.loss(&mut tape, &rows).unwrap();
            clear(&device, adapter.arena().grads().unwrap());
            tape.backward(&root, gradient);
            let loss: f32 = read(&device, &shares).iter().sum();
            assert!((loss - golden.floats["loss"][0]).abs() < 1e-5, "{}: {case}: loss {loss}", device.name());
            let expected = expected(&case, &golden);
            let found = adapter.arena().unpack(&read(&device, adapter.arena().grads().unwrap()));
            assert_eq!(found.len(), expected.tensors.len(), "{case}");
            for (tensor, found) in &found {
                let error = nmse(&found.data, &expected.tensors[tensor].data);
                assert!(error <= 1e-8, "{}: {case}: gradient of {tensor}: NMSE {error:e}", device.name());
            }
        }
    }
}

/// The tensors of a tiny backbone and of transformers' head for words over it.
fn with_own_head(model_type: &str) -> (BackboneConfig, BTreeMap<String, HostTensor>, Golden) {
    let dir = golden::path(&format!("tiny-{model_type}"));
    let config = BackboneConfig::from_dir(&dir).unwrap();
    let mut checkpoint = graftwork_formats::Checkpoint::open(&dir, &config).unwrap();
    let names = checkpoint.names();
    let mut tensors: BTreeMap<_, _> =
        names.into_iter().map(|name| (name.clone(), checkpoint.read(&name).unwrap())).collect();
    let golden = Golden::read(&format!("tiny-words/{model_type}.safetensors"));
    for (name, values) in &golden.floats {
        if let Some(own) = name.strip_prefix("head.") {
            tensors.insert(own.to_owned(), HostTensor::new(golden.shapes[name].clone(), values.clone()));
        }
    }
    (config, tensors, golden)
}

fn load(config: &BackboneConfig, tensors: &mut BTreeMap<String, HostTensor>, device: &Device) -> Backbone {
    let quiet = &mut |_| {};
    pollster::block_on(Backbone::load(config, tensors, device, Some(WeightType::F32), quiet)).unwrap()
}

#[test]
fn heads_beside_backbones_of_every_architecture() {
    for device in devices() {
        for architecture in ARCHITECTURES {
            let (config, mut tensors, golden) = with_own_head(architecture.model_type);
            let backbone = load(&config, &mut tensors, &device);
            let own = backbone.language_head().expect(architecture.model_type);
            assert_eq!((own.config.kind, own.config.num_labels), (HeadKind::MaskedLm, config.vocab_size));
            let all: Vec<usize> = (0..config.num_hidden_layers).collect();
            let bare = graftwork_model::AdapterConfig::preset("seq_bn").unwrap().with("leave_out", all).unwrap();
            let mut file = AdapterFile::new("own", bare, Some(own.config.clone()), &config);
            file.tensors = own.tensors.clone();
            let adapter = Adapter::load(&backbone, &file).unwrap();
            let mut tape = Tape::inference(&device);
            let batch = batch(&backbone, &golden, &[]);
            let hidden = backbone.forward(&mut tape, &batch, Some(&adapter), 0.0).unwrap();
            let logits = adapter.head().unwrap().forward(&mut tape, &backbone, &hidden, &batch, 0.0);
            let difference = max_difference(&read(&device, logits.value()), &golden.floats["logits"]);
            assert!(difference < 1e-4, "{}: {}: {difference}", device.name(), architecture.model_type);
        }
    }
}

/// The head is no part of the backbone: it counts neither for its fingerprint nor for its parameters. Without one of its
/// tensors there is none, nor with another table of words than the backbone's.
#[test]
fn a_head_beside_a_backbone_is_whole_and_no_part_of_it() {
    let device = Device::cpu();
    for architecture in ARCHITECTURES {
        let (config, tensors, _) = with_own_head(architecture.model_type);
        let names = &architecture.masked_lm;
        let plain = golden::tiny(&format!("tiny-{}", architecture.model_type), &device);
        let head = |change: &dyn Fn(&mut BTreeMap<String, HostTensor>)| {
            let mut tensors = tensors.clone();
            change(&mut tensors);
            let backbone = load(&config, &mut tensors, &device);
            assert_eq!((backbone.fingerprint(), backbone.parameters()), (plain.fingerprint(), plain.parameters()));
            backbone.language_head().is_some()
        };
        let table = tensors[&format!("{}.weight", architecture.names.words)].clone();
        let mut other = table.clone();
        other.data[5] += 1.0;
        assert!(head(&|_| ()));
        assert!(head(&|tensors| drop(tensors.insert(names.decoder.to_owned(), table.clone()))));
        assert!(!head(&|tensors| drop(tensors.insert(names.decoder.to_owned(), other.clone()))));
        assert!(!head(&|tensors| drop(tensors.remove(names.bias))));
    }
}

/// An AdapterHub directory whose head has the table of words, too.
fn with_table(table: &HostTensor) -> BTreeMap<String, Vec<u8>> {
    let dir = golden::path("tiny-words/defaults");
    let mut files: BTreeMap<String, Vec<u8>> = adapterhub::FILES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::fs::read(dir.join(name)).ok()?)))
        .collect();
    let bytes = files["model_head.safetensors"].clone();
    let head = SafeTensors::deserialize(&bytes).unwrap();
    let values: Vec<u8> = table.data.iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut views: Vec<(String, TensorView<'_>)> = head.tensors();
    let view = TensorView::new(safetensors::Dtype::F32, table.shape.clone(), &values).unwrap();
    views.push(("heads.golden.3.weight".to_owned(), view));
    files.insert("model_head.safetensors".to_owned(), safetensors::serialize(views, None).unwrap());
    files
}

#[test]
fn files_with_the_table_of_words_and_without() {
    let device = Device::cpu();
    let backbone = golden::tiny_bert(&device);
    let whole = AdapterFile::load(golden::path("tiny-words/defaults")).unwrap();
    // What is written is what was read.
    let written = adapterhub::to_files(&whole).unwrap();
    let names = |files: &BTreeMap<String, Vec<u8>>| {
        let file = SafetensorsFile::open("f", std::io::Cursor::new(files["model_head.safetensors"].clone())).unwrap();
        file.names().map(str::to_owned).collect::<Vec<_>>()
    };
    let head = ["0.bias", "0.weight", "2.bias", "2.weight", "3.bias"].map(|name| format!("heads.golden.{name}"));
    assert_eq!(names(&written), head);
    let json = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    let theirs = std::fs::read(golden::path("tiny-words/defaults/head_config.json")).unwrap();
    assert_eq!(json(&written["head_config.json"]), json(&theirs));
    assert_eq!(adapterhub::from_files("f", &written).unwrap().tensors, whole.tensors);

    let dir = golden::path("tiny-bert");
    let mut checkpoint = graftwork_formats::Checkpoint::open(&dir, backbone.config()).unwrap();
    let mut table = checkpoint.read("embeddings.word_embeddings.weight").unwrap();
    let with = adapterhub::from_files("f", &with_table(&table)).unwrap();
    assert_eq!(with.tensors, whole.tensors);
    Adapter::load(&backbone, &with).unwrap();
    table.data[7] += 0.5;
    let other = adapterhub::from_files("f", &with_table(&table)).unwrap();
    let message = Adapter::load(&backbone, &other).unwrap_err().to_string();
    assert!(message.contains("another table of words"), "{message}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let ask = |places: &[u32], truths: &[u32]| {
        let batch = backbone.batch(&[2, 9, 9, 3], &[0; 4], &[0, 4]).unwrap();
        backbone.ask(batch, places, truths).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!((ask(&[1, 2], &[5, 999]), ask(&[2], &[]), ask(&[], &[])), (Ok(()), Ok(()), Ok(())));
    for (places, truths) in [(&[4][..], &[][..]), (&[2, 2], &[]), (&[2, 1], &[]), (&[1], &[1000]), (&[1, 2], &[5])] {
        assert!(ask(places, truths).unwrap_err().contains("masked places"), "{places:?} {truths:?}");
    }
    let shifted = |change: (&str, &str)| {
        let mut files = with_table(&HostTensor::filled([1000, 64], 0.0));
        let config = String::from_utf8(files["head_config.json"].clone()).unwrap().replacen(change.0, change.1, 1);
        files.insert("head_config.json".to_owned(), config.into_bytes());
        adapterhub::from_files("f", &files).map(drop).map_err(|error| error.to_string())
    };
    let other = shifted(("\"shift_labels\": false", "\"shift_labels\": true")).unwrap_err();
    assert!(other.contains("shift_labels"), "{other}");
    let other = shifted(("\"vocab_size\": 1000", "\"vocab_size\": 999")).unwrap_err();
    assert!(other.contains("head.1.bias"), "{other}");
}
