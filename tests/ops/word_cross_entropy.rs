use graftwork_tensor::ops::cross_entropy::{cross_entropy, cross_entropy_cpu};
use graftwork_tensor::ops::gemm::{Layout, gemm_cpu};
use graftwork_tensor::ops::word_cross_entropy::{SLICE, Words, back_cpu, fold_cpu, word_cross_entropy};
use graftwork_tensor::{Activation, Device, Param, Tape, Tensor, Weight, WeightType, WeightUse, WeightWriter};
use graftwork_tests::{check_gradient, devices, max_difference, nmse, parity, random, random_f64};

fn table(device: &Device, kind: WeightType, words: usize, width: usize) -> Weight {
    let mut writer = WeightWriter::new(device, kind, WeightUse::Table, [words, width]);
    writer.write(&random(3, words * width)).unwrap();
    writer.finish()
}

fn labels(n: usize, words: usize) -> Vec<u32> {
    (0..n).map(|i| ((i * 7919 + 5) % words) as u32).collect()
}

/// Forward and backward (`word_cross_entropy.wgsl`, `word_cross_entropy_bwd.wgsl`) beside the CPU body. Vocabularies of less than a slice, of slices exactly, of one word more; of any width, of both types of weights.
#[test]
fn losses_words_and_gradients() {
    let sizes = [(1, 1, 4), (3, 70, 5), (65, SLICE, 3), (7, SLICE + 1, 8), (33, 2 * SLICE + 77, 6)];
    let cases = sizes.into_iter().flat_map(|size| WeightType::ALL.map(|kind| (size, kind)));
    parity(cases, 1e-9, |device, ((n, words, width), kind)| {
        let table = table(device, *kind, *words, *width);
        let bias = Param { value: device.tensor(1, *words, &random(4, *words)), grad: Some(device.zeros(1, *words)) };
        let labels = device.indices(&labels(*n, *words));
        let weight = Param {
            value: device.tensor(*width, *width, &random(6, width * width)),
            grad: Some(device.zeros(*width, *width)),
        };
        let weight = Weight::from(weight);
        let mut tape = Tape::training(device, None);
        let x = tape.constant(device.tensor(*n, *width, &random(5, n * width)));
        let layer = graftwork_tensor::ops::linear::Linear {
            weight: &weight,
            bias: None,
            activation: Activation::Identity,
            alpha: 3.0,
        };
        let x = tape.linear(&x, layer, None);
        let y = tape.word_cross_entropy(&x, Words { table: &table, bias: Some(&bias) }, &labels);
        // The second column has no derivative, whatever comes in.
        let dy: Vec<f32> = random(7, 2 * n);
        tape.backward(&y, device.tensor(*n, 2, &dy));
        let value = y.value().clone();
        vec![value, bias.grad.unwrap(), weight.grad().unwrap().clone()]
    });
}

/// Beside the op for few classes, which has all logits at once.
#[test]
fn as_cross_entropy_over_all_logits() {
    let (n, words, width) = (9, SLICE + 200, 7);
    for device in devices() {
        let table = table(&device, WeightType::F32, words, width);
        let x = device.tensor(n, width, &random(5, n * width));
        let own = labels(n, words);
        let indices = device.indices(&own);
        let (state, y) = (device.empty(n, 4), device.empty(n, 2));
        let of = Words { table: &table, bias: None };
        word_cross_entropy(&device, &x, of, &indices, &state, &y);
        let all = of.logits(&device, &x, &(0..words));
        let (dz, loss) = (device.empty(n, words), device.empty(1, n));
        cross_entropy(&device, &all, &indices, 1, &dz, &loss);
        let read = |t: &Tensor| pollster::block_on(device.read(t)).unwrap();
        let (loss, all) = (read(&loss), read(&all));
        let losses: Vec<f32> = read(&y).chunks(2).map(|row| row[0]).collect();
        assert!(max_difference(&losses, &loss) < 1e-5, "{}", device.name());
        let largest =
            |logits: &[f32]| logits.iter().enumerate().fold(0, |best, (i, z)| if *z > logits[best] { i } else { best });
        let best: Vec<u32> = all.chunks(words).map(|logits| largest(logits) as u32).collect();
        // As they come none is right; said what it would say, each is.
        let rights = |labels: &[u32]| {
            word_cross_entropy(&device, &x, of, &device.indices(labels), &state, &y);
            read(&y).chunks(2).map(|row| row[1]).collect::<Vec<_>>()
        };
        let expected: Vec<f32> = own.iter().zip(&best).map(|(a, b)| f32::from(u8::from(a == b))).collect();
        assert_eq!((rights(&own), rights(&best)), (expected, vec![1.0; n]), "{}", device.name());
    }
}

/// Of equal logits the first counts, in whichever slice and thread it is; large ones do not overflow.
#[test]
fn equal_and_large_logits() {
    for device in devices() {
        let words = 2 * SLICE;
        let mut values = vec![0.0; words];
        for word in [5000, 4100, 70, 69] {
            values[word] = 300.0;
        }
        let table = Weight::from(&device.tensor(words, 1, &values));
        let (state, y) = (device.empty(1, 4), device.empty(1, 2));
        let x = device.tensor(1, 1, &[1.0]);
        let of = Words { table: &table, bias: None };
        for (label, right) in [(4100, 0.0), (70, 0.0), (69, 1.0)] {
            word_cross_entropy(&device, &x, of, &device.indices(&[label]), &state, &y);
            let found = pollster::block_on(device.read(&y)).unwrap();
            assert!((found[0] - 4f32.ln()).abs() < 1e-4 && found[1] == right, "{}: {label} {found:?}", device.name());
        }
    }
}

/// The same bytes every time, on every device.
#[test]
fn it_is_deterministic() {
    for device in devices() {
        let run = || {
            let table = table(&device, WeightType::F32, SLICE + 300, 8);
            let (state, y) = (device.empty(70, 4), device.empty(70, 2));
            let x = device.tensor(70, 8, &random(5, 560));
            let of = Words { table: &table, bias: None };
            word_cross_entropy(&device, &x, of, &device.indices(&labels(70, SLICE + 300)), &state, &y);
            pollster::block_on(device.read(&y)).unwrap()
        };
        assert_eq!(run(), run(), "{}", device.name());
    }
}

/// In f64, over three slices of five words.
#[test]
fn derivative_by_finite_differences() {
    let (n, words, width, slice) = (4, 13, 3, 5);
    let (table, scales) = (random_f64(3, words * width), random_f64(8, n));
    let labels: Vec<u32> = vec![0, 12, 7, 7];
    let dy: Vec<f64> = scales.iter().flat_map(|scale| [*scale, 9.0]).collect();
    let inputs = [random_f64(5, n * width), random_f64(4, words)].concat();
    let logits = |inputs: &[f64], first: usize| {
        let (x, bias) = inputs.split_at(n * width);
        let count = slice.min(words - first);
        let mut z = vec![0.0; n * count];
        let operands = (x, &table[first * width..][..count * width], Layout::Nt, [n, count, width]);
        gemm_cpu(operands, Some(&bias[first..first + count]), Activation::Identity, 1.0, None, &mut z, None);
        z
    };
    let forward = |inputs: &[f64]| {
        let (mut state, mut y) = (vec![0.0; 4 * n], vec![0.0; 2 * n]);
        (0..words)
            .step_by(slice)
            .for_each(|first| fold_cpu(&logits(inputs, first), &labels, first, &mut state, &mut y));
        (state, y)
    };
    let (state, y) = forward(&inputs);
    let mut gradient = vec![0.0; inputs.len()];
    let (dx, dbias) = gradient.split_at_mut(n * width);
    for first in (0..words).step_by(slice) {
        let mut z = logits(&inputs, first);
        back_cpu(&mut z, &labels, first, &state, &dy);
        let count = z.len() / n;
        for (i, row) in z.chunks(count).enumerate() {
            for (j, dz) in row.iter().enumerate() {
                dbias[first + j] += dz;
                (0..width).for_each(|k| dx[i * width + k] += dz * table[(first + j) * width + k]);
            }
        }
    }
    let sum = |y: &[f64]| y.chunks(2).zip(&scales).map(|(row, scale)| row[0] * scale).sum::<f64>();
    check_gradient(&inputs, &gradient, |inputs| sum(&forward(inputs).1));

    let whole: Vec<f64> = {
        let mut z = vec![0.0; n * words];
        let operands = (&inputs[..n * width], &table[..], Layout::Nt, [n, words, width]);
        gemm_cpu(operands, Some(&inputs[n * width..]), Activation::Identity, 1.0, None, &mut z, None);
        let mut loss = vec![0.0; n];
        cross_entropy_cpu(&z, &labels, 1, &mut vec![0.0; z.len()], &mut loss);
        loss
    };
    let (losses, whole): (Vec<f32>, Vec<f32>) =
        y.chunks(2).zip(&whole).map(|(row, whole)| (row[0] as f32, *whole as f32)).unzip();
    assert!(nmse(&losses, &whole) < 1e-12);
}
