//! What does not belong together is an error that says what to do.

use std::fmt::Debug;

use graftwork::{AdapterFile, Backbone, Dataset, Device, Error, FileError, NewAdapter, TaggedDataset, TrainConfig};
use graftwork::{TrainError, block_on, merge, text_classification, token_classification};
use graftwork_tests::{devices, golden};

use crate::{attached, tiny_bert};

/// The tiny BERT with other weights: one with an adapter merged into it.
fn other_bert(device: &Device) -> Backbone {
    let dir = tempfile::tempdir().unwrap();
    let adapter = AdapterFile::load(golden::path("lora-cases/everywhere")).unwrap();
    merge(&golden::path("tiny-bert"), &adapter, &dir.path().join("other")).unwrap();
    block_on(Backbone::load(dir.path().join("other"), device)).unwrap()
}

fn messages() -> Dataset {
    Dataset::new([("the of and", "a"), ("in to was", "b"), ("he is the", "a")]).unwrap()
}

/// Whether something failed with a message that has all these words.
fn refused<T: Debug>(found: Result<T, Error>, words: &[&str]) -> Error {
    let error = found.expect_err("an error");
    let message = error.to_string();
    words.iter().for_each(|word| assert!(message.contains(word), "{message}"));
    error
}

#[test]
fn of_another_backbone() {
    for device in devices() {
        let (own, other) = (tiny_bert(&device), other_bert(&device));
        let examples = own.examples("training", &messages(), None).unwrap();
        let others = other.examples("dev", &messages(), None).unwrap();
        let file = own.new_adapter(&examples).unwrap();

        let words = ["adapter `adapter` was trained on the backbone", "load the right backbone"];
        let error = refused(other.attach(&file), &words);
        assert!(matches!(error, Error::File(FileError::OtherBackbone { .. })));
        let config = TrainConfig::default;
        let trainer = |backbone: &Backbone, train, dev| backbone.trainer(&file, config(), train, dev).map(drop);
        refused(trainer(&other, &others, None), &words);
        let words = ["tokenised by another backbone", "`examples` of this one"];
        refused(trainer(&own, &others, None), &words);
        refused(trainer(&own, &examples, Some(&others)), &["the dev data", words[0], words[1]]);
        refused(block_on(own.attach(&file).unwrap().evaluate(&others)), &words);

        // Two of the same weights are one, wherever they are.
        let twin = tiny_bert(&Device::cpu());
        trainer(&twin, &examples, Some(&examples)).unwrap();
        block_on(twin.attach(&file).unwrap().evaluate(&examples)).unwrap();
    }
}

#[test]
fn of_another_architecture() {
    let bert = block_on(Backbone::load(golden::path("tiny-bert"), &Device::cpu())).unwrap();
    let mut file = AdapterFile::load(golden::path("tiny-cases/seq_bn-flex")).unwrap();
    file.model_type = "roberta".to_owned();
    refused(bert.attach(&file), &["model_type", "\"roberta\"", "the backbone's is \"bert\""]);
}

#[test]
fn of_other_labels_or_tasks() {
    let backbone = tiny_bert(&Device::cpu());
    let examples = backbone.examples("training", &messages(), None).unwrap();
    let tagged = TaggedDataset::new([(["the", "of"], ["O", "B-x"])]).unwrap();
    let tagged = backbone.examples("training", &tagged, None).unwrap();
    let file = |new: NewAdapter| backbone.new_adapter(new).unwrap();
    let start = |file: &AdapterFile, train| backbone.trainer(file, TrainConfig::default(), train, None).map(drop);

    let others = file(NewAdapter::new(&text_classification::INFO, ["b", "c"]));
    let error = refused(start(&others, &examples), &["label `a`", "its 2 labels are b, c", "train a new adapter"]);
    assert!(matches!(error, Error::Train(TrainError::OtherLabels { .. })));
    let tagger = file(NewAdapter::new(&token_classification::INFO, ["B-x", "O"]));
    let words = ["is for token-classification, not for text-classification", "use it for that"];
    refused(start(&tagger, &examples), &words);
    refused(block_on(backbone.attach(&tagger).unwrap().evaluate(&examples)), &words);
    refused(block_on(backbone.attach(&tagger).unwrap().classify(&["the"])), &words);
    let classifier = backbone.attach(&file(NewAdapter::from(&examples))).unwrap();
    let words = ["is for text-classification, not for token-classification"];
    refused(block_on(classifier.tag(&["the"])), &words);
    refused(block_on(classifier.tag_words(&[["the"]])), &words);
    refused(block_on(classifier.evaluate(&tagged)), &words);

    let headless = attached(&backbone, "tiny-cases/seq_bn-bare");
    refused(block_on(headless.classify(&["the"])), &["has no head", "use one with a head"]);
    let bare = AdapterFile::load(golden::path("tiny-cases/seq_bn-bare")).unwrap();
    refused(start(&bare, &examples), &["has no head"]);
    let one = NewAdapter::new(&text_classification::INFO, ["alone"]);
    refused(backbone.new_adapter(one), &["the number of labels must be at least 2"]);
}

#[test]
fn of_another_run() {
    let backbone = tiny_bert(&Device::cpu());
    let examples = backbone.examples("training", &messages(), None).unwrap();
    let trainer = |new: NewAdapter| {
        let file = backbone.new_adapter(new).unwrap();
        backbone.trainer(&file, TrainConfig::default(), &examples, None).unwrap()
    };
    let mut one = trainer(NewAdapter::from(&examples));
    let state = block_on(one.state("one")).unwrap();
    refused(one.resume(state.clone(), "two"), &["of the run \"one\", not of \"two\"", "does not fit"]);
    let lora = graftwork::AdapterConfig::preset("lora").unwrap();
    let mut other = trainer(NewAdapter::from(&examples).method(lora));
    refused(other.resume(state.clone(), "one"), &["of another adapter"]);
    refused(other.adapter().read_state("a.ckpt", &state.to_bytes().unwrap()), &["a.ckpt", "elements"]);
    one.resume(state, "one").unwrap();
}
