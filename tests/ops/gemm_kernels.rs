//! `gemm_registers`, `gemm_tile` and `gemm_rows`: each by itself against the CPU with every epilogue, those of hardware with the
//! same bits, and the choice among them.

use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_tensor::ops::gemm::{Epilogue, GemmChoice, GemmKernel, Layout, accumulate_tn, gemm};
use graftwork_tensor::{Activation, Device, Tensor, Weight, WeightType, WeightUse, WeightWriter};
use graftwork_tests::{gpus, parity, random};

const LAYOUTS: [Layout; 3] = [Layout::Nt, Layout::Nn, Layout::Tn];

/// [M, N, K] around every edge of blocks, tiles and runs, and with several of each: scalar and vec4, single and many.
const SIZES: [[usize; 3]; 22] = [
    [1, 1, 1],
    [1, 9, 3],
    [3, 64, 8],
    [8, 8, 32],
    [8, 65, 33],
    [9, 3, 64],
    [9, 63, 9],
    [63, 1, 65],
    [63, 65, 63],
    [64, 64, 64],
    [64, 128, 16],
    [65, 64, 257],
    [65, 257, 8],
    [257, 9, 1],
    [257, 8, 36],
    [4, 68, 1100],
    [5, 67, 1031],
    [68, 132, 68],
    [132, 260, 4],
    [100, 36, 52],
    [1, 384, 384],
    [130, 3, 31],
];

fn every_case() -> impl Iterator<Item = (WeightType, Layout, [usize; 3])> {
    let kinds = WeightType::ALL.into_iter().flat_map(|kind| LAYOUTS.map(|layout| (kind, layout)));
    kinds.flat_map(|(kind, layout)| SIZES.map(|size| (kind, layout, size)))
}

fn with(device: &Device, kernel: GemmKernel) -> Device {
    device.with_gemm(GemmChoice::Always(kernel))
}

fn product(device: &Device, kind: WeightType, layout: Layout, [m, n, k]: [usize; 3]) -> Tensor {
    let (rows, cols) = if layout == Layout::Nt { (n, k) } else { (k, n) };
    let mut b = WeightWriter::new(device, kind, WeightUse::Product, [rows, cols]);
    b.write(&random(2, n * k)).unwrap();
    let (rows, cols) = if layout == Layout::Tn { (k, m) } else { (m, k) };
    let a = device.tensor(rows, cols, &random(1, m * k));
    let y = device.empty(m, n);
    gemm(device, &a, b.finish(), layout, Epilogue::default(), &y);
    y
}

fn read(device: &Device, tensor: &Tensor) -> Vec<u32> {
    let values = pollster::block_on(device.read(tensor)).unwrap();
    values.into_iter().map(f32::to_bits).collect()
}

#[test]
fn every_kernel_in_every_layout() {
    parity(every_case(), 1e-11, |device, (kind, layout, size)| {
        GemmKernel::ALL.map(|kernel| product(&with(device, kernel), *kind, *layout, *size)).to_vec()
    });
}

/// What makes a choice by time harmless: the same device and seed give the same bytes whatever was chosen.
#[test]
fn every_kernel_of_hardware_gives_the_same_bits() {
    for gpu in gpus() {
        let device = gpu.guarded();
        for (kind, layout, size) in every_case() {
            let bits = |kernel| read(&device, &product(&with(&device, kernel), kind, layout, size));
            let first = bits(GemmKernel::Rows);
            for kernel in [GemmKernel::Tile32, GemmKernel::Tile64, GemmKernel::Tile128] {
                let differ = bits(kernel).iter().zip(&first).filter(|(a, b)| a != b).count();
                assert_eq!(differ, 0, "{}: {kernel:?} of {kind} {layout:?} {size:?}", device.name());
            }
        }
    }
}

#[test]
fn epilogues_of_every_kernel() {
    let sizes = [[5, 3, 7], [17, 24, 16], [70, 136, 36]];
    let cases = sizes.into_iter().flat_map(|size| Activation::ALL.map(|activation| (activation, size)));
    parity(cases, 1e-10, |device, (activation, [m, n, k])| {
        let (a, b) = (device.tensor(*m, *k, &random(1, m * k)), device.tensor(*n, *k, &random(2, n * k)));
        let (bias, residual) = (device.tensor(1, *n, &random(3, *n)), device.tensor(*m, *n, &random(4, m * n)));
        let results = GemmKernel::ALL.map(|kernel| {
            let (y, pre) = (device.empty(*m, *n), device.empty(*m, *n));
            let epilogue = Epilogue {
                bias: Some(&bias),
                activation: *activation,
                alpha: 1.5,
                residual: Some(&residual),
                pre: Some(&pre),
            };
            gemm(&with(device, kernel), &a, &b, Layout::Nt, epilogue, &y);
            [y, pre]
        });
        results.concat()
    });
}

#[test]
fn weight_gradients_of_every_kernel() {
    parity([[3, 5, 1], [24, 16, 255], [8, 12, 256], [7, 9, 700], [68, 64, 513]], 1e-11, |device, [m, n, k]| {
        let (a, b) = (device.tensor(*k, *m, &random(1, m * k)), device.tensor(*k, *n, &random(2, n * k)));
        let gradient = |kernel| {
            let grad = device.tensor(*m, *n, &random(5, m * n));
            accumulate_tn(&with(device, kernel), &a, &b, &grad);
            grad
        };
        GemmKernel::ALL.map(gradient).to_vec()
    });
}

/// What is kept of a batch's rows is used beside other rows: neither number nor kernel may show.
#[test]
fn a_row_does_not_depend_on_how_many_there_are() {
    let (n, k) = (800, 132);
    for gpu in gpus() {
        let device = gpu.with_gemm(GemmChoice::Guessed);
        let b = Weight::from(&device.tensor(n, k, &random(2, n * k)));
        let rows = |m: usize| {
            let y = device.empty(m, n);
            gemm(&device, &device.tensor(m, k, &random(1, m * k)), &b, Layout::Nt, Epilogue::default(), &y);
            read(&device, &y)
        };
        let all = rows(600);
        for m in [1, 3, 8, 9, 40, 130] {
            assert!(rows(m) == all[..m * n], "{}: {m} rows", gpu.name());
        }
    }
}

/// A device of its own, whose dispatches are counted.
fn own() -> Gpu {
    let name = gpus()[0].as_gpu().unwrap().adapter().name.clone();
    pollster::block_on(Gpu::open(&AdapterChoice::Named(name))).unwrap()
}

/// Dispatches of a product and of reading it, and its bytes.
fn counted(gpu: &Gpu, device: &Device, size: [usize; 3]) -> (u64, Vec<u32>) {
    let before = gpu.counters().dispatches;
    let found = read(device, &product(device, WeightType::F32, Layout::Nt, size));
    (gpu.counters().dispatches - before, found)
}

#[test]
fn a_kind_of_product_is_measured_once() {
    let gpu = own();
    let device = Device::from_gpu(gpu.clone()).with_gemm(GemmChoice::Measured);
    let (first, found) = counted(&gpu, &device, [20, 48, 64]);
    assert!(first > 7, "{first} dispatches");
    // Another number of rows, as long as it is a similar one.
    for rows in [20, 32, 9] {
        let (again, same) = counted(&gpu, &device, [rows, 48, 64]);
        assert_eq!(again, 1, "{rows} rows");
        assert!(rows != 20 || same == found);
    }
    assert!(counted(&gpu, &device, [33, 48, 64]).0 > 5);
    // The weight's gradient: of any number of tokens, in slices.
    let gradient = |tokens: usize| {
        let before = gpu.counters().dispatches;
        let [a, b] = [4, 8].map(|cols| device.tensor(tokens, cols, &random(1, tokens * cols)));
        let grad = device.zeros(4, 8);
        accumulate_tn(&device, &a, &b, &grad);
        read(&device, &grad);
        gpu.counters().dispatches - before
    };
    assert!(gradient(600) > 6);
    assert_eq!(gradient(1000), 2);
}

/// In software there is one kernel, and nobody's time is spent on finding that out.
#[test]
fn gpus_in_software_do_not_measure() {
    for gpu in gpus().iter().filter_map(Device::as_gpu).filter(|gpu| gpu.adapter().software) {
        let choice = AdapterChoice::Named(gpu.adapter().name.clone());
        let gpu = pollster::block_on(Gpu::open(&choice)).unwrap();
        assert_eq!(counted(&gpu, &Device::from_gpu(gpu.clone()), [20, 48, 64]).0, 1);
    }
}

/// Where there is no memory to measure with, the guess stays, and nobody hears of it.
#[test]
fn measuring_needs_no_memory_of_others() {
    let gpu = own();
    let device = Device::from_gpu(gpu.clone()).with_gemm(GemmChoice::Measured);
    let b = Weight::from(&device.tensor(256, 256, &random(2, 1 << 16)));
    let (a, y) = (device.tensor(9, 256, &random(1, 9 * 256)), device.empty(9, 256));
    let held = gpu.memory();
    gpu.pretend_limits(u64::MAX, held.used_bytes + held.pooled_bytes + (1 << 15));
    gemm(&device, &a, &b, Layout::Nt, Epilogue::default(), &y);
    let before = gpu.counters().dispatches;
    let found = read(&device, &y);
    assert_eq!(gpu.counters().dispatches - before, 1);
    gpu.pretend_limits(u64::MAX, u64::MAX);
    gemm(&with(&device, GemmKernel::Rows), &a, &b, Layout::Nt, Epilogue::default(), &y);
    assert!(read(&device, &y) == found);
}
