// delta = do . o of each token and head                              what attention_bwd_tiles needs, by query and by key
//
// o, d_o [T, D]; delta [T, H] of n elements. Threads: one an element.

const HEAD_VEC4: u32 = 8u; // E / 4

struct Params {
    n: u32,
}

@group(0) @binding(0) var<storage, read> o: array<vec4f>;
@group(0) @binding(1) var<storage, read> d_o: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> delta: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * 64u;
    if (i >= params.n) {
        return;
    }
    var sum = 0.0;
    for (var e = i * HEAD_VEC4; e < (i + 1u) * HEAD_VEC4; e++) {
        sum += dot(o[e], d_o[e]);
    }
    delta[i] = sum;
}
