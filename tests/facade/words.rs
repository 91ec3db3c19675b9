//! Masks filled with words, beside transformers' pipeline; phase 1 and phase 2.

use std::path::Path;

use graftwork::{
    AdapterFile, Backbone, Corpus, Dataset, Device, FilledText, NewAdapter, TrainConfig, block_on, masked_lm,
    text_classification,
};
use graftwork_tests::golden;

/// A tiny backbone with transformers' head for words beside it, as files.
fn with_own_head(model_type: &str, dir: &Path) -> Backbone {
    golden::write_with_own_head(model_type, dir);
    block_on(Backbone::load(dir, &Device::cpu())).unwrap()
}

#[test]
fn as_transformers_pipeline() {
    let expected = golden::json("tiny-words/fills.json");
    for (model_type, texts) in expected.as_object().unwrap() {
        let dir = tempfile::tempdir().unwrap();
        let backbone = with_own_head(model_type, dir.path());
        let own = backbone.attach(&backbone.language_model().unwrap().unwrap()).unwrap();
        let entries = texts.as_array().unwrap();
        let texts: Vec<&str> = entries.iter().map(|entry| entry["text"].as_str().unwrap()).collect();
        let found: Vec<FilledText> = block_on(own.fill_mask(&texts).top_k(3)).unwrap();
        for ((text, found), entry) in texts.iter().zip(&found).zip(entries) {
            let masks = entry["masks"].as_array().unwrap();
            assert_eq!(found.masks.len(), masks.len());
            for (mask, expected) in found.masks.iter().zip(masks) {
                let spelled = backbone.mask().unwrap();
                assert_eq!(text[mask.span.clone()].trim(), spelled);
                assert_eq!(mask.fills.len(), 3);
                for (fill, expected) in mask.fills.iter().zip(expected.as_array().unwrap()) {
                    let what = format!("{model_type}: {text}");
                    assert_eq!(expected["token"], fill.token, "{what}");
                    assert_eq!(expected["token_str"], fill.token_str.as_str(), "{what}");
                    assert_eq!(expected["sequence"], fill.sequence.as_str(), "{what}");
                    let score = expected["score"].as_f64().unwrap();
                    assert!((f64::from(fill.score) / score - 1.0).abs() < 1e-3, "{what}: {} {score}", fill.score);
                }
            }
        }
    }
}

#[test]
fn texts_without_a_mask() {
    let dir = tempfile::tempdir().unwrap();
    let backbone = with_own_head("bert", dir.path());
    let own = backbone.attach(&backbone.language_model().unwrap().unwrap()).unwrap();
    let refused = |texts: &[&str], max_length: usize| {
        block_on(own.fill_mask(texts).max_length(max_length)).unwrap_err().to_string()
    };
    assert!(refused(&["a [MASK]", "nothing"], 64).starts_with("text 1 (counted from 0) has no [MASK]: write [MASK]"));
    let cut = refused(&["a long day it was for the [MASK]"], 5);
    assert!(cut.contains("has no [MASK] within the first 5 tokens"), "{cut}");
    assert!(block_on(own.fill_mask::<&str>(&[])).unwrap().is_empty());
    let plain = block_on(Backbone::load(golden::path("tiny-bert"), &Device::cpu())).unwrap();
    assert_eq!(plain.language_model().unwrap(), None);
}

/// A new head for words begins as the backbone's own, where there is one: before any step the same words are said.
#[test]
fn phase_one_begins_with_the_backbones_head_and_phase_two_with_its_adapter() {
    let dir = tempfile::tempdir().unwrap();
    let backbone = with_own_head("bert", dir.path());
    let corpus = Corpus::new(["we have been here", "the day was long", "and it was good"]).unwrap();
    let texts = backbone.examples("training", &corpus, 32).unwrap();
    let new = NewAdapter::from(&texts).method(graftwork::AdapterConfig::preset("lora").unwrap());
    let file = backbone.new_adapter(new).unwrap();
    let own = backbone.language_model().unwrap().unwrap();
    let fills = |file: &AdapterFile| block_on(backbone.attach(file).unwrap().fill_mask(&["we [MASK] here"])).unwrap();
    assert_eq!(fills(&file), fills(&own));

    let config = TrainConfig { epochs: 3, lr: 1e-2, ..TrainConfig::default() };
    let mut trainer = backbone.trainer(&file, config, &texts, None).unwrap();
    block_on(trainer.run()).unwrap();
    let first = block_on(trainer.to_file()).unwrap();
    assert_ne!(fills(&first), fills(&own));

    let labelled = Dataset::new([("we were here", "yes"), ("they were not", "no")]).unwrap();
    let task = backbone.examples("training", &labelled, 32).unwrap();
    let second = backbone.new_adapter(NewAdapter::from(&task).on(first.clone())).unwrap();
    assert_eq!(second.head.as_ref().unwrap().kind, text_classification::INFO.head);
    let modules = |file: &AdapterFile| {
        file.tensors.clone().into_iter().filter(|(name, _)| !name.starts_with("head.")).collect::<Vec<_>>()
    };
    assert_eq!(modules(&second), modules(&first));
    assert_eq!((&second.name, &second.config), (&first.name, &first.config));
    assert!(backbone.trainer(&second, TrainConfig::default(), &task, None).is_ok());
    assert_eq!(first.head.unwrap().kind, masked_lm::INFO.head);
}
