// y[t] = word[ids[t]] + position[positions[t]] + kind[types[t]]                         embeddings of packed tokens
//
// tokens [3, T] = ids, positions, token types; word [V, D], position [P, D], kind [2, D]; y [T, D].
// Threads: one an element of y. The host has checked that every index is inside its table.

struct Params {
    tokens: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> word: array<f32>;
@group(0) @binding(2) var<storage, read> position: array<f32>;
@group(0) @binding(3) var<storage, read> kind: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.tokens * params.cols) {
        return;
    }
    let t = i / params.cols;
    let d = i % params.cols;
    y[i] = word[tokens[t] * params.cols + d]
        + position[tokens[params.tokens + t] * params.cols + d]
        + kind[tokens[2u * params.tokens + t] * params.cols + d];
}
