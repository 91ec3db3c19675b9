//! A step on the CPU that finds what the step before it left takes no memory from the system: tensors come from the pool, scratch from
//! its thread. What remains is small and does not grow with the batch: the tape's closures, handles of tensors.

mod counting;

use std::num::NonZero;

use counting::{Allocations, LARGE, allocations};
use graftwork_model::{Adapter, AdapterConfig, AdapterFile, Backbone, HeadConfig};
use graftwork_tensor::{Device, Tape, WeightType, use_threads};
use graftwork_tests::{golden, shapes};
use graftwork_train::tasks::LabelTargets;
use graftwork_train::{Asked, Optimizer, StepSettings};

/// What the third and later steps of a kind allocate, each the same, with so many sequences of 40 tokens. All run on one thread: which
/// of several takes which part, and with it its scratch, is a matter of time.
fn steady(sequences: usize, mut step: impl FnMut(&[u32], &[u32], usize)) -> Allocations {
    use_threads(NonZero::<usize>::MIN);
    let ids: Vec<u32> = (0..40 * sequences as u32).map(|i| 100 + i * 37 % 800).collect();
    let starts = shapes::cu_seqlens(&vec![40; sequences]);
    (1..=2).for_each(|i| step(&ids, &starts, i));
    let later = [3, 4, 5].map(|i| allocations(|| step(&ids, &starts, i)));
    assert_eq!([later[0]; 3], later, "{sequences} sequences");
    assert_eq!(later[0].large, 0, "{sequences} sequences: {} bytes at once", later[0].largest);
    later[0]
}

fn backbones() -> impl Iterator<Item = Backbone> {
    let device = Device::cpu();
    WeightType::ALL.into_iter().map(move |kind| golden::backbone_as(&golden::path("tiny-bert"), &device, Some(kind)))
}

fn adapter(backbone: &Backbone) -> Adapter {
    let head = HeadConfig::classifier("a", vec!["no".into(), "yes".into()]);
    let config = AdapterConfig::preset("double_seq_bn").unwrap();
    let mut file = AdapterFile::new("a", config, Some(head), backbone.config());
    file.initialise(backbone.config(), 7).unwrap();
    Adapter::load_trainable(backbone, &file).unwrap()
}

#[test]
fn steady_inference_allocates_nothing_large() {
    for backbone in backbones() {
        let device = backbone.device().clone();
        let adapter = adapter(&backbone);
        let types = vec![0; 40 * 128];
        let of = |sequences| {
            steady(sequences, |ids, starts, _| {
                let batch = backbone.batch(ids, &types[..ids.len()], starts).unwrap();
                let mut tape = Tape::inference(&device);
                let hidden = backbone.forward(&mut tape, &batch, Some(&adapter), 0.0).unwrap();
                let head = adapter.head().unwrap();
                let logits = head.forward(&mut tape, &backbone, &hidden, &batch, 0.0);
                assert_eq!(pollster::block_on(device.read(logits.value())).unwrap().len(), 2 * starts.len() - 2);
            })
        };
        // A batch of 128 x 40 tokens has more than a large allocation of sequence starts, let alone of token ids.
        assert_eq!(of(4).small, of(128).small);
    }
}

#[test]
fn a_steady_step_of_training_allocates_nothing_large() {
    for backbone in backbones() {
        let device = backbone.device().clone();
        let adapter = adapter(&backbone);
        let optimizer = Optimizer::new(&device, &adapter);
        let types = vec![0; 40 * 128];
        let of = |sequences| {
            let labels: Vec<u32> = (0..sequences as u32).map(|i| i % 2).collect();
            steady(sequences, |ids, starts, step| {
                let batch = backbone.batch(ids, &types[..ids.len()], starts).unwrap();
                let settings =
                    StepSettings { lr: 1e-3, weight_decay: 0.01, max_norm: 1.0, dropout: 0.1, seed: 1, step };
                let targets = LabelTargets::new(&device, &labels);
                let asked = Asked { head: adapter.head().unwrap(), targets: &targets, weight: 1.0 };
                optimizer.step(&backbone, &adapter, (&batch, &[asked]), settings).unwrap();
            })
        };
        assert_eq!(of(4).small, of(128).small);
    }
}

/// What is counted is what there is.
#[test]
fn allocations_are_counted() {
    let made = allocations(|| drop((vec![0_u8; LARGE], vec![1_u8; LARGE - 1])));
    assert_eq!(made, Allocations { small: 1, large: 1, largest: LARGE });
}
