// dq = scale * sum over keys of p * (do . v - delta) * k,  delta = do . o             derivative of attention, by query
//
// qkv, dqkv [T, 3 D]; bounds [T, 2]; o, d_o [T, D]; lse, delta [T, H]. Threads: one a token and head. Writes the q part
// of dqkv, and delta for attention_bwd_dkv. p is computed again from lse.

const HEAD_VEC4: u32 = 8u; // E / 4

struct Params {
    tokens: u32,
    heads: u32,
    scale: f32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> bounds: array<vec2u>;
@group(0) @binding(2) var<storage, read> o: array<vec4f>;
@group(0) @binding(3) var<storage, read> d_o: array<vec4f>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> delta: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let t = id.x;
    let head = id.y;
    if (t >= params.tokens) {
        return;
    }
    let width = params.heads * HEAD_VEC4;
    var q: array<vec4f, HEAD_VEC4>;
    var d: array<vec4f, HEAD_VEC4>;
    var dq: array<vec4f, HEAD_VEC4>;
    var del = 0.0;
    for (var e = 0u; e < HEAD_VEC4; e++) {
        q[e] = qkv[t * 3u * width + head * HEAD_VEC4 + e] * params.scale;
        d[e] = d_o[t * width + head * HEAD_VEC4 + e];
        del += dot(d[e], o[t * width + head * HEAD_VEC4 + e]);
        dq[e] = vec4f(0.0);
    }
    let log_total = lse[t * params.heads + head];
    let bound = bounds[t];
    for (var j = bound.x; j < bound.y; j++) {
        let k = (j * 3u + 1u) * width + head * HEAD_VEC4;
        var score = 0.0;
        var dp = 0.0;
        for (var e = 0u; e < HEAD_VEC4; e++) {
            score += dot(q[e], qkv[k + e]);
            dp += dot(d[e], qkv[k + width + e]);
        }
        let ds = exp(score - log_total) * (dp - del) * params.scale;
        for (var e = 0u; e < HEAD_VEC4; e++) {
            dq[e] += ds * qkv[k + e];
        }
    }
    for (var e = 0u; e < HEAD_VEC4; e++) {
        dqkv[t * 3u * width + head * HEAD_VEC4 + e] = dq[e];
    }
    delta[t * params.heads + head] = del;
}
