use graftwork_tensor::ops::gather_rows::{gather_rows, gather_rows_bwd, gather_rows_bwd_cpu, gather_rows_cpu};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64};

#[test]
fn forward_and_backward() {
    parity([(1, 1, 1), (9, 4, 5), (300, 130, 64), (5, 5, 3)], 0.0, |device, (t, n, d)| {
        // Not in order, none twice.
        let rows: Vec<u32> = (0..*n as u32).map(|i| (i * 7 + 3) % *t as u32).collect();
        let rows = device.indices(&rows);
        let (x, dy) = (device.tensor(*t, *d, &random(1, t * d)), device.tensor(*n, *d, &random(2, n * d)));
        let (y, dx) = (device.empty(*n, *d), device.zeros(*t, *d));
        gather_rows(device, &x, &rows, &y);
        gather_rows_bwd(device, &dy, &rows, &dx);
        vec![y, dx]
    });
}

#[test]
fn derivative() {
    let (rows, d) = ([4, 0, 3], 3);
    let (x, dy) = (random_f64(1, 6 * d), random_f64(2, 3 * d));
    let mut dx = vec![0.0; 6 * d];
    gather_rows_bwd_cpu(&dy, &rows, d, &mut dx);
    check_gradient(&x, &dx, |x| {
        let mut y = vec![0.0; 3 * d];
        gather_rows_cpu(x, &rows, d, &mut y);
        dot(&y, &dy)
    });
}
