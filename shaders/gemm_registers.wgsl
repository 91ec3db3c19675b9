// Matrix product with epilogue, in registers alone: for GPUs without workgroup memory of their own, which are those in
// software, and where barriers are dear. Formula, shapes and numerics: lib/gemm.wgsl.
//
// Threads: each computes 8 x 8 elements of y, without workgroup memory or barriers. A workgroup is LANES_N threads
// along n and 64 / LANES_N along m.
// Fragments: gemm, gemm_blocks and what they need.

const LANES_N: u32 = 8u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let n = (group.x * LANES_N + lane % LANES_N) * 8u;
    let m = (group.y * (64u / LANES_N) + lane / LANES_N) * 8u;
    if (m >= params.m || n >= params.n) {
        return;
    }
    var y00 = ZERO;
    var y01 = ZERO;
    var y10 = ZERO;
    var y11 = ZERO;
    let begin = group.z * params.k_slice;
    let end = min(begin + params.k_slice, params.k);
    for (var run = begin; run < end; run += RUN) {
        var s00 = ZERO;
        var s01 = ZERO;
        var s10 = ZERO;
        var s11 = ZERO;
        let run_end = min(run + RUN, end);
        for (var k = run; k < run_end; k += 4u) {
            let a0 = a_block(m, k, end);
            let a1 = a_block(m + 4u, k, end);
            let b0 = b_block(n, k, end);
            let b1 = b_block(n + 4u, k, end);
            s00 = add_product(s00, a0, b0);
            s01 = add_product(s01, a0, b1);
            s10 = add_product(s10, a1, b0);
            s11 = add_product(s11, a1, b1);
        }
        y00 = sum(y00, s00);
        y01 = sum(y01, s01);
        y10 = sum(y10, s10);
        y11 = sum(y11, s11);
    }
    finish_block(m, n, group.z, y00);
    finish_block(m, n + 4u, group.z, y01);
    finish_block(m + 4u, n, group.z, y10);
    finish_block(m + 4u, n + 4u, group.z, y11);
}
