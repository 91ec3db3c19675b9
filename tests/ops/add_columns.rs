use graftwork_tensor::ops::add_columns::{add_columns, add_columns_bwd, add_columns_bwd_cpu, add_columns_cpu};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64};

/// (T, N, [(first column, width)]): one column, odd widths, gaps, blocks out of order, and a fused matrix.
type Case = (usize, usize, &'static [(usize, usize)]);
const CASES: [Case; 6] = [
    (1, 1, &[(0, 1)]),
    (3, 7, &[(2, 3)]),
    (5, 20, &[(15, 5), (0, 4), (7, 1)]),
    (17, 192, &[(0, 64), (128, 64)]),
    (33, 1152, &[(384, 384)]),
    (2, 6, &[]),
];

#[test]
fn blocks_land_in_their_columns() {
    parity(CASES, 1e-14, |device, (t, n, blocks)| {
        let x = device.tensor(*t, *n, &random(1, t * n));
        let added: Vec<_> =
            blocks.iter().map(|(first, w)| (*first, device.tensor(*t, *w, &random(2, t * w)))).collect();
        let y = device.empty(*t, *n);
        add_columns(device, &x, &added.iter().map(|(first, block)| (*first, block)).collect::<Vec<_>>(), &y);
        let mut outputs = vec![y];
        for (first, block) in &added {
            let dblock = device.empty(*t, block.cols());
            add_columns_bwd(device, &x, *first, &dblock);
            outputs.push(dblock);
        }
        outputs
    });
}

#[test]
fn derivatives() {
    let (t, n, first, width) = (3, 9, 4, 2);
    let (x, block, dy) = (random_f64(1, t * n), random_f64(2, t * width), random_f64(3, t * n));
    let forward = |x: &[f64], block: &[f64]| {
        let mut y = vec![0.0; t * n];
        add_columns_cpu(x, n, &[(first, width, block)], &mut y);
        y
    };
    check_gradient(&x, &dy, |x| dot(&forward(x, &block), &dy));
    let mut dblock = vec![0.0; t * width];
    add_columns_bwd_cpu(&dy, n, first, width, &mut dblock);
    check_gradient(&block, &dblock, |block| dot(&forward(&x, block), &dy));
}
