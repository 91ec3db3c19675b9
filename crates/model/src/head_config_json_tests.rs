//! Heads as AdapterHub writes them, and ones that must be refused.

use graftwork_formats::architectures::{BERT, ELECTRA};

use super::*;

const FLEX: &str = r#"{"config": {"activation_function": "tanh", "bias": true, "dropout_prob": null,
    "head_type": "classification", "label2id": {"0": 1, "1": 0}, "layers": 2, "num_labels": 2, "use_pooler": false},
    "hidden_size": 768, "model_class": "BertAdapterModel", "model_name": "bert-base-multilingual-cased",
    "model_type": "bert", "name": "md", "version": "adapters.1.0.1"}"#;

const STATIC: &str = r#"{"config": null, "hidden_size": 768, "label2id": {"neutral": 1, "negative": 0, "positive": 2},
    "model_class": "BertForSequenceClassification", "model_name": null, "model_type": "bert", "name": null,
    "num_labels": 3, "version": "adapters.1.3.0"}"#;

fn parse(text: &str) -> Result<HeadConfig> {
    HeadConfig::from_json("head_config.json", text.as_bytes(), 768, &BERT)
}

fn plain(labels: Vec<String>) -> HeadConfig {
    HeadConfig::plain(HeadKind::Classification, &BERT, labels).unwrap()
}

fn written(head: &HeadConfig) -> String {
    let shared = json!({"hidden_size": 768, "model_name": null, "model_type": "bert"});
    Value::Object(head.to_json(shared.as_object().unwrap(), &BERT)).to_string()
}

#[test]
fn both_styles_survive_writing_and_reading() {
    let flex = parse(FLEX).unwrap();
    assert_eq!(flex.style, HeadStyle::Flex { name: "md".to_owned() });
    // The label called "0" has id 1 in this (real) file.
    assert_eq!(flex.labels.as_deref().unwrap(), ["1", "0"]);
    assert_eq!((flex.layers, flex.pooling, flex.dropout_prob), (2, HeadPooling::First, None));
    let fixed = parse(STATIC).unwrap();
    assert_eq!((fixed.layers, fixed.pooling, fixed.num_labels), (1, HeadPooling::Pooler, 3));
    assert_eq!(fixed.labels.as_deref().unwrap(), ["negative", "neutral", "positive"]);
    for (head, original) in [(flex, FLEX), (fixed, STATIC)] {
        let text = written(&head);
        assert_eq!(parse(&text).unwrap(), head);
        let as_value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(as_value(&text), as_value(original));
    }
}

/// As `adapters` 1.3.0 writes them: a tagging head has neither `use_pooler` nor `bias`, and refuses both.
#[test]
fn tagging_heads() {
    let flex = FLEX.replace("classification", "tagging").replace("\"bias\": true, ", "");
    let flex = flex.replace(", \"use_pooler\": false", "").replace("\"layers\": 2", "\"layers\": 1");
    let fixed = STATIC.replace("SequenceClassification", "TokenClassification");
    for original in [flex, fixed] {
        let head = parse(&original).unwrap();
        assert_eq!((head.kind, head.layers, head.pooling, head.bias), (HeadKind::Tagging, 1, HeadPooling::First, true));
        let as_value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(as_value(&written(&head)), as_value(&original));
    }
    let head = parse(r#"{"config": {"head_type": "tagging"}, "name": "x"}"#).unwrap();
    assert_eq!((head.num_labels, head.layers), (2, 1));
}

/// As `adapters` 1.3.0 writes them, each with the keys of its kind and no others.
#[test]
fn other_kinds() {
    let head = |head_type: &str, rest: &str| {
        format!(
            r#"{{"config": {{"activation_function": "tanh", "dropout_prob": null, "head_type": "{head_type}",
            "label2id": null, {rest}}}, "hidden_size": 768, "model_class": "BertAdapterModel", "model_name": null,
            "model_type": "bert", "name": "x", "version": "adapters.1.3.0"}}"#
        )
    };
    let of_texts = r#""bias": true, "layers": 2, "use_pooler": false"#;
    for (kind, text, outputs) in [
        (HeadKind::Regression, head("classification", &format!("{of_texts}, \"num_labels\": 1")), 1),
        (HeadKind::MultiLabel, head("multilabel_classification", &format!("{of_texts}, \"num_labels\": 3")), 3),
        (HeadKind::MultiLabel, head("multilabel_classification", &format!("{of_texts}, \"num_labels\": 1")), 1),
        (HeadKind::MultipleChoice, head("multiple_choice", r#""layers": 2, "use_pooler": true, "num_choices": 4"#), 1),
        (HeadKind::QuestionAnswering, head("question_answering", r#""layers": 1, "num_labels": 2"#), 2),
    ] {
        let read = parse(&text).unwrap();
        assert_eq!((read.kind, read.outputs()), (kind, outputs));
        assert_eq!(read.tensor_specs(768).last().unwrap().shape, [outputs]);
        let as_value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(as_value(&written(&read)), as_value(&text));
    }
}

/// Those of transformers' classes.
#[test]
fn plain_heads() {
    let labels = || vec!["a".to_owned(), "b".to_owned()];
    for (kind, class, module) in [
        (HeadKind::MultiLabel, "BertForSequenceClassification", "classifier"),
        (HeadKind::MultipleChoice, "BertForMultipleChoice", "classifier"),
        (HeadKind::QuestionAnswering, "BertForQuestionAnswering", "qa_outputs"),
    ] {
        let head = HeadConfig::plain(kind, &BERT, labels()).unwrap();
        let text = written(&head);
        assert!(text.contains(&format!("{class:?}")), "{text}");
        assert_eq!(parse(&text).unwrap().kind, kind);
        assert_eq!(head.stored_name(&BERT, 0, "bias"), format!("{module}.bias"));
    }
    let one = HeadConfig::plain(HeadKind::Regression, &BERT, vec!["score".to_owned()]).unwrap();
    assert_eq!(parse(&written(&one)).unwrap().kind, HeadKind::Regression);
    // ELECTRA's has a summary of its own before the dense layer.
    assert_eq!(HeadConfig::plain(HeadKind::MultipleChoice, &ELECTRA, labels()), None);
    assert!(
        parse(&STATIC.replace("\"name\": null", "\"name\": null, \"graftwork\": {\"problem_type\": \"x\"}")).is_err()
    );
}

#[test]
fn missing_keys_take_the_librarys_defaults() {
    let head = parse(r#"{"config": {"head_type": "classification"}, "name": "x"}"#).unwrap();
    assert_eq!((head.num_labels, head.layers, head.pooling, head.bias), (2, 2, HeadPooling::First, true));
    assert_eq!((head.activation, head.labels), (None, None));
    let head =
        parse(r#"{"model_class": "BertForSequenceClassification", "label2id": {"a": 0, "b": 1, "c": 2}}"#).unwrap();
    assert_eq!(head.num_labels, 3);
    let some = parse(r#"{"config": {"head_type": "classification", "label2id": {"b": 1}}, "name": "x"}"#).unwrap();
    assert_eq!(some.labels.unwrap(), ["LABEL_0", "b"]);
}

#[test]
fn new_heads_name_the_class_that_loads_them() {
    let labels = || vec!["a".to_owned(), "b".to_owned()];
    assert!(written(&HeadConfig::classifier("x", labels())).contains("\"BertAdapterModel\""));
    let text = written(&plain(labels()));
    assert_eq!(parse(&text).unwrap().num_labels, 2);
}

/// AdapterHub looks at none of the file's objects but `config`, whose keys stay the ones that it knows.
#[test]
fn what_adapterhub_cannot_say_is_in_our_section() {
    let labels = || vec!["a".to_owned(), "b".to_owned()];
    let linear = HeadConfig::linear("x", labels());
    let text = written(&linear);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["graftwork"], json!({"normalize": true, "pooling": "mean"}));
    assert_eq!(value["config"]["use_pooler"], false);
    let head = parse(&text).unwrap();
    assert_eq!((head.pooling, head.normalize, head.layers), (HeadPooling::Mean, true, 1));
    assert!(!linear.is_adapterhubs() && !written(&HeadConfig::classifier("x", labels())).contains("graftwork"));
    let wrong = text.replace("\"mean\"", "\"max\"");
    assert!(parse(&wrong).unwrap_err().to_string().contains("\"max\" is not supported; supported: mean"));

    let layers = HeadConfig { hidden_layers: vec![2, 4, 6], ..linear };
    let text = written(&layers);
    assert_eq!(parse(&text).unwrap().hidden_layers, [2, 4, 6]);
    assert_eq!(layers.tensor_specs(768)[0].shape, [2, 3 * 768]);
    for wrong in ["[0,4]", "[4,2]", "[2,2]", "[1,2,3,4]", "7", "[-1]"] {
        let message = parse(&text.replace("[2,4,6]", wrong)).unwrap_err().to_string();
        assert!(message.contains("`hidden_layers`"), "{message}");
    }
}

#[test]
fn unknown_keys_are_kept() {
    let text =
        FLEX.replace("\"layers\"", "\"of_tomorrow\": [1], \"layers\"").replace("\"version\"", "\"x\": {}, \"version\"");
    let head = parse(&text).unwrap();
    assert_eq!(parse(&written(&head)).unwrap(), head);
    assert!(written(&head).contains("of_tomorrow"));
}

#[test]
fn other_heads_and_senseless_values_are_named() {
    for (text, named) in [
        (
            FLEX.replace("\"classification\"", "\"qa\""),
            "\"qa\" is not supported; supported: classification, multilabel_classification, multiple_choice, tagging, question_answering",
        ),
        (FLEX.replace("768", "384"), "`hidden_size` is 384"),
        (FLEX.replace("\"name\": \"md\"", "\"name\": null"), "`name` is missing"),
        (FLEX.replace("\"layers\": 2", "\"layers\": 0"), "`layers` is 0"),
        (FLEX.replace("\"layers\": 2", "\"layers\": 1000000"), "`layers`"),
        (FLEX.replace("\"num_labels\": 2", "\"num_labels\": 1e15"), "`num_labels`"),
        (FLEX.replace("\"1\": 0", "\"1\": 2"), "the id 2; ids go from 0 to 1"),
        (FLEX.replace("\"1\": 0", "\"1\": 1"), "the same id"),
        (FLEX.replace("\"1\": 0", "\"1\": -1"), "the id -1"),
        (FLEX.replace("\"tanh\"", "\"prelu\""), "\"prelu\""),
        (FLEX.replace("\"dropout_prob\": null", "\"dropout_prob\": 2"), "`dropout_prob`"),
        (STATIC.replace("SequenceClassification", "NextSentencePrediction"), "BertForNextSentencePrediction"),
        (STATIC.replace("SequenceClassification", "QuestionAnswering"), "`num_labels` is 3; it must be 2"),
        (STATIC.replace("\"num_labels\": 3", "\"num_labels\": 2"), "ids go from 0 to 1"),
        ("{}".to_owned(), "the head of a null"),
    ] {
        let message = parse(&text).unwrap_err().to_string();
        assert!(message.starts_with("head_config.json: ") && message.contains(named), "{message}");
    }
}

#[test]
fn heads_count_the_layers_between() {
    let labels = vec!["a".to_owned(), "b".to_owned()];
    let head = HeadConfig::classifier("sst", labels.clone());
    assert_eq!(head.stored_name(&BERT, 0, "weight"), "heads.sst.1.weight");
    assert_eq!(head.stored_name(&BERT, 1, "bias"), "heads.sst.4.bias");
    assert_eq!(HeadConfig { activation: None, ..head.clone() }.stored_name(&BERT, 1, "bias"), "heads.sst.3.bias");
    assert!(head.is_of_another("heads.sst2.1.weight") && !head.is_of_another("heads.sst.1.weight"));
    assert_eq!(plain(labels).stored_name(&BERT, 0, "weight"), "classifier.weight");
}
