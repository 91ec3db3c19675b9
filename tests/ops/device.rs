//! What happens when a GPU goes away or cannot do what is asked: an error that says so, no panic.

use graftwork_gpu::{AdapterChoice, Binding, Counters, Gpu};
use graftwork_tensor::ops::add::add;
use graftwork_tensor::ops::clear;
use graftwork_tensor::{Device, Tensor};
use graftwork_tests::gpus;

fn own_gpu() -> Gpu {
    let name = gpus()[0].as_gpu().unwrap().adapter().name.clone();
    pollster::block_on(Gpu::open(&AdapterChoice::Named(name))).unwrap()
}

#[test]
fn a_lost_device_is_named() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let tensor = device.tensor(1, 4, &[1.0; 4]);
    assert_eq!(pollster::block_on(device.read(&tensor)).unwrap(), [1.0; 4]);
    gpu.destroy();
    let error = pollster::block_on(device.read(&tensor)).unwrap_err().to_string();
    assert!(error.contains("lost"), "{error}");
    // Whatever is recorded afterwards does nothing and does not panic.
    let _ = device.zeros(3, 3);
    assert!(pollster::block_on(device.read(&tensor)).is_err());
}

fn sum(device: &Device, a: &Tensor, b: &Tensor) -> Tensor {
    let y = device.empty(a.rows(), a.cols());
    add(device, a, b, &y);
    y
}

/// Who asks for too much is told when the answer is read; everybody else is served, also in between.
#[test]
fn a_buffer_that_does_not_fit_spoils_only_what_is_computed_from_it() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let two = device.tensor(1, 4, &[2.0; 4]);
    gpu.pretend_limits(1 << 20, u64::MAX);
    for _ in 0..2 {
        let large = device.zeros(513, 512);
        let before = sum(&device, &two, &two);
        let spoilt = sum(&device, &sum(&device, &large, &large), &large);
        let after = sum(&device, &before, &two);
        let error = pollster::block_on(device.read(&spoilt)).unwrap_err();
        assert!(error.is_out_of_memory() && error.to_string().contains("does not fit"), "{error}");
        assert_eq!(pollster::block_on(device.read(&before)).unwrap(), [4.0; 4]);
        assert_eq!(pollster::block_on(device.read(&after)).unwrap(), [6.0; 4]);
    }
}

#[test]
fn without_memory_the_pool_is_emptied_first() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let two = device.tensor(1, 4, &[2.0; 4]);
    drop(device.zeros(512, 512));
    assert_eq!(gpu.memory().pooled_bytes, 1 << 20);
    gpu.pretend_limits(u64::MAX, 5 << 19);
    let large = device.zeros(512, 1024);
    assert_eq!(pollster::block_on(device.read(&large.view(0, 1, 4))).unwrap(), [0.0; 4]);
    let error = pollster::block_on(device.read(&device.zeros(512, 512))).unwrap_err();
    assert!(error.is_out_of_memory() && error.to_string().contains("out of memory"), "{error}");
    drop(large);
    let fits = device.tensor(512, 512, &[1.0; 1 << 18]);
    assert_eq!(pollster::block_on(device.read(&fits.view(0, 1, 4))).unwrap(), [1.0; 4]);
    assert_eq!(pollster::block_on(device.read(&sum(&device, &two, &two))).unwrap(), [4.0; 4]);
}

/// What is written to a buffer that waits for nothing needs no submit; what is used by something recorded does.
#[test]
fn uploads_do_not_cut_a_recording() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let [a, b] = [1.0, 2.0].map(|v| device.tensor(1, 4, &[v; 4]));
    let first = sum(&device, &a, &b);
    let second = sum(&device, &first, &device.tensor(1, 4, &[10.0; 4]));
    assert_eq!(gpu.counters().submits, 0);
    device.write(&a, &[100.0; 4]);
    assert_eq!(gpu.counters().submits, 1);
    let third = sum(&device, &a, &second);
    assert_eq!(pollster::block_on(device.read(&third)).unwrap(), [113.0; 4]);
    let expected = Counters { submits: 2, dispatches: 3 };
    assert_eq!(gpu.counters(), expected);
}

/// Drivers end what takes longer than two seconds, so a slow device gets its work in portions.
#[test]
fn submits_are_cut_by_work() {
    let gpu = own_gpu();
    let buffer = gpu.buffer(256);
    let binding = [Binding { buffer: &buffer, offset: 0, bytes: 4 }];
    let dispatch = |flop| gpu.dispatch(&clear::SHADER, &[], &binding, &4u32.to_le_bytes(), [1, 1, 1], Some(flop));
    for portion in [2, 3, 1] {
        dispatch(gpu.flop_per_submit() / portion);
        dispatch(gpu.flop_per_submit() / portion);
    }
    gpu.submit();
    // 1/2 + 1/2, 1/3 + 1/3, 1, 1.
    assert_eq!(gpu.counters(), Counters { submits: 4, dispatches: 6 });
}

/// A backbone on its way to the device must not stand in host memory as a whole.
#[test]
fn uploads_are_handed_over_as_they_come() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let tensor = device.empty(64, 1 << 18);
    let row = vec![3.0; 1 << 18];
    (0..64).for_each(|i| device.write(&tensor.view(i << 18, 1, 1 << 18), &row));
    assert!(gpu.counters().submits >= 12, "{:?}", gpu.counters());
    assert_eq!(pollster::block_on(device.read(&tensor.view(63 << 18, 1, 4))).unwrap(), [3.0; 4]);
}

#[test]
fn an_adapter_that_is_not_there() {
    let error = pollster::block_on(Gpu::open(&AdapterChoice::Named("no such adapter".into()))).unwrap_err();
    let name = &gpus()[0].as_gpu().unwrap().adapter().name;
    assert!(error.to_string().contains(name.as_str()), "{error}");
}

/// A second round of the same work creates no buffer.
#[test]
fn buffers_are_used_again() {
    let gpu = own_gpu();
    let device = Device::from_gpu(gpu.clone());
    let work = || drop([device.zeros(100, 10), device.zeros(7, 7)]);
    work();
    let before = gpu.memory();
    work();
    assert_eq!(gpu.memory(), before);
    assert_eq!((before.used_bytes, before.buffers), (0, 2));
    assert!(gpu.trim() >= 4000);
    assert_eq!(gpu.memory().buffers, 0);
}
