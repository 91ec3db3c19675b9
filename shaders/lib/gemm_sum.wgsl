// The order of sums of gemm_tile and gemm_rows: runs of RUN values of k, each from zero in ascending order by fused
// multiply-add, and then the runs in ascending order. It is the same in both, whatever their constants, so which of them is
// taken changes no bit.
// Fragment: gemm.

// Values of k that are summed from zero. A multiple of what any kernel reads at once; slices of K are multiples of it.
const RUN: u32 = 32u;

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

// s + a B: `a` is a row of A over four values of k, B has a row a k. A compiler may
// join a product and a sum or not; `fma` is always the same on a device.
fn add_row(s: vec4f, a: vec4f, b: Block) -> vec4f {
    return fma(vec4f(a.w), b.r3, fma(vec4f(a.z), b.r2, fma(vec4f(a.y), b.r1, fma(vec4f(a.x), b.r0, s))));
}

// s + A B, all 4 x 4.
fn add_product(s: Block, a: Block, b: Block) -> Block {
    return Block(add_row(s.r0, a.r0, b), add_row(s.r1, a.r1, b), add_row(s.r2, a.r2, b), add_row(s.r3, a.r3, b));
}

fn finish_block(m: u32, n: u32, slice: u32, product: Block) {
    finish(m, n, slice, product.r0);
    finish(m + 1u, n, slice, product.r1);
    finish(m + 2u, n, slice, product.r2);
    finish(m + 3u, n, slice, product.r3);
}
