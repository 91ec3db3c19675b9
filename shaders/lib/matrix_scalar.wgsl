// The matrices of gemm.wgsl but B, read and written one element at a time: for sizes that are not multiples of 4.
// The first `count` of four elements exist; the others read as zero and are not written.
// Fragment: first.

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> pre: array<f32>;

fn a_at(i: u32, count: u32) -> vec4f { return first(vec4f(a[i], a[i + 1u], a[i + 2u], a[i + 3u]), count); }
fn bias_at(i: u32, count: u32) -> vec4f {
    return first(vec4f(bias[i], bias[i + 1u], bias[i + 2u], bias[i + 3u]), count);
}
fn residual_at(i: u32, count: u32) -> vec4f {
    return first(vec4f(residual[i], residual[i + 1u], residual[i + 2u], residual[i + 3u]), count);
}

fn put_y(i: u32, count: u32, v: vec4f) {
    for (var j = 0u; j < count; j++) {
        y[i + j] = v[j];
    }
}

fn put_pre(i: u32, count: u32, v: vec4f) {
    for (var j = 0u; j < count; j++) {
        pre[i + j] = v[j];
    }
}
