use graftwork_gpu::{AdapterChoice, Gpu};
use graftwork_tensor::ops::activation_bwd::activation_bwd;
use graftwork_tensor::ops::gemm::{Epilogue, Layout, gemm};
use graftwork_tensor::{Activation, Device};
use graftwork_tests::{check_gradient, compare, gpus, parity, random, random_f64};

#[test]
fn derivatives_on_the_gpu() {
    let cases = Activation::ALL.into_iter().flat_map(|kind| [(kind, 1, 1), (kind, 7, 13), (kind, 33, 384)]);
    parity(cases, 1e-10, |device, (kind, rows, cols)| {
        let z: Vec<f32> = random(1, rows * cols).iter().map(|v| v * 6.0).collect();
        let (dy, z) = (device.tensor(*rows, *cols, &random(2, rows * cols)), device.tensor(*rows, *cols, &z));
        let dz = device.empty(*rows, *cols);
        activation_bwd(device, &dy, &z, *kind, 0.75, &dz);
        vec![dz]
    });
}

#[test]
fn derivatives_by_finite_differences() {
    for kind in Activation::ALL {
        let x: Vec<f64> = random_f64(3, 50).iter().map(|v| v * 5.0).collect();
        let gradient: Vec<f64> = x.iter().map(|v| kind.derivative(*v)).collect();
        check_gradient(&x, &gradient, |x| x.iter().map(|v| kind.apply(*v)).sum());
    }
}

/// A driver whose exp gives no number where it overflows: WGSL allows that, and software adapters never do it.
#[test]
fn no_exp_overflows() {
    let identity: Vec<f32> = (0..16).map(|i| f32::from(u8::from(i % 5 == 0))).collect();
    let large = [-1e4, -100.0, -89.0, -30.0, 30.0, 89.0, 100.0, 1e4];
    let name = gpus()[0].as_gpu().unwrap().adapter().name.clone();
    let gpu = pollster::block_on(Gpu::open(&AdapterChoice::Named(name))).unwrap();
    let strict =
        "fn strict(x: vec4f) -> vec4f { return exp2(select(x * 1.442695, (x - x) / (x - x), x > vec4f(88.0))); }";
    for shader in ["gemm_f32_vec4", "activation_bwd"] {
        gpu.patch_shader(shader, "exp(", "strict(");
        gpu.patch_shader(shader, "fn erf4", &format!("{strict}\nfn erf4"));
    }
    let device = Device::from_gpu(gpu);
    for kind in Activation::ALL {
        let work = |device: &Device| {
            let (z, one) = (device.tensor(8, 4, &large.map(|v| [v; 4]).concat()), device.tensor(4, 4, &identity));
            let (y, dz) = (device.empty(8, 4), device.empty(8, 4));
            let epilogue = Epilogue { activation: kind, ..Epilogue::default() };
            gemm(device, &z, &one, Layout::Nt, epilogue, &y);
            activation_bwd(device, &z, &z, kind, 1.0, &dz);
            vec![y, dz]
        };
        compare(&device, 1e-9, &work).unwrap_or_else(|e| panic!("{kind:?}: {e}"));
    }
}

/// Far from zero nothing overflows.
#[test]
fn extreme_values_stay_finite() {
    parity(Activation::ALL, 1e-9, |device, kind| {
        let z = device.tensor(1, 8, &[-1e4, -100.0, -30.0, -0.0, 0.0, 30.0, 100.0, 1e4]);
        let (dy, dz) = (device.tensor(1, 8, &[1.0; 8]), device.empty(1, 8));
        activation_bwd(device, &dy, &z, *kind, 1.0, &dz);
        vec![dz]
    });
}
