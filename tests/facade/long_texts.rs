//! Texts longer than the limit: what is read of them, what is said of them, and what can be learned from them.

use graftwork::{
    AdapterFile, Backbone, Classification, Dataset, Device, Ending, LongTexts, NewAdapter, Pooling, TaggedDataset,
    TextLimit, TrainConfig, Turn, Warning, block_on,
};
use graftwork_tests::{devices, golden, max_difference};

use crate::{attached, texts, tiny_bert};

fn limit(max_length: usize, long_texts: LongTexts) -> TextLimit {
    TextLimit { max_length: Some(max_length), long_texts }
}

/// The windows of 12 tokens that are made of a text, as token ids.
fn windows(backbone: &Backbone, text: &str) -> Vec<Vec<u32>> {
    let windows = backbone.encode_long(&[text], limit(12, LongTexts::Windows)).unwrap();
    windows[0].iter().map(|window| window.ids.clone()).collect()
}

#[test]
fn short_texts_are_read_whole_whatever_the_choice() {
    let backbone = tiny_bert(&Device::cpu());
    let adapter = attached(&backbone, "tiny-cases/seq_bn-flex");
    let texts = texts(3, 40);
    let plain = block_on(adapter.classify(&texts)).unwrap();
    assert!(plain.iter().all(|answer| answer.warnings.is_empty()));
    for choice in LongTexts::ALL {
        assert_eq!(block_on(adapter.classify(&texts).long_texts(choice)).unwrap(), plain, "{choice:?}");
        assert_eq!(
            block_on(adapter.embed(&texts).long_texts(choice)).unwrap(),
            block_on(adapter.embed(&texts)).unwrap()
        );
    }
}

/// The mean of the windows' vectors, each computed alone and averaged here.
#[test]
fn windows_are_averaged() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        let adapter = attached(&backbone, "tiny-cases/seq_bn-flex");
        let texts: Vec<String> = texts(4, 12).iter().map(|text| format!("{text} {text} he was in")).collect();
        for pooling in [Pooling::Mean, Pooling::Cls] {
            let call = || adapter.embed(&texts).pooling(pooling).max_length(12);
            let found = block_on(call().long_texts(LongTexts::Windows)).unwrap();
            for (text, found) in texts.iter().zip(&found) {
                // A window is the text of its tokens, whose pieces this tokenizer joins again.
                let alone: Vec<String> = windows(&backbone, text).iter().map(|ids| spell(&backbone, ids)).collect();
                let alone = block_on(adapter.embed(&alone).pooling(pooling)).unwrap();
                let mean = |d: usize| alone.iter().map(|vector| f64::from(vector[d])).sum::<f64>() / alone.len() as f64;
                let mean: Vec<f32> = (0..found.len()).map(|d| mean(d) as f32).collect();
                assert!(max_difference(found, &mean) < 1e-5, "{}: {text}", device.name());
            }
            assert!(max_difference(&found.concat(), &block_on(call()).unwrap().concat()) > 1e-2);
        }
    }
}

/// The words between the special tokens: every word of these texts is one token.
fn spell(backbone: &Backbone, ids: &[u32]) -> String {
    let words = ids[1..ids.len() - 1].iter().map(|id| backbone.tokenizer().id_to_token(*id).unwrap());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn answers_say_what_was_not_read() {
    let backbone = tiny_bert(&Device::cpu());
    let adapter = attached(&backbone, "tiny-cases/seq_bn-flex");
    let long = ["he was in the of and"; 50].join(" ");
    let texts = ["he was", &long];
    let warnings = |choice| {
        let answers = block_on(adapter.classify(&texts).max_length(12).long_texts(choice)).unwrap();
        assert_eq!(answers[0].warnings, []);
        answers[1].warnings.clone()
    };
    // 300 words, [CLS] and [SEP].
    assert_eq!(warnings(LongTexts::First), [Warning::Truncated { tokens: 302, read: 12 }]);
    assert_eq!(warnings(LongTexts::Ends), [Warning::Truncated { tokens: 302, read: 12 }]);
    assert_eq!(warnings(LongTexts::Windows), [Warning::Truncated { tokens: 302, read: 16 * 10 + 2 }]);
    assert_eq!(windows(&backbone, &long).len(), 16);
    let json = warnings(LongTexts::First)[0].to_json().to_string();
    assert_eq!(json, r#"{"type":"truncated","tokens":302,"read":12}"#);

    let tagger = attached(&backbone, "tiny-tagging/defaults");
    let tags = &block_on(tagger.tag(&[&long]).max_length(12)).unwrap()[0];
    assert_eq!((tags.words.len(), tags.left_out), (10, 290));
    assert_eq!(tags.warnings, [Warning::Truncated { tokens: 302, read: 12 }]);
    for refused in [
        block_on(tagger.tag(&["he"]).long_texts(LongTexts::Windows)).unwrap_err(),
        block_on(tagger.tag_words(&[["he"]]).long_texts(LongTexts::Ends)).unwrap_err(),
        backbone.examples("training", &tagged(), limit(12, LongTexts::Windows)).unwrap_err(),
    ] {
        assert!(refused.to_string().starts_with("long_texts must be `first` for token-classification"), "{refused}");
    }
    let refused = block_on(adapter.embed_tokens(&["he"]).long_texts(LongTexts::Windows)).unwrap_err().to_string();
    assert!(refused.contains("where each token has its vector"), "{refused}");
}

fn tagged() -> TaggedDataset {
    TaggedDataset::new([(vec!["he", "was"], vec!["PRON", "VERB"])]).unwrap()
}

#[test]
fn data_says_what_is_not_read() {
    let backbone = tiny_bert(&Device::cpu());
    let rows = [(["he"; 30].join(" "), "a"), ("was".to_owned(), "b"), (["in"; 11].join(" "), "a")];
    let data = Dataset::new(rows.iter().map(|(text, label)| (text.as_str(), *label))).unwrap();
    let survey = |max_length, long_texts| {
        let examples = backbone.examples("training", &data, limit(max_length, long_texts)).unwrap();
        assert_eq!(examples.limit(), limit(max_length, long_texts));
        let survey = examples.survey();
        assert_eq!((survey.texts, survey.longest, survey.uncovered), (3, 32, 0));
        (survey.longer, survey.truncated)
    };
    assert_eq!(survey(32, LongTexts::First), (0, 0));
    assert_eq!(survey(31, LongTexts::First), (1, 1));
    assert_eq!(survey(12, LongTexts::Ends), (2, 2));
    assert_eq!(survey(12, LongTexts::Windows), (2, 0));
    assert_eq!(survey(3, LongTexts::Windows), (2, 1));
}

/// Texts of which only the last words tell the label.
fn told_at_the_end(count: usize) -> Dataset {
    let text = |i: usize| {
        let (word, label) = if i.is_multiple_of(2) { ("he", "person") } else { ("in", "place") };
        (format!("{}{}", "of the and to ".repeat(3 + i / 2 % 5), [word; 8].join(" ")), label)
    };
    Dataset::new((0..count).map(text)).unwrap()
}

/// First tokens cannot tell them apart; the end can, and so can windows. Files keep the choice, and answers follow it.
#[test]
fn what_stands_at_the_end_is_learned_where_it_is_read() {
    let data = told_at_the_end(40);
    for device in devices() {
        let backbone = tiny_bert(&device);
        for choice in LongTexts::ALL {
            let train = backbone.examples("training", &data, limit(12, choice)).unwrap();
            let config = TrainConfig { epochs: 8, lr: 1e-2, batch_size: 8, ..TrainConfig::default() };
            let file = backbone.new_adapter(NewAdapter::from(&train).seed(7)).unwrap();
            let mut trainer = backbone.trainer(&file, config, &train, None).unwrap();
            assert_eq!(block_on(trainer.run()).unwrap(), Ending::Finished);
            let accuracy = block_on(trainer.adapter().evaluate(&train)).unwrap().metrics.score();
            let what = format!("{}: {choice:?}: {accuracy}", device.name());
            if choice == LongTexts::First {
                assert_eq!(accuracy, 0.5, "{what}");
            } else {
                assert!(accuracy > 0.95, "{what}");
            }

            let dir = tempfile::tempdir().unwrap();
            block_on(trainer.to_file()).unwrap().save(dir.path().join("a")).unwrap();
            let read = AdapterFile::load(dir.path().join("a")).unwrap();
            let recorded = Some(choice.name()).filter(|name| *name != "first");
            assert_eq!(read.metadata.long_texts.as_deref(), recorded);
            assert_eq!(read.metadata.training.get("long_texts").and_then(|name| name.as_str()), recorded);
            let adapter = backbone.attach(&read).unwrap();
            assert_eq!(adapter.long_texts().unwrap(), choice);
            let texts: Vec<&str> = data.examples.iter().map(|example| example.text.first.as_str()).collect();
            let answers = block_on(adapter.classify(&texts)).unwrap();
            let right = |answers: &[Classification]| {
                let truth = data.examples.iter().map(|example| &data.labels[example.label.unwrap()]);
                answers.iter().zip(truth).filter(|(answer, truth)| answer.label == **truth).count() as f64 / 40.0
            };
            assert_eq!(right(&answers), accuracy, "{what}");
            let overridden = block_on(adapter.classify(&texts).long_texts(LongTexts::First)).unwrap();
            assert_eq!(right(&overridden), 0.5, "{what}");
        }
    }
}

/// A run over windows ends with the same bytes however it is cut.
#[test]
fn windows_resume() {
    let backbone = tiny_bert(&Device::cpu());
    let data = told_at_the_end(24);
    let train = backbone.examples("training", &data, limit(12, LongTexts::Windows)).unwrap();
    let file = backbone.new_adapter(&train).unwrap();
    let config = || TrainConfig { epochs: 2, batch_tokens: Some(200), dropout: 0.1, ..TrainConfig::default() };
    let start = || backbone.trainer(&file, config(), &train, &train).unwrap();
    let mut whole = start();
    block_on(whole.run()).unwrap();
    let mut first = start();
    assert!(matches!(block_on(first.turn(3)).unwrap(), Turn::Steps(steps) if steps.len() == 3));
    let mut second = start();
    second.resume(block_on(first.state("run")).unwrap(), "run").unwrap();
    block_on(second.run()).unwrap();
    assert_eq!(block_on(second.to_file()).unwrap(), block_on(whole.to_file()).unwrap());
}

/// Of an adapter from a later version, whose choice is not known here.
#[test]
fn an_unknown_choice_must_be_replaced() {
    let backbone = tiny_bert(&Device::cpu());
    let mut file = AdapterFile::load(golden::path("tiny-cases/seq_bn-flex")).unwrap();
    file.metadata.long_texts = Some("summary".to_owned());
    let adapter = backbone.attach(&file).unwrap();
    let refused = block_on(adapter.classify(&["he"])).unwrap_err().to_string();
    assert!(refused.contains("`summary`"), "{refused}");
    assert!(block_on(adapter.classify(&["he"]).long_texts(LongTexts::First)).is_ok());
}
