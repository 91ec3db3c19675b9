//! Model directories as on the Hugging Face hub: `config.json`, and weights whole or in shards.

pub(crate) mod checkpoint;
pub(crate) mod config;
mod pickled;
mod shard_index;
pub(crate) mod write;
