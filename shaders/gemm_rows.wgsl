// Matrix product with epilogue, of few rows: K is shared out to threads, because there are too few elements of y to keep a
// GPU busy. Formula and shapes: lib/gemm.wgsl; numerics: lib/gemm_sum.wgsl.
//
// Threads: 16 along n, each with four columns, and 16 along k, each with a run; all have four rows. Partial sums go
// through workgroup memory (16 KiB), where 64 threads add them run by run, each for four elements of y.
// Fragments: gemm_sum and what it needs.

const LANES: u32 = 16u;
const RUNS: u32 = 16u;

// By row, run and lane.
var<workgroup> partial: array<vec4f, 4u * RUNS * LANES>;

// Four rows of A over four values of k.
fn a_block(m: u32, k: u32, end: u32) -> Block {
    let c = left(k, end);
    if (!A_IS_KM) {
        return Block(
            a_at(row(m, params.m) + k, c), a_at(row(m + 1u, params.m) + k, c),
            a_at(row(m + 2u, params.m) + k, c), a_at(row(m + 3u, params.m) + k, c),
        );
    }
    let w = params.m;
    let i = k * w + m;
    let cw = left(m, w);
    var b = ZERO;
    b.r0 = a_at(i, cw);
    if (c > 1u) { b.r1 = a_at(i + w, cw); }
    if (c > 2u) { b.r2 = a_at(i + 2u * w, cw); }
    if (c > 3u) { b.r3 = a_at(i + 3u * w, cw); }
    return transposed(b);
}

// Four columns of B over four values of k, a row a k. WGSL does not let one function read either buffer.
fn b_block(n: u32, k: u32, end: u32) -> Block {
    let c = left(k, end);
    if (!B_IS_KN) {
        return transposed(Block(
            b_column(n, k, c), b_column(n + 1u, k, c),
            b_column(n + 2u, k, c), b_column(n + 3u, k, c),
        ));
    }
    let w = params.n;
    let cw = left(n, w);
    var b = ZERO;
    b.r0 = b_at(k, n, w, cw);
    if (c > 1u) { b.r1 = b_at(k + 1u, n, w, cw); }
    if (c > 2u) { b.r2 = b_at(k + 2u, n, w, cw); }
    if (c > 3u) { b.r3 = b_at(k + 3u, n, w, cw); }
    return b;
}

@compute @workgroup_size(LANES * RUNS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    // Neighbouring threads read what is stored side by side: columns where those are contiguous, else runs.
    let lane = select(thread / RUNS, thread % LANES, B_IS_KN);
    let own_run = select(thread % RUNS, thread / LANES, B_IS_KN);
    let m = group.y * 4u;
    let first_n = group.x * 4u * LANES;
    let n = first_n + 4u * lane;
    let begin = group.z * params.k_slice;
    let end = min(begin + params.k_slice, params.k);
    // Of the threads that add the runs up.
    let sum_lane = thread % LANES;
    let sum_row = thread / LANES;
    var y = vec4f(0.0);
    for (var base = begin; base < end; base += RUNS * RUN) {
        var s = ZERO;
        let run = base + own_run * RUN;
        let run_end = min(run + RUN, end);
        for (var k = run; k < run_end; k += 4u) {
            s = add_product(s, a_block(m, k, end), b_block(n, k, end));
        }
        workgroupBarrier();
        let i = own_run * LANES + lane;
        partial[i] = s.r0;
        partial[RUNS * LANES + i] = s.r1;
        partial[2u * RUNS * LANES + i] = s.r2;
        partial[3u * RUNS * LANES + i] = s.r3;
        workgroupBarrier();
        if (sum_row < 4u) {
            for (var i = 0u; i < RUNS; i++) {
                y += partial[(sum_row * RUNS + i) * LANES + sum_lane];
            }
        }
    }
    if (sum_row < 4u) {
        finish(m + sum_row, first_n + 4u * sum_lane, group.z, y);
    }
}
