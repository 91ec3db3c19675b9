// loss[i] = (log sum exp(s[i, a]) - mean s[i, p]) / n,  ds[i, a] = (softmax(s[i])[a] - [label a = label i] / c) / n
//                                                        supervised contrastive loss and its derivative at once
//
// s, ds [N, N]: similarities of examples; labels [N]; loss [N]: its sum is the mean loss. a goes over all examples but i, p
// over the c of them that have i's label. n of the N rows have such a p, the others have neither loss nor derivative.
// Threads: one a row. Numerics: the row's maximum is subtracted before exp.

struct Params {
    rows: u32,
    counted: u32,
}

@group(0) @binding(0) var<storage, read> s: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> ds: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    if (i >= params.rows) {
        return;
    }
    let start = i * params.rows;
    var count = 0.0;
    var near = 0.0;
    var top = -3e38;
    for (var a = 0u; a < params.rows; a++) {
        if (a != i) {
            top = max(top, s[start + a]);
            if (labels[a] == labels[i]) {
                count += 1.0;
                near += s[start + a];
            }
        }
    }
    var total = 0.0;
    for (var a = 0u; a < params.rows; a++) {
        if (a != i) {
            total += exp(s[start + a] - top);
        }
    }
    let n = f32(params.counted);
    for (var a = 0u; a < params.rows; a++) {
        var d = 0.0;
        if (a != i && count > 0.0) {
            d = (exp(s[start + a] - top) / total - select(0.0, 1.0 / count, labels[a] == labels[i])) / n;
        }
        ds[start + a] = d;
    }
    var own = 0.0;
    if (count > 0.0) {
        own = (log(total) + top - near / count) / n;
    }
    loss[i] = own;
}
