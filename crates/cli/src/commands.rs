//! One module a command.

pub mod devices;
pub mod embed;
pub mod eval;
pub mod inspect;
pub mod merge;
pub mod predict;
pub mod pretrain;
pub mod quantize;
pub mod sweep;
pub mod train;
