// y = act(x)                                                   a non-linearity that no product stands right before
//
// x, y: n elements. Threads: one for four elements. Backward keeps x.
// Fragments: activation.

const ACTIVATION: u32 = 0u;

struct Params {
    n: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = (id.x + id.y * groups.x * 64u) * 4u;
    if (i >= params.n) {
        return;
    }
    let v = activate4(ACTIVATION, vec4f(x[i], x[i + 1u], x[i + 2u], x[i + 3u]));
    for (var j = 0u; j < 4u && i + j < params.n; j++) {
        y[i + j] = v[j];
    }
}
