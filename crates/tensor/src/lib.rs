//! Under construction.
mod activation;
pub use activation::Activation;
