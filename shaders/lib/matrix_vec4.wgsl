// The matrices of gemm.wgsl but B, read and written four elements at a time: for contiguous sizes that are multiples of 4.
// `count` is always 4 here.

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> pre: array<vec4f>;

fn a_at(i: u32, count: u32) -> vec4f { return a[i / 4u]; }
fn bias_at(i: u32, count: u32) -> vec4f { return bias[i / 4u]; }
fn residual_at(i: u32, count: u32) -> vec4f { return residual[i / 4u]; }
fn put_y(i: u32, count: u32, v: vec4f) { y[i / 4u] = v; }
fn put_pre(i: u32, count: u32, v: vec4f) { pre[i / 4u] = v; }
