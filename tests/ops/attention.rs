//! `attention`, and its derivative by `attention_bwd_dq` and `attention_bwd_dkv`.

use graftwork_tensor::ops::attention::{Sequences, attention, attention_bwd, attention_bwd_cpu, attention_cpu};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64, shapes};

#[test]
fn forward_and_backward() {
    let cases = shapes::batches()
        .into_iter()
        .flat_map(|lengths| shapes::heads().into_iter().map(move |(d, heads)| (lengths.clone(), d, heads)));
    // Wide heads over long sequences say nothing more than over short ones, and take minutes in software.
    let cases = cases.filter(|(lengths, d, _)| lengths.iter().sum::<usize>() * d <= 512 * 64);
    parity(cases, 1e-9, |device, (lengths, d, heads)| {
        let starts = shapes::cu_seqlens(lengths);
        let t = lengths.iter().sum();
        let sequences = Sequences::new(device, &starts);
        let qkv: Vec<f32> = random(1, 3 * t * d).iter().map(|v| 2.0 * v).collect();
        let (qkv, d_o) = (device.tensor(t, 3 * d, &qkv), device.tensor(t, *d, &random(2, t * d)));
        let (o, lse, dqkv) = (device.empty(t, *d), device.empty(t, *heads), device.empty(t, 3 * d));
        attention(device, &qkv, &sequences, *heads, &o, &lse);
        attention_bwd(device, &qkv, &sequences, *heads, [&o, &d_o, &lse], &dqkv);
        vec![o, lse, dqkv]
    });
}

#[test]
fn derivatives() {
    let (t, d, heads) = (6, 8, 2);
    // Two sequences, of 4 and 2 tokens.
    let sequences = [(0, 4), (4, 2)];
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
