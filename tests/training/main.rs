//! Training against PyTorch, and its promises: same bytes again, frozen means frozen.

mod curve;
mod few_shot;
mod memory;
mod misuse;
mod probe;
mod promises;
mod resume;
mod tagging;
mod texts;
