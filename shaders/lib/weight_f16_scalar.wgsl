// A weight of half precision, two elements a word, read from any element on. The first `count` of four elements exist; the
// others read as zero.
// Fragment: first.

@group(0) @binding(1) var<storage, read> b: array<u32>;

fn b_at(row: u32, col: u32, width: u32, count: u32) -> vec4f {
    let i = row * width + col;
    let word = i / 2u;
    let low = unpack2x16float(b[word]);
    let middle = unpack2x16float(b[word + 1u]);
    let high = unpack2x16float(b[word + 2u]);
    let odd = i % 2u == 1u;
    return first(select(vec4f(low, middle), vec4f(low.y, middle, high.x), odd), count);
}
