//! Where AdapterHub's files say that a method's tensors stand: `bert.encoder.layer.<l>.<module>.<kind>.<adapter>.<ending>`,
//! such as `bert.encoder.layer.0.attention.self.query.loras.spam.lora_A`.
//!
//! The prefix before `encoder.` is absent in files of a bare model.

use graftwork_formats::Architecture;

use crate::graft::{Matrix, SubLayer};

/// How an architecture names the modules of its layers, behind `<layers>.<l>.`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Modules {
    /// What the model calls its backbone.
    prefix: &'static str,
    /// Where the layers are.
    layers: &'static str,
    /// The frozen matrices' modules, in the order of [`Matrix::ALL`].
    matrices: [&'static str; 6],
    /// Where an adapter after attention and after the feed-forward half stands.
    sub_layers: [&'static str; 2],
}

impl Modules {
    /// Those of an architecture.
    pub fn of(architecture: Architecture) -> Self {
        Self {
            prefix: architecture.base_model_prefix(),
            layers: "encoder.layer",
            matrices: [
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "intermediate.dense",
                "output.dense",
            ],
            sub_layers: ["attention.output", "output"],
        }
    }

    /// The module of a frozen matrix.
    pub fn matrix(&self, matrix: Matrix) -> &'static str {
        self.matrices[matrix as usize]
    }

    /// The module that an adapter behind a sub-layer belongs to.
    pub fn sub_layer(&self, sub_layer: SubLayer) -> &'static str {
        self.sub_layers[sub_layer as usize]
    }

    /// The name that a backbone's checkpoint has for a frozen matrix, without the prefix.
    pub fn weight(&self, layer: usize, matrix: Matrix) -> String {
        format!("{}.{layer}.{}.weight", self.layers, self.matrix(matrix))
    }

    /// The name in AdapterHub's files of what stands at a module.
    pub fn stored(&self, layer: usize, module: &str, kind: &str, adapter: &str, ending: &str) -> String {
        format!("{}.{}.{layer}.{module}.{kind}.{adapter}.{ending}", self.prefix, self.layers)
    }

    /// The inverse of [`Modules::stored`], with or without the prefix: layer, module and ending of what the adapter called
    /// `adapter` has under one of `kinds`.
    pub fn parse<'a>(&self, stored: &'a str, kinds: &[&str], adapter: &str) -> Option<(usize, &'a str, &'a str)> {
        let bare = stored.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('.')).unwrap_or(stored);
        let (layer, rest) = bare.strip_prefix(self.layers)?.strip_prefix('.')?.split_once('.')?;
        let (module, rest) = kinds.iter().find_map(|kind| rest.split_once(&format!(".{kind}.")))?;
        let ending = rest.strip_prefix(adapter)?.strip_prefix('.')?;
        Some((layer.parse().ok()?, module, ending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        let modules = Modules::of(Architecture::Bert);
        let stored = modules.stored(3, modules.matrix(Matrix::Query), "loras", "loras", "lora_A");
        assert_eq!(stored, "bert.encoder.layer.3.attention.self.query.loras.loras.lora_A");
        let expected = Some((3, "attention.self.query", "lora_A"));
        for name in [stored.as_str(), stored.strip_prefix("bert.").unwrap()] {
            assert_eq!(modules.parse(name, &["adapters", "loras"], "loras"), expected);
        }
        assert_eq!(modules.parse(&stored, &["adapters"], "loras"), None);
        assert_eq!(modules.parse(&stored, &["loras"], "lora"), None);
        assert_eq!(modules.parse(&format!("a.{stored}"), &["loras"], "loras"), None);
        assert_eq!(modules.weight(0, Matrix::FeedForwardUp), "encoder.layer.0.intermediate.dense.weight");
    }
}
