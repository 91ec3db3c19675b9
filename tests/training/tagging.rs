//! Token classification: seqeval's numbers, training on every device, and resuming.

use std::ops::ControlFlow;

use graftwork::{AdapterConfig, AdapterFile, HeadConfig, HeadKind, MarkedText, MarkedTexts, TaggedDataset};
use graftwork_tests::{devices, golden, random};
use graftwork_text::{Encoding, Origin};
use graftwork_train::checkpoint::RunState;
use graftwork_train::metrics::{Scheme, of_entities};
use graftwork_train::{Ending, Error, Event, Examples, TextClassification, TokenClassification, TrainConfig, Trainer};

#[test]
fn entities_are_seqevals() {
    let cases = golden::json("seqeval.json");
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 120);
    for case in cases {
        let labels: Vec<String> = serde_json::from_value(case["labels"].clone()).unwrap();
        let tags = |key: &str| serde_json::from_value::<Vec<Vec<usize>>>(case[key].clone()).unwrap();
        let found = of_entities(&tags("truth"), &tags("predictions"), &Scheme::new(&labels));
        for (name, value) in &found.values {
            assert_eq!(Some(*value), case[*name].as_f64(), "{name} of {case}");
        }
        let types = case["types"].as_object().unwrap();
        assert_eq!(found.classes.len(), types.len(), "{case}");
        for class in &found.classes {
            let numbers = serde_json::json!([class.precision, class.recall, class.f1, class.support]);
            assert_eq!(numbers, types[&class.label], "{} of {case}", class.label);
        }
    }
}

fn labels() -> Vec<String> {
    ["O", "B-a", "I-a"].map(str::to_owned).into()
}

/// Sentences of two to nine words of one or two tokens; a word's first token says its tag. One word in ten lies beyond
/// the maximal length.
fn sentences(n: usize) -> TokenClassification {
    let sentence = |i: usize| {
        let count = 2 + i * 5 % 8;
        let (mut encoding, mut tags) = (Encoding::default(), Vec::new());
        let mut push = |id: u32, word: Option<u32>| {
            encoding.ids.push(id);
            encoding.type_ids.push(0);
            encoding.origins.push(word.map(|word| Origin { start: 0, end: 1, word, sequence: 0 }));
        };
        push(2, None);
        for (word, draw) in random(i as u64, count).into_iter().enumerate() {
            let tag = ((draw + 1.0) * 1.5) as usize;
            tags.push(tag);
            if (i + word) % 10 != 9 {
                push(100 + 100 * tag as u32 + ((draw + 1.0) * 1000.0) as u32 % 100, Some(word as u32));
                (0..word % 2).for_each(|_| push(700, Some(word as u32)));
            }
        }
        push(3, None);
        (encoding, tags)
    };
    let (encodings, tags): (Vec<_>, Vec<_>) = (0..n).map(sentence).unzip();
    TokenClassification::new("training", encodings, tags, &labels()).unwrap()
}

fn adapter(backbone: &graftwork_model::Backbone, head: HeadConfig) -> AdapterFile {
    let config = AdapterConfig::preset("double_seq_bn").unwrap();
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    file
}

#[test]
fn learns_and_resumes_on_every_device() {
    let (train, dev) = (sentences(64), sentences(23));
    assert!(train.note().unwrap().starts_with("37 of the 352 words of the training data"), "{:?}", train.note());
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let file = adapter(&backbone, HeadConfig::flex(HeadKind::Tagging, "a", labels()));
        let config = TrainConfig { epochs: 8, lr: 1e-2, batch_size: 8, dropout: 0.1, ..TrainConfig::default() };
        let start = || Trainer::new(&backbone, &file, config.clone(), &train, Some(&dev)).unwrap();
        let finish = |trainer: &mut Trainer<'_>, stop_at: usize| {
            let ending = pollster::block_on(trainer.run(&mut |trainer, _| match trainer.progress().step >= stop_at {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }));
            (ending.unwrap(), pollster::block_on(trainer.adapter().to_file(&device)).unwrap())
        };
        let mut whole = start();
        let (_, trained) = finish(&mut whole, usize::MAX);
        let best = whole.best().unwrap();
        assert!(best.score > 0.6, "{}: F1 {}", device.name(), best.score);

        let mut first = start();
        assert_eq!(finish(&mut first, 20).0, Ending::Stopped);
        let state = pollster::block_on(first.state("run")).unwrap();
        let mut second = start();
        let bytes = state.to_bytes().unwrap();
        second.resume(RunState::from_bytes("c", &bytes, state.arena[0].len()).unwrap()).unwrap();
        assert_eq!(finish(&mut second, usize::MAX).1, trained, "{}: resuming changes the result", device.name());
    }
}

/// Where tags mark no entities, accuracy of words chooses.
#[test]
fn parts_of_speech_are_measured_by_accuracy() {
    let backbone = golden::tiny_bert(&graftwork::Device::cpu());
    let encoding = Encoding {
        ids: vec![2, 10, 11, 3],
        type_ids: vec![0; 4],
        origins: [None, Some(0), Some(1), None]
            .map(|word| word.map(|word| Origin { start: 0, end: 1, word, sequence: 0 }))
            .into(),
        ..Encoding::default()
    };
    let names: Vec<String> = ["NOUN", "VERB"].map(str::to_owned).into();
    let data = TokenClassification::new("training", vec![encoding.clone()], [vec![0, 1]], &names).unwrap();
    let file = adapter(&backbone, HeadConfig::flex(HeadKind::Tagging, "a", names.clone()));
    let mut trainer =
        Trainer::new(&backbone, &file, TrainConfig { epochs: 1, ..TrainConfig::default() }, &data, Some(&data))
            .unwrap();
    let mut measured = Vec::new();
    pollster::block_on(trainer.run(&mut |_, event| {
        if let Event::Evaluated { evaluation, .. } = event {
            measured.push((
                evaluation.metrics.values[0].0,
                evaluation.metrics.counted,
                evaluation.metrics.classes.len(),
            ));
        }
        ControlFlow::Continue(())
    }))
    .unwrap();
    assert_eq!(measured, [("accuracy", "words", 2)]);

    // A head of another task, and a word without its tag.
    let other = adapter(&backbone, HeadConfig::classifier("a", names.clone()));
    let refused = Trainer::new(&backbone, &other, TrainConfig::default(), &data, None).err().unwrap();
    assert!(matches!(refused, Error::OtherTask { head: "text-classification", wanted: "token-classification" }));
    let texts = TextClassification::new("training", vec![encoding.clone()], [Some(0)], &names).unwrap();
    assert!(matches!(
        Trainer::new(&backbone, &file, TrainConfig::default(), &texts, None),
        Err(Error::OtherTask { .. })
    ));
    let missing = TokenClassification::new("training", vec![encoding], [vec![0]], &names).unwrap_err();
    assert!(matches!(missing, Error::NoLabel { index: 0, .. }), "{missing}");
}

/// Marks in a text are tags of its words: the first word begins an entity, and what cannot be is refused.
#[test]
fn marked_texts_are_tagged_words() {
    let device = graftwork::Device::cpu();
    let loading = graftwork::Backbone::load(golden::path("tiny-bert"), &device);
    let backbone = pollster::block_on(loading.into_future()).unwrap();
    let tags: Vec<String> = ["O", "B-who", "I-who", "B-where", "I-where"].map(str::to_owned).into();
    let text = "Zo\u{eb} Li was in the house.";
    let at = |word: &str| text.find(word).unwrap()..text.find(word).unwrap() + word.len();
    let marked = |entities: &[(std::ops::Range<usize>, &str)], text: &str| {
        let entities = entities.iter().map(|(span, kind)| (span.clone(), (*kind).to_owned())).collect();
        MarkedTexts::new(vec![MarkedText { text: text.to_owned(), entities }], &tags)
    };
    let words = ["Zo\u{eb}", "Li", "was", "in", "the", "house", "."];
    let tagged = TaggedDataset::new([(words, ["B-who", "I-who", "O", "O", "B-where", "I-where", "O"])]).unwrap();
    let marks = marked(&[(at("Zo\u{eb} Li"), "who"), (at("the house"), "where")], text);
    let weights = |data: &dyn graftwork::Labelled| {
        let examples = backbone.examples("training", data, 32).unwrap();
        let new = graftwork::NewAdapter::new(&graftwork::token_classification::INFO, tags.clone());
        let config = TrainConfig { epochs: 2, ..TrainConfig::default() };
        let file = backbone.new_adapter(new).unwrap();
        let mut trainer = backbone.trainer(&file, config, &examples, None).unwrap();
        pollster::block_on(async {
            trainer.run().await.unwrap();
            trainer.to_file().await.unwrap().tensors
        })
    };
    assert_eq!(weights(&marks), weights(&tagged));

    // What is cut off has its tags, and is not learned.
    let short = backbone.examples("training", &marks, 6).unwrap();
    assert!(short.note().unwrap().contains("have no token within the maximal length"), "{:?}", short.note());
    for (entities, problem) in [
        (vec![(at("Zo"), "who")], "begins or ends within a word"),
        (vec![(3..5, "who")], "begins or ends within a word"),
        (vec![(at("Li"), "who"), (at("Zo\u{eb} Li"), "who")], "has a word in common with another"),
        (vec![(4..5, "who")], "has no word in it"),
        (vec![(900..901, "who")], "has no word in it"),
        (vec![(at("Li"), "what")], "has the label `B-what`"),
    ] {
        let message = backbone.examples("training", &marked(&entities, text), 32).unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
    }
    assert!(backbone.examples("training", &marked(&[], ""), 32).is_err(), "there is no word to learn");
}
