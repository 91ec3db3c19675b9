//! The ops at the sizes of MiniLM and BERT-base, 512 tokens.

use graftwork_tensor::ops::attention::{Sequences, attention, attention_bwd};
use graftwork_tensor::ops::gemm::{Epilogue, GemmChoice, GemmKernel, Layout, accumulate_tn, gemm};
use graftwork_tensor::ops::layer_norm::{Saved, layer_norm, layer_norm_bwd};
use graftwork_tensor::{Activation, Device, GpuKind, WeightType, WeightUse, WeightWriter};
use graftwork_tests::{random, shapes};

use crate::measure::Bench;

const TOKENS: usize = 512;

pub fn run(bench: &Bench<'_>) {
    for (name, layout, m, n, k) in [
        ("gemm NT 512x384x384 (projection)", Layout::Nt, TOKENS, 384, 384),
        ("gemm NT 512x1536x384 (feed-forward up)", Layout::Nt, TOKENS, 1536, 384),
        ("gemm NT 512x384x1536 (feed-forward down)", Layout::Nt, TOKENS, 384, 1536),
        ("gemm NT 512x24x384 (adapter down)", Layout::Nt, TOKENS, 24, 384),
        ("gemm NT 512x384x24 (adapter up)", Layout::Nt, TOKENS, 384, 24),
        ("gemm NN 512x384x384 (input gradient)", Layout::Nn, TOKENS, 384, 384),
        ("gemm NN 512x384x1536 (input gradient)", Layout::Nn, TOKENS, 384, 1536),
        ("gemm NT 512x768x768 (BERT-base)", Layout::Nt, TOKENS, 768, 768),
    ] {
        product(bench, bench.device, name, WeightType::F32, layout, [m, n, k]);
    }
    for (name, layout, m, n, k) in [
        ("gemm NT 512x384x384 of f16", Layout::Nt, TOKENS, 384, 384),
        ("gemm NT 512x1536x384 of f16", Layout::Nt, TOKENS, 1536, 384),
        ("gemm NT 512x384x1536 of f16", Layout::Nt, TOKENS, 384, 1536),
        ("gemm NN 512x384x1536 of f16", Layout::Nn, TOKENS, 384, 1536),
    ] {
        product(bench, bench.device, name, WeightType::F16, layout, [m, n, k]);
    }
    if bench.kernels && bench.device.as_gpu().is_some() {
        kernels(bench);
    }
    weight_gradient(bench, "gemm TN 384x24x512 (adapter gradient)", [384, 24, TOKENS]);
    activation(bench);
    norms(bench);
    for (shape, lengths) in [("8 x 64", vec![64; 8]), ("1 x 512", vec![512])] {
        attentions(bench, bench.device, shape, &lengths);
        for kind in GpuKind::ALL.into_iter().filter(|_| bench.kernels && bench.device.as_gpu().is_some()) {
            attentions(bench, &bench.device.tuned_for(kind), &format!("{shape}, for {kind:?}"), &lengths);
        }
    }
}

/// Every kernel of the matrix product by itself, and the one that the device finds by measuring.
fn kernels(bench: &Bench<'_>) {
    let sizes = [[1, 384, 384], [8, 384, 1536], [12, 384, 384], [64, 384, 384], [512, 384, 384], [512, 1536, 384]];
    // Minutes on a GPU in software.
    let large = [[512, 3072, 768], [4096, 768, 768], [4096, 768, 3072]];
    let hardware = bench.device.as_gpu().is_some_and(|gpu| !gpu.adapter().software);
    for size in sizes.into_iter().chain(if hardware { large.to_vec() } else { Vec::new() }) {
        for (layout, kind) in
            [(Layout::Nt, WeightType::F32), (Layout::Nn, WeightType::F32), (Layout::Nt, WeightType::F16)]
        {
            let [m, n, k] = size;
            let case = format!("gemm {layout:?} {m}x{n}x{k} of {kind}");
            let measured = bench.device.with_gemm(GemmChoice::Measured);
            product(bench, &measured, &format!("{case}, measured"), kind, layout, size);
            for kernel in GemmKernel::ALL {
                let device = bench.device.with_gemm(GemmChoice::Always(kernel));
                product(bench, &device, &format!("{case}, {}", kernel.name()), kind, layout, size);
            }
        }
    }
}

fn product(bench: &Bench<'_>, device: &Device, name: &str, kind: WeightType, layout: Layout, [m, n, k]: [usize; 3]) {
    if !bench.wants(name) {
        return;
    }
    let a = device.tensor(m, k, &random(1, m * k));
    let (rows, cols) = if layout == Layout::Nt { (n, k) } else { (k, n) };
    let mut b = WeightWriter::new(device, kind, WeightUse::Product, [rows, cols]);
    b.write(&random(2, n * k)).expect("numbers round 0");
    let b = b.finish();
    let y = device.empty(m, n);
    let work = || {
        gemm(device, &a, &b, layout, Epilogue::default(), &y);
        y.clone()
    };
    // This device may have to choose first.
    pollster::block_on(device.read(&work().view(0, 1, 1))).expect("the device works");
    bench.measure(name, 2.0 * (m * n * k) as f64, work);
}

fn weight_gradient(bench: &Bench<'_>, name: &str, [m, n, k]: [usize; 3]) {
    if !bench.wants(name) {
        return;
    }
    let device = bench.device;
    let (a, b) = (device.tensor(k, m, &random(1, m * k)), device.tensor(k, n, &random(2, n * k)));
    let grad = device.zeros(m, n);
    bench.measure(name, 2.0 * (m * n * k) as f64, || {
        accumulate_tn(device, &a, &b, &grad);
        grad.clone()
    });
}

fn activation(bench: &Bench<'_>) {
    let name = "gemm with bias and gelu, 512x1536x8";
    if !bench.wants(name) {
        return;
    }
    let device = bench.device;
    let (a, b) = (device.tensor(TOKENS, 8, &random(1, TOKENS * 8)), device.tensor(1536, 8, &random(2, 1536 * 8)));
    let (bias, y) = (device.tensor(1, 1536, &random(3, 1536)), device.empty(TOKENS, 1536));
    let epilogue = Epilogue { bias: Some(&bias), activation: Activation::Gelu, ..Epilogue::default() };
    bench.measure(name, 2.0 * (TOKENS * 1536 * 8) as f64, || {
        gemm(device, &a, &b, Layout::Nt, epilogue, &y);
        y.clone()
    });
}

fn norms(bench: &Bench<'_>) {
    let (device, d) = (bench.device, 384);
    let n = TOKENS * d;
    let (x, dy) = (device.tensor(TOKENS, d, &random(1, n)), device.tensor(TOKENS, d, &random(2, n)));
    let (gamma, beta) = (device.tensor(1, d, &random(3, d)), device.tensor(1, d, &random(4, d)));
    let (y, saved) = (device.empty(TOKENS, d), Saved::empty(device, TOKENS, d));
    bench.measure("layer_norm 512x384", 8.0 * n as f64, || {
        layer_norm(device, (&x, Some(&dy)), [&gamma, &beta], 1e-12, &y, Some(&saved));
        y.clone()
    });
    bench.measure("layer_norm_bwd 512x384", 11.0 * n as f64, || {
        layer_norm_bwd(device, &dy, &saved, &gamma, &y, None);
        y.clone()
    });
}

fn attentions(bench: &Bench<'_>, device: &Device, shape: &str, lengths: &[usize]) {
    let (d, heads) = (384, 12);
    let t: usize = lengths.iter().sum();
    let sequences = Sequences::new(device, &shapes::cu_seqlens(lengths));
    let (qkv, d_o) = (device.tensor(t, 3 * d, &random(1, 3 * t * d)), device.tensor(t, d, &random(2, t * d)));
    let (o, lse, dqkv) = (device.empty(t, d), device.empty(t, heads), device.empty(t, 3 * d));
    let pairs: usize = lengths.iter().map(|n| n * n).sum();
    bench.measure(&format!("attention {shape}"), 4.0 * (pairs * d) as f64, || {
        attention(device, &qkv, &sequences, heads, &o, &lse);
        o.clone()
    });
    bench.measure(&format!("attention_bwd {shape}"), 10.0 * (pairs * d) as f64, || {
        attention_bwd(device, &qkv, &sequences, heads, [&o, &d_o, &lse], &dqkv);
        dqkv.clone()
    });
}
