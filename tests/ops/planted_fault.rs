//! The test of the tests: faults planted on the GPU must turn the comparison red.

use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_tensor::ops::gemm::{Epilogue, GemmChoice, GemmKernel, Layout, gemm};
use graftwork_tensor::ops::sum_rows::accumulate;
use graftwork_tensor::{Device, Tensor};
use graftwork_tests::{compare, gpus, random};

fn product(device: &Device) -> Vec<Tensor> {
    product_of(device, 9, 12, 8)
}

fn product_of(device: &Device, m: usize, n: usize, k: usize) -> Vec<Tensor> {
    let (a, b) = (device.tensor(m, k, &random(1, m * k)), device.tensor(n, k, &random(2, n * k)));
    let y = device.empty(m, n);
    gemm(device, &a, &b, Layout::Nt, Epilogue::default(), &y);
    vec![y]
}

/// A kernel of the matrix product from each shader.
const KERNELS: [(GemmKernel, &str); 3] = [
    (GemmKernel::Registers, "gemm_registers_f32_vec4"),
    (GemmKernel::Tile32, "gemm_tile_f32_vec4"),
    (GemmKernel::Rows, "gemm_rows_f32_vec4"),
];

/// A device of its own, whose shaders may be patched.
fn patched(shader: &str, from: &str, to: &str) -> Device {
    let name = gpus()[0].as_gpu().unwrap().adapter().name.clone();
    let gpu = pollster::block_on(Gpu::open(&AdapterChoice::Named(name))).unwrap();
    gpu.patch_shader(shader, from, to);
    Device::from_gpu(gpu)
}

#[test]
fn the_sound_shader_is_green() {
    compare(&gpus()[0], 1e-10, &product).unwrap();
}

/// Compares with the kernel that a shader's file holds, after a piece of its text was replaced.
fn fault(kernel: GemmKernel, shader: &str, from: &str, to: &str) -> String {
    let gpu = patched(shader, from, to).with_gemm(GemmChoice::Always(kernel));
    compare(&gpu, 1e-10, &product).unwrap_err()
}

#[test]
fn a_wrong_value_is_red() {
    let sum = ("add_row(s.r3, a.r3, b)", "add_row(s.r3, a.r2, b)");
    let faults = [("l3 += low(s.r3, t);", "l3 += low(s.r2, t);"), sum, sum];
    for ((kernel, shader), (from, to)) in KERNELS.into_iter().zip(faults) {
        let error = fault(kernel, shader, from, to);
        assert!(error.contains("NMSE"), "{error}");
    }
}

#[test]
fn an_element_never_written_is_red() {
    let error = fault(KERNELS[0].0, KERNELS[0].1, "finish_row(m + 7u, n, group.z, l7, h7);", "");
    assert!(error.contains("NMSE NaN"), "{error}");
    let error = fault(KERNELS[1].0, KERNELS[1].1, "finish(m + 3u, n, slice, product.r3);", "");
    assert!(error.contains("NMSE NaN"), "{error}");
    let error = fault(KERNELS[2].0, KERNELS[2].1, "if (sum_row < 4u) {\nfinish", "if (sum_row < 3u) {\nfinish");
    assert!(error.contains("NMSE NaN"), "{error}");
}

#[test]
fn a_write_past_the_end_is_red() {
    for (kernel, shader) in KERNELS {
        let error = fault(kernel, shader, "if (m >= params.m || count == 0u) {", "if (count == 0u) {");
        assert!(error.contains("past their end"), "{error}");
    }
}

/// A thread that reads a tile before it is filled: of many tiles, since threads of hardware that run in step seldom meet in one.
#[test]
fn a_missing_barrier_is_red() {
    let (kernel, shader) = KERNELS[1];
    let gpu = patched(shader, "workgroupBarrier();\nfor (var i = 0u;", "for (var i = 0u;");
    let gpu = gpu.with_gemm(GemmChoice::Always(kernel));
    let error = compare(&gpu, 1e-10, &|device| product_of(device, 256, 256, 1024)).unwrap_err();
    assert!(error.contains("NMSE"), "{error}");
}

/// One element of one output, off by a thousandth.
#[test]
fn a_small_error_is_red() {
    let work = |device: &Device| {
        let y = product(device).remove(0);
        if device.as_gpu().is_some() {
            let nudge = device.tensor(1, 108, &[&[0.0; 50][..], &[1e-3], &[0.0; 57]].concat());
            accumulate(device, &nudge, &y.reshape(1, 108));
        }
        vec![y]
    };
    assert!(compare(&gpus()[0], 1e-10, &work).unwrap_err().contains("NMSE"));
}
