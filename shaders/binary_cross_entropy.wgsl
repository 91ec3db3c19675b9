// loss[i] = (log(1 + exp(z[i])) - t[i] z[i]) / n,  dz[i] = (sigmoid(z[i]) - t[i]) / n
//                                              mean binary cross-entropy of logits and its derivative, torch's BCEWithLogitsLoss
//
// z, t, dz, loss: n elements; t is 0 or 1; the sum of loss is the mean loss of the batch. Threads: one an element.
// Numerics: exp gets no positive number; log(1 + exp(z)) is max(z, 0) + log(1 + exp(-|z|)).

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
    let n = f32(params.n);
    let small = exp(-abs(z[i]));
    let p = select(small, 1.0, z[i] >= 0.0) / (1.0 + small);
    dz[i] = (p - t[i]) / n;
    loss[i] = (max(z[i], 0.0) + log(1.0 + small) - t[i] * z[i]) / n;
}
