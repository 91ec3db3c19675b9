//! Masked language modelling: against PyTorch, anew in every epoch, resumed to the same bytes, in bounded memory.

use std::ops::ControlFlow;

use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_model::{Adapter, AdapterConfig, AdapterFile, Backbone, HeadConfig};
use graftwork_tensor::Device;
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, gpus, shapes};
use graftwork_text::{Corpus, Encoding, LongTexts, Masked, Tokenizer};
use graftwork_train::evaluate::evaluate;
use graftwork_train::tasks::masked_lm::MeanLoss;
use graftwork_train::tasks::{Draw, Labelled, Task, TaskInfo, Tokenizing};
use graftwork_train::{Asked, Ending, Event, Examples, Optimizer, StepReport, StepSettings, TrainConfig, Trainer};

/// Sequences whose masks are given, in every epoch the same.
#[derive(Debug)]
struct Given {
    sequences: Vec<Encoding>,
    /// Of the same task.
    others: Box<dyn Examples>,
}

impl Given {
    fn read(golden: &Golden) -> Self {
        let (ids, starts) = golden.batch();
        let asked: Vec<(u32, u32)> =
            golden.counts["places"].iter().copied().zip(golden.counts["truths"].iter().copied()).collect();
        let sequence = |bounds: &[u32]| {
            let own = asked.iter().filter(|(place, _)| (bounds[0]..bounds[1]).contains(place));
            let (places, truths) = own.map(|(place, truth)| (place - bounds[0], *truth)).unzip();
            let ids = ids[bounds[0] as usize..bounds[1] as usize].to_vec();
            Encoding { type_ids: vec![0; ids.len()], ids, masked: Masked { places, truths }, ..Encoding::default() }
        };
        Self { sequences: starts.windows(2).map(sequence).collect(), others: examples(64) }
    }
}

impl Examples for Given {
    fn info(&self) -> &'static TaskInfo {
        self.others.info()
    }
    fn len(&self) -> usize {
        self.sequences.len()
    }
    fn sequences(&self, example: usize) -> &[Encoding] {
        std::slice::from_ref(&self.sequences[example])
    }
    fn subset(&self, what: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        self.others.subset(what, chosen)
    }
    fn for_head(&self, head: &HeadConfig) -> graftwork_train::Result<Box<dyn Task + '_>> {
        self.others.for_head(head)
    }
}

/// The loss of 20 steps on given masks, step for step, and the weights after them.
#[test]
fn twenty_steps_as_pytorch() {
    let curve = golden::json("tiny-words/curve/curve.json");
    let number = |key: &str| curve[key].as_f64().unwrap();
    let given = Given::read(&Golden::read("tiny-words/curve/batches.safetensors"));
    let file = AdapterFile::load(golden::path("tiny-words/curve")).unwrap();
    let config = TrainConfig {
        epochs: 1,
        lr: number("lr"),
        warmup_ratio: 0.1,
        weight_decay: number("weight_decay"),
        clip: Some(number("max_norm")),
        batch_size: number("per_step") as usize,
        shuffle: false,
        ..TrainConfig::default()
    };
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let mut trainer = Trainer::new(&backbone, &file, config.clone(), &given, None).unwrap();
        let mut steps: Vec<StepReport> = Vec::new();
        let observer = &mut |_: &Trainer<'_>, event: Event<'_>| {
            if let Event::Steps(reports, _) = event {
                steps.extend_from_slice(reports);
            }
            ControlFlow::Continue(())
        };
        pollster::block_on(trainer.run(observer)).unwrap();
        let log = curve["log"].as_array().unwrap();
        assert_eq!((steps.len(), log.len()), (20, 20));
        for (found, expected) in steps.iter().zip(log) {
            let number = |key: &str| expected[key].as_f64().unwrap();
            let (difference, place) = ((f64::from(found.loss) - number("loss")).abs(), found.step);
            assert!(difference < 1e-3, "{} step {place}: the loss differs by {difference}", device.name());
            let norm = f64::from(found.grad_norm) / number("grad_norm");
            assert!((norm - 1.0).abs() < 1e-2, "{} step {place}: gradient norm {}", device.name(), found.grad_norm);
        }
        crate::curve::check_final_weights("tiny-words/curve", &trainer, &device.name());
    }
}

/// Sentences of few words.
fn corpus() -> Corpus {
    let words = ["the", "day", "was", "long", "and", "we", "have", "been", "here", "again"];
    let text = |i: usize| (0..8).map(|j| words[(i * 7 + j * j) % 10]).collect::<Vec<_>>().join(" ");
    Corpus::new((0..60).map(text)).unwrap()
}

fn examples(max_length: usize) -> Box<dyn Examples> {
    let tokenizer = Tokenizer::from_dir(&golden::path("tiny-bert")).unwrap();
    let how = Tokenizing { what: "training", tokenizer: &tokenizer, max_length, long_texts: LongTexts::First };
    corpus().encode(&how).unwrap()
}

fn fresh(backbone: &Backbone) -> AdapterFile {
    let head = HeadConfig::masked_lm("a").fitted(backbone.config());
    let config = AdapterConfig::preset("seq_bn").unwrap();
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    file
}

#[test]
fn masks_are_drawn_anew_in_every_epoch_and_never_while_measuring() {
    let examples = examples(64);
    let draw = |epoch| Draw { seed: 3, epoch, ..Draw::default() };
    for example in 0..examples.len() {
        let of = |draw: &Draw| examples.drawn(example, draw).into_owned();
        assert_eq!(of(&draw(1)), of(&draw(1)));
        assert_ne!(of(&draw(1))[0].masked, of(&draw(2))[0].masked);
        assert_eq!(of(&draw(1))[0].len(), examples.sequences(example)[0].len());
    }
    let device = Device::cpu();
    let backbone = golden::tiny_bert(&device);
    let adapter = Adapter::load(&backbone, &fresh(&backbone)).unwrap();
    let measure = || pollster::block_on(evaluate(&backbone, &adapter, &*examples, &mut |_| {})).unwrap();
    let found = measure();
    assert_eq!(found, measure());
    let perplexity = found.metrics.get("perplexity").unwrap();
    // Nothing is learned yet: about as many words as there are.
    assert!((perplexity.ln() - found.loss).abs() < 1e-9 && (300.0..3000.0).contains(&perplexity), "{perplexity}");
}

#[test]
fn it_learns_and_an_interrupted_run_ends_with_the_same_bytes() {
    let (examples, dev) = (examples(48), examples(64));
    let config = TrainConfig {
        epochs: 6,
        batch_tokens: Some(200),
        lr: 1e-2,
        whole_word: Some(true),
        keep_best: false,
        ..TrainConfig::default()
    };
    for device in devices() {
        let backbone = golden::tiny_bert(&device);
        let file = fresh(&backbone);
        let trainer = || Trainer::new(&backbone, &file, config.clone(), &*examples, Some(&*dev)).unwrap();
        let mut losses = Vec::new();
        let mut whole = trainer();
        let note = &mut |_: &Trainer<'_>, event: Event<'_>| {
            if let Event::Evaluated { evaluation, .. } = event {
                losses.push(evaluation.loss);
            }
            ControlFlow::Continue(())
        };
        assert_eq!(pollster::block_on(whole.run(note)).unwrap(), Ending::Finished);
        // From about the logarithm of how many words there are.
        let adapter = Adapter::load(&backbone, &file).unwrap();
        let before = pollster::block_on(evaluate(&backbone, &adapter, &*dev, &mut |_| {})).unwrap().loss;
        assert!(losses.is_sorted_by(|a, b| a > b), "{}: {losses:?}", device.name());
        assert!(losses[losses.len() - 1] < before - 1.0, "{}: {before} {losses:?}", device.name());

        let mut first = trainer();
        while first.progress().step < whole.progress().step / 2 {
            pollster::block_on(first.turn(1)).unwrap();
        }
        let state = pollster::block_on(first.state("r")).unwrap();
        let mut second = trainer();
        second.resume(state).unwrap();
        pollster::block_on(second.run(&mut |_, _| ControlFlow::Continue(()))).unwrap();
        let weights =
            |trainer: &Trainer<'_>| pollster::block_on(device.read(trainer.adapter().arena().weights())).unwrap();
        assert_eq!(weights(&whole), weights(&second), "{}", device.name());
    }
}

#[test]
fn shares_that_are_more_than_all() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let examples = examples(48);
    let config = TrainConfig { mask_random: Some(0.6), mask_kept: Some(0.5), ..TrainConfig::default() };
    let error = Trainer::new(&backbone, &fresh(&backbone), config, &*examples, None).map(drop).unwrap_err();
    assert!(error.to_string().contains("mask_random must be at most 1 together"), "{error}");
}

/// A backbone of random weights, two layers of 32, with as many words.
fn of_words(words: usize, device: &Device) -> Backbone {
    use graftwork_formats::{BackboneConfig, HostTensor};
    let config = BackboneConfig {
        hidden_size: 32,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 64,
        vocab_size: words,
        ..BackboneConfig::default()
    };
    let tensor = |(seed, spec): (u64, graftwork_formats::TensorSpec)| {
        let n = spec.shape.iter().product();
        let values = graftwork_tests::random(seed, n).into_iter().map(|v| 0.1 * v).collect::<Vec<_>>();
        (spec.name, HostTensor::new(spec.shape, values))
    };
    let mut tensors: std::collections::BTreeMap<_, _> = (1..).zip(config.tensor_specs()).map(tensor).collect();
    pollster::block_on(Backbone::load(&config, &mut tensors, device, None, &mut |_| {})).unwrap()
}

/// The bytes that a step takes at its peak beside what is there before, over a vocabulary of so many words.
fn peak(words: usize, make: &dyn Fn() -> Device) -> u64 {
    let device = make();
    let backbone = of_words(words, &device);
    let adapter = Adapter::load_trainable(&backbone, &fresh(&backbone)).unwrap();
    let optimizer = Optimizer::new(&device, &adapter);
    let lengths = [64; 16];
    let ids: Vec<u32> = (0..1024).map(|i| 100 + i * 37 % 800).collect();
    let places: Vec<u32> = (0..1024).filter(|place| place % 6 == 1).collect();
    let truths: Vec<u32> = places.iter().map(|place| place * 7919 % words as u32).collect();
    let before = device.memory().used_bytes;
    for step in 1..=3 {
        let batch = backbone.batch(&ids, &vec![0; ids.len()], &shapes::cu_seqlens(&lengths)).unwrap();
        let batch = backbone.ask(batch, &places, &truths).unwrap();
        let settings = StepSettings { lr: 1e-3, weight_decay: 0.01, max_norm: 1.0, dropout: 0.0, seed: 1, step };
        let asked = Asked { head: adapter.head().unwrap(), targets: &MeanLoss, weight: 1.0 };
        optimizer.step(&backbone, &adapter, (&batch, &[asked]), settings).unwrap();
    }
    device.memory().peak_bytes - before
}

/// Eight times as many words take no more memory in a step: 171 masked tokens over 40,000 words more would be 27 MB.
#[test]
fn memory_does_not_grow_with_the_vocabulary() {
    let own_gpu = || {
        let name = gpus()[0].as_gpu().unwrap().adapter().name.clone();
        Device::from_gpu(pollster::block_on(Gpu::open(&AdapterChoice::Named(name))).unwrap())
    };
    for make in [&Device::cpu as &dyn Fn() -> Device, &own_gpu] {
        let (few, many) = (peak(6_000, make), peak(48_000, make));
        println!("{}: {few} bytes over 6,000 words, {many} over 48,000", make().name());
        assert!(many < few + (1 << 20), "{}: {few} and {many}", make().name());
    }
}
