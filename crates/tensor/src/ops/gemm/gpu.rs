//! The matrix product on a GPU: one dispatch of the kernel that was chosen.

use super::choice::Product;
use super::{Epilogue, GemmKernel, Layout};
use crate::ops::dispatch_work;
use crate::{Device, Tensor, Weight};

/// The product of a GPU, in slices of `k_slice` values of K.
pub(super) fn gemm_gpu(
    device: &Device,
    (a, b): (&Tensor, &Weight),
    layout: Layout,
    size: [usize; 3],
    k_slice: usize,
    epilogue: Epilogue<'_>,
    y: &Tensor,
) {
    let product = Product { layout, size, k_slice, kind: b.kind() };
    dispatch(device, product, device.kernels().pick(product), (a, b), epilogue, y);
}

/// Dispatches one kernel.
pub(super) fn dispatch(
    device: &Device,
    product: Product,
    kernel: GemmKernel,
    (a, b): (&Tensor, &Weight),
    epilogue: Epilogue<'_>,
    y: &Tensor,
) {
    let gpu = device.as_gpu().expect("a GPU");
    let Product { layout, size: [m, n, k], k_slice, kind } = product;
    let mut constants = kernel.constants(n);
    constants.extend([
        ("A_IS_KM", u32::from(layout == Layout::Tn)),
        ("B_IS_KN", u32::from(layout != Layout::Nt)),
        ("HAS_BIAS", u32::from(epilogue.bias.is_some())),
        ("HAS_RESIDUAL", u32::from(epilogue.residual.is_some())),
        ("KEEP_PRE", u32::from(epilogue.pre.is_some())),
        ("ACTIVATION", epilogue.activation as u32),
    ]);
    let unused = device.empty(1, 1);
    let buffers = [
        a.binding(),
        b.words().binding(),
        epilogue.bias.unwrap_or(a).binding(),
        epilogue.residual.unwrap_or(a).binding(),
        y.binding(),
        epilogue.pre.unwrap_or(&unused).binding(),
    ];
    let [rows, cols] = kernel.extent(n);
    let groups = [n.div_ceil(cols), m.div_ceil(rows), k.div_ceil(k_slice)].map(|g| g as u32);
    let params = [m as u32, n as u32, k as u32, k_slice as u32, epilogue.alpha.to_bits()];
    let shader = kernel.shader(kind, product.is_contiguous());
    dispatch_work(gpu, shader, &constants, &buffers, &params, groups, product.flop());
}
