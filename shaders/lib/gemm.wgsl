// What all kernels of the matrix product have in common:
//
// y = residual + alpha * act(A B + bias)
//
// A [M, K] (or stored as [K, M]), B [K, N] (or stored as [N, K]), bias [N], residual and y [M, N], all row-major.
// A linear layer stores W as [out, in]: forward is A plain and B stored [N, K]; dX has both plain; dW has A stored
// [K, M]. No transposed copy is ever made. The z dimension of the grid splits K into slices of `k_slice`: slice s writes
// its partial product to y + s * M * N, to be summed in a fixed order by sum_rows.wgsl.
//
// Kept for backward: `pre` = A B + bias, if KEEP_PRE.
// Fragments: activation; matrix_vec4 or matrix_scalar (bindings 0 and 2-5); how B is stored: weight_*_vec4 or
// weight_*_scalar (binding 1).

const A_IS_KM: bool = false;
const B_IS_KN: bool = false;
const HAS_BIAS: bool = false;
const HAS_RESIDUAL: bool = false;
const KEEP_PRE: bool = false;
const ACTIVATION: u32 = 0u;

struct Params {
    m: u32,
    n: u32,
    k: u32,
    k_slice: u32,
    alpha: f32,
}

@group(0) @binding(6) var<uniform> params: Params;

// How many of the four elements from `i` on lie below `end`.
fn left(i: u32, end: u32) -> u32 {
    return select(min(end - i, 4u), 0u, i >= end);
}

// Where row `i` of a matrix of `rows` x K begins, clamped: rows past the end are computed and thrown away.
fn row(i: u32, rows: u32) -> u32 {
    return min(i, rows - 1u) * params.k;
}

// Four values of column `n` of B stored [N, K], from `k` on; columns past the end are computed and thrown away.
fn b_column(n: u32, k: u32, count: u32) -> vec4f {
    return b_at(min(n, params.n - 1u), k, params.k, count);
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
