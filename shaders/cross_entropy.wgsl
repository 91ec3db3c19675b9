// loss[i] = (log sum exp(z[i]) - z[i, label]) / n,  dz[i, j] = (softmax(z[i])[j] - [j = label]) / n
//                                                                       mean cross-entropy and its derivative at once
//
// z, dz [n, C]; labels [n]; loss [n]: its sum is the mean loss of the batch. Threads: one a row.
// Numerics: the row's maximum is subtracted before exp.

struct Params {
    rows: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
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
    var top = z[start];
    for (var j = 1u; j < params.cols; j++) {
        top = max(top, z[start + j]);
    }
    var total = 0.0;
    for (var j = 0u; j < params.cols; j++) {
        total += exp(z[start + j] - top);
    }
    let n = f32(params.rows);
    let label = labels[i];
    for (var j = 0u; j < params.cols; j++) {
        let p = exp(z[start + j] - top) / total;
        dz[start + j] = (p - select(0.0, 1.0, j == label)) / n;
    }
    loss[i] = (log(total) + top - z[start + label]) / n;
}
