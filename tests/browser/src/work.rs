//! Forward and one training step of an adapter: attention, a frozen layer, the adapter, LayerNorm, a head, the loss,
//! backward, clipping and AdamW.

use std::error::Error;

use graftwork_tensor::ops::adamw::{AdamW, adamw};
use graftwork_tensor::ops::attention::Sequences;
use graftwork_tensor::ops::cross_entropy::cross_entropy;
use graftwork_tensor::ops::linear::Linear;
use graftwork_tensor::ops::pool::Pool;
use graftwork_tensor::ops::reduce::norm_and_clip;
use graftwork_tensor::{Activation, Device, Param, Tape, Tensor};

/// Files that both sides read, in this order: token values, frozen weights, the arena of what learns.
pub const FILES: [&str; 3] = ["tokens.f32", "frozen.f32", "arena.f32"];

/// Hidden size, heads, bottleneck, classes.
const D: usize = 64;
const H: usize = 4;
const R: usize = 16;
const C: usize = 3;
/// Three packed sequences.
const CU_SEQLENS: [u32; 4] = [0, 5, 6, 19];
const LABELS: [u32; 3] = [2, 0, 1];

/// Named rows of numbers.
pub struct Answer {
    /// The device that computed, for the log.
    pub device: String,
    /// What is compared, by name.
    pub rows: Vec<(&'static str, Vec<f32>)>,
}

impl Answer {
    /// The answer as JSON; an f32 is written so that reading it gives the same number.
    pub fn to_json(&self) -> String {
        let rows: serde_json::Map<String, serde_json::Value> =
            self.rows.iter().map(|(name, row)| ((*name).to_owned(), row.clone().into())).collect();
        serde_json::json!({ "device": self.device, "rows": rows }).to_string()
    }
}

/// What learns, in the order in which it lies in the arena. Views start at multiples of 64 elements.
const LEARNS: [(usize, usize); 6] = [(R, D), (1, R), (D, R), (1, D), (C, D), (1, C)];
/// What is frozen: query, key and value weights and bias, a layer and its bias, LayerNorm.
const FROZEN: [(usize, usize); 6] = [(3 * D, D), (1, 3 * D), (D, D), (1, D), (1, D), (1, D)];

/// The files' bytes: numbers that look like a trained network's.
pub fn make_files() -> Vec<Vec<u8>> {
    let wave = |n: usize, size: f32, step: f32| (0..n).map(|i| size * (i as f32 * step).sin()).collect::<Vec<f32>>();
    let mut frozen = wave(room(&FROZEN), 0.15, 0.731);
    // LayerNorm's gamma is around one.
    let gamma = offsets(&FROZEN)[4];
    frozen[gamma..gamma + D].iter_mut().for_each(|v| *v += 1.0);
    let tokens = wave(CU_SEQLENS[3] as usize * D, 1.0, 0.37);
    let all = [tokens, frozen, wave(room(&LEARNS), 0.1, 0.517)];
    all.iter().map(|values| bytemuck::cast_slice(values).to_vec()).collect()
}

/// The same on any device.
pub async fn work(device: &Device, files: &[Vec<u8>]) -> Result<Answer, Box<dyn Error>> {
    let [tokens, frozen, arena] = files else { return Err(format!("expected the files {FILES:?}").into()) };
    let row = |bytes: &[u8]| -> Tensor {
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(bytes);
        device.tensor(1, values.len(), &values)
    };
    let sequences = Sequences::new(device, &CU_SEQLENS);
    let x = row(tokens).view(0, sequences.tokens(), D);
    let (frozen, arena) = (row(frozen), row(arena));
    let [grads, m, v] = [(); 3].map(|()| device.zeros(1, arena.len()));

    let mut params = split(&frozen, &FROZEN).into_iter().map(Param::frozen);
    let mut next = || params.next().ok_or("too few weights");
    let [qkv, qkv_b, dense, dense_b, gamma, beta] = [next()?, next()?, next()?, next()?, next()?, next()?];
    let learns: Vec<Param> = split(&arena, &LEARNS)
        .into_iter()
        .zip(split(&grads, &LEARNS))
        .map(|(value, grad)| Param { value, grad: Some(grad) })
        .collect();
    let [down, down_b, up, up_b, head, head_b] = &learns[..] else { return Err("too few parameters".into()) };

    let mut tape = Tape::training(device, None);
    let x = tape.constant(x);
    let qkv = tape.linear(&x, Linear::new(&qkv, &qkv_b), None);
    let context = tape.attention(&qkv, &sequences, H);
    let hidden = tape.linear(&context, Linear::new(&dense, &dense_b).with_activation(Activation::Gelu), None);
    let narrow = tape.linear(&hidden, Linear::new(down, down_b).with_activation(Activation::Silu), None);
    let adapted = tape.linear(&narrow, Linear::new(up, up_b), Some(&hidden));
    let normed = tape.layer_norm(&adapted, Some(&x), &gamma, &beta, 1e-12);
    let pooled = tape.pool(&normed, &sequences, Pool::Mean);
    let logits = tape.linear(&pooled, Linear::new(head, head_b), None);

    let (d_logits, loss) = (device.empty(LABELS.len(), C), device.empty(1, LABELS.len()));
    cross_entropy(device, logits.value(), &device.indices(&LABELS), &d_logits, &loss);
    let logits_value = logits.value().clone();
    tape.backward(&logits, d_logits);
    let clip = device.zeros(1, 2);
    norm_and_clip(device, &grads, 1.0, &clip, 0);
    let settings = AdamW { lr: 1e-3, weight_decay: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, step: 1 };
    adamw(device, settings, &grads, &clip, [&arena, &m, &v], arena.len());

    let mut rows = Vec::new();
    let wanted = [("logits", &logits_value), ("loss", &loss), ("gradients", &grads), ("parameters", &arena)];
    for (name, tensor) in wanted {
        rows.push((name, device.read(tensor).await?));
    }
    Ok(Answer { device: device.name(), rows })
}

fn offsets(shapes: &[(usize, usize)]) -> Vec<usize> {
    let mut end = 0;
    let mut starts: Vec<usize> = shapes
        .iter()
        .map(|(rows, cols)| {
            let start = end;
            end += (rows * cols).next_multiple_of(64);
            start
        })
        .collect();
    starts.push(end);
    starts
}

fn room(shapes: &[(usize, usize)]) -> usize {
    offsets(shapes)[shapes.len()]
}

fn split(whole: &Tensor, shapes: &[(usize, usize)]) -> Vec<Tensor> {
    shapes.iter().zip(offsets(shapes)).map(|((rows, cols), start)| whole.view(start, *rows, *cols)).collect()
}
