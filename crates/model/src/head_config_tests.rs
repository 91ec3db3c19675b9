use graftwork_formats::architectures::{BERT, ROBERTA};

use super::*;

fn labels() -> Vec<String> {
    vec!["ham".to_owned(), "spam".to_owned()]
}

fn names(head: &HeadConfig) -> Vec<(String, Vec<usize>)> {
    head.tensor_specs(4).into_iter().map(|spec| (spec.name, spec.shape)).collect()
}

#[test]
fn tensors_follow_the_layers() {
    let flex = HeadConfig::classifier("spam", labels());
    let expected = [
        ("head.0.weight".to_owned(), vec![4, 4]),
        ("head.0.bias".to_owned(), vec![4]),
        ("head.1.weight".to_owned(), vec![2, 4]),
        ("head.1.bias".to_owned(), vec![2]),
    ];
    assert_eq!(names(&flex), expected);
    assert_eq!(names(&HeadConfig { bias: false, ..flex }), expected[..3]);
    let plain = |architecture| HeadConfig::plain(HeadKind::Classification, architecture, labels()).unwrap();
    let classifier = plain(&BERT);
    assert_eq!(names(&classifier), [("head.0.weight".to_owned(), vec![2, 4]), ("head.0.bias".to_owned(), vec![2])]);
    assert_eq!(names(&plain(&ROBERTA)), expected);
}

/// The table of words is none of them.
#[test]
fn tensors_under_the_table_of_words() {
    let head = HeadConfig { num_labels: 9, ..HeadConfig::masked_lm("words") };
    let tied = Tied { width: 3, norm: true, table: None };
    let head = HeadConfig { tied: Some(tied), ..head };
    let expected = [
        ("head.0.weight", vec![3, 4]),
        ("head.0.bias", vec![3]),
        ("head.0.norm.weight", vec![3]),
        ("head.0.norm.bias", vec![3]),
        ("head.1.bias", vec![9]),
    ];
    assert_eq!(names(&head), expected.map(|(name, shape)| (name.to_owned(), shape)));
    assert!(head.label_names().is_empty());
}

#[test]
fn half_and_all_of_the_layers() {
    let mut backbone = BackboneConfig::from_json(
        "f",
        br#"{"model_type":"bert","hidden_size":8,"num_hidden_layers":6,"num_attention_heads":2,"intermediate_size":16,
        "vocab_size":9,"max_position_embeddings":9,"type_vocab_size":2}"#,
    )
    .unwrap();
    for (layers, read) in [(1, &[1][..]), (2, &[1, 2]), (3, &[2, 3]), (6, &[3, 6]), (12, &[6, 12])] {
        backbone.num_hidden_layers = layers;
        let head = HeadConfig::linear_on_layers("x", labels(), &backbone);
        assert_eq!(head.hidden_layers, read);
        assert!(head.check_layers("f", Some(layers)).is_ok() && head.check_layers("f", Some(layers - 1)).is_err());
    }
}

#[test]
fn classes_without_names_get_one() {
    let head = HeadConfig::classifier("spam", labels());
    assert_eq!((head.label(1), head.label(2)), ("spam".to_owned(), "LABEL_2".to_owned()));
    assert_eq!(HeadConfig { labels: None, ..head }.label(0), "LABEL_0");
}
