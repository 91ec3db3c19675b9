use graftwork_tensor::ops::embed::embed;
use graftwork_tests::{parity, random};

#[test]
fn sums_of_three_tables() {
    parity([(1, 4), (7, 5), (513, 64)], 1e-13, |device, (t, d)| {
        let (vocab, positions, types) = (1000, 512, 2);
        let index = |m: u32, by: u32| (0..*t as u32).map(move |i| (i * by) % m);
        let tokens: Vec<u32> = index(vocab, 77).chain(index(positions, 1)).chain(index(types, 1)).collect();
        let table = |seed, rows: u32| device.tensor(rows as usize, *d, &random(seed, rows as usize * d));
        let (word, position, kind) = (table(1, vocab), table(2, positions), table(3, types));
        let y = device.empty(*t, *d);
        embed(device, &device.indices(&tokens), &[(&word).into(), (&position).into(), (&kind).into()], &y);
        vec![y]
    });
}
