// A weight of f32, read from any element on. The first `count` of four elements exist; the others read as zero.
// Fragment: first.

@group(0) @binding(1) var<storage, read> b: array<f32>;

fn b_at(row: u32, col: u32, width: u32, count: u32) -> vec4f {
    let i = row * width + col;
    return first(vec4f(b[i], b[i + 1u], b[i + 2u], b[i + 3u]), count);
}
