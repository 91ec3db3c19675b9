// dx = r * (g - mean(g) - h * mean(g * h)),  g = dy * gamma,  h = (s - mean) * r                derivative of layer_norm
//
// dy, s, dx, dy_h [T, D]; gamma [D]; stats [T, 2] = (mean, r). Threads: a workgroup of 64 a row.
// If KEEP_DY_H, dy_h = dy * h, whose column sums are the gradient of gamma (that of beta are the column sums of dy).
// Fragments: sum64.

const KEEP_DY_H: bool = false;

struct Params {
    rows: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> s: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> stats: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> dy_h: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

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
    let mean = stats[2u * row];
    let r = stats[2u * row + 1u];
    var part_g = 0.0;
    var part_gh = 0.0;
    for (var j = lane; j < params.cols; j += 64u) {
        let g = dy[start + j] * gamma[j];
        part_g += g;
        part_gh += g * (s[start + j] - mean) * r;
    }
    let mean_g = sum64(lane, part_g) / n;
    let mean_gh = sum64(lane, part_gh) / n;
    for (var j = lane; j < params.cols; j += 64u) {
        let i = start + j;
        let h = (s[i] - mean) * r;
        dx[i] = r * (dy[i] * gamma[j] - mean_g - h * mean_gh);
        if (KEEP_DY_H) {
            dy_h[i] = dy[i] * h;
        }
    }
}
