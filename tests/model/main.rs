//! The model against the numbers of PyTorch, transformers and AdapterHub.

mod adapters;
mod gradients;
mod hidden_states;
mod masked_lm;
mod merging;
mod tokens;
mod weight_types;
