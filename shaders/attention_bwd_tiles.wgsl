// dq = scale * sum over keys of p * (do . v - delta) * k                        derivative of attention_tiles, by query
// dk = scale * sum over queries of p * (do . v - delta) * q,  dv = sum over queries of p * do           or, if BY_KEY, by key
//
// qkv, dqkv [T, 3 D]; blocks [B, 3] as in attention_tiles; d_o [T, D]; lse, delta [T, H]. Threads: SPLIT of a workgroup of 64
// share a row of the block, each with every SPLIT-th vec4 of it; SPLIT workgroups share a block and head. They walk over the
// sequence a tile of rows at a time: keys and values by query, queries and their gradients by key. Writes the q part of dqkv,
// or the k and v parts. p is computed again from lse.

const HEAD_VEC4: u32 = 8u; // E / 4
const BY_KEY: bool = false;
const SPLIT: u32 = 1u;
const OWN: u32 = HEAD_VEC4 / SPLIT;
const ROWS: u32 = clamp(256u / (HEAD_VEC4 * SPLIT), 1u, 32u); // Of 8 KB, or 4 KB and as much for sums.

struct Params {
    blocks: u32,
    heads: u32,
    scale: f32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> d_o: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<uniform> params: Params;

// q or k, and the gradient or v that goes with it.
var<workgroup> tile: array<vec4f, ROWS * HEAD_VEC4>;
var<workgroup> tile2: array<vec4f, ROWS * HEAD_VEC4>;
// What each thread has of a score and of do . v.
var<workgroup> parts: array<vec2f, min(SPLIT - 1u, 1u) * (64u * ROWS - 1u) + 1u>;

// Where q (part 0), k (1) or v (2) of a token begins.
fn place(t: u32, part: u32, head: u32) -> u32 {
    return ((t * 3u + part) * params.heads + head) * HEAD_VEC4;
}

// The second half of a pair: the gradient that belongs to a query, the value that belongs to a key.
fn second(is_query: bool, t: u32, head: u32, e: u32) -> vec4f {
    if (is_query) {
        return d_o[(t * params.heads + head) * HEAD_VEC4 + e];
    }
    return qkv[place(t, 2u, head) + e];
}

// Of one row of the tile.
fn own_part(j: u32, own: u32, a: ptr<function, array<vec4f, OWN>>, b: ptr<function, array<vec4f, OWN>>) -> vec2f {
    var part = vec2f(0.0);
    for (var e = 0u; e < OWN; e++) {
        let i = j * HEAD_VEC4 + e * SPLIT + own;
        part += vec2f(dot((*a)[e], tile[i]), dot((*b)[e], tile2[i]));
    }
    return part;
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let piece = group.x + group.y * groups.x;
    let block = piece / SPLIT;
    let head = group.z;
    if (block >= params.blocks) {
        return;
    }
    let begin = blocks[3u * block + 1u];
    let end = blocks[3u * block + 2u];
    let first = blocks[3u * block] + piece % SPLIT * (64u / SPLIT);
    if (first >= end) {
        return;
    }
    let own = lane % SPLIT;
    let row = first + lane / SPLIT;
    // Threads behind the sequence help with loading.
    let t = min(row, end - 1u);
    let own_stat = t * params.heads + head;
    var a: array<vec4f, OWN>;
    var b: array<vec4f, OWN>;
    var da: array<vec4f, OWN>;
    var db: array<vec4f, OWN>;
    for (var e = 0u; e < OWN; e++) {
        let i = e * SPLIT + own;
        a[e] = qkv[place(t, u32(BY_KEY), head) + i] * params.scale;
        b[e] = second(!BY_KEY, t, head, i);
        da[e] = vec4f(0.0);
        db[e] = vec4f(0.0);
    }
    for (var base = begin; base < end; base += ROWS) {
        let rows = min(ROWS, end - base);
        workgroupBarrier();
        for (var i = lane; i < rows * HEAD_VEC4; i += 64u) {
            let other = base + i / HEAD_VEC4;
            tile[i] = qkv[place(other, u32(!BY_KEY), head) + i % HEAD_VEC4];
            tile2[i] = second(BY_KEY, other, head, i % HEAD_VEC4);
        }
        workgroupBarrier();
        if (SPLIT > 1u) {
            for (var j = 0u; j < rows; j++) {
                parts[j * 64u + lane] = own_part(j, own, &a, &b);
            }
            workgroupBarrier();
        }
        for (var j = 0u; j < rows; j++) {
            var sum = vec2f(0.0);
            if (SPLIT > 1u) {
                for (var i = 0u; i < SPLIT; i++) {
                    sum += parts[j * 64u + lane - own + i];
                }
            } else {
                sum = own_part(j, own, &a, &b);
            }
            let stat = select(own_stat, (base + j) * params.heads + head, BY_KEY);
            let p = exp(sum.x - lse[stat]);
            let ds = p * (sum.y - delta[stat]) * params.scale;
            for (var e = 0u; e < OWN; e++) {
                let i = j * HEAD_VEC4 + e * SPLIT + own;
                da[e] += ds * tile[i];
                if (BY_KEY) {
                    db[e] += p * tile2[i];
                }
            }
        }
    }
    if (row < end) {
        for (var e = 0u; e < OWN; e++) {
            let i = e * SPLIT + own;
            dqkv[place(row, u32(BY_KEY), head) + i] = da[e];
            if (BY_KEY) {
                dqkv[place(row, 2u, head) + i] = db[e];
            }
        }
    }
}
