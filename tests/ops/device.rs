//! What happens when a GPU goes away or cannot do what is asked: an error that says so, no panic.

use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_tensor::Device;
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

#[test]
fn a_buffer_over_the_limit_is_refused() {
    let gpu = own_gpu();
    let _ = gpu.buffer(gpu.max_buffer_bytes() + 1);
    let error = gpu.check().unwrap_err().to_string();
    assert!(error.contains("does not fit"), "{error}");
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
