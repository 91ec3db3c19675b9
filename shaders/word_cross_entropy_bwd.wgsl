// z[i, j] becomes dy[i, 0] * (softmax(z[i])[j] - [first + j = label])      derivative of cross-entropy over a vocabulary
//
// z [N, width]: the logits of the words from `first` on, which their derivative takes the place of; labels [N]; state [N, 4]
// as forward left it; dy [N, 2], of which the second column counts nothing. Threads: one an element of z.

struct Params {
    n: u32,
    width: u32,
    first: u32,
}

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> state: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> z: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let at = id.x + id.y * groups.x * 64u;
    if (at >= params.n) {
        return;
    }
    let i = at / params.width;
    let word = params.first + at % params.width;
    let p = exp(z[at] - state[i].x) / state[i].y;
    z[at] = dy[i].x * (p - select(0.0, 1.0, word == labels[i]));
}
