//! Several labels a text, and numbers: scikit-learn's and scipy's metrics, thresholds, and what is refused.

use graftwork::{AdapterConfig, AdapterFile, HeadConfig, HeadKind, Thresholds};
use graftwork_model::Backbone;
use graftwork_tests::{devices, golden};
use graftwork_text::Encoding;
use graftwork_train::evaluate::{choose_thresholds, evaluate};
use graftwork_train::metrics::{of_label_sets, of_scores};
use graftwork_train::{Error, Examples, MultiLabelClassification, Regression, TrainConfig, Trainer};

#[test]
fn sets_of_labels_are_measured_as_scikit_learn_does() {
    let cases = golden::json("text-metrics.json");
    let cases = cases["label_sets"].as_array().unwrap();
    assert_eq!(cases.len(), 30);
    for case in cases {
        let sets = |key: &str| -> Vec<Vec<usize>> {
            let set = |row: Vec<usize>| (0..row.len()).filter(|label| row[*label] == 1).collect();
            let rows: Vec<Vec<usize>> = serde_json::from_value(case[key].clone()).unwrap();
            rows.into_iter().map(set).collect()
        };
        let expected: Vec<[f64; 4]> = serde_json::from_value(case["labels"].clone()).unwrap();
        let names: Vec<String> = (0..expected.len()).map(|label| label.to_string()).collect();
        let found = of_label_sets(&sets("truth"), &sets("predictions"), &names);
        let known: Vec<&str> = found.values.iter().map(|(name, _)| *name).collect();
        assert_eq!(known, ["f1_micro", "f1_macro", "subset_accuracy"]);
        for (name, value) in &found.values {
            assert!((value - case[*name].as_f64().unwrap()).abs() < 1e-12, "{name} {value} of {case}");
        }
        for (class, expected) in found.classes.iter().zip(&expected) {
            let own = [class.precision, class.recall, class.f1, class.support as f64];
            assert!(own.iter().zip(expected).all(|(own, wanted)| (own - wanted).abs() < 1e-12), "{own:?} of {case}");
        }
    }
}

#[test]
fn numbers_are_measured_as_scipy_does() {
    let cases = golden::json("text-metrics.json");
    let cases = cases["scores"].as_array().unwrap();
    assert!(cases.len() > 20);
    for case in cases {
        let numbers = |key: &str| -> Vec<f32> { serde_json::from_value(case[key].clone()).unwrap() };
        let found = of_scores(&numbers("truth"), &numbers("predictions"));
        assert_eq!(found.values.len(), 4);
        for (name, value) in &found.values {
            assert!((value - case[*name].as_f64().unwrap()).abs() < 1e-9, "{name} {value} of {case}");
        }
    }
    // What scipy calls undefined must not be taken for the best, nor stop a comparison.
    for found in [of_scores(&[1.0, 2.0], &[3.0, 3.0]), of_scores(&[1.0], &[1.0]), of_scores(&[], &[])] {
        assert_eq!((found.score(), found.get("spearmanr")), (0.0, Some(0.0)));
    }
}

/// Texts of ids, in which the ids 50, 51 and 52 each stand for something.
fn texts(n: usize) -> (Vec<Vec<Encoding>>, Vec<Vec<usize>>, Vec<f32>) {
    let (mut texts, mut labels, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n {
        let own: Vec<usize> = (0..3).filter(|label| (i * 5 + label * 3) % 7 < 3 - label).collect();
        let mut ids = vec![2];
        ids.extend((0..3 + i % 4).map(|at| 100 + ((i * 37 + at * 11) % 800) as u32));
        ids.extend(own.iter().flat_map(|label| [50 + *label as u32; 2]));
        ids.push(3);
        texts.push(vec![Encoding { type_ids: vec![0; ids.len()], ids, ..Encoding::default() }]);
        scores.push(own.iter().map(|label| *label as f32 + 0.5).sum());
        labels.push(own);
    }
    (texts, labels, scores)
}

fn names() -> Vec<String> {
    ["a", "b", "c"].map(str::to_owned).into()
}

fn several(what: &'static str, n: usize) -> MultiLabelClassification {
    let (texts, labels, _) = texts(n);
    MultiLabelClassification::new(what, texts, labels, &names()).unwrap()
}

fn adapter(backbone: &Backbone, kind: HeadKind, labels: Vec<String>) -> AdapterFile {
    let config = AdapterConfig::preset("double_seq_bn").unwrap();
    let head = HeadConfig::flex(kind, "a", labels);
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    file
}

fn trained(backbone: &Backbone, file: &AdapterFile, examples: &dyn Examples) -> (AdapterFile, f64) {
    let config = TrainConfig { epochs: 10, lr: 1e-2, batch_size: 8, ..TrainConfig::default() };
    let mut trainer = Trainer::new(backbone, file, config, examples, Some(examples)).unwrap();
    pollster::block_on(trainer.run(&mut |_, _| std::ops::ControlFlow::Continue(()))).unwrap();
    let score = trainer.best().unwrap().score;
    (pollster::block_on(trainer.adapter().to_file(backbone.device())).unwrap(), score)
}

#[test]
fn learns_several_labels_and_where_to_draw_the_line() {
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let train = several("training", 64);
        let (mut file, score) = trained(&backbone, &adapter(&backbone, HeadKind::MultiLabel, names()), &train);
        assert!(score > 0.85, "{}: F1 {score}", device.name());

        // Chosen on these very examples, thresholds cannot make it worse.
        let other = several("dev", 41);
        let start = file.clone();
        for choice in [Thresholds::One, Thresholds::PerLabel] {
            let attach = |file: &AdapterFile| graftwork_model::Adapter::load(&backbone, file).unwrap();
            let measure = |file: &AdapterFile| {
                pollster::block_on(evaluate(&backbone, &attach(file), &other, &mut |_| {})).unwrap()
            };
            let (chosen, worth) =
                pollster::block_on(choose_thresholds(&backbone, &attach(&start), &other, choice, &mut |_| {})).unwrap();
            assert_eq!(chosen.len(), if choice == Thresholds::One { 1 } else { 3 });
            file.metadata.thresholds = chosen;
            let (before, after) = (measure(&start), measure(&file));
            assert_eq!((before.loss, &before.answers), (after.loss, &after.answers));
            assert_eq!(worth, after.metrics);
            let metric = if choice == Thresholds::One { "f1_micro" } else { "f1_macro" };
            assert!(after.metrics.get(metric) >= before.metrics.get(metric), "{choice:?}");
        }
    }
}

#[test]
fn learns_numbers() {
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let (texts, _, scores) = texts(64);
        let train = Regression::new("training", texts, scores).unwrap();
        let file = adapter(&backbone, HeadKind::Regression, vec!["score".to_owned()]);
        let (_, score) = trained(&backbone, &file, &train);
        assert!(score > 0.65, "{}: correlation {score}", device.name());
    }
}

#[test]
fn what_does_not_belong_together() {
    let backbone = golden::tiny_bert(&graftwork::Device::cpu());
    let (texts, labels, scores) = texts(3);
    let refused = |file: &AdapterFile, examples: &dyn Examples| {
        Trainer::new(&backbone, file, TrainConfig::default(), examples, None).err().unwrap()
    };
    let many = adapter(&backbone, HeadKind::MultiLabel, names());
    let numbers = Regression::new("training", texts.clone(), scores.clone()).unwrap();
    let error = refused(&many, &numbers);
    assert!(matches!(error, Error::OtherTask { head: "multi-label-classification", wanted: "regression" }), "{error}");
    let other = adapter(&backbone, HeadKind::MultiLabel, vec!["a".to_owned(), "b".to_owned()]);
    let error = refused(&other, &several("training", 3));
    assert!(matches!(&error, Error::OtherLabels { label, .. } if label == "c"), "{error}");

    let missing = Regression::new("training", texts.clone(), scores[..2].to_vec()).unwrap_err();
    assert!(matches!(missing, Error::NoLabel { index: 2, .. }), "{missing}");
    let none = Regression::new("dev", Vec::new(), Vec::new()).unwrap_err();
    assert!(matches!(none, Error::NoExamples { what: "dev" }), "{none}");
    let unknown = MultiLabelClassification::new("training", texts, labels, &names()[..1]).unwrap_err();
    assert!(matches!(unknown, Error::NoLabel { .. }), "{unknown}");

    let mut file = adapter(&backbone, HeadKind::MultiLabel, names());
    file.metadata.thresholds = vec![0.5, 0.2];
    let message = file.validate("a").unwrap_err().to_string();
    assert!(message.contains("`thresholds` has 2 numbers") && message.contains("all 3 labels"), "{message}");
    let chosen = pollster::block_on(choose_thresholds(
        &backbone,
        &graftwork_model::Adapter::load(&backbone, &adapter(&backbone, HeadKind::Regression, vec!["score".into()]))
            .unwrap(),
        &numbers,
        Thresholds::One,
        &mut |_| {},
    ));
    assert!(chosen.unwrap().0.is_empty(), "nothing is decided by a threshold");
}
