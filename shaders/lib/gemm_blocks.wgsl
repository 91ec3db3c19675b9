// Blocks of A and B straight from their buffers, for kernels of the matrix product that have no tiles of them.
// Fragment: gemm.

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
            b_at(row(n, params.n) + k, c), b_at(row(n + 1u, params.n) + k, c),
            b_at(row(n + 2u, params.n) + k, c), b_at(row(n + 3u, params.n) + k, c),
        ));
    }
    let w = params.n;
    let i = k * w + n;
    let cw = left(n, w);
    var b = ZERO;
    b.r0 = b_at(i, cw);
    if (c > 1u) { b.r1 = b_at(i + w, cw); }
    if (c > 2u) { b.r2 = b_at(i + 2u * w, cw); }
    if (c > 3u) { b.r3 = b_at(i + 3u * w, cw); }
    return b;
}
