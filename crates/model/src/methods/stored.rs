//! Where AdapterHub's files say that a method's tensors stand: `<prefix>.<layers>.<l>.<module>.<kind>.<adapter>.<ending>`,
//! such as `bert.encoder.layer.0.attention.self.query.loras.spam.lora_A`.
//!
//! The prefix before `<layers>` is absent in files of a bare model.

use graftwork_formats::Blueprint;

use crate::graft::{Matrix, SubLayer};

/// Where in its files an architecture's layers have what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Modules(&'static Blueprint);

impl Modules {
    /// Those of an architecture.
    pub fn of(architecture: &'static Blueprint) -> Self {
        Self(architecture)
    }

    /// The module of a frozen matrix.
    pub fn matrix(&self, matrix: Matrix) -> &'static str {
        let modules = &self.0.names.layer;
        match matrix {
            Matrix::Query => modules.query,
            Matrix::Key => modules.key,
            Matrix::Value => modules.value,
            Matrix::AttentionOutput => modules.attention_output,
            Matrix::FeedForwardUp => modules.feed_forward_up,
            Matrix::FeedForwardDown => modules.feed_forward_down,
        }
    }

    /// The module that an adapter behind a sub-layer belongs to.
    pub fn sub_layer(&self, sub_layer: SubLayer) -> &'static str {
        match sub_layer {
            SubLayer::Attention => self.0.names.layer.attention_adapter,
            SubLayer::FeedForward => self.0.names.layer.feed_forward_adapter,
        }
    }

    /// The name that a backbone's checkpoint has for a frozen matrix, without the prefix.
    pub fn weight(&self, layer: usize, matrix: Matrix) -> String {
        self.0.in_layer(layer, &format!("{}.weight", self.matrix(matrix)))
    }

    /// The name in AdapterHub's files of what stands at a module.
    pub fn stored(&self, layer: usize, module: &str, kind: &str, adapter: &str, ending: &str) -> String {
        let place = self.0.in_layer(layer, module);
        format!("{}.{place}.{kind}.{adapter}.{ending}", self.0.prefix)
    }

    /// The inverse of [`Modules::stored`], with or without the prefix: layer, module and ending of what the adapter called
    /// `adapter` has under one of `kinds`.
    pub fn parse<'a>(&self, stored: &'a str, kinds: &[&str], adapter: &str) -> Option<(usize, &'a str, &'a str)> {
        let bare = stored.strip_prefix(self.0.prefix).and_then(|rest| rest.strip_prefix('.')).unwrap_or(stored);
        let (layer, rest) = bare.strip_prefix(self.0.names.layers)?.strip_prefix('.')?.split_once('.')?;
        let (module, rest) = kinds.iter().find_map(|kind| rest.split_once(&format!(".{kind}.")))?;
        let ending = rest.strip_prefix(adapter)?.strip_prefix('.')?;
        Some((layer.parse().ok()?, module, ending))
    }
}

#[cfg(test)]
mod tests {
    use graftwork_formats::architectures::{BERT, DISTILBERT};

    use super::*;

    #[test]
    fn names_go_both_ways() {
        let modules = Modules::of(&BERT);
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
        let modules = Modules::of(&DISTILBERT);
        let stored = modules.stored(1, modules.sub_layer(SubLayer::Attention), "adapters", "spam", "adapter_up.bias");
        assert_eq!(stored, "distilbert.transformer.layer.1.attention_adapters.adapters.spam.adapter_up.bias");
        let expected = Some((1, "attention_adapters", "adapter_up.bias"));
        assert_eq!(modules.parse(&stored, &["adapters"], "spam"), expected);
    }
}
