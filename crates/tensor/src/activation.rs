//! The non-linearities that a feed-forward layer or an adapter may use.

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
}
