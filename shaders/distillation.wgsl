// dz = (1 - w) dz + w T (softmax(z / T) - softmax(t / T)) / N,  loss[i] = (1 - w) loss[i] + w T^2 KL_i / N
//                                                     what a teacher says, beside the labels' loss and its derivative
//
// z, t, dz [N, C]; loss [N]. KL_i = sum_j p[j] log(p[j] / q[j]) of p = softmax(t[i] / T) and q = softmax(z[i] / T). dz and loss
// come with those of the labels. Threads: one a row.
// Numerics: each row's maximum is subtracted before exp; no logarithm of a probability is taken, which may be 0.

struct Params {
    rows: u32,
    cols: u32,
    temperature: f32,
    weight: f32,
}

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> t: array<f32>;
@group(0) @binding(2) var<storage, read_write> dz: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    if (i >= params.rows) {
        return;
    }
    let start = i * params.cols;
    let temperature = params.temperature;
    var top_z = z[start];
    var top_t = t[start];
    for (var j = start + 1u; j < start + params.cols; j++) {
        top_z = max(top_z, z[j]);
        top_t = max(top_t, t[j]);
    }
    var total_z = 0.0;
    var total_t = 0.0;
    for (var j = start; j < start + params.cols; j++) {
        total_z += exp((z[j] - top_z) / temperature);
        total_t += exp((t[j] - top_t) / temperature);
    }
    let n = f32(params.rows);
    let own = 1.0 - params.weight;
    // log q - log p but for the rest of both logarithms, which is the same for all j.
    let rest = log(total_t) - log(total_z);
    var divergence = 0.0;
    for (var j = start; j < start + params.cols; j++) {
        let a = (z[j] - top_z) / temperature;
        let b = (t[j] - top_t) / temperature;
        let q = exp(a) / total_z;
        let p = exp(b) / total_t;
        divergence += p * (b - a - rest);
        dz[j] = own * dz[j] + params.weight * temperature * (q - p) / n;
    }
    loss[i] = own * loss[i] + params.weight * temperature * temperature * divergence / n;
}
