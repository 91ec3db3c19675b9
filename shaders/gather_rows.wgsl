// y[i] = x[rows[i]], or of its derivative dx[rows[i]] = dy[i]                        some rows of a matrix, and back
//
// source and result are x [T, D] and y [N, D], or dy [N, D] and dx [T, D], which was cleared; rows [N] are all different, so
// that every element is written once. Threads: one an element of the N rows.

const BACK: bool = false;

struct Params {
    n: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.n * params.cols) {
        return;
    }
    let j = rows[i / params.cols] * params.cols + i % params.cols;
    if (BACK) {
        result[j] = source[i];
    } else {
        result[i] = source[j];
    }
}
