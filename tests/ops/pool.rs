use graftwork_tensor::ops::attention::Sequences;
use graftwork_tensor::ops::pool::{Pool, pool, pool_bwd, pool_bwd_cpu, pool_cpu};
use graftwork_tests::{check_gradient, dot, parity, random, random_f64, shapes};

#[test]
fn forward_and_backward() {
    let cases = shapes::batches().into_iter().flat_map(|lengths| {
        [(lengths.clone(), Pool::First, 5), (lengths.clone(), Pool::Mean, 5), (lengths, Pool::Mean, 64)]
    });
    parity(cases, 1e-11, |device, (lengths, kind, d)| {
        let sequences = Sequences::new(device, &shapes::cu_seqlens(lengths));
        let (t, s) = (sequences.tokens(), sequences.count());
        let (x, dy) = (device.tensor(t, *d, &random(1, t * d)), device.tensor(s, *d, &random(2, s * d)));
        let (y, dx) = (device.empty(s, *d), device.empty(t, *d));
        pool(device, &x, &sequences, *kind, &y);
        pool_bwd(device, &dy, &sequences, *kind, &dx);
        vec![y, dx]
    });
}

#[test]
fn derivatives() {
    let (starts, d) = ([0, 3, 4, 9], 3);
    let (x, dy) = (random_f64(1, 9 * d), random_f64(2, 3 * d));
    for kind in [Pool::First, Pool::Mean] {
        let mut dx = vec![0.0; 9 * d];
        pool_bwd_cpu(&dy, &starts, d, kind, &mut dx);
        check_gradient(&x, &dx, |x| {
            let mut y = vec![0.0; 3 * d];
            pool_cpu(x, &starts, d, kind, &mut y);
            dot(&y, &dy)
        });
    }
}
