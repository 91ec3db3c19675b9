//! Training against PyTorch, and its promises: same bytes again, frozen means frozen.

mod curve;
mod few_shot;
mod heads;
mod in_flight;
mod kept;
mod masked_lm;
mod memory;
mod misuse;
mod probe;
mod promises;
mod questions;
mod resume;
mod tagging;
mod texts;
