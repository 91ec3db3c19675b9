// dz = alpha * dy * act'(z)                                        derivative of the non-linearity of a linear layer
//
// dy, z, dz: n elements. Threads: one for four elements. z is the value before the non-linearity, kept by forward.
// Fragments: activation.

const ACTIVATION: u32 = 0u;

struct Params {
    n: u32,
    alpha: f32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> dz: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = (id.x + id.y * groups.x * 64u) * 4u;
    if (i >= params.n) {
        return;
    }
    let v = activation_derivative4(ACTIVATION, vec4f(z[i], z[i + 1u], z[i + 2u], z[i + 3u]));
    for (var j = 0u; j < 4u && i + j < params.n; j++) {
        dz[i + j] = params.alpha * dy[i + j] * v[j];
    }
}
