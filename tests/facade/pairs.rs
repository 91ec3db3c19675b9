//! Texts that belong together, texts with several labels, and texts with a number.

use graftwork::{
    AdapterConfig, AdapterFile, Backbone, Dataset, Device, Error, LongTexts, MultiLabelDataset, NewAdapter,
};
use graftwork::{LabelSet, ScoredDataset, Text, TextError, Thresholds, TrainConfig, Warning, block_on};
use graftwork_tests::{devices, max_difference};

use crate::{attached, texts, tiny_bert};

const WORDS: [&str; 8] = ["the", "of", "and", "in", "to", "was", "he", "is"];

/// Pairs of which the second text repeats the first or not.
fn pairs(count: usize) -> Vec<((String, String), &'static str)> {
    let pair = |i: usize| {
        let (a, b) = (WORDS[i % 8], WORDS[(i * 3 + 1) % 8]);
        let same = i.is_multiple_of(2);
        ((a.to_owned(), if same { a } else { b }.to_owned()), if same || a == b { "same" } else { "other" })
    };
    (0..count).map(pair).collect()
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 10, lr: 1e-2, batch_size: 8, ..TrainConfig::default() }
}

fn trained(backbone: &Backbone, new: NewAdapter, train: &graftwork::Examples) -> (AdapterFile, f64) {
    let file = backbone.new_adapter(new.seed(7)).unwrap();
    let mut trainer = backbone.trainer(&file, config(), train, train).unwrap();
    block_on(trainer.run()).unwrap();
    (block_on(trainer.to_file()).unwrap(), trainer.best().unwrap().score)
}

/// A pair is read as two sequences of one text, whatever it is given as; what the tokenizer makes of it is checked elsewhere.
#[test]
fn a_pair_is_a_pair_however_it_is_given() {
    let backbone = tiny_bert(&Device::cpu());
    let adapter = attached(&backbone, "text-cases/classification-pairs");
    let strings = [("the of".to_owned(), "and in to".to_owned()), ("he".to_owned(), String::new())];
    let found = block_on(adapter.classify(&strings)).unwrap();
    let slices = [("the of", "and in to"), ("he", "")];
    assert_eq!(block_on(adapter.classify(&slices)).unwrap(), found);
    let owned: Vec<Text> = slices.into_iter().map(Text::from).collect();
    assert_eq!(block_on(adapter.classify(&owned)).unwrap(), found);
    let joined = block_on(adapter.classify(&["the of and in to", "he"])).unwrap();
    assert_ne!(joined[0].logits, found[0].logits);
    let swapped = block_on(adapter.classify(&[("and in to", "the of")])).unwrap();
    assert_ne!(swapped[0].logits, found[0].logits);

    let encoded = backbone.encode_long(&slices, None).unwrap();
    assert_eq!(encoded[0][0].type_ids, [0, 0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(encoded[0][0], backbone.tokenizer().encode_pair("the of", "and in to", 128).unwrap());
}

#[test]
fn long_pairs_are_cut_longest_first_and_nothing_else() {
    let backbone = tiny_bert(&Device::cpu());
    let adapter = attached(&backbone, "text-cases/classification-pairs");
    let long = [("the of and in to was he is the of", "and in")];
    let found = block_on(adapter.classify(&long).max_length(9)).unwrap();
    assert_eq!(found[0].warnings, [Warning::Truncated { tokens: 15, read: 9 }]);
    let cut = block_on(adapter.classify(&[("the of and in", "and in")])).unwrap();
    assert_eq!(found[0].logits, cut[0].logits);
    for choice in [LongTexts::Ends, LongTexts::Windows] {
        let error = block_on(adapter.classify(&long).long_texts(choice)).unwrap_err();
        assert!(matches!(error, Error::Text(TextError::LongPair)), "{error}");
        let limit = graftwork::TextLimit { max_length: None, long_texts: choice };
        let error = backbone.examples("training", &Dataset::new(pairs(4)).unwrap(), limit).unwrap_err();
        assert!(error.to_string().contains("only first tokens can be read"), "{error}");
    }
}

#[test]
fn learns_from_pairs() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        let train = backbone.examples("training", &Dataset::new(pairs(48)).unwrap(), None).unwrap();
        assert!(train.has_pairs());
        let (file, score) = trained(&backbone, NewAdapter::from(&train), &train);
        assert!(score > 0.9, "{}: {score}", device.name());
        let adapter = backbone.attach(&file).unwrap();
        let (asked, truth): (Vec<_>, Vec<_>) = pairs(48).into_iter().unzip();
        let found = block_on(adapter.classify(&asked)).unwrap();
        let right = found.iter().zip(&truth).filter(|(found, truth)| found.label == **truth).count();
        assert_eq!(right as f64 / 48.0, score, "{}", device.name());
    }
}

/// The recipe for few examples knows nothing of pairs, and need not.
#[test]
fn few_pairs() {
    let backbone = tiny_bert(&Device::cpu());
    let train = backbone.examples("training", &Dataset::new(pairs(24)).unwrap(), None).unwrap();
    let file = backbone.new_adapter(NewAdapter::from(&train).recipe(graftwork::Recipe::FewShot)).unwrap();
    let config = TrainConfig { max_steps: Some(6), ..graftwork::Recipe::FewShot.settings(&train) };
    let mut trainer = backbone.few_shot(&file, config, &train).unwrap();
    block_on(trainer.run()).unwrap();
    let (asked, _): (Vec<_>, Vec<_>) = pairs(24).into_iter().unzip();
    let found = block_on(trainer.adapter().classify(&asked)).unwrap();
    assert_eq!(found.len(), 24);
    assert_eq!(trainer.comparison().unwrap().head.of, 24);
}

#[test]
fn several_labels() {
    let labels = |words: &[&'static str]| -> Vec<&'static str> {
        [("he", "person"), ("in", "place"), ("was", "past")]
            .into_iter()
            .filter_map(|(word, label)| words.contains(&word).then_some(label))
            .collect()
    };
    let row = |i: usize| {
        let words: Vec<&str> = (0..2 + i % 4).map(|at| WORDS[(i * 5 + at * 3) % 8]).collect();
        (words.join(" "), labels(&words))
    };
    let rows: Vec<_> = (0..64).map(row).collect();
    let data = MultiLabelDataset::new(rows.clone()).unwrap();
    assert_eq!(data.labels, ["past", "person", "place"]);
    let backbone = tiny_bert(&Device::cpu());
    let train = backbone.examples("training", &data, None).unwrap();
    let (mut file, score) = trained(&backbone, NewAdapter::from(&train), &train);
    assert!(score > 0.95, "{score}");

    let adapter = backbone.attach(&file).unwrap();
    let (ask, truth): (Vec<String>, Vec<_>) = rows.into_iter().unzip();
    let found = block_on(adapter.classify_multi_label(&ask)).unwrap();
    let sorted = |found: &LabelSet| {
        let mut labels = found.labels.clone();
        labels.sort_unstable();
        labels
    };
    let is_right = |(found, truth): &(&LabelSet, &Vec<&str>)| {
        let mut truth = (*truth).clone();
        truth.sort_unstable();
        sorted(found) == truth
    };
    let exact = found.iter().zip(&truth).filter(is_right).count() as f64 / 64.0;
    assert_eq!(block_on(adapter.evaluate(&train)).unwrap().metrics.get("subset_accuracy"), Some(exact));
    let scores = |label: &String| found[0].scores.iter().find(|(name, _)| name == label).unwrap().1;
    assert!(found[0].labels.is_sorted_by(|a, b| scores(a) >= scores(b)));
    for (logit, (_, score)) in found[0].logits.iter().zip(&found[0].scores) {
        assert!((f64::from(*score) - 1.0 / (1.0 + f64::from(-logit).exp())).abs() < 1e-6);
    }
    let strict = block_on(adapter.classify_multi_label(&ask).threshold(1.0)).unwrap();
    assert!(strict[0].labels.is_empty() && strict[0].scores == found[0].scores);
    assert!(block_on(adapter.classify_multi_label(&ask).threshold(1.5)).is_err());

    // What was chosen is kept, and used where nobody says otherwise.
    file.metadata.thresholds = block_on(adapter.choose_thresholds(&train, Thresholds::PerLabel)).unwrap().0;
    let dir = tempfile::tempdir().unwrap();
    file.save(dir.path().join("a")).unwrap();
    let again = AdapterFile::load(dir.path().join("a")).unwrap();
    assert_eq!((again.metadata.thresholds.len(), &again.metadata.thresholds), (3, &file.metadata.thresholds));
    let before = block_on(adapter.evaluate(&train)).unwrap().metrics;
    let after = block_on(backbone.attach(&again).unwrap().evaluate(&train)).unwrap().metrics;
    assert!(after.get("f1_macro") >= before.get("f1_macro"));
    file.metadata.thresholds = vec![0.0];
    let every = block_on(backbone.attach(&file).unwrap().classify_multi_label(&ask)).unwrap();
    assert_eq!(every[1].labels.len(), 3);
}

#[test]
fn numbers_of_pairs() {
    let rows: Vec<_> = (0..48usize).map(|i| ((WORDS[i % 8], WORDS[(i / 8) % 8]), (i % 8) as f32 / 2.0)).collect();
    let backbone = tiny_bert(&Device::cpu());
    let train = backbone.examples("training", &ScoredDataset::new(rows.clone()).unwrap(), None).unwrap();
    let lora = AdapterConfig::preset("lora").unwrap();
    let (file, score) = trained(&backbone, NewAdapter::from(&train).method(lora), &train);
    assert!(score > 0.9, "{score}");
    let adapter = backbone.attach(&file).unwrap();
    let (asked, truth): (Vec<_>, Vec<f32>) = rows.into_iter().unzip();
    let found = block_on(adapter.score(&asked)).unwrap();
    let mae = found.iter().zip(&truth).map(|(found, truth)| f64::from((found.score - truth).abs())).sum::<f64>() / 48.0;
    let measured = block_on(adapter.evaluate(&train)).unwrap().metrics.get("mae").unwrap();
    assert!((mae - measured).abs() < 1e-6, "{mae} {measured}");

    // Each method is for its own kind of head.
    let refused = |message: String| assert!(message.contains("the adapter's head is for regression"), "{message}");
    refused(block_on(adapter.classify(&asked)).unwrap_err().to_string());
    refused(block_on(adapter.classify_multi_label(&asked)).unwrap_err().to_string());
    let other = attached(&backbone, "text-cases/multi-label");
    assert!(block_on(other.score(&asked)).is_err());
}

#[test]
fn similarity_is_the_cosine_of_vectors() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        let (a, b) = (texts(1, 7), texts(2, 7));
        let pairs: Vec<(&str, &str)> = a.iter().map(String::as_str).zip(b.iter().map(String::as_str)).collect();
        let adapter = attached(&backbone, "tiny-cases/seq_bn-flex");
        let vectors = |texts: &[String], with: bool| {
            if with { block_on(adapter.embed(texts)).unwrap() } else { block_on(backbone.embed(texts)).unwrap() }
        };
        for with in [false, true] {
            let cosine = |(a, b): (&Vec<f32>, &Vec<f32>)| {
                let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
            };
            let expected: Vec<f32> = vectors(&a, with).iter().zip(&vectors(&b, with)).map(cosine).collect();
            let call = if with { adapter.similarity(&pairs) } else { backbone.similarity(&pairs) };
            assert!(max_difference(&block_on(call).unwrap(), &expected) < 1e-5, "{}", device.name());
        }
        let same = block_on(backbone.similarity(&[("he was", "he was")])).unwrap();
        assert!((same[0] - 1.0).abs() < 1e-6);
    }
}
