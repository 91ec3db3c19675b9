//! What a step costs in memory and submits, and what happens when a batch does not fit.

use graftwork_formats::{BackboneConfig, Checkpoint};
use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_model::{Adapter, AdapterConfig, AdapterFile, Backbone, Batch, HeadConfig};
use graftwork_tensor::{Device, WeightType};
use graftwork_tests::{golden, gpus, shapes};
use graftwork_text::Encoding;
use graftwork_train::predict::{Rows, in_batches};
use graftwork_train::tasks::LabelTargets;
use graftwork_train::{Asked, Optimizer, StepSettings};

fn trainable(backbone: &Backbone) -> Adapter {
    let head = HeadConfig::classifier("a", vec!["no".into(), "yes".into()]);
    let config = AdapterConfig::preset("double_seq_bn").unwrap();
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    Adapter::load_trainable(backbone, &file).unwrap()
}

/// One training step over sequences of these lengths.
fn step(backbone: &Backbone, adapter: &Adapter, optimizer: &Optimizer, lengths: &[usize], step: usize) {
    let ids: Vec<u32> = (0..lengths.iter().sum::<usize>() as u32).map(|i| 100 + i * 37 % 800).collect();
    let labels: Vec<u32> = (0..lengths.len() as u32).map(|i| i % 2).collect();
    let batch = backbone.batch(&ids, &vec![0; ids.len()], &shapes::cu_seqlens(lengths)).unwrap();
    let settings = StepSettings { lr: 1e-3, weight_decay: 0.01, max_norm: 1.0, dropout: 0.1, seed: 1, step };
    let targets = LabelTargets::new(backbone.device(), &labels);
    let asked = Asked { head: adapter.head().unwrap(), targets: &targets, weight: 1.0 };
    optimizer.step(backbone, adapter, (&batch, &[asked]), settings).unwrap();
}

fn own_gpu() -> Gpu {
    let name = gpus()[0].as_gpu().unwrap().adapter().name.clone();
    pollster::block_on(Gpu::open(&AdapterChoice::Named(name))).unwrap()
}

/// Backward needs of each layer and token: query, key and value, attention's output, two sums before norms, the
/// feed-forward states before their activation; of each adapter its input and twice its bottleneck.
#[test]
fn a_step_keeps_what_backward_reads() {
    for device in [Device::cpu(), Device::from_gpu(own_gpu())] {
        let backbone = golden::tiny_bert(&device);
        let adapter = trainable(&backbone);
        let optimizer = Optimizer::new(&device, &adapter);
        let (before, lengths) = (device.memory().used_bytes, [32; 64]);
        (1..=3).for_each(|i| step(&backbone, &adapter, &optimizer, &lengths, i));
        let c = backbone.config();
        let (d, f, tokens) = (c.hidden_size, c.intermediate_size, lengths.iter().sum::<usize>());
        let bottleneck = (d / 16).max(1);
        let kept = c.num_hidden_layers * (3 * d + d + 2 * d + f + 2 * (d + 2 * bottleneck));
        let floats = (device.memory().peak_bytes - before) as f64 / 4.0 / tokens as f64;
        println!("{}: {floats:.0} floats a token at the peak, {kept} kept", device.name());
        assert!(floats < 1.2 * kept as f64 + (4 * f) as f64, "{}: {floats:.0} of {kept}", device.name());
    }
}

/// Of a backbone whose file is f16, the matrices take half of what they take in f32.
#[test]
fn an_f16_backbone_takes_half() {
    for device in [Device::cpu(), Device::from_gpu(own_gpu())] {
        let dir = golden::path("tiny-bert-f16");
        let config = BackboneConfig::from_dir(&dir).unwrap();
        let used = |kind| {
            let before = device.memory().used_bytes;
            let mut checkpoint = Checkpoint::open(&dir, &config).unwrap();
            let backbone =
                pollster::block_on(Backbone::load(&config, &mut checkpoint, &device, kind, &mut |_| {})).unwrap();
            (device.memory().used_bytes - before, backbone.bytes())
        };
        let ((kept, kept_bytes), (wide, wide_bytes)) = (used(None), used(Some(WeightType::F32)));
        println!("{}: {kept} bytes, {wide} in f32", device.name());
        // By its own account: all but the vectors is halved.
        assert!((0.5..0.52).contains(&(kept_bytes as f64 / wide_bytes as f64)), "{kept_bytes} of {wide_bytes}");
        // On the device, whose size classes waste a fifth at most.
        assert!((0.45..0.6).contains(&(kept as f64 / wide as f64)), "{kept} of {wide}");
    }
}

#[test]
fn a_step_is_one_submit_of_few_dispatches() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let backbone = golden::tiny_bert(&device);
    let adapter = trainable(&backbone);
    let optimizer = Optimizer::new(&device, &adapter);
    step(&backbone, &adapter, &optimizer, &[7, 9, 3], 1);
    let before = gpu.counters();
    (2..=9).for_each(|i| step(&backbone, &adapter, &optimizer, &[7 + i, 9, 3], i));
    let now = gpu.counters();
    println!(
        "{} dispatches a step of {} layers",
        (now.dispatches - before.dispatches) / 8,
        backbone.config().num_hidden_layers
    );
    assert_eq!(now.submits - before.submits, 8);
    assert!(now.dispatches - before.dispatches < 8 * 60 * backbone.config().num_hidden_layers as u64);
}

/// The batch is refused with the size that would fit; the device serves on, and so does another backbone on it.
#[test]
fn a_batch_that_does_not_fit_names_the_largest_that_does() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let backbone = golden::tiny_bert(&device);
    let widest = (3 * backbone.config().hidden_size).max(backbone.config().intermediate_size) as u64;
    gpu.pretend_limits(400 * 4 * widest, u64::MAX);
    let starts = shapes::cu_seqlens(&[[50; 8].as_slice(), &[1]].concat());
    let error = backbone.batch(&[5; 401], &[0; 401], &starts).unwrap_err();
    assert!(error.is_out_of_memory() && error.to_string().contains("at most 400 tokens"), "{error}");
    let other = golden::tiny_bert(&device);
    let adapter = trainable(&other);
    let optimizer = Optimizer::new(&device, &adapter);
    step(&other, &adapter, &optimizer, &[50; 8], 1);
    assert!(pollster::block_on(device.read(adapter.arena().weights())).unwrap().iter().all(|w| w.is_finite()));
}

/// Sums of hidden states, with and without memory for a whole batch.
#[test]
fn inference_splits_what_does_not_fit() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let backbone = golden::tiny_bert(&device);
    let lengths: Vec<usize> = (0..100).map(|i| 3 + i * 7 % 20).collect();
    let text = |i: usize| {
        let ids = (0..lengths[i]).map(|t| (100 + i + t) as u32).collect();
        Encoding { ids, type_ids: vec![0; lengths[i]], ..Encoding::default() }
    };
    let texts: Vec<Encoding> = (0..lengths.len()).map(text).collect();
    let texts: Vec<&[Encoding]> = texts.chunks(1).collect();
    let run = || {
        let mut batches = Vec::new();
        let compute = |batch: &Batch| {
            let mut tape = graftwork_tensor::Tape::inference(&device);
            Ok(backbone.forward(&mut tape, batch, None, 0.0)?.last().value().clone())
        };
        let read = |indices: &[usize], out: Rows<'_>| {
            let mut rows = out.iter();
            batches.push(rows.len());
            let lengths = indices.iter().map(|i| lengths[*i]);
            lengths.map(|n| rows.by_ref().take(n).map(|row| row[0]).sum::<f32>()).collect::<Vec<_>>()
        };
        let mut fractions = Vec::new();
        let mut note = |done| fractions.push(done);
        let answers = pollster::block_on(in_batches(&backbone, (&texts).into(), compute, read, &mut note));
        assert!(fractions.is_sorted() && fractions.last().is_none_or(|last| *last == 1.0));
        (answers.map_err(|e| e.to_string()), batches)
    };
    let (whole, batches) = run();
    assert_eq!((whole.as_ref().unwrap().len(), batches.len()), (100, 1));
    for (memory, most) in [(gpu.memory().used_bytes + (1 << 20), 1300), (gpu.memory().used_bytes + (1 << 18), 400)] {
        gpu.trim();
        gpu.pretend_limits(u64::MAX, memory);
        let (split, batches) = run();
        assert!(batches.iter().all(|tokens| *tokens < most), "{batches:?}");
        let difference = graftwork_tests::max_difference(&split.unwrap(), whole.as_ref().unwrap());
        assert!(difference < 1e-4, "{difference}");
    }
    gpu.trim();
    gpu.pretend_limits(u64::MAX, gpu.memory().used_bytes + 4096);
    assert!(run().0.unwrap_err().contains("out of memory"));
    gpu.pretend_limits(u64::MAX, u64::MAX);
    assert_eq!(run().0, whole);
}
