// The first `count` of four elements; zeros for the others, whatever was read for them.

fn first(v: vec4f, count: u32) -> vec4f {
    return select(vec4f(0.0), v, vec4u(0u, 1u, 2u, 3u) < vec4u(count));
}
