// m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,  w = w (1 - lr decay) - lr (m / c1) / (sqrt(v / c2) + eps)
//                                            AdamW (Loshchilov and Hutter 2019) over everything that learns, at once
//
// w, g, m, v: n elements; clip[1] scales g. Threads: one an element. The first `decayed` elements (matrices) decay, the
// others (biases, norms) don't. c1 = 1 - b1^step and c2 = 1 - b2^step come from the host, in f64 rounded once.

struct Params {
    n: u32,
    decayed: u32,
    lr: f32,
    decay: f32,
    beta1: f32,
    beta2: f32,
    eps: f32,
    correction1: f32,
    correction2: f32,
}

@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read> clip: array<f32>;
@group(0) @binding(2) var<storage, read_write> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.n) {
        return;
    }
    let grad = g[i] * clip[1];
    let m1 = params.beta1 * m[i] + (1.0 - params.beta1) * grad;
    let v1 = params.beta2 * v[i] + (1.0 - params.beta2) * grad * grad;
    m[i] = m1;
    v[i] = v1;
    let decay = select(0.0, params.lr * params.decay, i < params.decayed);
    let update = (m1 / params.correction1) / (sqrt(v1 / params.correction2) + params.eps);
    w[i] = w[i] * (1.0 - decay) - params.lr * update;
}
