// y = (s - mean(s)) / sqrt(var(s) + eps) * gamma + beta,  s = x + residual              layer normalisation of a sum
//
// x, residual, y, sum [T, D]; gamma, beta [D]; stats [T, 2]. Threads: a workgroup of 64 a row.
// Numerics: two passes, biased variance, fixed order of summation.
// Kept for backward: s in `sum` and (mean, 1 / standard deviation) in `stats`, if KEEP.
// Fragments: sum64.

const HAS_RESIDUAL: bool = false;
const KEEP: bool = false;

struct Params {
    rows: u32,
    cols: u32,
    eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> residual: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> sum: array<f32>;
@group(0) @binding(6) var<storage, read_write> stats: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

fn s_at(i: u32) -> f32 {
    if (HAS_RESIDUAL) {
        return x[i] + residual[i];
    }
    return x[i];
}

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
    let n = f32(params.cols);
    var part = 0.0;
    for (var j = lane; j < params.cols; j += 64u) {
        part += s_at(start + j);
    }
    let mean = sum64(lane, part) / n;
    part = 0.0;
    for (var j = lane; j < params.cols; j += 64u) {
        let d = s_at(start + j) - mean;
        part += d * d;
    }
    let inverse = inverseSqrt(sum64(lane, part) / n + params.eps);
    for (var j = lane; j < params.cols; j += 64u) {
        let s = s_at(start + j);
        y[start + j] = (s - mean) * inverse * gamma[j] + beta[j];
        if (KEEP) {
            sum[start + j] = s;
        }
    }
    if (KEEP && lane == 0u) {
        stats[2u * row] = mean;
        stats[2u * row + 1u] = inverse;
    }
}
