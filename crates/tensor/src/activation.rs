//! The non-linearities that a feed-forward layer or an adapter may use.

use multiversion::multiversion;

use crate::Float;

/// An element-wise non-linearity. The discriminant is the code that the shaders and CPU bodies switch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Activation {
    /// `x`
    Identity = 0,
    /// `max(x, 0)`
    Relu = 1,
    /// `x * Phi(x)` with the exact error function (`gelu` in transformers).
    Gelu = 2,
    /// The tanh approximation of GELU (`gelu_new`, `gelu_pytorch_tanh` in transformers).
    GeluTanh = 3,
    /// `x * sigmoid(x)` (`swish`, `silu`).
    Silu = 4,
    /// `tanh(x)`
    Tanh = 5,
    /// `1 / (1 + exp(-x))`
    Sigmoid = 6,
    /// `x` if positive, else `0.01 x`.
    LeakyRelu = 7,
    /// `x * sigmoid(1.702 x)`
    QuickGelu = 8,
    /// `x * tanh(ln(1 + exp(x)))`
    Mish = 9,
}

impl Activation {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::Relu,
        Self::Gelu,
        Self::GeluTanh,
        Self::Silu,
        Self::Tanh,
        Self::Sigmoid,
        Self::LeakyRelu,
        Self::QuickGelu,
        Self::Mish,
    ];

    /// Its name: one of several that files may have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Relu => "relu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_tanh",
            Self::Silu => "silu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::LeakyRelu => "leaky_relu",
            Self::QuickGelu => "quick_gelu",
            Self::Mish => "mish",
        }
    }

    /// The non-linearity of that [name](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// `act(x)`
    #[inline(always)]
    pub fn apply<F: Float>(self, x: F) -> F {
        let one = F::of(1.0);
        match self {
            Self::Identity => x,
            Self::Relu => x.max(F::of(0.0)),
            Self::Gelu => F::of(0.5) * x * (one + (x * F::of(std::f64::consts::FRAC_1_SQRT_2)).erf()),
            Self::GeluTanh => F::of(0.5) * x * (one + gelu_tanh_inner(x).tanh()),
            Self::Silu => x * sigmoid(x),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => sigmoid(x),
            Self::LeakyRelu => x.max(F::of(0.01) * x),
            Self::QuickGelu => x * sigmoid(F::of(QUICK_GELU) * x),
            Self::Mish => x * tanh_softplus(x),
        }
    }

    /// `act'(x)`; 0 at the kink of ReLU, as in PyTorch.
    #[inline(always)]
    pub fn derivative<F: Float>(self, x: F) -> F {
        let (zero, one, half) = (F::of(0.0), F::of(1.0), F::of(0.5));
        match self {
            Self::Identity => one,
            Self::Relu => {
                if x > zero {
                    one
                } else {
                    zero
                }
            }
            Self::Gelu => {
                let cdf = half * (one + (x * F::of(std::f64::consts::FRAC_1_SQRT_2)).erf());
                let pdf = F::of(0.398_942_280_401_432_7) * (-half * x * x).exp();
                cdf + x * pdf
            }
            Self::GeluTanh => {
                let t = gelu_tanh_inner(x).tanh();
                let inner = F::of(SQRT_2_OVER_PI) * (one + F::of(3.0 * GELU_CUBIC) * x * x);
                half * (one + t) + half * x * (one - t * t) * inner
            }
            Self::Silu => {
                let s = sigmoid(x);
                s * (one + x * (one - s))
            }
            Self::Tanh => {
                let t = x.tanh();
                one - t * t
            }
            Self::Sigmoid => {
                let s = sigmoid(x);
                s * (one - s)
            }
            Self::LeakyRelu => {
                if x > zero {
                    one
                } else {
                    F::of(0.01)
                }
            }
            Self::QuickGelu => {
                let s = sigmoid(F::of(QUICK_GELU) * x);
                s * (one + F::of(QUICK_GELU) * x * (one - s))
            }
            Self::Mish => {
                let t = tanh_softplus(x);
                t + x * (one - t * t) * sigmoid(x)
            }
        }
    }
}

const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
const GELU_CUBIC: f64 = 0.044_715;
const QUICK_GELU: f64 = 1.702;

#[inline(always)]
fn gelu_tanh_inner<F: Float>(x: F) -> F {
    F::of(SQRT_2_OVER_PI) * (x + F::of(GELU_CUBIC) * x * x * x)
}

#[inline(always)]
fn sigmoid<F: Float>(x: F) -> F {
    F::of(1.0) / (F::of(1.0) + (-x).exp())
}

/// `tanh(ln(1 + e^x))`, from `tanh(ln u) = (u^2 - 1) / (u^2 + 1)`: no logarithm, and nothing overflows, since the quotient
/// is 1 to the last digit long before `e^x` does.
#[inline(always)]
fn tanh_softplus<F: Float>(x: F) -> F {
    let e = (if x > F::of(20.0) { F::of(20.0) } else { x }).exp();
    let n = e * (e + F::of(2.0));
    n / (n + F::of(2.0))
}

/// Applies a non-linearity in place. One loop a kind, compiled for several instruction sets, so that each vectorises.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
pub(crate) fn activate<F: Float>(kind: Activation, values: &mut [F]) {
    macro_rules! arms {
        ($($kind:ident)*) => {
            match kind {
                Activation::Identity => {}
                $(Activation::$kind => values.iter_mut().for_each(|v| *v = Activation::$kind.apply(*v)),)*
            }
        };
    }
    arms!(Relu Gelu GeluTanh Silu Tanh Sigmoid LeakyRelu QuickGelu Mish)
}

/// `dz = alpha * dy * act'(z)`
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
pub(crate) fn activate_bwd<F: Float>(kind: Activation, alpha: F, dy: &[F], z: &[F], dz: &mut [F]) {
    macro_rules! arms {
        ($($kind:ident)*) => {
            match kind {
                $(Activation::$kind => dz
                    .iter_mut()
                    .zip(dy.iter().zip(z))
                    .for_each(|(dz, (dy, z))| *dz = alpha * *dy * Activation::$kind.derivative(*z)),)*
            }
        };
    }
    arms!(Identity Relu Gelu GeluTanh Silu Tanh Sigmoid LeakyRelu QuickGelu Mish)
}
