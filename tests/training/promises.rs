//! What training promises: the backbone never changes, the same seed gives the same bytes, an interrupted run ends as
//! an uninterrupted one, dropout is repeatable, and the loss falls.

use std::ops::ControlFlow;

use graftwork::{AdapterConfig, AdapterFile, Device, Fingerprint, HeadConfig};
use graftwork_formats::HostTensor;
use graftwork_model::Backbone;
use graftwork_tensor::Tensor;
use graftwork_tests::{devices, golden, random};
use graftwork_text::Encoding;
use graftwork_train::checkpoint::RunState;
use graftwork_train::{Ending, Event, TextClassification, TrainConfig, Trainer, Turn};

/// A task that a tiny random BERT can learn: each label has its half of the vocabulary, the first token included.
fn examples(n: usize) -> TextClassification {
    let mut encodings = Vec::new();
    let mut labels = Vec::new();
    for i in 0..n {
        let length = 4 + i * 7 % 13;
        let draws = random(i as u64, length);
        let label = i % 2;
        let ids: Vec<u32> = draws.iter().map(|v| 100 + 400 * label as u32 + ((v + 1.0) * 200.0) as u32).collect();
        encodings.push(Encoding { type_ids: vec![0; length], ids, ..Encoding::default() });
        labels.push(Some(label));
    }
    TextClassification::new("training", encodings, labels, &["no".to_owned(), "yes".to_owned()]).unwrap()
}

fn adapter(backbone: &Backbone, dropout: f64) -> AdapterFile {
    let config = AdapterConfig::preset("double_seq_bn").unwrap().with("dropout", dropout).unwrap();
    let head = HeadConfig::classifier("a", vec!["no".into(), "yes".into()]);
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    file
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 8, lr: 1e-2, batch_size: 8, dropout: 0.1, ..TrainConfig::default() }
}

fn digest(device: &Device, backbone: &Backbone) -> Fingerprint {
    let read = |tensor: &Tensor| pollster::block_on(device.read(tensor)).unwrap();
    let all: Vec<HostTensor> =
        backbone.weights().into_iter().map(|w| HostTensor::new([w.words().len()], read(w.words()))).collect();
    let names: Vec<String> = (0..all.len()).map(|i| i.to_string()).collect();
    Fingerprint::of_tensors(names.iter().map(String::as_str).zip(&all))
}

fn finish(trainer: &mut Trainer<'_>) -> (Vec<f32>, AdapterFile) {
    let mut losses = Vec::new();
    let ending = pollster::block_on(trainer.run(&mut |_, event| {
        if let Event::Steps(reports, _) = event {
            losses.extend(reports.iter().map(|report| report.loss));
        }
        ControlFlow::Continue(())
    }));
    assert_eq!(ending.unwrap(), Ending::Finished);
    (losses, pollster::block_on(trainer.adapter().to_file(trainer.backbone().device())).unwrap())
}

#[test]
fn frozen_repeatable_resumable() {
    let (train, dev) = (examples(80), examples(31));
    for (device, name) in
        devices().into_iter().flat_map(|device| ["tiny-bert", "tiny-bert-f16"].map(|n| (device.clone(), n)))
    {
        let backbone = golden::tiny(name, &device);
        let before = digest(&device, &backbone);
        let file = adapter(&backbone, 0.1);
        let start = || Trainer::new(&backbone, &file, config(), &train, Some(&dev)).unwrap();

        let mut whole = start();
        let (losses, trained) = finish(&mut whole);
        assert_eq!(losses.len(), 80);
        let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
        assert!(mean(&losses[60..]) < 0.8 * mean(&losses[..20]), "{}: {losses:?}", device.name());
        assert_ne!(trained.tensors, file.tensors);
        assert_eq!(digest(&device, &backbone), before, "{}: the backbone changed", device.name());

        assert_eq!(finish(&mut start()), (losses.clone(), trained.clone()), "{}: not repeatable", device.name());

        // Interrupted after the first report past step 12, through the bytes of a checkpoint.
        let mut first = start();
        let stop = |trainer: &Trainer<'_>, _: Event<'_>| {
            if trainer.progress().step > 12 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert_eq!(pollster::block_on(first.run(&mut { stop })).unwrap(), Ending::Stopped);
        let state = pollster::block_on(first.state("run")).unwrap();
        let bytes = state.to_bytes().unwrap();
        let again = RunState::from_bytes("c", &bytes, state.arena[0].len()).unwrap();
        assert_eq!(again, state);
        let mut second = start();
        second.resume(again).unwrap();
        assert_eq!(finish(&mut second).1, trained, "{}: resuming changes the result", device.name());
    }
}

/// A page takes a few steps at a time, whatever fits between two frames: the result must not depend on it.
#[test]
fn turns_of_any_size_give_the_same_result() {
    let (train, dev) = (examples(80), examples(31));
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let file = adapter(&backbone, 0.1);
        let start = || Trainer::new(&backbone, &file, config(), &train, Some(&dev)).unwrap();
        let expected = finish(&mut start());
        let mut trainer = start();
        let (mut losses, mut evaluations) = (Vec::new(), 0);
        for most in [1, 3, 0, 2, 100].into_iter().cycle() {
            match pollster::block_on(trainer.turn(most)).unwrap() {
                Turn::Steps(reports) => {
                    assert!((1..=16).contains(&reports.len()) && reports.len() <= most.max(1));
                    losses.extend(reports.iter().map(|report| report.loss));
                }
                Turn::Evaluated { .. } => evaluations += 1,
                Turn::Compared(_) => unreachable!("a standard run"),
                Turn::Finished => break,
            }
        }
        let trained = pollster::block_on(trainer.adapter().to_file(&device)).unwrap();
        assert_eq!(((losses, trained), evaluations), (expected, config().epochs), "{}", device.name());
    }
}

/// A page may be closed between any two turns, also when the next one evaluates.
#[test]
fn every_turn_may_be_another_trainers() {
    let (train, dev) = (examples(80), examples(31));
    let device = Device::cpu();
    let backbone = golden::tiny_bert(&device);
    let file = adapter(&backbone, 0.1);
    let start = || Trainer::new(&backbone, &file, config(), &train, Some(&dev)).unwrap();
    let expected = finish(&mut start());
    let mut trainer = start();
    let (mut losses, mut evaluations) = (Vec::new(), 0);
    loop {
        match pollster::block_on(trainer.turn(4)).unwrap() {
            Turn::Steps(reports) => losses.extend(reports.iter().map(|report| report.loss)),
            Turn::Evaluated { .. } => evaluations += 1,
            Turn::Compared(_) => unreachable!("a standard run"),
            Turn::Finished => break,
        }
        let state = pollster::block_on(trainer.state("run")).unwrap();
        let again = RunState::from_bytes("c", &state.to_bytes().unwrap(), state.arena[0].len()).unwrap();
        trainer = start();
        trainer.resume(again).unwrap();
    }
    let trained = pollster::block_on(trainer.adapter().to_file(&device)).unwrap();
    assert_eq!(((losses, trained), evaluations), (expected, config().epochs));
}

#[test]
fn a_diverging_loss_is_an_error() {
    let train = examples(16);
    let backbone = golden::tiny_bert(&Device::cpu());
    let config = TrainConfig { lr: 1e30, clip: None, warmup_ratio: 0.0, ..config() };
    let mut trainer = Trainer::new(&backbone, &adapter(&backbone, 0.0), config, &train, None).unwrap();
    let error = pollster::block_on(trainer.run(&mut |_, _| ControlFlow::Continue(()))).unwrap_err().to_string();
    assert!(error.contains("learning rate"), "{error}");
}

#[test]
fn early_stopping_and_limits() {
    let (train, dev) = (examples(40), examples(20));
    let backbone = golden::tiny_bert(&Device::cpu());
    let file = adapter(&backbone, 0.0);
    // Without a learning rate nothing ever improves.
    let patient = TrainConfig { lr: 0.0, epochs: 50, patience: Some(2), ..config() };
    let mut trainer = Trainer::new(&backbone, &file, patient, &train, Some(&dev)).unwrap();
    finish(&mut trainer);
    assert_eq!(trainer.progress().step, 3 * 5);
    let short = TrainConfig { max_steps: Some(7), ..config() };
    let mut trainer = Trainer::new(&backbone, &file, short, &train, None).unwrap();
    assert_eq!(finish(&mut trainer).0.len(), 7);
    for wrong in [TrainConfig { epochs: 0, ..config() }, TrainConfig { lr: f64::NAN, ..config() }] {
        assert!(Trainer::new(&backbone, &file, wrong, &train, None).is_err());
    }
}

/// Seven examples in one batch of any size give the same loss as alone: packing leaks nothing.
#[test]
fn sequences_of_a_batch_do_not_see_each_other() {
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let ids: Vec<u32> = (0..30).map(|i| 200 + i * 13).collect();
        let hidden = |ids: &[u32], starts: &[u32]| {
            let batch = backbone.batch(ids, &vec![0; ids.len()], starts).unwrap();
            let mut tape = graftwork_tensor::Tape::inference(&device);
            let x = backbone.forward(&mut tape, &batch, None, 0.0).unwrap();
            pollster::block_on(device.read(x.last().value())).unwrap()
        };
        let together = hidden(&ids, &[0, 1, 11, 30]);
        let alone = [hidden(&ids[..1], &[0, 1]), hidden(&ids[1..11], &[0, 10]), hidden(&ids[11..], &[0, 19])].concat();
        let difference = graftwork_tests::max_difference(&together, &alone);
        assert!(difference < 1e-5, "{}: {difference}", device.name());
    }
}
