//! The recipe for few examples: it begins as the fitted head, keeps the adapter only where that is better, and goes on after
//! an interruption at any of its stages with the same bytes.

use std::ops::ControlFlow;

use graftwork::{AdapterConfig, AdapterFile, Device, HeadConfig};
use graftwork_model::Backbone;
use graftwork_tests::{devices, golden, random};
use graftwork_text::Encoding;
use graftwork_train::checkpoint::RunState;
use graftwork_train::few_shot::{self, FewShot, Kept};
use graftwork_train::{Ending, Event, Examples, TextClassification, TrainConfig, Turn};

/// Texts of three labels, in which a few tokens tell the label and the others nothing.
fn examples(labels: &[usize]) -> TextClassification {
    let text = |(i, label): (usize, &usize)| {
        let length = 5 + i * 7 % 11;
        let any = random(i as u64, length).into_iter().map(|v| 100 + ((v + 1.0) * 400.0) as u32);
        let ids: Vec<u32> = any.enumerate().map(|(at, id)| if at % 3 == 1 { 50 + *label as u32 } else { id }).collect();
        Encoding { type_ids: vec![0; length], ids, ..Encoding::default() }
    };
    let texts = labels.iter().enumerate().map(text).collect();
    let names = ["a", "b", "c"].map(str::to_owned);
    TextClassification::new("training", texts, labels.iter().copied().map(Some), &names).unwrap()
}

/// Seven of one label, four of another, three of the last.
fn few() -> TextClassification {
    examples(&[0, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0, 1, 2])
}

fn adapter(backbone: &Backbone) -> AdapterFile {
    let config = backbone.config();
    let method = few_shot::method(AdapterConfig::preset("double_seq_bn").unwrap(), config.num_hidden_layers).unwrap();
    let head = HeadConfig::linear_on_layers("few", ["a", "b", "c"].map(str::to_owned).to_vec(), config);
    let mut file = AdapterFile::new("few", method, Some(head), config);
    file.initialise(config, 7).unwrap();
    file
}

fn config() -> TrainConfig {
    TrainConfig { max_steps: Some(5), batch_size: 6, dropout: 0.1, ..few_shot::settings(10) }
}

/// What a run ended with: its losses, its adapter, and everything else that it says, as text.
fn finish(device: &Device, run: &mut FewShot<'_>) -> (Vec<f32>, AdapterFile, String) {
    let mut losses = Vec::new();
    let ending = pollster::block_on(run.run(&mut |_, event| {
        if let Event::Steps(reports, _) = event {
            losses.extend(reports.iter().map(|report| report.loss));
        }
        ControlFlow::Continue(())
    }));
    assert_eq!(ending.unwrap(), Ending::Finished);
    let file = pollster::block_on(run.adapter().to_file(device)).unwrap();
    (losses, file, format!("{:?} {:?}", run.comparison(), run.knowledge()))
}

#[test]
fn an_interruption_at_any_stage_changes_nothing() {
    let train = few();
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let file = adapter(&backbone);
        let start = || FewShot::new(&backbone, &file, config(), &train, false).unwrap();
        let (losses, trained, told) = finish(&device, &mut start());
        // Three folds, and all examples.
        assert_eq!(losses.len(), 4 * 5, "{}", device.name());
        assert!(told.contains("of: 14"), "{told}");

        let turns = if device.as_gpu().is_some() { [0, 1, 2, 5, 6, 9].to_vec() } else { (0..40).collect() };
        let mut interrupted = 0;
        for turns in turns {
            let mut first = start();
            let ended = (0..turns).any(|_| {
                let turn = pollster::block_on(first.turn(2, &mut |_| {})).unwrap();
                matches!(turn, Turn::Finished)
            });
            if ended {
                break;
            }
            let before = first.progress();
            let state = pollster::block_on(first.state("run")).unwrap();
            let bytes = state.to_bytes().unwrap();
            let again = RunState::from_bytes("c", &bytes, state.arena[0].len()).unwrap();
            assert_eq!(again, state);
            let mut second = start();
            second.resume(again).unwrap();
            assert_eq!((second.progress().step, second.progress().total_steps), (before.step, before.total_steps));
            let (_, found, tells) = finish(&device, &mut second);
            assert!(found == trained && tells == told, "{}: other after {turns} turns", device.name());
            interrupted += 1;
        }
        assert!(interrupted > 4, "{interrupted}");
    }
}

/// With a rate of zero nothing is learned: the adapter says what the head says.
#[test]
fn it_begins_as_the_fitted_head() {
    let train = few();
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let config = TrainConfig { lr: 0.0, dropout: 0.0, ..config() };
        let mut run = FewShot::new(&backbone, &adapter(&backbone), config, &train, false).unwrap();
        let (losses, ..) = finish(&device, &mut run);
        let found = run.comparison().unwrap();
        assert_eq!((found.head.of, found.head.right), (14, found.adapter.right), "{}", device.name());
        assert!((found.head.loss - found.adapter.loss).abs() < 1e-4, "{}: {found:?}", device.name());
        assert!(losses.iter().all(|loss| *loss < 1.0), "the head was fitted: {losses:?}");
    }
}

#[test]
fn the_adapter_is_kept_only_if_it_is_better() {
    let (train, device) = (few(), Device::cpu());
    let backbone = golden::tiny_bert(&device);
    let file = adapter(&backbone);
    let run = |lr: f64, head_only: bool| {
        let config = TrainConfig { lr, clip: None, ..config() };
        let mut run = FewShot::new(&backbone, &file, config, &train, head_only).unwrap();
        let (_, trained, _) = finish(&device, &mut run);
        (trained, run.comparison().cloned(), run.knowledge().cloned())
    };
    let (head, none, knowledge) = run(1e-3, true);
    assert!(none.is_none() && knowledge.unwrap().held_out == 14);
    assert!(head.adapter_parameters() == 0 && head.head_parameters() == 3 * 128 + 3);

    let (ruined, comparison, knowledge) = run(100.0, false);
    let comparison = comparison.unwrap();
    assert_eq!(comparison.kept, Kept::Head);
    assert!(comparison.adapter.right < comparison.head.right, "{comparison:?}");
    assert!(ruined == head, "what is kept is the head alone");
    assert_eq!(knowledge.unwrap().held_out, 14);
}

/// Of one text a label nothing can be held out: the head is what there is.
#[test]
fn one_example_a_label() {
    let (train, device) = (examples(&[0, 1, 2]), Device::cpu());
    let backbone = golden::tiny_bert(&device);
    let mut run = FewShot::new(&backbone, &adapter(&backbone), config(), &train, false).unwrap();
    let (_, trained, _) = finish(&device, &mut run);
    assert_eq!((trained.adapter_parameters(), run.knowledge()), (0, None));
}

#[test]
fn what_cannot_be_learned_so_is_refused() {
    let (train, device) = (few(), Device::cpu());
    let backbone = golden::tiny_bert(&device);
    let mut file = adapter(&backbone);
    file.head = Some(HeadConfig::classifier("few", ["a", "b", "c"].map(str::to_owned).to_vec()));
    file.initialise(backbone.config(), 7).unwrap();
    let refused = FewShot::new(&backbone, &file, config(), &train, false).err().unwrap().to_string();
    assert!(refused.contains("one dense layer"), "{refused}");

    let file = adapter(&backbone);
    let mut run = FewShot::new(&backbone, &file, config(), &train, false).unwrap();
    let state = pollster::block_on(run.state("run")).unwrap();
    for before in [(4, vec![0.0; 2 * 14 * 4]), (1, vec![0.0; 3])] {
        let refused = run.resume(RunState { before, ..state.clone() }).unwrap_err().to_string();
        assert!(refused.contains("another run"), "{refused}");
    }
}

/// The same numbers on the CPU and on GPUs.
#[test]
fn devices_agree() {
    let train = few();
    let losses = devices().into_iter().map(|device| {
        let backbone = golden::tiny_bert(&device);
        let config = TrainConfig { dropout: 0.0, ..config() };
        let mut run = FewShot::new(&backbone, &adapter(&backbone), config, &train, false).unwrap();
        (finish(&device, &mut run).0, run.comparison().cloned().unwrap())
    });
    let all: Vec<_> = losses.collect();
    for (losses, comparison) in &all[1..] {
        assert_eq!(losses.len(), all[0].0.len());
        for (a, b) in losses.iter().zip(&all[0].0) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
        assert!((comparison.adapter.loss - all[0].1.adapter.loss).abs() < 1e-3);
    }
    assert!(train.len() == 14 && all.len() > 1);
}
