// Matrix product with epilogue, by tiles of A and B in workgroup memory: for GPUs that have such memory. Formula and
// shapes: lib/gemm.wgsl; numerics: lib/gemm_sum.wgsl.
//
// Threads: THREADS_M x THREADS_N, each with 4 x 4 elements of y in registers, or 4 x 8 if WIDTH is 2: two blocks that lie
// THREADS_N blocks apart, so that neighbouring threads read neighbouring elements.
// Tiles: 16 values of k of both matrices, stored as they are read: where the matrix has k along its rows, a vec4 is four
// values of k, and 4 x 4 blocks are transposed in registers, which costs nothing. Four such vec4 take the place of five,
// so that neighbouring threads meet in no bank; B's rows lie in the order of (n mod 4, n) for the same reason.
// Fragments: gemm_sum and what it needs.

const THREADS_M: u32 = 16u;
const THREADS_N: u32 = 16u;
const WIDTH: u32 = 1u;

const THREADS: u32 = THREADS_M * THREADS_N;
// Blocks of a tile along m and along n.
const BLOCKS_M: u32 = THREADS_M;
const BLOCKS_N: u32 = THREADS_N * WIDTH;
// Four vec4 of a row, and the gap.
const STRIDE: u32 = 5u;

var<workgroup> a_tile: array<vec4f, 4u * BLOCKS_M * STRIDE>;
var<workgroup> b_tile: array<vec4f, 4u * BLOCKS_N * STRIDE>;

fn fill_a(lane: u32, m: u32, k: u32, end: u32) {
    for (var i = lane; i < 16u * BLOCKS_M; i += THREADS) {
        var v = vec4f(0.0);
        if (A_IS_KM) {
            let at_k = k + i / BLOCKS_M;
            let at_m = m + i % BLOCKS_M * 4u;
            if (at_k < end) { v = a_at(at_k * params.m + at_m, left(at_m, params.m)); }
            a_tile[i] = v;
        } else {
            let at_k = k + i % 4u * 4u;
            if (at_k < end) { v = a_at(row(m + i / 4u, params.m) + at_k, left(at_k, end)); }
            a_tile[i / 4u * STRIDE + i % 4u] = v;
        }
    }
}

fn fill_b(lane: u32, n: u32, k: u32, end: u32) {
    for (var i = lane; i < 16u * BLOCKS_N; i += THREADS) {
        var v = vec4f(0.0);
        if (B_IS_KN) {
            let at_k = k + i / BLOCKS_N;
            let at_n = n + i % BLOCKS_N * 4u;
            if (at_k < end) { v = b_at(at_k, at_n, params.n, left(at_n, params.n)); }
            b_tile[i] = v;
        } else {
            let at_k = k + i % 4u * 4u;
            let column = i / 4u;
            if (at_k < end) { v = b_column(n + column, at_k, left(at_k, end)); }
            b_tile[(column % 4u * BLOCKS_N + column / 4u) * STRIDE + i % 4u] = v;
        }
    }
}

// Four rows of the tile of A over the `k`th four values of k.
fn a_block(block: u32, k: u32) -> Block {
    if (A_IS_KM) {
        let i = 4u * k * BLOCKS_M + block;
        return transposed(Block(
            a_tile[i], a_tile[i + BLOCKS_M], a_tile[i + 2u * BLOCKS_M], a_tile[i + 3u * BLOCKS_M],
        ));
    }
    let i = 4u * block * STRIDE + k;
    return Block(a_tile[i], a_tile[i + STRIDE], a_tile[i + 2u * STRIDE], a_tile[i + 3u * STRIDE]);
}

// Four columns of the tile of B over the `k`th four values of k, a row a k.
fn b_block(block: u32, k: u32) -> Block {
    if (B_IS_KN) {
        let i = 4u * k * BLOCKS_N + block;
        return Block(b_tile[i], b_tile[i + BLOCKS_N], b_tile[i + 2u * BLOCKS_N], b_tile[i + 3u * BLOCKS_N]);
    }
    let i = block * STRIDE + k;
    let column = BLOCKS_N * STRIDE;
    return transposed(Block(b_tile[i], b_tile[i + column], b_tile[i + 2u * column], b_tile[i + 3u * column]));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let first_m = group.y * 4u * BLOCKS_M;
    let first_n = group.x * 4u * BLOCKS_N;
    let block_m = lane / THREADS_N;
    let block_n = lane % THREADS_N;
    var y0 = ZERO;
    var y1 = ZERO;
    let begin = group.z * params.k_slice;
    let end = min(begin + params.k_slice, params.k);
    for (var run = begin; run < end; run += RUN) {
        var s0 = ZERO;
        var s1 = ZERO;
        let run_end = min(run + RUN, end);
        for (var k = run; k < run_end; k += 16u) {
            workgroupBarrier();
            fill_a(lane, first_m, k, end);
            fill_b(lane, first_n, k, end);
            workgroupBarrier();
            for (var i = 0u; i < 4u; i++) {
                let a = a_block(block_m, i);
                s0 = add_product(s0, a, b_block(block_n, i));
                if (WIDTH == 2u) {
                    s1 = add_product(s1, a, b_block(block_n + THREADS_N, i));
                }
            }
        }
        y0 = sum(y0, s0);
        if (WIDTH == 2u) {
            y1 = sum(y1, s1);
        }
    }
    let m = first_m + 4u * block_m;
    let n = first_n + 4u * block_n;
    finish_block(m, n, group.z, y0);
    if (WIDTH == 2u) {
        finish_block(m, n + 4u * THREADS_N, group.z, y1);
    }
}
