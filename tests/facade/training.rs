//! Training with this crate's types only.

use graftwork::{AdapterConfig, AdapterFile, Backbone, Cancel, Dataset, Device, Ending, Event, Examples};
use graftwork::{NewAdapter, ReadOptions, TaggedDataset, TrainConfig, Turn, block_on};
use graftwork_tests::devices;

use crate::tiny_bert;

#[allow(dead_code, reason = "its main function")]
#[path = "../../crates/graftwork/examples/train.rs"]
mod example;

/// Texts whose label is in each of their words.
fn labelled(count: usize) -> Vec<(String, &'static str)> {
    let text = |i: usize| {
        let (words, label) =
            if i.is_multiple_of(2) { (["he", "is", "was"], "person") } else { (["in", "the", "to"], "place") };
        let words: Vec<&str> = (0..2 + i % 5).map(|at| words[(i / 2 + at * at) % 3]).collect();
        (words.join(" "), label)
    };
    (0..count).map(text).collect()
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 8, lr: 1e-2, batch_size: 8, dropout: 0.1, ..TrainConfig::default() }
}

fn data(backbone: &Backbone) -> (Examples, Examples) {
    let (train, dev) = (Dataset::new(labelled(48)).unwrap(), Dataset::new(labelled(20)).unwrap());
    (backbone.examples("training", &train, 32).unwrap(), backbone.examples("dev", &dev, 32).unwrap())
}

#[test]
fn to_the_end_or_step_by_step_or_in_two_goes() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        let (train, dev) = data(&backbone);
        let file = backbone.new_adapter(NewAdapter::from(&train).named("who").seed(7)).unwrap();
        let start = || backbone.trainer(&file, config(), &train, &dev).unwrap();

        let mut trainer = start();
        let (mut losses, mut scores, mut fractions) = (Vec::new(), Vec::new(), Vec::new());
        let run = trainer.run().progress(|done| fractions.push(done)).on_event(|event| match event {
            Event::Steps(steps, _) => losses.extend(steps.iter().map(|step| step.loss)),
            Event::Evaluated { evaluation, .. } => scores.push(evaluation.metrics.score()),
            Event::Compared(_) => unreachable!("a standard run"),
        });
        assert_eq!(block_on(run).unwrap(), Ending::Finished);
        assert_eq!((losses.len(), scores.len()), (48, 8), "{}", device.name());
        assert!(fractions.is_sorted() && fractions.last() == Some(&1.0));
        let whole = block_on(trainer.to_file()).unwrap();
        assert_ne!(whole.tensors, file.tensors);
        assert_eq!((whole.name.as_str(), whole.metadata.max_length), ("who", Some(32)));
        assert_eq!(whole.metadata.backbone_fingerprint, Some(backbone.fingerprint()));
        assert_eq!(
            (&whole.metadata.training["max_length"], &whole.metadata.training["epochs"]),
            (&32.into(), &8.into())
        );

        // What the trainer says is what anybody finds who reads the adapter.
        let dir = tempfile::tempdir().unwrap();
        whole.save(dir.path().join("who")).unwrap();
        let read = AdapterFile::load(dir.path().join("who")).unwrap();
        let found = block_on(backbone.attach(&read).unwrap().evaluate(&dev)).unwrap();
        let best = trainer.best().unwrap();
        assert_eq!((found.metrics.score(), found.loss), (best.score, best.loss));
        assert!(best.score > 0.9, "{}: {scores:?}, {losses:?}", device.name());

        let mut stepwise = start();
        while !matches!(block_on(stepwise.turn(1)).unwrap(), Turn::Finished) {}
        assert_eq!(block_on(stepwise.to_file()).unwrap(), whole, "{}", device.name());

        let mut first = start();
        let cancel = Cancel::new();
        let run = first.run().cancel_with(&cancel).on_event(|event| {
            if let Event::Steps(_, progress) = event
                && progress.step >= 4
            {
                cancel.cancel();
            }
        });
        assert_eq!(block_on(run).unwrap(), Ending::Stopped);
        assert!(first.progress().step < 48, "{:?}", first.progress());
        let checkpoint = dir.path().join("who.ckpt");
        block_on(first.state("who")).unwrap().save(&checkpoint).unwrap();
        let mut second = start();
        second.resume(second.adapter().load_state(&checkpoint).unwrap(), "who").unwrap();
        // What was stopped may go on itself, too.
        for mut trainer in [first, second] {
            assert_eq!(block_on(trainer.run()).unwrap(), Ending::Finished);
            assert_eq!(block_on(trainer.to_file()).unwrap(), whole, "{}", device.name());
        }
    }
}

/// Stopped while it evaluates, it evaluates again before it goes on.
#[test]
fn an_evaluation_that_is_cancelled_stays_due() {
    let backbone = tiny_bert(&Device::cpu());
    let (train, _) = data(&backbone);
    let many = backbone.examples("dev", &Dataset::new(labelled(600)).unwrap(), 32).unwrap();
    let file = backbone.new_adapter(&train).unwrap();
    let start = || backbone.trainer(&file, config(), &train, &many).unwrap();
    let mut whole = start();
    block_on(whole.run()).unwrap();
    let mut stopped = start();
    let cancel = Cancel::new();
    let run = stopped.run().cancel_with(&cancel).on_event(|event| {
        if let Event::Steps(_, progress) = event
            && progress.step == 6
        {
            cancel.cancel();
        }
    });
    assert_eq!(block_on(run).unwrap(), Ending::Stopped);
    assert!(stopped.is_evaluation_due() && stopped.best().is_none());
    assert_eq!(block_on(stopped.run()).unwrap(), Ending::Finished);
    assert_eq!(block_on(stopped.to_file()).unwrap(), block_on(whole.to_file()).unwrap());
}

#[test]
fn tags_of_words() {
    let sentences = |count: usize| {
        let sentence = |i: usize| match i % 2 {
            0 => (["the", "he", "was", "in"], ["O", "B-person", "O", "O"]),
            _ => (["he", "is", "to", "the"], ["B-person", "O", "O", "O"]),
        };
        TaggedDataset::new((0..count).map(sentence)).unwrap()
    };
    for device in devices() {
        let backbone = tiny_bert(&device);
        let train = backbone.examples("training", &sentences(32), None).unwrap();
        let dev = backbone.examples("dev", &sentences(4), None).unwrap();
        let lora = AdapterConfig::preset("lora").unwrap();
        let file = backbone.new_adapter(NewAdapter::from(&train).method(lora)).unwrap();
        let mut trainer = backbone.trainer(&file, config(), &train, &dev).unwrap();
        block_on(trainer.run()).unwrap();
        assert_eq!(trainer.best().unwrap().score, 1.0, "{}", device.name());
        let text = "the he was in";
        let found = block_on(trainer.adapter().tag(&[text])).unwrap();
        let entities: Vec<_> = found[0].entities.iter().flatten().map(|e| (&text[e.span.clone()], &*e.kind)).collect();
        assert_eq!(entities, [("he", "person")], "{}", device.name());
        let words = block_on(trainer.adapter().tag_words(&[["the", "he", "was", "in"]])).unwrap();
        assert_eq!(words[0].entities.as_ref().unwrap()[0].span, 4..6);
    }
}

#[test]
fn data_from_files_is_data_from_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("train.tsv");
    let rows: String = labelled(48).iter().map(|(text, label)| format!("{text}\t{label}\n")).collect();
    std::fs::write(&path, format!("text\tlabel\n{rows}")).unwrap();
    let read = Dataset::from_path(&path, &ReadOptions::default()).unwrap();
    assert_eq!(read, Dataset::new(labelled(48)).unwrap());
}

#[test]
fn the_example_learns() {
    let dir = tempfile::tempdir().unwrap();
    let backbone = tiny_bert(&Device::cpu());
    let out = dir.path().join("orders");
    let score = block_on(example::train(&backbone, &out)).unwrap();
    let file = AdapterFile::load(&out).unwrap();
    assert_eq!(file.head.as_ref().unwrap().label_names(), ["delivery", "payment"]);
    assert!(score >= 0.75, "{score}");
}
