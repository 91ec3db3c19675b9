//! What frozen layers make of examples may be kept for all epochs, for some examples, or computed in every step: the same
//! bytes are learned. A head that learns alone leaves its adapter as it is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use graftwork::{AdapterConfig, AdapterFile, Device, HeadConfig, HeadKind, HostTensor};
use graftwork_model::Backbone;
use graftwork_tests::{devices, golden, random};
use graftwork_text::Encoding;
use graftwork_train::checkpoint::{Best, RunState};
use graftwork_train::few_shot::{self, FewShot};
use graftwork_train::{Ending, Event, Examples, TextClassification, TokenClassification, TrainConfig, Trainer};

fn names() -> Vec<String> {
    ["a", "b", "c"].map(str::to_owned).into()
}

fn encoding(seed: usize, length: usize) -> Encoding {
    let ids = random(seed as u64, length).iter().map(|v| 100 + ((v + 1.0) * 400.0) as u32).collect();
    Encoding { ids, type_ids: vec![0; length], ..Encoding::default() }
}

/// Texts of one window or two.
fn texts(n: usize) -> TextClassification {
    let windows = |i: usize| (0..=i % 3 / 2).map(|window| encoding(i + 1000 * window, 3 + i * 7 % 11)).collect();
    let labels = (0..n).map(|i| Some(i * 5 % 7 % 3));
    TextClassification::of_windows("training", (0..n).map(windows).collect(), labels, &names()).unwrap()
}

fn sentences(n: usize) -> TokenClassification {
    let sentence = |i: usize| {
        let mut encoding = encoding(i, 4 + i % 5);
        let origin = |word: usize| Some(graftwork_text::Origin { start: 0, end: 1, word: word as u32, sequence: 0 });
        encoding.origins = (0..encoding.len()).map(origin).collect();
        let tags: Vec<usize> = (0..encoding.len()).map(|word| (i + word) % 3).collect();
        (encoding, tags)
    };
    let (encodings, tags): (Vec<_>, Vec<_>) = (0..n).map(sentence).unzip();
    TokenClassification::new("training", encodings, tags, &names()).unwrap()
}

fn adapter(backbone: &Backbone, head: HeadConfig, leave_out: &[usize]) -> AdapterFile {
    let config = AdapterConfig::preset("double_seq_bn").unwrap().with("leave_out", leave_out.to_vec()).unwrap();
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    file
}

/// Everything that a run leaves: losses, weights, its best evaluation.
type Left = (Vec<u32>, BTreeMap<String, HostTensor>, Option<Best>);

fn finish(trainer: &mut Trainer<'_>) -> Left {
    let mut losses = Vec::new();
    let ending = pollster::block_on(trainer.run(&mut |_, event| {
        if let Event::Steps(reports, _) = event {
            losses.extend(reports.iter().map(|report| report.loss.to_bits()));
        }
        ControlFlow::Continue(())
    }));
    assert_eq!(ending.unwrap(), Ending::Finished);
    let file = pollster::block_on(trainer.adapter().to_file(trainer.backbone().device())).unwrap();
    (losses, file.tensors, trainer.best())
}

fn train(backbone: &Backbone, file: &AdapterFile, config: &TrainConfig, data: [&dyn Examples; 2]) -> Left {
    finish(&mut Trainer::new(backbone, file, config.clone(), data[0], Some(data[1])).unwrap())
}

fn keeping(keep_mib: Option<usize>, config: &TrainConfig) -> TrainConfig {
    TrainConfig { keep_mib, ..config.clone() }
}

#[test]
fn lower_layers() {
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let file = adapter(&backbone, HeadConfig::classifier("a", names()), &[0]);
        let (train_data, dev) = (texts(23), texts(9));
        for dropout in [0.0, 0.2] {
            let config = TrainConfig { epochs: 3, batch_size: 5, lr: 1e-2, dropout, ..TrainConfig::default() };
            let left = |mib| train(&backbone, &file, &keeping(mib, &config), [&train_data, &dev]);
            let (none, all) = (left(Some(0)), left(None));
            assert_eq!(none.0.len(), 15);
            assert!(none == all, "{}, dropout {dropout}", device.name());
        }
    }
}

/// 1 MiB holds the states of 4096 tokens of this backbone: of some 600 texts, about two thirds.
#[test]
fn as_many_as_fit() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let file = adapter(&backbone, HeadConfig::classifier("a", names()), &[0]);
    let (data, dev) = (texts(600), texts(9));
    let tokens: usize = (0..600).flat_map(|i| data.sequences(i)).map(Encoding::len).sum();
    assert!((5000..8000).contains(&tokens), "{tokens}");
    let config = TrainConfig { epochs: 2, batch_size: 50, ..TrainConfig::default() };
    let left = |mib| train(&backbone, &file, &keeping(mib, &config), [&data, &dev]);
    let none = left(Some(0));
    assert!(none == left(Some(1)));
    assert!(none == left(Some(2)));
}

#[test]
fn a_head_that_learns_alone() {
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let (train_texts, dev_texts, train_tags, dev_tags) = (texts(23), texts(9), sentences(11), sentences(5));
        let tagging = HeadConfig::flex(HeadKind::Tagging, "a", names());
        let on_layers = HeadConfig::linear_on_layers("a", names(), backbone.config());
        let cases: [(HeadConfig, [&dyn Examples; 2]); 3] = [
            (HeadConfig::classifier("a", names()), [&train_texts, &dev_texts]),
            (on_layers, [&train_texts, &dev_texts]),
            (tagging, [&train_tags, &dev_tags]),
        ];
        for (head, data) in cases {
            let file = adapter(&backbone, head, &[]);
            let config =
                TrainConfig { epochs: 3, batch_size: 5, lr: 1e-2, freeze_adapter: true, ..TrainConfig::default() };
            for dropout in [0.0, 0.2] {
                let config = TrainConfig { dropout, ..config.clone() };
                let left = |mib| train(&backbone, &file, &keeping(mib, &config), data);
                let kept = left(None);
                assert!(left(Some(0)) == kept, "{}, dropout {dropout}", device.name());
                for (name, tensor) in &kept.1 {
                    assert_eq!(*tensor == file.tensors[name], !name.starts_with("head."), "{name}");
                }
            }
        }
    }
}

/// The head's first step is that of a run in which the adapter learns, too; the numbers of that are PyTorch's (`curve.rs`).
#[test]
fn its_first_step_is_that_of_the_head_in_any_run() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let file = adapter(&backbone, HeadConfig::classifier("a", names()), &[]);
    let data = texts(8);
    let after = |freeze_adapter| {
        let config =
            TrainConfig { max_steps: Some(1), warmup_ratio: 0.0, clip: None, freeze_adapter, ..TrainConfig::default() };
        let mut trainer = Trainer::new(&backbone, &file, config, &data, None).unwrap();
        finish(&mut trainer).1
    };
    let (alone, together) = (after(true), after(false));
    for (name, tensor) in alone.iter().filter(|(name, _)| name.starts_with("head.")) {
        assert!(tensor == &together[name], "{name}");
    }
    assert!(alone != together && alone["head.0.weight"] != file.tensors["head.0.weight"]);
}

#[test]
fn a_head_alone_is_resumed() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let file = adapter(&backbone, HeadConfig::classifier("a", names()), &[]);
    let (data, dev) = (texts(23), texts(9));
    let config = TrainConfig { epochs: 3, batch_size: 5, lr: 1e-2, freeze_adapter: true, ..TrainConfig::default() };
    let start = || Trainer::new(&backbone, &file, config.clone(), &data, Some(&dev as &dyn Examples)).unwrap();
    let expected = finish(&mut start());
    let mut first = start();
    for _ in 0..2 {
        pollster::block_on(first.turn(4)).unwrap();
    }
    let state = pollster::block_on(first.state("run")).unwrap();
    let bytes = state.to_bytes().unwrap();
    let mut second = start();
    second.resume(RunState::from_bytes("c", &bytes, state.arena[0].len()).unwrap()).unwrap();
    let left = finish(&mut second);
    assert!((left.1, left.2) == (expected.1, expected.2));
}

/// The recipe for few examples drops nothing below its adapter, however much is kept.
#[test]
fn few_examples_with_any_memory() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let method = few_shot::method(AdapterConfig::preset("double_seq_bn").unwrap(), 6).unwrap();
    let method = method.with("leave_out", [0]).unwrap();
    let head =
        HeadConfig { hidden_layers: vec![1, 2], ..HeadConfig::linear_on_layers("a", names(), backbone.config()) };
    let mut file = AdapterFile::new("a", method, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    let data = texts(15);
    let left = |keep_mib| {
        let config = TrainConfig { max_steps: Some(5), batch_size: 6, keep_mib, ..few_shot::settings(10) };
        let mut run = FewShot::new(&backbone, &file, config, &data, false).unwrap();
        pollster::block_on(run.run(&mut |_, _| ControlFlow::Continue(()))).unwrap();
        let tensors = pollster::block_on(run.adapter().to_file(backbone.device())).unwrap().tensors;
        (tensors, run.comparison().cloned())
    };
    assert!(left(Some(0)) == left(None));
}
