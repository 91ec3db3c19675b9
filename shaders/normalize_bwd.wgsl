// dx = (dy - y (y . dy)) / |x|,  y = x / |x|                                            derivative of normalize
//
// dy, x, dx [N, D]. Threads: a workgroup of 64 a row. Numerics: both sums in a fixed order; where |x| is not above 1e-12,
// normalize is a multiplication, and so is this.
// Fragments: sum64.

struct Params {
    rows: u32,
    cols: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.x + group.y * groups.x;
    if (row >= params.rows) {
        return;
    }
    let start = row * params.cols;
    var squares = 0.0;
    var along = 0.0;
    for (var j = lane; j < params.cols; j += 64u) {
        squares += x[start + j] * x[start + j];
        along += x[start + j] * dy[start + j];
    }
    let found = sqrt(sum64(lane, squares));
    let length = max(found, 1e-12);
    // y . dy / |x|: how much of dy lies along x, which changes nothing.
    let share = select(0.0, sum64(lane, along) / length / length, found > 1e-12);
    for (var j = lane; j < params.cols; j += 64u) {
        dx[start + j] = (dy[start + j] - x[start + j] * share) / length;
    }
}
