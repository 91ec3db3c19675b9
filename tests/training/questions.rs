//! Question answering and multiple choice: transformers' windows, spans and measures, training on every device, resuming.

use std::ops::{ControlFlow, Range};

use graftwork::{AdapterConfig, AdapterFile, CodePoints, Device, HeadConfig, HeadKind};
use graftwork_tests::{devices, golden, random};
use graftwork_text::{ChoiceDataset, Choices, LongTexts, Question, QuestionDataset, Tokenizer};
use graftwork_train::checkpoint::RunState;
use graftwork_train::evaluate::{choose_thresholds, evaluate};
use graftwork_train::metrics::{Said, best_threshold, exact_match, f1, of_answers};
use graftwork_train::predict::Rows;
use graftwork_train::tasks::spans::{SpanOptions, answer_tokens, best_spans};
use graftwork_train::tasks::{Labelled, Thresholds, Tokenizing};
use graftwork_train::{Ending, Error, Examples, TrainConfig, Trainer};
use serde_json::Value;

fn list(key: &str) -> Vec<Value> {
    golden::json("questions.json")[key].as_array().unwrap().clone()
}

macro_rules! parsed {
    ($value:expr) => {
        serde_json::from_value(Value::from($value.clone())).unwrap()
    };
}

#[test]
fn windows_are_those_of_transformers() {
    let dirs = [("minilm", golden::minilm_dir()), ("tiny-roberta", golden::path("tiny-roberta"))];
    let tokenizers = dirs.map(|(name, dir)| (name, Tokenizer::from_dir(&dir).unwrap()));
    let (mut compared, mut answers) = (0, 0);
    for case in list("windows") {
        let (_, tokenizer) = tokenizers.iter().find(|(name, _)| case["tokenizer"] == *name).unwrap();
        let (question, context) = (case["question"].as_str().unwrap(), case["context"].as_str().unwrap());
        let number = |key: &str| case[key].as_u64().unwrap() as usize;
        let windows =
            tokenizer.encode_windows(question, context, number("max_length"), (number("stride"), usize::MAX)).unwrap();
        let answer = case["answer"].as_str().map(|text| {
            let start = CodePoints::new(context).byte_of(number("start")).unwrap();
            start..start + text.len()
        });
        let expected = case["windows"].as_array().unwrap();
        assert_eq!(windows.len(), expected.len(), "{case}");
        for (window, expected) in windows.iter().zip(expected) {
            let ids: Vec<u32> = parsed!(expected["ids"]);
            let types: Vec<u32> = parsed!(expected["type_ids"]);
            assert_eq!((&window.ids, &window.type_ids), (&ids, &types), "{case}");
            assert!(!window.of.is_truncated(), "{case}");
            let found = answer.as_ref().and_then(|answer| answer_tokens(window, answer));
            let span: [u32; 2] = parsed!(expected["span"]);
            assert_eq!(found.unwrap_or([0; 2]), span, "{case}");
            answers += usize::from(found.is_some());
            compared += 1;
        }
    }
    assert!(compared > 80 && answers > 15, "{compared} windows, {answers} answers");
}

/// Of what transformers does not do: a question that takes the room, and more windows than there may be.
#[test]
fn long_questions_and_contexts_are_cut() {
    let tokenizer = Tokenizer::from_dir(&golden::path("tiny-bert")).unwrap();
    let of = |question: &str, context: &str, max_length, stride, most| {
        tokenizer.encode_windows(question, context, max_length, (stride, most)).unwrap()
    };
    let (long, asked) = ("a ".repeat(1000), "q ".repeat(100));
    let lengths = |windows: &[graftwork::Encoding]| windows.iter().map(|window| window.len()).max().unwrap();
    let question = |window: &graftwork::Encoding| window.origins.iter().flatten().filter(|o| o.sequence == 0).count();
    let windows = of(&asked, &long, 23, 3, 5);
    assert_eq!((windows.len(), lengths(&windows), question(&windows[0])), (5, 23, 10));
    assert_eq!(question(&of(&asked, &long, 512, 3, 5)[0]), 64);
    // 10 tokens a window of the 1000, without gaps between them only if there are enough.
    assert_eq!((windows[0].of.tokens, windows[0].of.read), (3 + 1100, 3 + 10 + 50));
    assert_eq!(windows[4].origins[21].unwrap().end, 1999);
    // However much they should have in common, they go on.
    assert_eq!(of("q", &"a ".repeat(9), 10, 100, usize::MAX).len(), 4);
    assert_eq!(of("", "", 10, 3, usize::MAX).len(), 1);
    let refused = tokenizer.encode_windows("a", "b", 4, (0, 5)).unwrap_err().to_string();
    assert!(refused.contains("max_length 4 is too small"), "{refused}");
}

#[test]
fn spans_are_those_of_transformers() {
    let cases = list("spans");
    for case in &cases {
        let logits: Vec<f32> = parsed!(case["logits"]);
        let context: [usize; 2] = parsed!(case["context"]);
        let options = SpanOptions { max_answer_length: parsed!(case["max_answer_length"]), n_best: 10 };
        let found = best_spans(Rows { values: &logits, cols: 2 }, context[0]..context[1], options);
        let found: Vec<[usize; 2]> = found.into_iter().map(|(begin, end, _)| [begin, end]).collect();
        let best: Vec<[usize; 2]> = parsed!(case["best"]);
        assert_eq!(found, best, "{case}");
    }
    assert!(cases.len() > 4);
}

#[test]
fn measures_are_squads() {
    let pairs: Vec<(String, String, f64, f64)> = parsed!(list("pairs"));
    assert!(pairs.len() > 500);
    for (gold, said, exact, harmonic) in &pairs {
        assert_eq!((exact_match(gold, said), f1(gold, said)), (*exact, *harmonic), "{gold:?} {said:?}");
    }
    for set in list("sets") {
        let truth: Vec<Vec<String>> = parsed!(set["answers"]);
        let (texts, doubts): (Vec<String>, Vec<f64>) = (parsed!(set["said"]), parsed!(set["doubts"]));
        let said: Vec<Said> = texts.into_iter().zip(doubts).map(|(text, doubt)| Said { text, doubt }).collect();
        let same = |key: &str, threshold: f64| {
            let found = of_answers(&truth, &said, threshold);
            let names = [
                ("exact_match", "exact"),
                ("f1", "f1"),
                ("has_answer_f1", "HasAns_f1"),
                ("has_answer_exact", "HasAns_exact"),
                ("no_answer_exact", "NoAns_exact"),
            ];
            for (own, theirs) in names {
                let Some(value) = found.get(own) else { continue };
                let expected = set[key][theirs].as_f64().unwrap();
                assert!((100.0 * value - expected).abs() < 1e-9, "{own}: {value} {expected}");
            }
            assert_eq!(found.values.len() > 2, set[key].get("NoAns_f1").is_some());
        };
        same("at_threshold", set["threshold"].as_f64().unwrap());
        same("without", f64::INFINITY);
        let best = best_threshold(&truth, &said);
        assert_eq!(best.is_some(), truth.iter().any(Vec::is_empty));
        if let Some(best) = best {
            let found = of_answers(&truth, &said, best).get("f1").unwrap();
            assert!((100.0 * found - set["at_threshold"]["best_f1"].as_f64().unwrap()).abs() < 1e-9, "{found}");
        }
    }
}

fn tokenizer() -> Tokenizer {
    Tokenizer::from_dir(&golden::path("tiny-bert")).unwrap()
}

/// Letters, drawn from a seed.
fn letters(seed: usize, n: usize) -> Vec<String> {
    random(seed as u64, n).iter().map(|draw| char::from(b'a' + ((draw + 1.0) * 13.0) as u8).to_string()).collect()
}

/// Contexts of up to 20 letters, of which some take two windows, with a 7 among them: the answer. Every fourth has none.
fn questions(n: usize, seed: usize) -> QuestionDataset {
    let question = |i: usize| {
        let mut words = letters(seed + i, 10 + i % 11);
        let answer = (i % 4 != 3).then(|| {
            let place = i * 7 % words.len();
            words[place] = "7".to_owned();
            2 * place..2 * place + 1
        });
        Question {
            question: "q".to_owned(),
            context: words.join(" "),
            answers: answer.into_iter().collect::<Vec<Range<_>>>(),
        }
    };
    QuestionDataset::new((0..n).map(question)).unwrap()
}

/// Two to four choices, of which the right one has a 7.
fn choices(n: usize, seed: usize) -> ChoiceDataset {
    let example = |i: usize| {
        let count = 2 + i % 3;
        let right = i * 5 % count;
        let choice = |place: usize| {
            let mut words = letters(seed + 10 * i + place, 4);
            if place == right {
                words[i % 4] = "7".to_owned();
            }
            words.join(" ")
        };
        (Choices { prompt: "q".to_owned(), choices: (0..count).map(choice).collect() }, right)
    };
    ChoiceDataset::new((0..n).map(example)).unwrap()
}

fn encoded(what: &'static str, data: &dyn Labelled) -> Box<dyn Examples> {
    let how = Tokenizing { what, tokenizer: &tokenizer(), max_length: 16, long_texts: LongTexts::First };
    data.encode(&how).unwrap()
}

fn adapter(backbone: &graftwork_model::Backbone, kind: HeadKind, labels: &[String]) -> AdapterFile {
    let config = AdapterConfig::preset("double_seq_bn").unwrap();
    let head = HeadConfig::flex(kind, "a", labels.to_vec());
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    file
}

/// Trains to the end, on a CPU again with a stop in between: the same bytes. Gives the score of the best evaluation, and the
/// adapter.
fn trained(device: &Device, kind: HeadKind, train: &dyn Labelled, dev: &dyn Labelled) -> (f64, AdapterFile) {
    let (labels, train, dev) = (train.labels(), encoded("training", train), encoded("dev", dev));
    let backbone = golden::tiny_bert(device);
    let file = adapter(&backbone, kind, labels);
    let config = TrainConfig { epochs: 16, lr: 1e-2, batch_size: 8, dropout: 0.1, ..TrainConfig::default() };
    let start = || Trainer::new(&backbone, &file, config.clone(), &*train, Some(&*dev)).unwrap();
    let finish = |trainer: &mut Trainer<'_>, stop_at: usize| {
        let ending = pollster::block_on(trainer.run(&mut |trainer, _| match trainer.progress().step >= stop_at {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }));
        (ending.unwrap(), pollster::block_on(trainer.adapter().to_file(device)).unwrap())
    };
    let mut whole = start();
    let (_, trained) = finish(&mut whole, usize::MAX);
    if device.as_gpu().is_some() {
        return (whole.best().unwrap().score, trained);
    }
    let mut first = start();
    assert_eq!(finish(&mut first, 20).0, Ending::Stopped);
    let state = pollster::block_on(first.state("run")).unwrap();
    let mut second = start();
    second.resume(RunState::from_bytes("c", &state.to_bytes().unwrap(), state.arena[0].len()).unwrap()).unwrap();
    assert_eq!(finish(&mut second, usize::MAX).1, trained, "{}: resuming changes the result", device.name());
    (whole.best().unwrap().score, trained)
}

#[test]
fn answers_are_learned_on_every_device() {
    let (train, dev) = (questions(64, 0), questions(23, 1000));
    for device in devices() {
        let (score, mut file) = trained(&device, HeadKind::QuestionAnswering, &train, &dev);
        assert!(score > 0.8, "{}: F1 {score}", device.name());
        // What is chosen on the dev data is what measuring without a threshold took; another one is worse.
        let backbone = golden::tiny_bert(&device);
        let dev = encoded("dev", &dev);
        let adapter = |file: &AdapterFile| graftwork_model::Adapter::load(&backbone, file).unwrap();
        let measured =
            |file: &AdapterFile| pollster::block_on(evaluate(&backbone, &adapter(file), &*dev, &mut |_| {})).unwrap();
        let free = measured(&file);
        assert!((free.metrics.score() - score).abs() < 1e-12);
        let learned = adapter(&file);
        let chosen = pollster::block_on(choose_thresholds(&backbone, &learned, &*dev, Thresholds::One, &mut |_| {}));
        let (chosen, worth) = chosen.unwrap();
        file.metadata.thresholds = chosen;
        assert_eq!((file.metadata.thresholds.len(), &worth), (1, &free.metrics));
        assert_eq!(measured(&file).metrics, free.metrics);
        file.metadata.thresholds = vec![0.0];
        let nothing = measured(&file).metrics;
        assert_eq!((nothing.get("no_answer_exact"), nothing.get("has_answer_f1")), (Some(1.0), Some(0.0)));
    }
}

#[test]
fn choices_are_learned_on_every_device() {
    let (train, dev) = (choices(64, 0), choices(23, 5000));
    for device in devices() {
        let (score, _) = trained(&device, HeadKind::MultipleChoice, &train, &dev);
        assert!(score > 0.8, "{}: accuracy {score}", device.name());
    }
}

#[test]
fn misuse() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let (asked, chosen) = (questions(5, 0), choices(5, 0));
    for (data, kind) in [(&asked as &dyn Labelled, HeadKind::MultipleChoice), (&chosen, HeadKind::QuestionAnswering)] {
        let file = adapter(&backbone, kind, data.labels());
        let examples = encoded("training", data);
        let refused = Trainer::new(&backbone, &file, TrainConfig::default(), &*examples, None).err().unwrap();
        assert!(matches!(refused, Error::OtherTask { .. }), "{refused}");
    }
    for data in [&asked as &dyn Labelled, &chosen] {
        for choice in [LongTexts::Ends, LongTexts::Windows] {
            let how = Tokenizing { what: "training", tokenizer: &tokenizer(), max_length: 16, long_texts: choice };
            let refused = data.encode(&how).unwrap_err().to_string();
            assert!(refused.contains("long_texts must be"), "{refused}");
        }
    }
    // An answer that no window has whole is said.
    let context = "a b c d e f g h i j k l m n o p".to_owned();
    let answers = std::iter::once(0..context.len()).collect();
    let long = QuestionDataset::new([Question { question: "q".to_owned(), context, answers }]).unwrap();
    let note = encoded("training", &long).note().unwrap();
    assert!(note.starts_with("1 of the 1 questions of the training data have an answer that no window has"), "{note}");
}
