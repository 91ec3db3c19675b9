// Matrix product with epilogue, in registers alone: for GPUs in software, which have no memory of workgroups' own and pay for
// barriers. Formula and shapes: lib/gemm.wgsl.
//
// Threads: each computes 8 x 8 elements of y, without workgroup memory or barriers. A workgroup is LANES_N threads
// along n and 64 / LANES_N along m.
// Numerics: f32, summed over k in steps of 4 in ascending order, which is not the order of the other kernels: theirs is up to
// a quarter slower in software.
// Fragments: gemm and what it needs.

const LANES_N: u32 = 8u;

// Eight rows of A, or eight columns of B, over four values of k.
struct Strip {
    r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f,
}

// From four rows of eight elements, one row a k, to eight vectors over k.
fn transposed(l0: vec4f, l1: vec4f, l2: vec4f, l3: vec4f, h0: vec4f, h1: vec4f, h2: vec4f, h3: vec4f) -> Strip {
    return Strip(
        vec4f(l0.x, l1.x, l2.x, l3.x), vec4f(l0.y, l1.y, l2.y, l3.y),
        vec4f(l0.z, l1.z, l2.z, l3.z), vec4f(l0.w, l1.w, l2.w, l3.w),
        vec4f(h0.x, h1.x, h2.x, h3.x), vec4f(h0.y, h1.y, h2.y, h3.y),
        vec4f(h0.z, h1.z, h2.z, h3.z), vec4f(h0.w, h1.w, h2.w, h3.w),
    );
}

fn load_a(m: u32, k: u32, end: u32) -> Strip {
    let c = left(k, end);
    if (!A_IS_KM) {
        return Strip(
            a_at(row(m, params.m) + k, c), a_at(row(m + 1u, params.m) + k, c),
            a_at(row(m + 2u, params.m) + k, c), a_at(row(m + 3u, params.m) + k, c),
            a_at(row(m + 4u, params.m) + k, c), a_at(row(m + 5u, params.m) + k, c),
            a_at(row(m + 6u, params.m) + k, c), a_at(row(m + 7u, params.m) + k, c),
        );
    }
    let w = params.m;
    let i = k * w + m;
    let cl = left(m, w);
    let ch = left(m + 4u, w);
    var l1 = vec4f(0.0);
    var l2 = vec4f(0.0);
    var l3 = vec4f(0.0);
    var h1 = vec4f(0.0);
    var h2 = vec4f(0.0);
    var h3 = vec4f(0.0);
    if (c > 1u) { l1 = a_at(i + w, cl); h1 = a_at(i + w + 4u, ch); }
    if (c > 2u) { l2 = a_at(i + 2u * w, cl); h2 = a_at(i + 2u * w + 4u, ch); }
    if (c > 3u) { l3 = a_at(i + 3u * w, cl); h3 = a_at(i + 3u * w + 4u, ch); }
    return transposed(a_at(i, cl), l1, l2, l3, a_at(i + 4u, ch), h1, h2, h3);
}

// The same over B: WGSL does not let one function take either buffer.
fn load_b(n: u32, k: u32, end: u32) -> Strip {
    let c = left(k, end);
    if (!B_IS_KN) {
        return Strip(
            b_column(n, k, c), b_column(n + 1u, k, c),
            b_column(n + 2u, k, c), b_column(n + 3u, k, c),
            b_column(n + 4u, k, c), b_column(n + 5u, k, c),
            b_column(n + 6u, k, c), b_column(n + 7u, k, c),
        );
    }
    let w = params.n;
    let cl = left(n, w);
    let ch = left(n + 4u, w);
    var l1 = vec4f(0.0);
    var l2 = vec4f(0.0);
    var l3 = vec4f(0.0);
    var h1 = vec4f(0.0);
    var h2 = vec4f(0.0);
    var h3 = vec4f(0.0);
    if (c > 1u) { l1 = b_at(k + 1u, n, w, cl); h1 = b_at(k + 1u, n + 4u, w, ch); }
    if (c > 2u) { l2 = b_at(k + 2u, n, w, cl); h2 = b_at(k + 2u, n + 4u, w, ch); }
    if (c > 3u) { l3 = b_at(k + 3u, n, w, cl); h3 = b_at(k + 3u, n + 4u, w, ch); }
    return transposed(b_at(k, n, w, cl), l1, l2, l3, b_at(k, n + 4u, w, ch), h1, h2, h3);
}

fn low(a: vec4f, b: Strip) -> vec4f {
    return vec4f(dot(a, b.r0), dot(a, b.r1), dot(a, b.r2), dot(a, b.r3));
}

fn high(a: vec4f, b: Strip) -> vec4f {
    return vec4f(dot(a, b.r4), dot(a, b.r5), dot(a, b.r6), dot(a, b.r7));
}

fn finish_row(m: u32, n: u32, slice: u32, lo: vec4f, hi: vec4f) {
    finish(m, n, slice, lo);
    finish(m, n + 4u, slice, hi);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let n = (group.x * LANES_N + lane % LANES_N) * 8u;
    let m = (group.y * (64u / LANES_N) + lane / LANES_N) * 8u;
    if (m >= params.m || n >= params.n) {
        return;
    }
    var l0 = vec4f(0.0); var l1 = vec4f(0.0); var l2 = vec4f(0.0); var l3 = vec4f(0.0);
    var l4 = vec4f(0.0); var l5 = vec4f(0.0); var l6 = vec4f(0.0); var l7 = vec4f(0.0);
    var h0 = vec4f(0.0); var h1 = vec4f(0.0); var h2 = vec4f(0.0); var h3 = vec4f(0.0);
    var h4 = vec4f(0.0); var h5 = vec4f(0.0); var h6 = vec4f(0.0); var h7 = vec4f(0.0);
    let begin = group.z * params.k_slice;
    let end = min(begin + params.k_slice, params.k);
    for (var k = begin; k < end; k += 4u) {
        let s = load_a(m, k, end);
        let t = load_b(n, k, end);
        l0 += low(s.r0, t); h0 += high(s.r0, t);
        l1 += low(s.r1, t); h1 += high(s.r1, t);
        l2 += low(s.r2, t); h2 += high(s.r2, t);
        l3 += low(s.r3, t); h3 += high(s.r3, t);
        l4 += low(s.r4, t); h4 += high(s.r4, t);
        l5 += low(s.r5, t); h5 += high(s.r5, t);
        l6 += low(s.r6, t); h6 += high(s.r6, t);
        l7 += low(s.r7, t); h7 += high(s.r7, t);
    }
    finish_row(m, n, group.z, l0, h0);
    finish_row(m + 1u, n, group.z, l1, h1);
    finish_row(m + 2u, n, group.z, l2, h2);
    finish_row(m + 3u, n, group.z, l3, h3);
    finish_row(m + 4u, n, group.z, l4, h4);
    finish_row(m + 5u, n, group.z, l5, h5);
    finish_row(m + 6u, n, group.z, l6, h6);
    finish_row(m + 7u, n, group.z, l7, h7);
}
