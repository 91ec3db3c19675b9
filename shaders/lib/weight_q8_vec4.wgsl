// A weight of 8-bit integers, four a word, behind a word with the scale of the row: read four at a time from a multiple of 4 on, for
// contiguous sizes that are multiples of 4.

@group(0) @binding(1) var<storage, read> b: array<u32>;

fn b_at(row: u32, col: u32, width: u32, count: u32) -> vec4f {
    let i = row * (width / 4u + 1u);
    let word = b[i + col / 4u + 1u];
    return bitcast<f32>(b[i]) * vec4f(bitcast<vec4i>(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}
