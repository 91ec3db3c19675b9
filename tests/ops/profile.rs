//! What a profile says of dispatches, and what it leaves alone.

use std::collections::BTreeMap;
use std::time::Instant;

use graftwork_gpu::{AdapterChoice, Gpu, Profile};
use graftwork_tensor::ops::add::add;
use graftwork_tensor::ops::attention::{Sequences, attention};
use graftwork_tensor::ops::gemm::{Epilogue, Layout, gemm};
use graftwork_tensor::{Device, Tensor};
use graftwork_tests::{gpus, random};

/// A device of its own: what others dispatch is no part of what is counted here.
fn own(name: &str) -> (Gpu, Device) {
    let gpu = pollster::block_on(Gpu::open(&AdapterChoice::Named(name.to_owned()))).unwrap();
    (gpu.clone(), Device::from_gpu(gpu))
}

fn each(work: impl Fn(&Gpu, &Device)) {
    for gpu in gpus() {
        let (gpu, device) = own(&gpu.as_gpu().unwrap().adapter().name);
        work(&gpu, &device);
    }
}

fn read(device: &Device, tensor: &Tensor) -> Vec<f32> {
    pollster::block_on(device.read(tensor)).unwrap()
}

/// Three products, 600 sums and an attention: more than one submit has room for.
fn work(device: &Device) -> Vec<f32> {
    let [a, b] = [1, 2].map(|seed| device.tensor(64, 96, &random(seed, 64 * 96)));
    let y = device.empty(64, 64);
    for _ in 0..3 {
        gemm(device, &a, &b, Layout::Nt, Epilogue::default(), &y);
    }
    let (qkv, o, lse) = (device.tensor(64, 96, &random(3, 64 * 96)), device.empty(64, 32), device.empty(64, 2));
    attention(device, &qkv, &Sequences::new(device, &[0, 24, 64]), 2, &o, &lse);
    let mut sum = y;
    for _ in 0..600 {
        let next = device.empty(64, 64);
        add(device, &sum, &sum, &next);
        sum = next;
    }
    [read(device, &o), read(device, &sum)].concat()
}

/// A profile's lines by the beginnings of their names.
fn lines(profile: &Profile) -> BTreeMap<&'static str, [u64; 3]> {
    profile.0.iter().map(|one| (one.name.split('_').next().unwrap(), [one.calls, one.flop, one.bytes])).collect()
}

#[test]
fn every_dispatch_is_counted_with_its_work() {
    each(|gpu, device| {
        let plain = work(device);
        let before = gpu.counters();
        gpu.start_profile().unwrap();
        let started = Instant::now();
        let profiled = work(device);
        let profile = gpu.stop_profile();
        let wall = started.elapsed().as_secs_f64();

        let same = plain.iter().zip(&profiled).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{}: a profiled dispatch computes something else", device.name());
        let total = profile.total();
        assert_eq!(total.calls, gpu.counters().dispatches - before.dispatches);
        // qkv, where sequences are, o, lse; pairs within 24 and 40 tokens, two products of 32 numbers, each two operations.
        let found = lines(&profile);
        let gemm = [3, 3 * 2 * 64 * 64 * 96, 3 * 4 * (2 * 64 * 96 + 64 * 64 + 1)];
        assert_eq!(found["gemm"], gemm);
        assert_eq!(found["add"], [600, 0, 600 * 4 * 2 * 64 * 64]);
        let attention = found["attention"];
        assert_eq!(attention[..2], [1, 2 * 2 * 32 * (24 * 24 + 40 * 40)]);
        assert!(attention[2] > 4 * 64 * (96 + 32 + 2), "{attention:?}");

        assert!(profile.0.iter().all(|one| one.seconds > 0.0), "{}: {profile}", device.name());
        assert!(total.seconds < wall, "{}: {} of {wall} seconds", device.name(), total.seconds);
        assert!(profile.0.windows(2).all(|two| two[0].seconds >= two[1].seconds));
    });
}

#[test]
fn a_profile_ends() {
    each(|gpu, device| {
        assert_eq!(gpu.stop_profile(), Profile::default());
        gpu.start_profile().unwrap();
        let y = device.empty(1, 4);
        add(device, &device.zeros(1, 4), &device.zeros(1, 4), &y);
        // Not one of them was submitted.
        let profile = gpu.stop_profile();
        assert_eq!(profile.total().calls, 1);
        assert_eq!(read(device, &y), [0.0; 4]);
        add(device, &y, &y, &device.empty(1, 4));
        assert_eq!(gpu.stop_profile(), Profile::default());
        let table = profile.to_string();
        let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!((words.len(), words[0][0], &words[1][..2], words[2][0]), (3, "shader", &["add", "1"][..], "total"));
        assert_eq!((words[1][3], words[1][4]), ("100.0", "-"), "{table}");
    });
}
