// y = 0                                                              gradients at the start of a step
//
// y: n elements. Threads: one an element.

struct Params {
    n: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i < params.n) {
        y[i] = 0.0;
    }
}
