// y = residual + x * s                                                      learned scaling of an adapter's output
//
// x, residual, y [T, D]; s [1] or, if CHANNEL, [D]. With s in the place of a matrix (ELEMENTWISE) it is the product
// whose sums are the gradient of s. Threads: one an element.

const CHANNEL: bool = false;
const ELEMENTWISE: bool = false;
const HAS_RESIDUAL: bool = false;

struct Params {
    n: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> s: array<f32>;
@group(0) @binding(2) var<storage, read> residual: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.n) {
        return;
    }
    var factor = 0u;
    if (CHANNEL) {
        factor = i % params.cols;
    }
    if (ELEMENTWISE) {
        factor = i;
    }
    var v = x[i] * s[factor];
    if (HAS_RESIDUAL) {
        v += residual[i];
    }
    y[i] = v;
}
