// y = x, and y[t, first + j] = x[t, first + j] + block[t, j]         up to three blocks of columns added to a wide matrix
//
// x, y [T, N]; block i [T, width i], from column `first i` on; blocks do not overlap, a width of 0 is no block.
// Threads: one an element of y.

struct Params {
    n: u32,
    cols: u32,
    first_a: u32,
    width_a: u32,
    first_b: u32,
    width_b: u32,
    first_c: u32,
    width_c: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> c: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.n) {
        return;
    }
    let t = i / params.cols;
    let column = i % params.cols;
    var v = x[i];
    // Columns before a block wrap to large numbers, which are not below its width either.
    let in_a = column - params.first_a;
    let in_b = column - params.first_b;
    let in_c = column - params.first_c;
    if (in_a < params.width_a) {
        v += a[t * params.width_a + in_a];
    } else if (in_b < params.width_b) {
        v += b[t * params.width_b + in_b];
    } else if (in_c < params.width_c) {
        v += c[t * params.width_c + in_c];
    }
    y[i] = v;
}
