// y[t] = B[tokens[first + t]], or y[t] += it                                       rows of an embedding table
//
// B [V, D] is stored in any type of weights; tokens are row numbers; y [T, D].
// Threads: one for four elements of a row of y. The host has checked that every number is inside the table.
// Fragment: how B is stored, weight_*_vec4 or weight_*_scalar (binding 1).

const ADD: bool = false;

struct Params {
    tokens: u32,
    cols: u32,
    first: u32,
}

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    let quads = (params.cols + 3u) / 4u;
    if (i >= params.tokens * quads) {
        return;
    }
    let t = i / quads;
    let d = i % quads * 4u;
    let count = min(params.cols - d, 4u);
    let row = b_at(tokens[params.first + t], d, params.cols, count);
    for (var j = 0u; j < count; j++) {
        let at = t * params.cols + d + j;
        if (ADD) {
            y[at] += row[j];
        } else {
            y[at] = row[j];
        }
    }
}
