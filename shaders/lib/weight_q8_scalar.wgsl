// A weight of 8-bit integers, four a word, behind a word with the scale of the row: read from any element on. The first `count` of four
// elements exist; the others read as zero.
// Fragment: first.

@group(0) @binding(1) var<storage, read> b: array<u32>;

fn b_at(row: u32, col: u32, width: u32, count: u32) -> vec4f {
    let i = row * ((width + 3u) / 4u + 1u);
    let at = i + col / 4u + 1u;
    let shift = col % 4u * 8u;
    let word = select((b[at] >> shift) | (b[at + 1u] << (32u - shift)), b[at], shift == 0u);
    return first(bitcast<f32>(b[i]) * vec4f(bitcast<vec4i>(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)), count);
}
