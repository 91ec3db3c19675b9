// o = softmax(q k^T / sqrt(E)) v                   self-attention within each packed sequence, for GPUs that are hardware
//
// qkv [T, 3 D] holds q, k, v side by side, D = H * E; blocks [B, 3] = first token of a block of at most 64 of one sequence,
// first token of that sequence, and one past its last; o [T, D]; lse [T, H]. Threads: a workgroup of 64 a block and head, a
// thread a query. It walks over the sequence a tile of keys at a time, and the values follow into the same memory.
// Numerics: online softmax in f32, a tile at a time. Tiles begin where the sequence does, so others beside it change no bit.
// Kept for backward: o, and lse = log of the sum of exp of the scores.

const HEAD_VEC4: u32 = 8u; // E / 4
const FOURS: u32 = clamp(128u / HEAD_VEC4, 1u, 16u); // Four keys each: of 8 KB.
const ROWS: u32 = 4u * FOURS;

struct Params {
    blocks: u32,
    heads: u32,
    scale: f32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read_write> o: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> tile: array<vec4f, ROWS * HEAD_VEC4>;

// Keys (part 1) or values (part 2) from `base` on, and zeros behind the sequence.
fn load(lane: u32, part: u32, base: u32, end: u32, head: u32) {
    workgroupBarrier();
    for (var i = lane; i < ROWS * HEAD_VEC4; i += 64u) {
        let row = base + i / HEAD_VEC4;
        var value = vec4f(0.0);
        if (row < end) {
            value = qkv[((row * 3u + part) * params.heads + head) * HEAD_VEC4 + i % HEAD_VEC4];
        }
        tile[i] = value;
    }
    workgroupBarrier();
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let block = group.x + group.y * groups.x;
    let head = group.z;
    if (block >= params.blocks) {
        return;
    }
    let begin = blocks[3u * block + 1u];
    let end = blocks[3u * block + 2u];
    let t = blocks[3u * block] + lane;
    // Threads behind the sequence help with loading.
    let start = (min(t, end - 1u) * 3u * params.heads + head) * HEAD_VEC4;
    var q: array<vec4f, HEAD_VEC4>;
    var acc: array<vec4f, HEAD_VEC4>;
    for (var e = 0u; e < HEAD_VEC4; e++) {
        q[e] = qkv[start + e] * params.scale;
        acc[e] = vec4f(0.0);
    }
    var top = -1e30;
    var total = 0.0;
    for (var base = begin; base < end; base += ROWS) {
        load(lane, 1u, base, end, head);
        var scores: array<vec4f, FOURS>;
        var new_top = top;
        for (var j = 0u; j < FOURS; j++) {
            let key = base + 4u * j;
            if (key < end) {
                var s = vec4f(0.0);
                for (var e = 0u; e < HEAD_VEC4; e++) {
                    let i = 4u * j * HEAD_VEC4 + e;
                    s += vec4f(
                        dot(q[e], tile[i]), dot(q[e], tile[i + HEAD_VEC4]),
                        dot(q[e], tile[i + 2u * HEAD_VEC4]), dot(q[e], tile[i + 3u * HEAD_VEC4]),
                    );
                }
                // Far below any score: its exp is zero.
                s = select(vec4f(-1e38), s, key + vec4u(0u, 1u, 2u, 3u) < vec4u(end));
                new_top = max(new_top, max(max(s.x, s.y), max(s.z, s.w)));
                scores[j] = s;
            }
        }
        let keep = exp(top - new_top);
        top = new_top;
        total *= keep;
        for (var e = 0u; e < HEAD_VEC4; e++) {
            acc[e] *= keep;
        }
        load(lane, 2u, base, end, head);
        for (var j = 0u; j < FOURS; j++) {
            if (base + 4u * j < end) {
                let p = exp(scores[j] - top);
                total += dot(p, vec4f(1.0));
                for (var e = 0u; e < HEAD_VEC4; e++) {
                    let i = 4u * j * HEAD_VEC4 + e;
                    acc[e] += p.x * tile[i] + p.y * tile[i + HEAD_VEC4]
                        + p.z * tile[i + 2u * HEAD_VEC4] + p.w * tile[i + 3u * HEAD_VEC4];
                }
            }
        }
    }
    if (t < end) {
        for (var e = 0u; e < HEAD_VEC4; e++) {
            o[(t * params.heads + head) * HEAD_VEC4 + e] = acc[e] / total;
        }
        lse[t * params.heads + head] = top + log(total);
    }
}
