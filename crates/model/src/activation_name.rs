//! The names that configuration files give to non-linearities.

use graftwork_tensor::Activation;

/// A non-linearity together with the name that its file uses for it, so that rewriting the file keeps the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationName {
    name: String,
    activation: Activation,
}

/// Names (as in transformers 4.57's `ACT2FN`, plus `leakyrelu` of AdapterHub) and what they compute. Where several
/// formulas are the same function up to rounding, they share one entry here.
const NAMES: &[(&str, Activation)] = &[
    ("relu", Activation::Relu),
    ("gelu", Activation::Gelu),
    ("gelu_python", Activation::Gelu),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_python_tanh", Activation::GeluTanh),
    ("gelu_accurate", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("swish", Activation::Silu),
    ("silu", Activation::Silu),
    ("tanh", Activation::Tanh),
    ("sigmoid", Activation::Sigmoid),
    ("leakyrelu", Activation::LeakyRelu),
    ("leaky_relu", Activation::LeakyRelu),
    ("quick_gelu", Activation::QuickGelu),
    ("mish", Activation::Mish),
    ("linear", Activation::Identity),
];

impl ActivationName {
    /// The non-linearity called `name` in transformers or AdapterHub; letter case does not matter. `None` if it is
    /// unknown: [`ActivationName::known`] lists the others.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let &(_, activation) = NAMES.iter().find(|(known, _)| *known == lower)?;
        Some(Self { name: lower, activation })
    }

    /// All known names, for messages and help texts.
    #[must_use]
    pub fn known() -> String {
        NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The name as files write it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it computes.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_compute_the_same_and_keep_their_names() {
        let swish = ActivationName::parse("Swish").unwrap();
        assert_eq!((swish.name(), swish.activation()), ("swish", Activation::Silu));
        assert_eq!(ActivationName::parse("gelu").unwrap().activation(), Activation::Gelu);
        assert_eq!(ActivationName::parse("gelu_new").unwrap().activation(), Activation::GeluTanh);
        assert_eq!(ActivationName::parse("prelu"), None);
        assert!(ActivationName::known().contains("leakyrelu"));
    }
}
