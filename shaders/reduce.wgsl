// y[s] = sum of f(x) over slice s                                  the loss of a batch, and the norm of all gradients
//
// x: n elements; y: one a workgroup. Threads: a workgroup of 64 a slice; the order of summation is fixed.
// STAGE 0: f = x * x, partial sums. STAGE 1: f = x over all slices (one workgroup), then the root of the sum, and the
// factor that clips it: y[0] = norm, y[1] = min(1, max_norm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ does.
// STAGE 2: f = x, y[0] = sum.
// Fragments: sum64.

const STAGE: u32 = 0u;

struct Params {
    n: u32,
    slice: u32,
    out: u32,
    max_norm: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let end = min((group.x + 1u) * params.slice, params.n);
    var part = 0.0;
    for (var i = group.x * params.slice + lane; i < end; i += 64u) {
        if (STAGE == 0u) {
            part += x[i] * x[i];
        } else {
            part += x[i];
        }
    }
    let sum = sum64(lane, part);
    if (lane != 0u) {
        return;
    }
    if (STAGE == 1u) {
        let norm = sqrt(sum);
        y[params.out] = norm;
        y[params.out + 1u] = min(1.0, params.max_norm / (norm + 1e-6));
    } else {
        y[params.out + group.x] = sum;
    }
}
