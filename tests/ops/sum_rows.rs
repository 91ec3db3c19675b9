use graftwork_tensor::ops::sum_rows::accumulate;
use graftwork_tests::{parity, random};

#[test]
fn column_sums_are_added() {
    parity([(1, 1), (1, 65), (255, 24), (256, 3), (257, 384), (70_000, 2)], 1e-11, |device, (rows, cols)| {
        let x = device.tensor(*rows, *cols, &random(1, rows * cols));
        let y = device.tensor(1, *cols, &random(2, *cols));
        accumulate(device, &x, &y);
        vec![y]
    });
}
