//! A classifier that learns while examples come in, and what adapters know of their own answers.

use graftwork::{
    AdapterConfig, AdapterFile, Backbone, Classification, Dataset, NewAdapter, Probe, TrainConfig, Warning,
};
use graftwork::{block_on, shuffled};
use graftwork_tests::{devices, golden};

use crate::{attached, tiny_bert};

/// Texts of one word more than they need, whose label their words tell: of `classes` labels, `count` each.
fn labelled(classes: usize, count: usize) -> Vec<(String, String)> {
    const WORDS: [[&str; 3]; 4] = [["he", "is", "was"], ["in", "the", "to"], ["of", "and", "he"], ["was", "the", "of"]];
    let text = |i: usize| {
        let words = WORDS[i % classes];
        let words: Vec<&str> = (0..3 + i % 6).map(|at| words[(i / classes + at * at) % 3]).collect();
        (words.join(" "), format!("label {}", i % classes))
    };
    (0..classes * count).map(text).collect()
}

fn texts(of: &[(String, String)]) -> Vec<&str> {
    of.iter().map(|(text, _)| text.as_str()).collect()
}

fn farthest(a: &[Classification], b: &[Classification]) -> f64 {
    assert_eq!(a.len(), b.len());
    let scores =
        |of: &Classification| of.scores.iter().map(|(_, p)| f64::from(*p)).chain(of.distance).collect::<Vec<_>>();
    let pairs = a.iter().zip(b).flat_map(|(a, b)| scores(a).into_iter().zip(scores(b)));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// A file's answers are the probe's: through the ordinary path, read from the disk, on the bare backbone and over an adapter.
#[test]
fn a_file_answers_as_the_probe() {
    let examples = labelled(3, 8);
    for device in devices() {
        let backbone = tiny_bert(&device);
        for adapter in [None, Some("tiny-cases/seq_bn-flex"), Some("lora-cases/everywhere")] {
            let adapter = adapter.map(|case| attached(&backbone, case));
            let mut probe = adapter.as_ref().map_or_else(|| backbone.probe(), |adapter| adapter.probe());
            block_on(probe.add(&examples)).unwrap();
            let asked = ["he was in the of", "to", "is is is is", "and he of and he"];
            let directly = block_on(probe.classify(&asked)).unwrap();
            let file = block_on(probe.to_file()).unwrap();
            assert_eq!(file.adapter_parameters() > 0, adapter.is_some());
            let dir = tempfile::tempdir().unwrap();
            for place in ["directory", "file.safetensors"] {
                let path = dir.path().join(place);
                file.save(&path).unwrap();
                let read = AdapterFile::load(&path).unwrap();
                assert_eq!(read.metadata, file.metadata);
                let found = block_on(backbone.attach(&read).unwrap().classify(&asked)).unwrap();
                assert!(farthest(&directly, &found) < 2e-4, "{}: {directly:?} {found:?}", device.name());
                assert!(found.iter().all(|found| found.distance.is_some()));
            }
        }
    }
}

/// One after the other, all at once, in another order of calls, with one that is taken back: the same answers to the bit.
#[test]
fn only_the_examples_and_their_order_count() {
    let backbone = tiny_bert(&devices()[0]);
    let examples = labelled(4, 6);
    let whole = {
        let mut probe = backbone.probe();
        block_on(probe.add(&examples)).unwrap();
        probe
    };
    let answers = |probe: &Probe| block_on(probe.classify(&texts(&examples))).unwrap();
    let mut grown = backbone.probe();
    for (i, example) in examples.iter().enumerate() {
        block_on(grown.add(std::slice::from_ref(example))).unwrap();
        if i > 0 {
            answers(&grown);
        }
    }
    assert_eq!(grown.labels(), ["label 0", "label 1", "label 2", "label 3"]);
    assert_eq!(answers(&grown), answers(&whole));
    assert_eq!(grown.knowledge(), whole.knowledge());

    block_on(grown.add(&[("to he of", "a label of its own"), ("is", "label 2")])).unwrap();
    assert_eq!(answers(&grown)[0].scores.len(), 5);
    grown.remove(25).unwrap();
    grown.remove(24).unwrap();
    grown.relabel(5, "another").unwrap();
    assert_ne!(answers(&grown), answers(&whole));
    grown.relabel(5, &*examples[5].1).unwrap();
    assert_eq!((grown.len(), grown.labels().len()), (24, 4));
    assert_eq!(answers(&grown), answers(&whole));
}

/// What one reader has read, every probe on that backbone learns and answers: as if each had read it. Another device reads
/// what a probe goes on with.
#[test]
fn reading_is_apart_from_learning() {
    let devices = devices();
    let backbone = tiny_bert(&devices[0]);
    let examples = labelled(3, 5);
    let mut whole = backbone.probe();
    block_on(whole.add(&examples)).unwrap();
    let read = block_on(backbone.probe().reader().read(&texts(&examples))).unwrap();
    let mut halves = backbone.probe();
    halves.learn(read.iter().zip(examples.iter().map(|(_, label)| label.as_str())));
    let expected = block_on(whole.classify(&texts(&examples)).threshold(1.0)).unwrap();
    assert_eq!(halves.answer(&read, 1.0).unwrap(), expected);
    assert_eq!(halves.knowledge(), whole.knowledge());
    assert!(expected.iter().all(|answer| !answer.is_sure()));
    assert!(halves.answer(&read, 1.5).is_err());

    let long = ["he is was in the to of and ".repeat(40)];
    let mut short = backbone.probe().limit(16);
    short.learn(read.iter().zip(["a", "b"].repeat(8)));
    for device in &devices {
        let elsewhere = tiny_bert(device);
        halves.read_with(elsewhere.probe().reader()).unwrap();
        let moved = block_on(halves.classify(&texts(&examples)).threshold(1.0)).unwrap();
        assert!(farthest(&moved, &expected) < 1e-4, "{}", device.name());
        short.read_with(elsewhere.probe().reader()).unwrap();
        let [cut] = &block_on(short.classify(&long)).unwrap()[..] else { panic!("one answer") };
        assert!(matches!(cut.warnings[0], Warning::Truncated { read: 16, .. }), "its own limit: {:?}", cut.warnings);
    }
    let other = block_on(Backbone::load(golden::path("tiny-distilbert"), &devices[0])).unwrap();
    assert!(halves.read_with(other.probe().reader()).is_err());
}

#[test]
fn what_cannot_be_says_so() {
    let backbone = tiny_bert(&devices()[0]);
    let mut probe = backbone.probe();
    let message = |probe: &Probe| block_on(probe.classify(&["a"])).unwrap_err().to_string();
    assert_eq!(message(&probe), "the number of labels must be at least 2; there are 0");
    block_on(probe.add(&[("he", "a"), ("is", "a")])).unwrap();
    assert!(message(&probe).contains("there are 1"));
    assert!(block_on(probe.to_file()).unwrap_err().to_string().contains("there are 1"));
    let refused = probe.remove(2).unwrap_err().to_string();
    assert_eq!(refused, "the example must be below 2, as many as there are");
    assert!(probe.relabel(9, "b").is_err());
    block_on(probe.add(&[("was", "b")])).unwrap();
    let threshold = block_on(probe.classify(&["a"]).threshold(1.5)).unwrap_err().to_string();
    assert_eq!(threshold, "threshold must be a probability, from 0 to 1");
    let nameless = block_on(probe.named("a.b").to_file()).unwrap_err().to_string();
    assert!(nameless.contains("`name`"), "{nameless}");
}

/// What is asked for, else what is kept; what is below is marked and still has its label.
#[test]
fn a_threshold_marks_and_hides_nothing() {
    let backbone = tiny_bert(&devices()[0]);
    let mut probe = backbone.probe();
    block_on(probe.add(&labelled(3, 8))).unwrap();
    let mut file = block_on(probe.to_file()).unwrap();
    let asked = ["he was in the of", "to", "he is was he is"];
    let free = block_on(backbone.attach(&file).unwrap().classify(&asked)).unwrap();
    assert!(free.iter().all(Classification::is_sure));
    let confidences: Vec<f64> = free.iter().map(top).collect();
    let middle = confidences.iter().copied().fold(0.0, f64::max) - 1e-6;
    file.metadata.knowledge.as_mut().unwrap().threshold = Some(middle);
    let adapter = backbone.attach(&file).unwrap();
    let kept = block_on(adapter.classify(&asked)).unwrap();
    let of = |found: &[Classification]| found.iter().map(Classification::is_sure).collect::<Vec<_>>();
    assert_eq!(of(&kept), confidences.iter().map(|p| *p >= middle).collect::<Vec<_>>());
    assert!(of(&kept).contains(&false));
    let unsure = kept.iter().position(|found| !found.is_sure()).unwrap();
    assert_eq!(kept[unsure].label, free[unsure].label);
    let warning = Warning::Unsure { confidence: confidences[unsure], threshold: middle };
    assert!(kept[unsure].warnings.contains(&warning));
    assert!(of(&block_on(adapter.classify(&asked).threshold(0.0)).unwrap()).iter().all(|sure| *sure));
}

fn top(found: &Classification) -> f64 {
    found.scores.iter().map(|(_, p)| f64::from(*p)).fold(0.0, f64::max)
}

/// Of an adapter with AdapterHub's head on the first token: the temperature that lowers the loss on the very examples, and
/// answers that are divided by it.
#[test]
fn a_trained_adapter_is_calibrated() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        // It learns what is certain, and meets what is not.
        let (train, dev) = (Dataset::new(labelled(2, 40)).unwrap(), Dataset::new(noisy(70)).unwrap());
        let (train, dev) =
            (backbone.examples("training", &train, 32).unwrap(), backbone.examples("dev", &dev, 32).unwrap());
        let method = AdapterConfig::preset("double_seq_bn").unwrap();
        let file = backbone.new_adapter(NewAdapter::from(&train).method(method)).unwrap();
        let config = TrainConfig { epochs: 12, lr: 1e-2, batch_size: 8, ..TrainConfig::default() };
        let mut trainer = backbone.trainer(&file, config, &train, None).unwrap();
        block_on(trainer.run()).unwrap();
        let mut file = block_on(trainer.to_file()).unwrap();
        let (evaluation, knowledge) = block_on(trainer.adapter().calibrate(&dev)).unwrap();
        let knowledge = knowledge.unwrap();
        assert_eq!(evaluation.calibration.as_ref().unwrap().temperature, 1.0);
        assert_eq!((knowledge.held_out, knowledge.trade_offs[0].answered), (140, 140));
        let right = knowledge.trade_offs[0].right as f64 / 140.0;
        assert!((right - evaluation.metrics.score()).abs() < 1e-12);
        let (before, after) = knowledge.calibration_error;
        assert!(knowledge.temperature > 1.2 && after < before, "{}: {knowledge:?}", device.name());

        let plain = block_on(backbone.attach(&file).unwrap().classify(&["he is", "to the to"])).unwrap();
        file.metadata.knowledge = Some(knowledge.clone());
        let adapter = backbone.attach(&file).unwrap();
        let calibrated = block_on(adapter.classify(&["he is", "to the to"])).unwrap();
        for (plain, calibrated) in plain.iter().zip(&calibrated) {
            assert_eq!((&plain.label, plain.distance), (&calibrated.label, None));
            let odds = |of: &Classification| f64::from(of.scores[0].1).ln() - f64::from(of.scores[1].1).ln();
            assert!((odds(plain) / knowledge.temperature - odds(calibrated)).abs() < 1e-3);
        }
        // Evaluated with its temperature, it says what calibrating said.
        let again = block_on(adapter.evaluate(&dev)).unwrap().calibration.unwrap();
        assert_eq!(*again, graftwork::Knowledge { familiar: None, ..knowledge });
    }
}

/// Texts whose label their words tell in two cases of three.
fn noisy(count: usize) -> Vec<(String, String)> {
    let wrong = shuffled(2 * count, 3, 0);
    let one = |(i, (text, label)): (usize, (String, String))| match wrong[i] % 3 {
        0 => (text, if label == "label 0" { "label 1" } else { "label 0" }.to_owned()),
        _ => (text, label),
    };
    labelled(2, count).into_iter().enumerate().map(one).collect()
}

/// Of words that were never learned, the text is unfamiliar; of those that were, it is not.
#[test]
fn what_was_never_seen_is_unfamiliar() {
    let backbone = tiny_bert(&devices()[0]);
    let mut probe = backbone.probe();
    block_on(probe.add(&labelled(2, 30))).unwrap();
    let unfamiliar = |texts: &[&str]| -> Vec<bool> {
        let found = block_on(probe.classify(texts)).unwrap();
        let warned = |found: &Classification| found.warnings.iter().any(|w| matches!(w, Warning::Unfamiliar { .. }));
        found.iter().map(warned).collect()
    };
    assert_eq!(unfamiliar(&["he is was he", "in the to in the"]), [false, false]);
    assert_eq!(unfamiliar(&["2019 % 17 ( 33 ) 42 11 2004 ; 77", "# # # # # # # #"]), [true, true]);
}
