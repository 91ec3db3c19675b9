// state[i] = (top, total, own, best) of the logits z[i] so far;  y[i] = (top + log total - own, [best = label])
//                                                        cross-entropy over a whole vocabulary, one slice of it at a time
//
// z [N, width]: the logits of the words from `first` on; labels [N]; state [N, 4]: the largest logit, the sum of
// exp(logit - top), the label's own logit, and the first word of the largest logit; y [N, 2]: after the last slice, the loss
// of a row and whether its label is the word that it would have said. Threads: a workgroup of 64 a row.
// Numerics: online softmax in every thread over each 64th word, then over the threads in their order.
// Kept for backward: state.

// Whether this is the first slice: what state was before does not count.
const FRESH: bool = false;

struct Params {
    rows: u32,
    width: u32,
    first: u32,
}

struct Part {
    top: f32,
    total: f32,
    best: u32,
}

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec2f>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> parts: array<Part, 64>;

fn both(a: Part, b: Part) -> Part {
    if (b.total == 0.0) {
        return a;
    }
    if (a.total == 0.0) {
        return b;
    }
    let top = max(a.top, b.top);
    let total = a.total * exp(a.top - top) + b.total * exp(b.top - top);
    let takes_b = b.top > a.top || (b.top == a.top && b.best < a.best);
    return Part(top, total, select(a.best, b.best, takes_b));
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = group.x + group.y * groups.x;
    var part = Part(0.0, 0.0, 0u);
    if (i < params.rows) {
        for (var j = lane; j < params.width; j += 64u) {
            part = both(part, Part(z[i * params.width + j], 1.0, params.first + j));
        }
    }
    parts[lane] = part;
    workgroupBarrier();
    if (lane != 0u || i >= params.rows) {
        return;
    }
    var own = 0.0;
    part = Part(0.0, 0.0, 0u);
    if (!FRESH) {
        let before = state[i];
        part = Part(before.x, before.y, u32(before.w));
        own = before.z;
    }
    for (var k = 0u; k < 64u; k++) {
        part = both(part, parts[k]);
    }
    let label = labels[i];
    if (label >= params.first && label < params.first + params.width) {
        own = z[i * params.width + label - params.first];
    }
    state[i] = vec4f(part.top, part.total, own, f32(part.best));
    y[i] = vec2f(part.top + log(part.total) - own, select(0.0, 1.0, part.best == label));
}
