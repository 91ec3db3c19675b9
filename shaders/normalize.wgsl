// y = x / max(|x|, 1e-12)                                                              rows scaled to length 1
//
// x, y [N, D]. Threads: a workgroup of 64 a row. Numerics: the sum of squares in a fixed order; a row of zeros stays one.
// Fragments: sum64.

struct Params {
    rows: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.x + group.y * groups.x;
    if (row >= params.rows) {
        return;
    }
    let start = row * params.cols;
    var part = 0.0;
    for (var j = lane; j < params.cols; j += 64u) {
        part += x[start + j] * x[start + j];
    }
    let length = max(sqrt(sum64(lane, part)), 1e-12);
    for (var j = lane; j < params.cols; j += 64u) {
        y[start + j] = x[start + j] / length;
    }
}
