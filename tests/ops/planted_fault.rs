//! The test of the tests: faults planted on the GPU must turn the comparison red.

use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_tensor::ops::gemm::{Epilogue, Layout, gemm};
use graftwork_tensor::ops::sum_rows::accumulate;
use graftwork_tensor::{Device, Tensor};
use graftwork_tests::{compare, gpus, random};

fn product(device: &Device) -> Vec<Tensor> {
    let (a, b) = (device.tensor(9, 8, &random(1, 72)), device.tensor(12, 8, &random(2, 96)));
    let y = device.empty(9, 12);
    gemm(device, &a, &b, Layout::Nt, Epilogue::default(), &y);
    vec![y]
}

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

#[test]
fn a_wrong_value_is_red() {
    let gpu = patched("gemm_f32_vec4", "l3 += low(s.r3, t);", "l3 += low(s.r2, t);");
    let error = compare(&gpu, 1e-10, &product).unwrap_err();
    assert!(error.contains("NMSE"), "{error}");
}

#[test]
fn an_element_never_written_is_red() {
    let gpu = patched("gemm_f32_vec4", "finish(m + 7u, n, group.z, l7, h7);", "");
    let error = compare(&gpu, 1e-10, &product).unwrap_err();
    assert!(error.contains("NMSE NaN"), "{error}");
}

#[test]
fn a_write_past_the_end_is_red() {
    let gpu = patched("gemm_f32_vec4", "if (m >= params.m || count == 0u) {", "if (count == 0u) {");
    let error = compare(&gpu, 1e-10, &product).unwrap_err();
    assert!(error.contains("past their end"), "{error}");
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
