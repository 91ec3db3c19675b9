//! What the tests share: the GPUs to test on, deterministic inputs, the comparison that decides, and the shapes.

use std::sync::OnceLock;

use graftwork_gpu::AdapterChoice;
use graftwork_tensor::{Device, Tensor};

pub mod golden;
pub mod shapes;

/// Every GPU that ops are tested on. `GRAFTWORK_TEST_ADAPTERS` names them (parts of their names, separated by
/// commas); without it, all that the machine shows.
///
/// # Panics
/// If there is none, or a named one is missing: a GPU test must never be skipped in silence.
pub fn gpus() -> &'static [Device] {
    static GPUS: OnceLock<Vec<Device>> = OnceLock::new();
    GPUS.get_or_init(|| {
        let names: Vec<String> = match std::env::var("GRAFTWORK_TEST_ADAPTERS") {
            Ok(list) => list.split(',').map(|name| name.trim().to_string()).collect(),
            Err(_) => pollster::block_on(graftwork_gpu::adapters()).into_iter().map(|a| a.name).collect(),
        };
        assert!(!names.is_empty(), "no GPU adapter: install mesa-vulkan-drivers, a software Vulkan adapter");
        let open = |name: String| {
            let choice = AdapterChoice::Named(name);
            pollster::block_on(Device::gpu(&choice)).unwrap_or_else(|e| panic!("opening {choice:?}: {e}"))
        };
        names.into_iter().map(open).collect()
    })
}

/// The CPU and every GPU.
pub fn devices() -> Vec<Device> {
    std::iter::once(Device::cpu()).chain(gpus().iter().cloned()).collect()
}

/// Pseudo-random numbers in [-1, 1), the same on every machine (SplitMix64).
pub fn random(seed: u64, n: usize) -> Vec<f32> {
    random_f64(seed, n).into_iter().map(|v| v as f32).collect()
}

/// [`random`] in f64.
pub fn random_f64(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Normalised mean square error: |found - expected|^2 / |expected|^2. NaN if anything is not finite.
pub fn nmse(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len(), "lengths of the compared values");
    let square = |v: f64| v * v;
    let error: f64 = found.iter().zip(expected).map(|(f, e)| square(f64::from(*f) - f64::from(*e))).sum();
    let power: f64 = expected.iter().map(|e| square(f64::from(*e))).sum();
    if power == 0.0 { error } else { error / power }
}

/// The largest absolute difference; NaN if anything is not a number.
pub fn max_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len(), "lengths of the compared values");
    let differences = found.iter().zip(expected).map(|(f, e)| (f - e).abs());
    differences.fold(0.0, |a, b| if a.is_nan() || b.is_nan() { f32::NAN } else { a.max(b) })
}

/// Runs a piece of work on a guarded CPU device and on one guarded GPU, and compares every output: NMSE at most
/// `tolerance`, everything written, nothing written past an end.
pub fn compare(gpu: &Device, tolerance: f64, work: &dyn Fn(&Device) -> Vec<Tensor>) -> Result<(), String> {
    let run = |device: &Device| {
        let device = device.guarded();
        let outputs = work(&device);
        let read = |t: &Tensor| pollster::block_on(device.read(t)).map_err(|e| e.to_string());
        let values: Vec<Vec<f32>> = outputs.iter().map(read).collect::<Result<_, _>>()?;
        match pollster::block_on(device.check_guards()) {
            Ok(0) => Ok(values),
            Ok(n) => Err(format!("{n} tensors were written past their end")),
            Err(e) => Err(e.to_string()),
        }
    };
    let expected = run(&Device::cpu()).map_err(|e| format!("cpu: {e}"))?;
    let found = run(gpu).map_err(|e| format!("{}: {e}", gpu.name()))?;
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        if let Some(at) = expected.iter().position(|v| !v.is_finite()) {
            return Err(format!("cpu: element {at} of output {i} is {}", expected[at]));
        }
        let error = nmse(found, expected);
        if error.is_nan() || error > tolerance {
            return Err(format!("{}: output {i}: NMSE {error:e}", gpu.name()));
        }
    }
    Ok(())
}

/// [`compare`] on every GPU, for every case.
///
/// # Panics
/// With the case's name, if one differs.
pub fn parity<C: std::fmt::Debug>(
    cases: impl IntoIterator<Item = C>,
    tolerance: f64,
    work: impl Fn(&Device, &C) -> Vec<Tensor>,
) {
    let mut count = 0;
    for case in cases {
        for gpu in gpus() {
            compare(gpu, tolerance, &|device| work(device, &case)).unwrap_or_else(|e| panic!("{case:?}: {e}"));
            count += 1;
        }
    }
    assert!(count > 0, "no case was compared");
}

/// Compares a gradient in f64 with central differences of a function of all inputs.
///
/// # Panics
/// If an element differs by more than 1e-6, relative to the largest.
pub fn check_gradient(inputs: &[f64], gradient: &[f64], f: impl Fn(&[f64]) -> f64) {
    assert_eq!(inputs.len(), gradient.len());
    const H: f64 = 1e-5;
    let largest = gradient.iter().fold(1e-3f64, |a, b| a.max(b.abs()));
    let mut x = inputs.to_vec();
    for i in 0..x.len() {
        x[i] = inputs[i] + H;
        let up = f(&x);
        x[i] = inputs[i] - H;
        let down = f(&x);
        x[i] = inputs[i];
        let slope = (up - down) / (2.0 * H);
        let error = (slope - gradient[i]).abs() / largest;
        assert!(error < 1e-6, "element {i}: gradient {}, finite difference {slope}", gradient[i]);
    }
}

/// `sum of a * b`: a loss whose gradient with respect to `a` is `b`.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
