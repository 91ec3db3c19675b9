//! AdamW (Loshchilov and Hutter 2019), decoupled weight decay and bias correction, over everything that learns.

use graftwork_gpu::{Access, Shader};
use multiversion::multiversion;

use super::{dispatch, groups_for, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tensor};

/// `shaders/adamw.wgsl`
pub static SHADER: Shader = Shader {
    name: "adamw",
    parts: &[wgsl!("adamw.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite, Access::ReadWrite],
};

/// One step's settings.
#[derive(Debug, Clone, Copy)]
pub struct AdamW {
    /// Learning rate of this step.
    pub lr: f64,
    /// Weight decay of the decayed elements.
    pub weight_decay: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Steps including this one, from 1 on.
    pub step: u32,
}

impl AdamW {
    fn corrections(&self) -> [f64; 2] {
        [self.beta1, self.beta2].map(|beta| 1.0 - beta.powi(self.step as i32))
    }
}

/// Updates the weights w and the moments m and v in place from the gradient g, which is scaled by `clip[1]`. The first
/// `decayed` elements decay.
pub fn adamw(device: &Device, settings: AdamW, g: &Tensor, clip: &Tensor, [w, m, v]: [&Tensor; 3], decayed: usize) {
    assert!([w, m, v].iter().all(|t| t.len() == g.len()), "adamw: lengths");
    match device.backend() {
        Backend::Cpu(_) => {
            let factor = clip.cpu()[1];
            let state = (&mut *w.cpu_mut(), &mut *m.cpu_mut(), &mut *v.cpu_mut());
            adamw_cpu(settings, &g.cpu(), factor, state, decayed);
        }
        Backend::Gpu(gpu) => {
            let [c1, c2] = settings.corrections();
            let floats = [settings.lr, settings.weight_decay, settings.beta1, settings.beta2, settings.eps, c1, c2]
                .map(|x| (x as f32).to_bits());
            let mut params = vec![g.len() as u32, decayed as u32];
            params.extend(floats);
            let buffers = [g.binding(), clip.binding(), w.binding(), m.binding(), v.binding()];
            dispatch(gpu, &SHADER, &[], &buffers, &params, groups_for(g.len()));
        }
    }
}

/// The CPU body.
pub fn adamw_cpu<F: Float>(
    settings: AdamW,
    g: &[F],
    clip: F,
    (w, m, v): (&mut [F], &mut [F], &mut [F]),
    decayed: usize,
) {
    let (decayed_w, plain_w) = w.split_at_mut(decayed);
    let (decayed_m, plain_m) = m.split_at_mut(decayed);
    let (decayed_v, plain_v) = v.split_at_mut(decayed);
    update(settings, &g[..decayed], clip, (decayed_w, decayed_m, decayed_v));
    update(AdamW { weight_decay: 0.0, ..settings }, &g[decayed..], clip, (plain_w, plain_m, plain_v));
}

/// Elements with the same decay.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn update<F: Float>(settings: AdamW, g: &[F], clip: F, (w, m, v): (&mut [F], &mut [F], &mut [F])) {
    let [c1, c2] = settings.corrections().map(F::of);
    let [lr, beta1, beta2, eps] = [settings.lr, settings.beta1, settings.beta2, settings.eps].map(F::of);
    let one = F::of(1.0);
    let decay = lr * F::of(settings.weight_decay);
    for ((g, w), (m, v)) in g.iter().zip(w).zip(m.iter_mut().zip(v)) {
        let grad = *g * clip;
        *m = beta1 * *m + (one - beta1) * grad;
        *v = beta2 * *v + (one - beta2) * grad * grad;
        *w = *w * (one - decay) - lr * (*m / c1) / ((*v / c2).sqrt() + eps);
    }
}
