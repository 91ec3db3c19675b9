//! all-MiniLM-L6-v2: loading, forward passes, and a training step of `double_seq_bn` adapters of bottleneck 64.

use graftwork_model::{Adapter, AdapterConfig, AdapterFile, Backbone, HeadConfig};
use graftwork_tensor::{Tape, WeightType};
use graftwork_tests::golden;
use graftwork_train::tasks::LabelTargets;
use graftwork_train::{Asked, Optimizer, StepSettings};

use crate::measure::Bench;

pub fn run(bench: &Bench<'_>, dtype: WeightType, shapes: &[String]) {
    if !bench.wants("model") {
        return;
    }
    let load = || golden::backbone_as(&golden::minilm_dir(), bench.device, Some(dtype));
    let backbone = load();
    bench.measure("model: load", 0.0, || load().weights()[0].words().clone());
    for shape in shapes {
        let sizes = shape.split_once('x').and_then(|(s, t)| Some((s.trim().parse().ok()?, t.trim().parse().ok()?)));
        let (sequences, tokens) = sizes.unwrap_or_else(|| panic!("{shape:?} is not sequences x tokens"));
        forward(bench, &backbone, &format!("{sequences} x {tokens}"), &vec![tokens; sequences]);
    }
    step(bench, &backbone, "8 x 64", &[64; 8]);
}

/// Token ids that a real text could have, and where the sequences start.
fn text(lengths: &[usize]) -> (Vec<u32>, Vec<u32>) {
    let total: usize = lengths.iter().sum();
    ((0..total as u32).map(|i| 1000 + i * 37 % 20_000).collect(), graftwork_tests::shapes::cu_seqlens(lengths))
}

/// Multiplications and additions of the matrix products and attention of one forward pass.
fn flop(backbone: &Backbone, lengths: &[usize]) -> f64 {
    let c = backbone.config();
    let (d, f, tokens) = (c.hidden_size, c.intermediate_size, lengths.iter().sum::<usize>());
    let pairs: usize = lengths.iter().map(|n| n * n).sum();
    (c.num_hidden_layers * (tokens * 2 * (4 * d * d + 2 * d * f) + 4 * pairs * d)) as f64
}

fn forward(bench: &Bench<'_>, backbone: &Backbone, shape: &str, lengths: &[usize]) {
    let (ids, starts) = text(lengths);
    bench.measure(&format!("model: forward {shape}"), flop(backbone, lengths), || {
        let batch = backbone.batch(&ids, &vec![0; ids.len()], &starts).expect("a batch that fits");
        let mut tape = Tape::inference(bench.device);
        backbone.forward(&mut tape, &batch, None, 0.0).unwrap().last().value().clone()
    });
}

fn step(bench: &Bench<'_>, backbone: &Backbone, shape: &str, lengths: &[usize]) {
    let config = AdapterConfig::preset("double_seq_bn").expect("a known method");
    let config = config.with("reduction_factor", 6).expect("a factor");
    let head = HeadConfig::classifier("bench", vec!["a".into(), "b".into()]);
    let mut file = AdapterFile::new("bench", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 1).expect("a valid configuration");
    let adapter = Adapter::load_trainable(backbone, &file).expect("an adapter that fits");
    let optimizer = Optimizer::new(bench.device, &adapter);
    let (ids, starts) = text(lengths);
    let labels: Vec<u32> = (0..lengths.len() as u32).map(|i| i % 2).collect();
    let mut settings = StepSettings { lr: 1e-4, weight_decay: 0.01, max_norm: 1.0, dropout: 0.0, seed: 1, step: 0 };
    // Backward through frozen weights costs about what forward does.
    bench.measure(&format!("model: training step {shape}, adapters of 64"), 2.0 * flop(backbone, lengths), || {
        let batch = backbone.batch(&ids, &vec![0; ids.len()], &starts).expect("a batch that fits");
        let targets = LabelTargets::new(bench.device, &labels);
        settings.step += 1;
        let asked = Asked { head: adapter.head().expect("a head"), targets: &targets, weight: 1.0 };
        optimizer.step(backbone, &adapter, (&batch, &[asked]), settings).expect("what the head gives");
        adapter.arena().weights().clone()
    });
}
