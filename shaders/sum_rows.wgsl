// y[s, j] = sum of x[i, j] over the rows i of slice s, or y[s, j] += that sum
//
// x [rows, cols], y [ceil(rows / slice), cols]. Threads: one a column and slice, summing its rows in ascending order,
// so that a second pass over the slices gives the same bits on every run. Bias gradients, and the last step of every
// weight gradient (whose partial products lie one slice a row).

const ACCUMULATE: bool = false;

struct Params {
    rows: u32,
    cols: u32,
    slice: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let j = id.x + id.y * groups.x * 64u;
    if (j >= params.cols) {
        return;
    }
    var sum = 0.0;
    let end = min((id.z + 1u) * params.slice, params.rows);
    for (var i = id.z * params.slice; i < end; i++) {
        sum += x[i * params.cols + j];
    }
    let out = id.z * params.cols + j;
    if (ACCUMULATE) {
        sum += y[out];
    }
    y[out] = sum;
}
