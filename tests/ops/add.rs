use graftwork_tensor::ops::add::add;
use graftwork_tests::{parity, random};

#[test]
fn sums() {
    parity([(1, 1), (3, 7), (129, 384)], 1e-14, |device, (rows, cols)| {
        let n = rows * cols;
        let (a, b) = (device.tensor(*rows, *cols, &random(1, n)), device.tensor(*rows, *cols, &random(2, n)));
        let y = device.empty(*rows, *cols);
        add(device, &a, &b, &y);
        vec![y]
    });
}
