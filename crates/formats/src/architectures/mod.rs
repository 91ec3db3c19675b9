//! Architectures as data: one file each, and the table of them. Loader, forward pass and the readers of adapters know
//! [`Blueprint`]s and no architecture by name.

mod bert;
mod blueprint;
mod distilbert;
mod electra;
mod roberta;
mod tensors;

pub use bert::BERT;
pub use blueprint::{Blueprint, Classifier, LayerNames, MaskedLmNames, Names, Positions, Setting, Settings};
pub use distilbert::DISTILBERT;
pub use electra::ELECTRA;
pub use roberta::ROBERTA;
pub use tensors::TensorSpec;

/// The table: every architecture.
pub static ARCHITECTURES: &[&Blueprint] = &[&BERT, &ROBERTA, &DISTILBERT, &ELECTRA];

/// The dense layer of every `...ForTokenClassification`.
pub const TAGGER: &str = "classifier";

/// The dense layer of every `...ForQuestionAnswering`.
pub const SPANS: &str = "qa_outputs";

/// The architecture of this `model_type`.
#[must_use]
pub fn of_model_type(model_type: &str) -> Option<&'static Blueprint> {
    ARCHITECTURES.iter().copied().find(|known| known.model_type == model_type)
}

/// The architecture of a class of transformers, such as `BertForMaskedLM`.
#[must_use]
pub(crate) fn of_class(class: &str) -> Option<&'static Blueprint> {
    let is_one = |rest: &str| rest.starts_with("For") || rest.starts_with("Model");
    ARCHITECTURES.iter().copied().find(|known| class.strip_prefix(known.class).is_some_and(is_one))
}

/// Whether a tensor of this name belongs to the head of a task model.
#[must_use]
pub(crate) fn is_of_classifier(name: &str) -> bool {
    let mut modules = ARCHITECTURES.iter().flat_map(|known| known.classifier.layers).chain(&[TAGGER, SPANS]);
    modules.any(|module| name.strip_prefix(module).is_some_and(|rest| rest.starts_with('.')))
}

/// Every `model_type`, for messages.
#[must_use]
pub(crate) fn known() -> String {
    ARCHITECTURES.iter().map(|known| known.model_type).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
