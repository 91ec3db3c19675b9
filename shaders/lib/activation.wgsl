// The non-linearities, numbered as `Activation` in crates/tensor/src/activation.rs.

const IDENTITY: u32 = 0u;
const RELU: u32 = 1u;
const GELU: u32 = 2u;
const GELU_TANH: u32 = 3u;
const SILU: u32 = 4u;
const TANH: u32 = 5u;
const SIGMOID: u32 = 6u;
const LEAKY_RELU: u32 = 7u;
const QUICK_GELU: u32 = 8u;
const MISH: u32 = 9u;

// Abramowitz and Stegun 7.1.26: absolute error at most 1.5e-7.
fn erf4(x: vec4f) -> vec4f {
    let z = abs(x);
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let p = ((((1.0614054 * t - 1.453152) * t + 1.4214137) * t - 0.28449674) * t + 0.2548296) * t;
    return sign(x) * (1.0 - p * exp(-z * z));
}

// Some drivers compute tanh from exp(2x) and overflow.
fn tanh4(x: vec4f) -> vec4f {
    return tanh(clamp(x, vec4f(-15.0), vec4f(15.0)));
}

// Some drivers give no number where exp overflows.
fn sigmoid4(x: vec4f) -> vec4f {
    return 1.0 / (1.0 + exp(-clamp(x, vec4f(-80.0), vec4f(80.0))));
}

fn gelu_tanh_inner4(x: vec4f) -> vec4f {
    return tanh4(0.7978846 * (x + 0.044715 * x * x * x));
}

// tanh(ln(1 + e^x)), from tanh(ln u) = (u^2 - 1) / (u^2 + 1).
fn tanh_softplus4(x: vec4f) -> vec4f {
    let e = exp(min(x, vec4f(20.0)));
    let n = e * (e + 2.0);
    return n / (n + 2.0);
}

fn activate4(kind: u32, x: vec4f) -> vec4f {
    switch kind {
        case RELU: { return max(x, vec4f(0.0)); }
        case GELU: { return 0.5 * x * (1.0 + erf4(x * 0.70710677)); }
        case GELU_TANH: { return 0.5 * x * (1.0 + gelu_tanh_inner4(x)); }
        case SILU: { return x * sigmoid4(x); }
        case TANH: { return tanh4(x); }
        case SIGMOID: { return sigmoid4(x); }
        case LEAKY_RELU: { return max(x, 0.01 * x); }
        case QUICK_GELU: { return x * sigmoid4(1.702 * x); }
        case MISH: { return x * tanh_softplus4(x); }
        default: { return x; }
    }
}

fn activation_derivative4(kind: u32, x: vec4f) -> vec4f {
    switch kind {
        case RELU: { return select(vec4f(0.0), vec4f(1.0), x > vec4f(0.0)); }
        case GELU: {
            let cdf = 0.5 * (1.0 + erf4(x * 0.70710677));
            return cdf + x * 0.3989423 * exp(-0.5 * x * x);
        }
        case GELU_TANH: {
            let t = gelu_tanh_inner4(x);
            return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978846 * (1.0 + 0.134145 * x * x);
        }
        case SILU: {
            let s = sigmoid4(x);
            return s * (1.0 + x * (1.0 - s));
        }
        case TANH: {
            let t = tanh4(x);
            return 1.0 - t * t;
        }
        case SIGMOID: {
            let s = sigmoid4(x);
            return s * (1.0 - s);
        }
        case LEAKY_RELU: { return select(vec4f(0.01), vec4f(1.0), x > vec4f(0.0)); }
        case QUICK_GELU: {
            let s = sigmoid4(1.702 * x);
            return s * (1.0 + 1.702 * x * (1.0 - s));
        }
        case MISH: {
            let t = tanh_softplus4(x);
            return t + x * (1.0 - t * t) * sigmoid4(x);
        }
        default: { return vec4f(1.0); }
    }
}
