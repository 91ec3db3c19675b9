//! What a caller gets wrong is an error on every device, before anything is computed.

use graftwork::{AdapterConfig, AdapterFile, Device, HeadConfig};
use graftwork_model::{Adapter, Backbone};
use graftwork_tests::{devices, golden, random};
use graftwork_text::Encoding;
use graftwork_train::evaluate::evaluate;
use graftwork_train::predict::logits;
use graftwork_train::tasks::LabelTargets;
use graftwork_train::{Asked, Error, Optimizer, StepSettings, TextClassification, TrainConfig, Trainer};
use pollster::block_on;

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).into()
}

fn adapter(backbone: &Backbone, labels: Vec<String>) -> AdapterFile {
    let config = AdapterConfig::preset("seq_bn").unwrap();
    let mut file = AdapterFile::new("a", config, Some(HeadConfig::classifier("a", labels)), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    file
}

/// Twelve texts, text `i` of the label `i % labels.len()`.
fn examples(labels: &[String]) -> TextClassification {
    let encoding = |i| Encoding {
        ids: random(i, 6).iter().map(|v| 500 + (v * 400.0) as u32).collect(),
        type_ids: vec![0; 6],
        ..Encoding::default()
    };
    let ids = (0..12).map(|i| Some(i % labels.len()));
    TextClassification::new("training", (0..12).map(encoding).collect(), ids, labels).unwrap()
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 1, batch_size: 4, ..TrainConfig::default() }
}

fn settings() -> StepSettings {
    StepSettings { lr: 0.1, weight_decay: 0.0, max_norm: 1.0, dropout: 0.0, seed: 1, step: 1 }
}

#[test]
fn labels_beyond_the_head() {
    let three = names(["a", "b", "c"]);
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let file = adapter(&backbone, names(["a", "b"]));
        let examples = examples(&three);
        let error = Trainer::new(&backbone, &file, config(), &examples, None).err().unwrap().to_string();
        assert!(error.contains("`c`") && error.contains("a, b"), "{error}");
        // Without names, ids decide.
        let nameless = adapter(&backbone, names(["LABEL_0", "LABEL_1"]));
        assert!(matches!(
            Trainer::new(&backbone, &nameless, config(), &examples, None),
            Err(Error::OtherLabels { .. })
        ));

        let adapter = Adapter::load_trainable(&backbone, &file).unwrap();
        assert!(matches!(
            block_on(evaluate(&backbone, &adapter, &examples, &mut |_| {})),
            Err(Error::OtherLabels { .. })
        ));
        let batch = backbone.batch(&[2, 9, 3], &[0; 3], &[0, 3]).unwrap();
        let before = block_on(adapter.arena().read(&device)).unwrap();
        let step = |labels: &[u32]| {
            let (head, targets) = (adapter.head().unwrap(), LabelTargets::new(&device, labels));
            let asked = [Asked { head, targets: &targets, weight: 1.0 }];
            Optimizer::new(&device, &adapter).step(&backbone, &adapter, (&batch, &asked), settings())
        };
        let step_of_two = step(&[1, 0]);
        let step = step(&[2]);
        assert!(matches!(step, Err(Error::LabelOutOfRange { label: 2, classes: 2 })), "{}: {step:?}", device.name());
        assert_eq!(block_on(adapter.arena().read(&device)).unwrap(), before);
        assert!(matches!(step_of_two, Err(Error::LabelCount { labels: 2, rows: 1 })), "{}", device.name());
    }
}

/// Examples are cut when they are encoded: a setting that says otherwise is no setting without effect.
#[test]
fn examples_longer_than_the_setting() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let labels = names(["a", "b"]);
    let (file, examples) = (adapter(&backbone, labels.clone()), examples(&labels));
    let trainer = |max_length| {
        let config = TrainConfig { max_length: Some(max_length), ..config() };
        Trainer::new(&backbone, &file, config, &examples, None).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(trainer(6), Ok(()));
    assert!(trainer(5).unwrap_err().contains("max_length must be at least 6"));
}

/// The same texts with the same names train the same adapter, in whatever order the data lists the names.
#[test]
fn labels_in_another_order() {
    let device = Device::cpu();
    let backbone = golden::tiny_bert(&device);
    let file = adapter(&backbone, names(["ham", "spam"]));
    let encoding = |i: usize| Encoding { ids: vec![2, 10 + i as u32, 3], type_ids: vec![0; 3], ..Encoding::default() };
    let of = |order: &[String], ids: [usize; 2]| {
        let labels = (0..12).map(|i| Some(ids[i % 2]));
        TextClassification::new("training", (0..12).map(encoding).collect(), labels, order).unwrap()
    };
    let (same, other) = (of(&names(["ham", "spam"]), [0, 1]), of(&names(["spam", "ham"]), [1, 0]));
    let train = |examples: &TextClassification| {
        let mut trainer = Trainer::new(&backbone, &file, config(), examples, Some(examples)).unwrap();
        block_on(trainer.run(&mut |_, _| std::ops::ControlFlow::Continue(()))).unwrap();
        let evaluation = block_on(evaluate(&backbone, trainer.adapter(), examples, &mut |_| {})).unwrap();
        (block_on(trainer.adapter().to_file(&device)).unwrap(), evaluation)
    };
    assert_eq!(train(&same), train(&other));
}

#[test]
fn an_adapter_on_another_backbone() {
    for device in devices() {
        // The same weights, so that nothing but the pairing is wrong; and the CPU, whose tensors no GPU can read.
        let (own, same, cpu) =
            (golden::tiny_bert(&device), golden::tiny_bert(&device), golden::tiny_bert(&Device::cpu()));
        let adapter = Adapter::load_trainable(&own, &adapter(&own, names(["a", "b"]))).unwrap();
        for other in [&same, &cpu] {
            let batch = other.batch(&[2, 9, 3], &[0; 3], &[0, 3]).unwrap();
            let error = block_on(logits(other, &adapter, &batch)).unwrap_err().to_string();
            assert!(error.contains("adapter `a`") && error.contains("attach"), "{error}");
            assert!(block_on(logits(&own, &adapter, &batch)).unwrap_err().to_string().contains("batch"));
            let targets = LabelTargets::new(other.device(), &[1]);
            let asked = [Asked { head: adapter.head().unwrap(), targets: &targets, weight: 1.0 }];
            let step = Optimizer::new(other.device(), &adapter).step(other, &adapter, (&batch, &asked), settings());
            assert!(step.is_err());
        }
        let batch = own.batch(&[2, 9, 3], &[0; 3], &[0, 3]).unwrap();
        block_on(logits(&own, &adapter, &batch)).unwrap();
    }
}
