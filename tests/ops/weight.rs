//! Every type that weights may be stored in: products, embeddings, and what reading them costs nobody.

use graftwork_tensor::ops::embed::embed;
use graftwork_tensor::ops::gemm::{Epilogue, Layout, gemm, gemm_rounded};
use graftwork_tensor::{Activation, Device, Weight, WeightType, WeightUse, WeightWriter};
use graftwork_tests::{devices, nmse, parity, random, shapes};
use half::f16;
use half::slice::HalfFloatSliceExt;

const USES: [WeightUse; 2] = [WeightUse::Product, WeightUse::Table];
const LAYOUTS: [Layout; 3] = [Layout::Nt, Layout::Nn, Layout::Tn];

/// A weight written in pieces of seven.
fn stored(device: &Device, kind: WeightType, what_for: WeightUse, shape: [usize; 2], values: &[f32]) -> Weight {
    let mut writer = WeightWriter::new(device, kind, what_for, shape);
    values.chunks(7).for_each(|piece| writer.write(piece).unwrap());
    writer.finish()
}

/// The second operand of a product [M, N, K].
fn operand(
    device: &Device,
    (kind, what_for): (WeightType, WeightUse),
    layout: Layout,
    [_, n, k]: [usize; 3],
) -> Weight {
    let shape = if layout == Layout::Nt { [n, k] } else { [k, n] };
    stored(device, kind, what_for, shape, &random(2, n * k))
}

fn product(
    device: &Device,
    weight: impl Into<Weight>,
    layout: Layout,
    [m, n, k]: [usize; 3],
) -> graftwork_tensor::Tensor {
    let (rows, cols) = if layout == Layout::Tn { (k, m) } else { (m, k) };
    let a = device.tensor(rows, cols, &random(1, m * k));
    let y = device.empty(m, n);
    gemm(device, &a, weight, layout, Epilogue::default(), &y);
    y
}

#[test]
fn products_in_every_layout() {
    let kinds = WeightType::ALL.into_iter().flat_map(|kind| USES.map(|what_for| (kind, what_for)));
    let kinds = kinds.flat_map(|kind| LAYOUTS.map(|layout| (kind, layout)));
    let cases = kinds.flat_map(|(kind, layout)| shapes::products().into_iter().map(move |size| (kind, layout, size)));
    parity(cases, 1e-11, |device, (kind, layout, size)| {
        vec![product(device, operand(device, *kind, *layout, *size), *layout, *size)]
    });
}

/// On the CPU a product with a stored weight has the bytes of one with the same numbers in f32, row by row: panels are widened as they are
/// needed, and nothing is summed in another order. Sizes beyond a block, rows and columns for several threads.
#[test]
fn products_have_the_bytes_of_f32() {
    let device = Device::cpu().guarded();
    let large = [[200, 1100, 300], [70, 384, 1536], [1, 2051, 515], [47, 999, 771]];
    for kind in WeightType::ALL.into_iter().flat_map(|kind| USES.map(|what_for| (kind, what_for))) {
        for size in shapes::products().into_iter().chain(large) {
            for layout in LAYOUTS {
                let weight = operand(&device, kind, layout, size);
                let read = |tensor| pollster::block_on(device.read(&tensor)).unwrap();
                let found = read(product(&device, &weight, layout, size));
                let expected = read(product(&device, &weight.widened(&device), layout, size));
                let same = found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same, "{kind:?} {layout:?} {size:?}");
            }
        }
    }
    assert_eq!(pollster::block_on(device.check_guards()).unwrap(), 0);
}

/// For answers a product may round activations: 8-bit integers on the CPU do, by a little, and nothing else does.
#[test]
fn products_for_answers() {
    for device in devices() {
        let device = device.guarded();
        let read = |tensor| pollster::block_on(device.read(&tensor)).unwrap();
        let sizes = shapes::products().into_iter().chain([[200, 1100, 300], [70, 384, 1536], [1, 2051, 515]]);
        for (size @ [m, n, k], kind) in sizes.flat_map(|size| WeightType::ALL.map(|kind| (size, kind))) {
            let weight = operand(&device, (kind, WeightUse::Product), Layout::Nt, size);
            let a = device.tensor(m, k, &random(1, m * k));
            let (bias, residual) = (device.tensor(1, n, &random(3, n)), device.tensor(m, n, &random(4, m * n)));
            let (bias, residual) = (Some(&bias), Some(&residual));
            let epilogue = Epilogue { bias, activation: Activation::Gelu, alpha: 0.5, residual, pre: None };
            let [found, expected] = [device.empty(m, n), device.empty(m, n)];
            gemm_rounded(&device, &a, &weight, epilogue, &found);
            gemm(&device, &a, &weight, Layout::Nt, epilogue, &expected);
            let (found, expected) = (read(found), read(expected));
            let place = format!("{} {kind} {size:?}", device.name());
            if kind == WeightType::Q8 && device.as_gpu().is_none() {
                assert!(nmse(&found, &expected) < 2e-4, "{place}: {}", nmse(&found, &expected));
            } else {
                assert_eq!(found, expected, "{place}");
            }
        }
        assert_eq!(pollster::block_on(device.check_guards()).unwrap(), 0);
    }
}

/// Tables of different types below one sum.
#[test]
fn embeddings() {
    let kinds = WeightType::ALL.into_iter().flat_map(|a| WeightType::ALL.map(|b| (a, b)));
    let cases = kinds.flat_map(|kinds| [(1, 4), (7, 5), (513, 64)].map(|size| (kinds, size)));
    parity(cases, 1e-13, |device, ((first, second), (t, d))| {
        let rows: Vec<u32> = (0..*t as u32).map(|i| i * 77 % 101).chain((0..*t as u32).map(|i| i % 13)).collect();
        let tables = [(first, 101), (second, 13)]
            .map(|(kind, rows)| stored(device, *kind, WeightUse::Table, [rows, *d], &random(rows as u64, rows * d)));
        let y = device.empty(*t, *d);
        embed(device, &device.indices(&rows), &tables, &y);
        vec![y]
    });
}

/// What is stored as f16 are the nearest halves, and those of a file stay as they are: numbers below f16's normal ones,
/// infinities, an odd number of them, in pieces of any length.
#[test]
fn halves_are_exact() {
    let rounded: Vec<f16> = random(3, 5 * 7).into_iter().map(f16::from_f32).collect();
    let special = [0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0xfbff, 0x7c00, 0xfc00].map(f16::from_bits);
    let halves = [&rounded[..26], &special].concat();
    for device in devices() {
        let device = device.guarded();
        let mut writer = WeightWriter::new(&device, WeightType::F16, WeightUse::Table, [5, 7]);
        halves.chunks(3).for_each(|piece| writer.write_f16(piece).unwrap());
        let weight = writer.finish();
        assert_eq!((weight.bytes(), weight.len()), (72, 35));
        let read = |weight: &Weight| pollster::block_on(device.read(&weight.widened(&device))).unwrap();
        // Adding nothing to it, a GPU may write a negative zero as zero; and numbers this small are zero to some.
        let close = |a: f32, b: f32| a == b || (a.is_finite() && (a - b).abs() < 6.2e-5);
        for (found, half) in read(&weight).into_iter().zip(&halves) {
            assert!(close(found, half.to_f32()), "{}: {found}, not {half}", device.name());
        }
        let wide = stored(&device, WeightType::F16, WeightUse::Table, [5, 7], &random(3, 5 * 7));
        assert_eq!(read(&wide), rounded.to_f32_vec(), "{}", device.name());
        assert_eq!(pollster::block_on(device.check_guards()).unwrap(), 0);
    }
}
