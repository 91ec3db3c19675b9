//! The names that configuration files give to non-linearities.

/// A non-linearity together with the name that its file uses for it, so that rewriting the file keeps the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationName {
    name: String,
    function: &'static str,
}

/// Names (as in transformers 4.57's `ACT2FN`, plus `leakyrelu` of AdapterHub) and what they compute. Where several
/// formulas are the same function up to rounding, they share one entry here.
const NAMES: &[(&str, &str)] = &[
    ("relu", "relu"),
    ("gelu", "gelu"),
    ("gelu_python", "gelu"),
    ("gelu_new", "gelu_tanh"),
    ("gelu_pytorch_tanh", "gelu_tanh"),
    ("gelu_python_tanh", "gelu_tanh"),
    ("gelu_accurate", "gelu_tanh"),
    ("gelu_fast", "gelu_tanh"),
    ("swish", "silu"),
    ("silu", "silu"),
    ("tanh", "tanh"),
    ("sigmoid", "sigmoid"),
    ("leakyrelu", "leaky_relu"),
    ("leaky_relu", "leaky_relu"),
    ("quick_gelu", "quick_gelu"),
    ("mish", "mish"),
    ("linear", "identity"),
];

/// `gelu`, which transformers' configurations leave out.
impl Default for ActivationName {
    fn default() -> Self {
        Self { name: "gelu".to_owned(), function: "gelu" }
    }
}

impl ActivationName {
    /// The non-linearity called `name` in transformers or AdapterHub; letter case does not matter. `None` if it is
    /// unknown: [`ActivationName::known`] lists the others.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let &(_, function) = NAMES.iter().find(|(known, _)| *known == lower)?;
        Some(Self { name: lower, function })
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

    /// The function that it names, by the one name that this program has for it: many names mean the same.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.function
    }

    /// Every function that a name may mean.
    pub fn functions() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, function)| *function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_compute_the_same_and_keep_their_names() {
        let swish = ActivationName::parse("Swish").unwrap();
        assert_eq!((swish.name(), swish.function()), ("swish", "silu"));
        assert_eq!(ActivationName::parse("gelu").unwrap().function(), "gelu");
        assert_eq!(ActivationName::parse("gelu_new").unwrap().function(), "gelu_tanh");
        assert_eq!(ActivationName::parse("prelu"), None);
        assert!(ActivationName::known().contains("leakyrelu"));
    }
}
