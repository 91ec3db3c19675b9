// loss[i] = (log sum exp(z[i]) - z[i, label]) / n,  dz[i, j] = (softmax(z[i])[j] - [j = label]) / n
//                                                                       mean cross-entropy and its derivative at once
//
// z, dz [N, C]; labels [N]; loss [N]: its sum is the mean loss of the batch; n of the N rows have a label, the others
// (label 0xffffffff) have neither loss nor derivative. Threads: one a row.
// Numerics: the row's maximum is subtracted before exp.

struct Params {
    rows: u32,
    cols: u32,
    counted: u32,
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
    let label = labels[i];
    if (label == 0xffffffffu) {
        for (var j = 0u; j < params.cols; j++) {
            dz[start + j] = 0.0;
        }
        loss[i] = 0.0;
        return;
    }
    var top = z[start];
    for (var j = 1u; j < params.cols; j++) {
        top = max(top, z[start + j]);
    }
    var total = 0.0;
    for (var j = 0u; j < params.cols; j++) {
        total += exp(z[start + j] - top);
    }
    let n = f32(params.counted);
    for (var j = 0u; j < params.cols; j++) {
        let p = exp(z[start + j] - top) / total;
        dz[start + j] = (p - select(0.0, 1.0, j == label)) / n;
    }
    loss[i] = (log(total) + top - z[start + label]) / n;
}
