// loss[i] = (log sum exp(z[i]) - z[i, label]) / n,  dz[i, j] = (softmax(z[i])[j] - [j = label]) / n
//                                                                       mean cross-entropy and its derivative at once
//
// z, dz [N, C]; labels [N]; loss [N]: its sum is the mean loss of the batch; n of the N rows have a label, the others
// (label 0xffffffff) have neither loss nor derivative. Threads: LANES a row, one or a whole workgroup of 64.
// Numerics: the row's maximum is subtracted before exp; fixed order of summation.
// Fragments: sum64, max64.

const LANES: u32 = 1u;

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
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = (group.x + group.y * groups.x) * (64u / LANES) + lane / LANES;
    let first = lane % LANES;
    // Threads behind the last row stay for the sums.
    let i = min(row, params.rows - 1u);
    let start = i * params.cols;
    let label = labels[i];
    let counts = label != 0xffffffffu;
    var top = z[start];
    var total = 0.0;
    if (counts) {
        for (var j = first; j < params.cols; j += LANES) {
            top = max(top, z[start + j]);
        }
    }
    if (LANES > 1u) {
        top = max64(lane, top);
    }
    if (counts) {
        for (var j = first; j < params.cols; j += LANES) {
            total += exp(z[start + j] - top);
        }
    }
    if (LANES > 1u) {
        total = sum64(lane, total);
    }
    if (row >= params.rows) {
        return;
    }
    let n = f32(params.counted);
    for (var j = first; j < params.cols; j += LANES) {
        var d = 0.0;
        if (counts) {
            d = (exp(z[start + j] - top) / total - select(0.0, 1.0, j == label)) / n;
        }
        dz[start + j] = d;
    }
    if (first == 0u) {
        var own = 0.0;
        if (counts) {
            own = (log(total) + top - z[start + label]) / n;
        }
        loss[i] = own;
    }
}
