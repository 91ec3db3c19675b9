// loss[i] = (z[i] - t[i])^2 / n,  dz[i] = 2 (z[i] - t[i]) / n         mean squared error and its derivative, torch's MSELoss
//
// z, t, dz, loss: n elements; the sum of loss is the mean loss of the batch. Threads: one an element.

struct Params {
    n: u32,
}

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> t: array<f32>;
@group(0) @binding(2) var<storage, read_write> dz: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.n) {
        return;
    }
    let difference = z[i] - t[i];
    dz[i] = 2.0 * difference / f32(params.n);
    loss[i] = difference * difference / f32(params.n);
}
