// Of each segment of rows and each column c, softmax along the rows:
// loss[s, c] = (log sum exp(z[segment, c]) - z[label, c]) / n,  dz[i, c] = (softmax(z[segment, c])[i] - [i = label]) / n
//                                                 mean cross-entropy over places in segments, and its derivative at once
//
// z, dz [T, C]; starts [S + 1]: segment s is rows starts[s] to starts[s + 1]; labels [S, C]: rows counted within the segment;
// loss [S, C]: its sum is the mean loss; n of the labels count, the others (0xffffffff) have neither loss nor derivative.
// Threads: a workgroup of 64 a segment and column.
// Numerics: the largest is subtracted before exp; fixed order of summation.
// Fragments: sum64, max64.

struct Params {
    segments: u32,
    cols: u32,
    counted: u32,
}

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> starts: array<u32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> dz: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = group.x + group.y * groups.x;
    if (place >= params.segments * params.cols) {
        return;
    }
    let segment = place / params.cols;
    let col = place % params.cols;
    let begin = starts[segment];
    let end = starts[segment + 1u];
    let label = labels[place];
    let counts = label != 0xffffffffu;

    var top = z[begin * params.cols + col];
    for (var i = begin + lane; i < end; i += 64u) {
        top = max(top, z[i * params.cols + col]);
    }
    top = max64(lane, top);
    var part = 0.0;
    for (var i = begin + lane; i < end; i += 64u) {
        part += exp(z[i * params.cols + col] - top);
    }
    let total = sum64(lane, part);
    let n = f32(params.counted);
    for (var i = begin + lane; i < end; i += 64u) {
        let p = exp(z[i * params.cols + col] - top) / total;
        let d = (p - select(0.0, 1.0, i - begin == label)) / n;
        dz[i * params.cols + col] = select(0.0, d, counts);
    }
    if (lane == 0u) {
        var own = 0.0;
        if (counts) {
            own = (log(total) + top - z[(begin + label) * params.cols + col]) / n;
        }
        loss[place] = own;
    }
}
