// A weight of f32, read four elements at a time from a multiple of 4 on: for contiguous sizes that are multiples of 4.

@group(0) @binding(1) var<storage, read> b: array<vec4f>;

fn b_at(row: u32, col: u32, width: u32, count: u32) -> vec4f { return b[(row * width + col) / 4u]; }
