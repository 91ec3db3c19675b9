// o = softmax(q k^T / sqrt(E)) v                                        self-attention within each packed sequence
//
// qkv [T, 3 D] holds q, k, v side by side, D = H * E; bounds [T, 2] = first token of the token's sequence, and one
// past its last; o [T, D]; lse [T, H]. Threads: one a token and head; it walks over the keys of its own sequence, so
// there is neither padding nor a mask.
// Numerics: online softmax in f32. Kept for backward: o, and lse = log of the sum of exp of the scores.

const HEAD_VEC4: u32 = 8u; // E / 4

struct Params {
    tokens: u32,
    heads: u32,
    scale: f32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> bounds: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> o: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let t = id.x;
    let head = id.y;
    if (t >= params.tokens) {
        return;
    }
    let width = params.heads * HEAD_VEC4; // D / 4
    var q: array<vec4f, HEAD_VEC4>;
    var acc: array<vec4f, HEAD_VEC4>;
    for (var e = 0u; e < HEAD_VEC4; e++) {
        q[e] = qkv[t * 3u * width + head * HEAD_VEC4 + e] * params.scale;
        acc[e] = vec4f(0.0);
    }
    let bound = bounds[t];
    var top = -1e30;
    var total = 0.0;
    for (var j = bound.x; j < bound.y; j++) {
        let k = (j * 3u + 1u) * width + head * HEAD_VEC4;
        var score = 0.0;
        for (var e = 0u; e < HEAD_VEC4; e++) {
            score += dot(q[e], qkv[k + e]);
        }
        let new_top = max(top, score);
        let keep = exp(top - new_top);
        let p = exp(score - new_top);
        total = total * keep + p;
        for (var e = 0u; e < HEAD_VEC4; e++) {
            acc[e] = acc[e] * keep + p * qkv[k + width + e];
        }
        top = new_top;
    }
    for (var e = 0u; e < HEAD_VEC4; e++) {
        o[t * width + head * HEAD_VEC4 + e] = acc[e] / total;
    }
    lse[t * params.heads + head] = top + log(total);
}
