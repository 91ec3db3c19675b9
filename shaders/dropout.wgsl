// y = residual + x * mask / (1 - p)                                                    dropout, and its own derivative
//
// x, residual, y: n elements. Threads: one an element. The mask is a function of (element, site, step, seed) alone, elements
// counted from `first` on, so backward computes it again instead of keeping it, and every device draws the same.
// Numbers: pcg3d of Jarzynski and Olano, "Hash Functions for GPU Rendering" (JCGT 2020), top 24 bits.

const HAS_RESIDUAL: bool = false;

struct Params {
    n: u32,
    site: u32,
    step: u32,
    seed: u32,
    p: f32,
    first: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> residual: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn pcg3d(start: vec3u) -> vec3u {
    var v = start * 1664525u + 1013904223u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v ^= v >> vec3u(16u);
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    return v;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.n) {
        return;
    }
    let draw = pcg3d(vec3u(params.first + i, params.site ^ (params.step << 8u), params.seed)).x >> 8u;
    var v = 0.0;
    if (f32(draw) >= params.p * 16777216.0) {
        v = x[i] / (1.0 - params.p);
    }
    if (HAS_RESIDUAL) {
        v += residual[i];
    }
    y[i] = v;
}
