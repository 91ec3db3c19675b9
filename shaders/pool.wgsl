// y[s] = x[first token of s], or the mean of x over the tokens of s                 one vector for each packed sequence
//
// x [T, D]; starts [S + 1]; y [S, D]. Threads: one a sequence and column.

const MEAN: bool = false;

struct Params {
    sequences: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> starts: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.sequences * params.cols) {
        return;
    }
    let s = i / params.cols;
    let j = i % params.cols;
    let begin = starts[s];
    if (!MEAN) {
        y[i] = x[begin * params.cols + j];
        return;
    }
    let end = starts[s + 1u];
    var sum = 0.0;
    for (var t = begin; t < end; t++) {
        sum += x[t * params.cols + j];
    }
    y[i] = sum / f32(end - begin);
}
