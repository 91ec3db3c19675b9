//! Several heads on one adapter: together on the same examples, and in turns on data sets of their own.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use graftwork::{AdapterConfig, AdapterFile, Device, HeadConfig, HeadKind};
use graftwork_model::{Adapter, Backbone};
use graftwork_tensor::ops::clear::clear;
use graftwork_tensor::ops::cross_entropy::IGNORED;
use graftwork_tensor::{Tape, Tensor};
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, nmse, random};
use graftwork_text::{Encoding, Origin};
use graftwork_train::checkpoint::RunState;
use graftwork_train::evaluate::evaluate;
use graftwork_train::predict::{Rows, predict_head};
use graftwork_train::predict_heads::predict_heads;
use graftwork_train::tasks::intent_slot_classification::IntentSlotClassification;
use graftwork_train::tasks::{LabelTargets, Targets};
use graftwork_train::{
    Course, Ending, Event, Examples, Lessons, Part, Sampling, TextClassification, TokenClassification, TrainConfig,
    Trainer,
};

const FOLDER: &str = "tiny-heads";

fn read(device: &Device, tensor: &Tensor) -> Vec<f32> {
    pollster::block_on(device.read(tensor)).unwrap()
}

/// The tags that count, token by token.
fn tags(golden: &Golden) -> Vec<u32> {
    let tags = golden.counts["tags"].iter().zip(&golden.counts["labeled"]);
    tags.map(|(tag, one)| if *one == 1 { *tag } else { IGNORED }).collect()
}

/// Logits of both heads, the weighted loss, and every gradient of it.
#[test]
fn two_heads_against_autograd() {
    let golden = Golden::read(&format!("{FOLDER}/golden.safetensors"));
    let weights = golden::json(&format!("{FOLDER}/curves.json"))["weights"].clone();
    let file = AdapterFile::load(golden::path(FOLDER)).unwrap();
    assert_eq!(file.head_names(), ["intent", "slots"]);
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let adapter = Adapter::load_trainable(&backbone, &file).unwrap();
        let (ids, starts) = golden.batch();
        let batch = backbone.batch(ids, &golden.types(), starts).unwrap();
        let mut tape = Tape::training(&device, None);
        let hidden = backbone.forward(&mut tape, &batch, Some(&adapter), 0.0).unwrap();
        let (mut roots, mut loss) = (Vec::new(), 0.0);
        for (head, name) in adapter.heads().zip(["intent", "slots"]) {
            let logits = head.forward(&mut tape, &backbone, &hidden, &batch, 0.0);
            let error = nmse(&read(&device, logits.value()), &golden.floats[&format!("logits.{name}")]);
            assert!(error < 1e-9, "{}: logits of {name}: {error:e}", device.name());
            let labels = if name == "intent" { golden.counts["intents"].clone() } else { tags(&golden) };
            let found = LabelTargets::new(&device, &labels).loss(&mut tape, &logits).unwrap();
            let weight = weights[name].as_f64().unwrap() as f32;
            loss += weight * read(&device, &found.shares).iter().sum::<f32>();
            let gradient: Vec<f32> = read(&device, &found.gradient).iter().map(|value| weight * value).collect();
            let (rows, cols) = (found.gradient.rows(), found.gradient.cols());
            roots.push((found.root, device.tensor(rows, cols, &gradient)));
        }
        clear(&device, adapter.arena().grads().unwrap());
        tape.backward_from(roots);
        assert!((loss - golden.floats["loss"][0]).abs() < 1e-5, "{}: loss {loss}", device.name());
        let gradients = AdapterFile {
            tensors: adapter.arena().unpack(&read(&device, adapter.arena().grads().unwrap())),
            ..file.clone()
        };
        // As files of graftwork's have them: by AdapterHub's names.
        let mut compared = 0;
        for (name, bytes) in graftwork_model::adapterhub::to_files(&gradients).unwrap() {
            if !name.ends_with(".safetensors") {
                continue;
            }
            for (tensor, view) in safetensors::SafeTensors::deserialize(&bytes).unwrap().tensors() {
                let found: Vec<f32> =
                    view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
                let error = nmse(&found, &golden.floats[&format!("grad.{tensor}")]);
                assert!(error < 1e-8, "{}: gradient of {tensor}: {error:e}", device.name());
                compared += 1;
            }
        }
        let expected = golden.floats.keys().filter(|name| name.starts_with("grad.")).count();
        assert!(compared == expected && compared > 15, "{compared} gradients of {expected}");
    }
}

fn encodings(golden: &Golden) -> Vec<Encoding> {
    let (ids, starts) = golden.batch();
    let encoding = |w: &[u32]| {
        let ids = ids[w[0] as usize..w[1] as usize].to_vec();
        // Each token is a word: what has no tag is left out of the truth below.
        let origin = |word| Some(Origin { start: 0, end: 1, word, sequence: 0 });
        let origins = (0..ids.len() as u32).map(origin).collect();
        Encoding { type_ids: vec![0; ids.len()], ids, origins, ..Encoding::default() }
    };
    starts.windows(2).map(encoding).collect()
}

/// The same sequences with both truths. Tokens without a tag have no word.
fn both(golden: &Golden, file: &AdapterFile) -> (TextClassification, TokenClassification) {
    let mut encodings = encodings(golden);
    let labels: Vec<Vec<String>> = file.heads().map(HeadConfig::label_names).collect();
    let (mut all, mut tags_of) = (tags(golden).into_iter(), Vec::new());
    for encoding in &mut encodings {
        let own: Vec<u32> = all.by_ref().take(encoding.len()).collect();
        let mut words = Vec::new();
        for (origin, tag) in encoding.origins.iter_mut().zip(own) {
            match tag {
                IGNORED => *origin = None,
                tag => {
                    *origin = Some(Origin { start: 0, end: 1, word: words.len() as u32, sequence: 0 });
                    words.push(tag as usize);
                }
            }
        }
        tags_of.push(words);
    }
    let intents = golden.counts["intents"].iter().map(|intent| Some(*intent as usize));
    let texts = TextClassification::new("training", encodings.clone(), intents, &labels[0]).unwrap();
    (texts, TokenClassification::new("training", encodings, tags_of, &labels[1]).unwrap())
}

fn losses(trainer: &mut Trainer<'_>) -> Vec<f64> {
    let mut losses = Vec::new();
    pollster::block_on(trainer.run(&mut |_: &Trainer<'_>, event: Event<'_>| {
        if let Event::Steps(reports, _) = event {
            losses.extend(reports.iter().map(|report| f64::from(report.loss)));
        }
        ControlFlow::Continue(())
    }))
    .unwrap();
    losses
}

/// 20 steps against PyTorch: both heads in each, with weights; and in turns, where the other head's gradient is zero.
#[test]
fn curves_together_and_in_turns() {
    let curves = golden::json(&format!("{FOLDER}/curves.json"));
    let expected = |name: &str| serde_json::from_value::<Vec<f64>>(curves[name].clone()).unwrap();
    let file = AdapterFile::load(golden::path(FOLDER)).unwrap();
    let (texts, words) = both(&Golden::read(&format!("{FOLDER}/batches.safetensors")), &file);
    let joint = IntentSlotClassification::new(texts.clone(), words.clone()).unwrap();
    let config = TrainConfig {
        epochs: 1,
        lr: curves["lr"].as_f64().unwrap(),
        batch_size: curves["batch_size"].as_u64().unwrap() as usize,
        shuffle: false,
        ..TrainConfig::default()
    };
    // PyTorch's steps take the batches in turns: every second one of each truth.
    let of = |first: usize| -> Vec<usize> { (0..80).filter(|i| i / 4 % 2 == first).collect() };
    let (texts, words) = (texts.subset("training", &of(0)), words.subset("training", &of(1)));
    let weight = |name: &str| (name.to_owned(), curves["weights"][name].as_f64().unwrap());
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let part = |examples, heads| Part { lessons: Lessons::from(examples), dev: None, heads };
        let together = vec![part(&joint as &dyn Examples, vec![weight("intent"), weight("slots")])];
        let one = |name: &str| vec![(name.to_owned(), 1.0)];
        let in_turns = vec![part(texts.as_ref(), one("intent")), part(words.as_ref(), one("slots"))];
        for (name, parts) in [("together", together), ("in_turns", in_turns)] {
            let course = Course { parts, sampling: Sampling::default() };
            let mut trainer = Trainer::of_course(&backbone, &file, config.clone(), course).unwrap();
            let (found, expected) = (losses(&mut trainer), expected(name));
            assert_eq!((found.len(), expected.len()), (20, 20));
            let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-4, "{}: {name}: {worst:e}", device.name());
            println!("{}: {name}: losses within {worst:e}", device.name());
        }
    }
}

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).into()
}

/// An adapter with a head for texts and one for words.
fn adapter(backbone: &Backbone) -> AdapterFile {
    let config = AdapterConfig::preset("seq_bn").unwrap();
    let head = HeadConfig::classifier("topic", names(["no", "yes"]));
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.further = vec![HeadConfig::flex(HeadKind::Tagging, "names", names(["O", "B-a", "I-a"])).into()];
    file.initialise(backbone.config(), 7).unwrap();
    file
}

fn sequences(seed: u64, n: usize) -> Vec<Encoding> {
    let encoding = |i: usize| {
        let ids: Vec<u32> =
            random(seed + i as u64, 4 + i * 7 % 9).iter().map(|v| 100 + ((v + 1.0) * 400.0) as u32).collect();
        let origins = (0..ids.len() as u32).map(|word| Some(Origin { start: 0, end: 1, word, sequence: 0 })).collect();
        Encoding { type_ids: vec![0; ids.len()], ids, origins, ..Encoding::default() }
    };
    (0..n).map(encoding).collect()
}

fn texts(n: usize) -> TextClassification {
    let sequences = sequences(0, n);
    let labels: Vec<_> = sequences.iter().map(|one| Some(usize::from(one.ids[0] > 500))).collect();
    TextClassification::new("training", sequences, labels, &names(["no", "yes"])).unwrap()
}

fn words(n: usize) -> TokenClassification {
    let sequences = sequences(1000, n);
    let tags: Vec<_> =
        sequences.iter().map(|one| one.ids.iter().map(|id| (*id / 300) as usize % 3).collect()).collect();
    TokenClassification::new("training", sequences, tags, &names(["O", "B-a", "I-a"])).unwrap()
}

/// Two data sets of different sizes, in turns: both heads learn, the best of both is kept, and an interrupted run ends with the
/// same bytes, by either sampling.
#[test]
fn in_turns_on_every_device() {
    let (few, many, dev_texts, dev_words) = (texts(40), words(96), texts(30), words(30));
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let file = adapter(&backbone);
        for sampling in Sampling::ALL {
            let part = |examples, dev, name: &str| Part {
                lessons: Lessons::from(examples),
                dev: Some(dev),
                heads: vec![(name.to_owned(), 1.0)],
            };
            let start = || {
                let parts = vec![
                    part(&few as &dyn Examples, &dev_texts as &dyn Examples, "topic"),
                    part(&many as &dyn Examples, &dev_words as &dyn Examples, "names"),
                ];
                let config = TrainConfig { epochs: 4, lr: 1e-2, batch_size: 8, dropout: 0.1, ..TrainConfig::default() };
                Trainer::of_course(&backbone, &file, config, Course { parts, sampling }).unwrap()
            };
            let finish = |trainer: &mut Trainer<'_>, stop_at: usize| {
                let mut measured = Vec::new();
                let ending = pollster::block_on(trainer.run(&mut |trainer: &Trainer<'_>, event: Event<'_>| {
                    if let Event::Evaluated { head, evaluation, further, .. } = event {
                        assert_eq!((head, further[0].0.as_str()), ("topic", "names"));
                        measured.push((evaluation.metrics.score(), further[0].1.metrics.score()));
                    }
                    match trainer.progress().step >= stop_at {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                }));
                let file = pollster::block_on(trainer.adapter().to_file(&device)).unwrap();
                (ending.unwrap(), file, measured)
            };
            let mut whole = start();
            let steps = whole.progress().total_steps;
            assert_eq!(steps, if sampling == Sampling::Evenly { 4 * 24 } else { 4 * 17 });
            let (_, trained, measured) = finish(&mut whole, usize::MAX);
            let mean = |(topic, names): &(f64, f64)| (topic + names) / 2.0;
            let best = measured.iter().map(mean).fold(0.0, f64::max);
            assert_eq!((measured.len(), whole.best().unwrap().score), (4, best));
            for prefix in ["head.", "heads.names."] {
                let changed = trained
                    .tensors
                    .iter()
                    .any(|(name, tensor)| name.starts_with(prefix) && *tensor != file.tensors[name]);
                assert!(changed, "{prefix} has learned");
            }

            let mut first = start();
            assert_eq!(finish(&mut first, 20).0, Ending::Stopped);
            let state = pollster::block_on(first.state("run")).unwrap();
            let mut second = start();
            let bytes = state.to_bytes().unwrap();
            second.resume(RunState::from_bytes("c", &bytes, state.arena[0].len()).unwrap()).unwrap();
            assert_eq!(finish(&mut second, usize::MAX).1, trained, "{}: resuming changes the result", device.name());
        }
    }
}

/// What both heads say in one forward pass is what each says alone, to the last bit.
#[test]
fn one_forward_pass_for_both() {
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let adapter = Adapter::load(&backbone, &adapter(&backbone)).unwrap();
        let sequences = sequences(5, 37);
        let examples: Vec<&[Encoding]> = sequences.chunks(1).collect();
        let read = |_: usize, rows: &[Rows<'_>]| rows.iter().map(|rows| rows.values.to_vec()).collect::<Vec<_>>();
        let quiet: &mut graftwork_tensor::OnProgress<'_> = &mut |_| {};
        let found = pollster::block_on(predict_heads(&backbone, &adapter, &examples, true, read, quiet)).unwrap();
        for (place, name) in ["topic", "names"].into_iter().enumerate() {
            let view = adapter.with_head(name).unwrap();
            let rows = |_: usize, rows: Rows<'_>| rows.values.to_vec();
            let own = pollster::block_on(predict_head(&backbone, &view, &examples, rows, quiet)).unwrap();
            assert!(own.iter().zip(&found).all(|(own, found)| *own == found[place]), "{}: {name}", device.name());
        }
        assert!(found.iter().all(|found| found.len() == 3 && found[2].len() == backbone.config().hidden_size));
    }
}

/// A view of one head is an adapter with that head alone, in memory as on a device; nothing else of it changes.
#[test]
fn a_view_is_an_adapter_with_one_head() {
    let device = Device::cpu();
    let backbone = golden::tiny_bert(&device);
    let file = adapter(&backbone);
    let loaded = Adapter::load(&backbone, &file).unwrap();
    for name in ["topic", "names"] {
        let alone = file.with_head(name).unwrap();
        alone.validate("alone").unwrap();
        assert_eq!((alone.head_names(), alone.further.len()), (vec![name.to_owned()], 0));
        let view = loaded.with_head(name).unwrap();
        assert_eq!(pollster::block_on(view.to_file(&device)).unwrap(), alone);
        let again = pollster::block_on(view.with_head(name).unwrap().to_file(&device)).unwrap();
        assert_eq!(again, alone);
        let data: Box<dyn Examples> = if name == "topic" { Box::new(texts(9)) } else { Box::new(words(9)) };
        let measure =
            |adapter: &Adapter| pollster::block_on(evaluate(&backbone, adapter, data.as_ref(), &mut |_| {})).unwrap();
        assert_eq!(measure(&view), measure(&Adapter::load(&backbone, &alone).unwrap()));
    }
    let message = file.with_head("other").unwrap_err().to_string();
    assert!(message.contains("no \"other\"") && message.contains("topic, names"), "{message}");
    assert!(loaded.with_head("other").is_err());
}

#[test]
fn what_cannot_be_learned_together() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let file = adapter(&backbone);
    let (texts, words) = (texts(9), words(9));
    let joint = IntentSlotClassification::new(texts.clone(), words.clone()).unwrap();
    let refused = |config: TrainConfig, examples: &dyn Examples, heads: &[(&str, f64)]| {
        let heads = heads.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
        let parts = vec![Part { lessons: Lessons::from(examples), dev: None, heads }];
        let course = Course { parts, sampling: Sampling::default() };
        Trainer::of_course(&backbone, &file, config, course).map(drop).unwrap_err().to_string()
    };
    let config = TrainConfig::default;
    let both = [("topic", 1.0), ("names", 1.0)];
    assert!(refused(config(), &texts, &[("other", 1.0)]).contains("topic, names"));
    assert!(refused(config(), &texts, &[("names", 1.0)]).contains("is for token-classification"));
    assert!(
        refused(config(), &joint, &[("topic", 1.0), ("names", 0.0)]).contains("loss_weight must be a number above 0")
    );
    let frozen = TrainConfig { freeze_adapter: true, dropout: 0.1, ..config() };
    assert!(refused(frozen, &joint, &both).contains("dropout must be 0"));
    let nothing = Course { parts: Vec::new(), sampling: Sampling::default() };
    assert!(Trainer::of_course(&backbone, &file, config(), nothing).is_err());
    let few = graftwork_train::few_shot::FewShot::new(&backbone, &file, config(), &texts, true);
    assert!(few.err().unwrap().to_string().contains("several heads"));
    // A frozen adapter stays what it is, whichever head learns.
    let frozen = TrainConfig { freeze_adapter: true, batch_size: 3, ..config() };
    let heads = both.map(|(name, weight)| (name.to_owned(), weight)).into();
    let parts = vec![Part { lessons: Lessons::from(&joint), dev: None, heads }];
    let course = Course { parts, sampling: Sampling::default() };
    let mut trainer = Trainer::of_course(&backbone, &file, frozen, course).unwrap();
    losses(&mut trainer);
    let trained = pollster::block_on(trainer.adapter().to_file(&Device::cpu())).unwrap();
    let differ = |of_heads: bool| {
        let own = |name: &String| graftwork_model::is_of_head(name) == of_heads;
        let pick = |file: &AdapterFile| -> BTreeMap<_, _> {
            file.tensors.clone().into_iter().filter(|(name, _)| own(name)).collect()
        };
        pick(&trained) != pick(&file)
    };
    assert!(differ(true) && !differ(false));
}
