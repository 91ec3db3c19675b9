use graftwork_tensor::ops::clear::clear;
use graftwork_tests::{parity, random};

#[test]
fn everything_is_zero_afterwards() {
    parity([1, 63, 64, 65, 100_000], 0.0, |device, n| {
        let y = device.tensor(1, *n, &random(1, *n));
        clear(device, &y);
        vec![y]
    });
}
