// What the kernels of the matrix product have in common (gemm_registers, gemm_tile, gemm_rows):
//
// y = residual + alpha * act(A B + bias)
//
// A [M, K] (or stored as [K, M]), B [K, N] (or stored as [N, K]), bias [N], residual and y [M, N], all row-major.
// A linear layer stores W as [out, in]: forward is A plain and B stored [N, K]; dX has both plain; dW has A stored
// [K, M]. No transposed copy is ever made. The z dimension of the grid splits K into slices of `k_slice`: slice s writes
// its partial product to y + s * M * N, to be summed in a fixed order by sum_rows.wgsl.
//
// Numerics: f32. Every kernel sums an element in the same order: runs of RUN values of k, each from zero in ascending
// order by fused multiply-add, and then the runs in ascending order. So which kernel was taken changes no bit.
// Kept for backward: `pre` = A B + bias, if KEEP_PRE.
// Fragments: activation; matrix_vec4 or matrix_scalar (bindings 0 and 2-5); how B is stored: weight_*_vec4 or
// weight_*_scalar (binding 1).

const A_IS_KM: bool = false;
const B_IS_KN: bool = false;
const HAS_BIAS: bool = false;
const HAS_RESIDUAL: bool = false;
const KEEP_PRE: bool = false;
const ACTIVATION: u32 = 0u;

// Values of k that are summed from zero. A multiple of what any kernel reads at once; slices of K are multiples of it.
const RUN: u32 = 32u;

struct Params {
    m: u32,
    n: u32,
    k: u32,
    k_slice: u32,
    alpha: f32,
}

@group(0) @binding(6) var<uniform> params: Params;

// 4 x 4 elements, a row each.
struct Block {
    r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f,
}

const ZERO: Block = Block(vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(0.0));

fn transposed(b: Block) -> Block {
    return Block(
        vec4f(b.r0.x, b.r1.x, b.r2.x, b.r3.x), vec4f(b.r0.y, b.r1.y, b.r2.y, b.r3.y),
        vec4f(b.r0.z, b.r1.z, b.r2.z, b.r3.z), vec4f(b.r0.w, b.r1.w, b.r2.w, b.r3.w),
    );
}

fn sum(a: Block, b: Block) -> Block {
    return Block(a.r0 + b.r0, a.r1 + b.r1, a.r2 + b.r2, a.r3 + b.r3);
}

// s + a B: `a` is a row of A over four values of k, B has a row a k. `fma` leaves the compiler no choice of rounding.
fn add_row(s: vec4f, a: vec4f, b: Block) -> vec4f {
    return fma(vec4f(a.w), b.r3, fma(vec4f(a.z), b.r2, fma(vec4f(a.y), b.r1, fma(vec4f(a.x), b.r0, s))));
}

// s + A B, all 4 x 4.
fn add_product(s: Block, a: Block, b: Block) -> Block {
    return Block(add_row(s.r0, a.r0, b), add_row(s.r1, a.r1, b), add_row(s.r2, a.r2, b), add_row(s.r3, a.r3, b));
}

// How many of the four elements from `i` on lie below `end`.
fn left(i: u32, end: u32) -> u32 {
    return select(min(end - i, 4u), 0u, i >= end);
}

// Where row `i` of a matrix of `rows` x K begins, clamped: rows past the end are computed and thrown away.
fn row(i: u32, rows: u32) -> u32 {
    return min(i, rows - 1u) * params.k;
}

// Four elements of y from [m, n] on, of a slice of K.
fn finish(m: u32, n: u32, slice: u32, product: vec4f) {
    let count = left(n, params.n);
    if (m >= params.m || count == 0u) {
        return;
    }
    let i = (slice * params.m + m) * params.n + n;
    var v = product;
    if (HAS_BIAS) {
        v += bias_at(n, count);
    }
    if (KEEP_PRE) {
        put_pre(i, count, v);
    }
    v = params.alpha * activate4(ACTIVATION, v);
    if (HAS_RESIDUAL) {
        v += residual_at(i, count);
    }
    put_y(i, count, v);
}

fn finish_block(m: u32, n: u32, slice: u32, product: Block) {
    finish(m, n, slice, product.r0);
    finish(m + 1u, n, slice, product.r1);
    finish(m + 2u, n, slice, product.r2);
    finish(m + 3u, n, slice, product.r3);
}
