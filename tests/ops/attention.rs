//! `attention` and `attention_tiles`, and their derivatives by `attention_bwd_dq` and `attention_bwd_dkv`, and by
//! `attention_delta` and `attention_bwd_tiles`.

use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_tensor::ops::attention::{Sequences, attention, attention_bwd, attention_bwd_cpu, attention_cpu};
use graftwork_tensor::{Device, GpuKind, Tensor};
use graftwork_tests::{check_gradient, dot, gpus, parity, random, random_f64, shapes};

/// Outputs of the kernels for a kind of GPU, forward and backward: o, lse, dqkv.
fn both(device: &Device, kind: GpuKind, lengths: &[usize], d: usize, heads: usize) -> Vec<Tensor> {
    let device = &device.tuned_for(kind);
    let t = lengths.iter().sum();
    let sequences = Sequences::new(device, &shapes::cu_seqlens(lengths));
    let qkv: Vec<f32> = random(1, 3 * t * d).iter().map(|v| 2.0 * v).collect();
    let (qkv, d_o) = (device.tensor(t, 3 * d, &qkv), device.tensor(t, d, &random(2, t * d)));
    let (o, lse, dqkv) = (device.empty(t, d), device.empty(t, heads), device.empty(t, 3 * d));
    attention(device, &qkv, &sequences, heads, &o, &lse);
    attention_bwd(device, &qkv, &sequences, heads, [&o, &d_o, &lse], &dqkv);
    vec![o, lse, dqkv]
}

#[test]
fn forward_and_backward() {
    let lengths = shapes::batches().into_iter().chain([vec![65, 1, 63, 31, 33, 129, 4]]);
    // Heads of 20 and 80 numbers, and the widest with tiles and without.
    let heads = || shapes::heads().into_iter().chain([(20, 1), (160, 2), (256, 1), (260, 1)]);
    let cases = lengths.flat_map(|lengths| heads().map(move |(d, heads)| (lengths.clone(), d, heads)));
    // Wide heads over long sequences say nothing more than over short ones, and take minutes in software.
    let cases = cases.filter(|(lengths, d, _)| lengths.iter().sum::<usize>() * d <= 512 * 64);
    parity(cases, 1e-9, |device, (lengths, d, heads)| {
        GpuKind::ALL.map(|kind| both(device, kind, lengths, *d, *heads)).concat()
    });
}

/// What is kept of a batch's rows is used beside other rows: neither other sequences nor a place in the batch may show.
#[test]
fn a_sequence_does_not_depend_on_others() {
    for gpu in gpus() {
        for (kind, e) in GpuKind::ALL.into_iter().flat_map(|kind| [(kind, 32), (kind, 64)]) {
            let device = gpu.tuned_for(kind);
            let (t, d) = (70, 2 * e);
            let own = (random(1, t * 3 * d), random(2, t * d));
            // The sequence behind another one, of so many tokens; of which it sees nothing, not even that they are no numbers.
            let behind = |others: usize| {
                let with = |fill: &[f32], width: usize| {
                    let other = vec![if others == 3 { f32::NAN } else { 0.5 }; others * width];
                    device.tensor(others + t, width, &[&other, fill].concat())
                };
                let (qkv, d_o) = (with(&own.0, 3 * d), with(&own.1, d));
                let lengths: &[usize] = if others > 0 { &[others, t] } else { &[t] };
                let sequences = Sequences::new(&device, &shapes::cu_seqlens(lengths));
                let all = others + t;
                let (o, lse, dqkv) = (device.empty(all, d), device.empty(all, 2), device.empty(all, 3 * d));
                attention(&device, &qkv, &sequences, 2, &o, &lse);
                attention_bwd(&device, &qkv, &sequences, 2, [&o, &d_o, &lse], &dqkv);
                let bits = |tensor: &Tensor| {
                    let values = pollster::block_on(device.read(tensor)).unwrap();
                    values[others * tensor.cols()..].iter().map(|v| v.to_bits()).collect::<Vec<_>>()
                };
                [bits(&o), bits(&lse), bits(&dqkv)]
            };
            let alone = behind(0);
            for others in [1, 3, 64, 100] {
                assert!(behind(others) == alone, "{}: {kind:?} behind {others} tokens", device.name());
            }
        }
    }
}

/// Tests of the kernels for hardware are tests of those: their shaders are what is dispatched.
#[test]
fn each_kind_has_shaders_of_its_own() {
    for gpu in gpus() {
        let name = gpu.as_gpu().unwrap().adapter().name.clone();
        let gpu = pollster::block_on(Gpu::open(&AdapterChoice::Named(name))).unwrap();
        let device = Device::from_gpu(gpu.clone());
        let shaders = |device: &Device, kind, d| {
            gpu.start_profile().unwrap();
            both(device, kind, &[7, 65], d, 1);
            let profile = gpu.stop_profile();
            let mut names: Vec<_> = profile.0.iter().map(|one| (one.name, one.calls)).collect();
            names.sort_unstable();
            names
        };
        let direct = [("attention", 1), ("attention_bwd_dkv", 1), ("attention_bwd_dq", 1)];
        let tiles = [("attention_bwd_tiles", 2), ("attention_delta", 1), ("attention_tiles", 1)];
        assert_eq!(shaders(&device, GpuKind::Software, 64), direct);
        assert_eq!(shaders(&device, GpuKind::Hardware, 64), tiles);
        assert_eq!(shaders(&device, GpuKind::Hardware, 256), tiles);
        assert_eq!(shaders(&device, GpuKind::Hardware, 260), direct);
    }
}

#[test]
fn derivatives() {
    let (t, d, heads) = (6, 8, 2);
    // Two sequences, of 4 and 2 tokens.
    let sequences = [0, 4, 6];
    let (qkv, d_o) = (random_f64(1, t * 3 * d), random_f64(2, t * d));
    let forward = |qkv: &[f64], lse: &mut [f64]| {
        let mut o = vec![0.0; t * d];
        attention_cpu(qkv, &sequences, [d, heads], &mut o, lse);
        o
    };
    let mut lse = vec![0.0; t * heads];
    let o = forward(&qkv, &mut lse);
    let mut dqkv = vec![0.0; t * 3 * d];
    attention_bwd_cpu(&qkv, &sequences, [d, heads], [&o, &d_o, &lse], &mut dqkv);
    check_gradient(&qkv, &dqkv, |qkv| dot(&forward(qkv, &mut vec![0.0; t * heads]), &d_o));
}
