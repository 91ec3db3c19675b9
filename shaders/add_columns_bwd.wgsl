// dblock[t, j] = dy[t, first + j]                                     gradient of one block of columns that was added
//
// dy [T, N]; dblock [T, width]. Threads: one an element of dblock.

struct Params {
    n: u32,
    cols: u32,
    first: u32,
    width: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dblock: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i < params.n) {
        dblock[i] = dy[i / params.width * params.cols + params.first + i % params.width];
    }
}
