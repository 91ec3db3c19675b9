// dx[t] = dy[s] for the first token of s and 0 for the others, or dy[s] / length of s for all       derivative of pool
//
// dy [S, D]; starts [S + 1]; dx [T, D]. Threads: one a sequence and column; it writes that column of the sequence's
// tokens, so every element is written once.

const MEAN: bool = false;

struct Params {
    sequences: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> starts: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
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
    let end = starts[s + 1u];
    for (var t = begin; t < end; t++) {
        var d = dy[i];
        if (MEAN) {
            d /= f32(end - begin);
        } else if (t != begin) {
            d = 0.0;
        }
        dx[t * params.cols + j] = d;
    }
}
