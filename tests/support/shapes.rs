//! One table of shapes for parity tests and the benchmark.

/// Sequence lengths of a packed batch.
pub fn batches() -> Vec<Vec<usize>> {
    vec![
        vec![1],
        vec![2, 1],
        vec![3, 5, 7, 11, 13],
        (0..33).map(|i| 1 + (i * 7) % 41).collect(),
        vec![64; 4],
        vec![300],
        vec![512],
    ]
}

/// Starts of the sequences and the end of the last.
pub fn cu_seqlens(lengths: &[usize]) -> Vec<u32> {
    let mut starts = vec![0];
    for length in lengths {
        starts.push(starts[starts.len() - 1] + *length as u32);
    }
    starts
}

/// [M, N, K] of matrix products: awkward ones, adapters, heads, and a layer of MiniLM.
pub fn products() -> Vec<[usize; 3]> {
    vec![
        [1, 1, 1],
        [1, 2, 3],
        [7, 5, 11],
        [8, 8, 8],
        [9, 4, 4],
        [31, 37, 41],
        [64, 64, 64],
        [65, 24, 384],
        [257, 384, 24],
        [33, 1, 64],
        [3, 2, 384],
        [13, 384, 384],
        [100, 7, 5],
        [600, 16, 12],
    ]
}

/// (hidden size, heads) of attention: one head, a prime number of heads, and head sizes 4 to 128.
pub fn heads() -> Vec<(usize, usize)> {
    vec![(4, 1), (12, 3), (64, 4), (64, 1), (96, 3), (128, 1), (320, 5), (1024, 16)]
}
