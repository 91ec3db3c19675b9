// dv = sum over queries of p * do,  dk = scale * sum over queries of p * (do . v - delta) * q
//                                                                                     derivative of attention, by key
//
// qkv, dqkv [T, 3 D]; bounds [T, 2]; d_o [T, D]; lse, delta [T, H]. Threads: one a token and head. Writes the k and v
// parts of dqkv. p is computed again from lse.

const HEAD_VEC4: u32 = 8u; // E / 4

struct Params {
    tokens: u32,
    heads: u32,
    scale: f32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> bounds: array<vec2u>;
@group(0) @binding(2) var<storage, read> d_o: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let t = id.x;
    let head = id.y;
    if (t >= params.tokens) {
        return;
    }
    let width = params.heads * HEAD_VEC4;
    let own = (t * 3u + 1u) * width + head * HEAD_VEC4;
    var k: array<vec4f, HEAD_VEC4>;
    var v: array<vec4f, HEAD_VEC4>;
    var dk: array<vec4f, HEAD_VEC4>;
    var dv: array<vec4f, HEAD_VEC4>;
    for (var e = 0u; e < HEAD_VEC4; e++) {
        k[e] = qkv[own + e] * params.scale;
        v[e] = qkv[own + width + e];
        dk[e] = vec4f(0.0);
        dv[e] = vec4f(0.0);
    }
    let bound = bounds[t];
    for (var i = bound.x; i < bound.y; i++) {
        let q = i * 3u * width + head * HEAD_VEC4;
        let d = i * width + head * HEAD_VEC4;
        let stat = i * params.heads + head;
        var score = 0.0;
        var dp = 0.0;
        for (var e = 0u; e < HEAD_VEC4; e++) {
            score += dot(qkv[q + e], k[e]);
            dp += dot(d_o[d + e], v[e]);
        }
        let p = exp(score - lse[stat]);
        let ds = p * (dp - delta[stat]) * params.scale;
        for (var e = 0u; e < HEAD_VEC4; e++) {
            dv[e] += p * d_o[d + e];
            dk[e] += ds * qkv[q + e];
        }
    }
    for (var e = 0u; e < HEAD_VEC4; e++) {
        dqkv[own + e] = dk[e];
        dqkv[own + width + e] = dv[e];
    }
}
