// A weight of half precision, two elements a word, read four at a time from a multiple of 4 on: for contiguous sizes that are
// multiples of 4. `unpack2x16float` is in WGSL's core: no feature is asked for.

@group(0) @binding(1) var<storage, read> b: array<vec2u>;

fn b_at(row: u32, col: u32, width: u32, count: u32) -> vec4f {
    let words = b[(row * width + col) / 4u];
    return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}
