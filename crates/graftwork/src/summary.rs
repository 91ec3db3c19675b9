//! What a backbone's files hold, without a device.

use std::io::{Read, Seek};
use std::path::Path;

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, WeightSource};

use crate::Result;

/// What the directory of a backbone holds.
#[derive(Debug, Clone, PartialEq)]
pub struct BackboneSummary {
    /// What it is.
    pub config: BackboneConfig,
    /// How many tensors of the weights belong to it.
    pub tensors: usize,
    /// How many values they have.
    pub parameters: usize,
    /// Whether it has a pooler.
    pub has_pooler: bool,
    /// The identity of the weights.
    pub fingerprint: Fingerprint,
}

impl BackboneSummary {
    /// Reads a Hugging Face directory, each weight once.
    ///
    /// # Errors
    /// If a file is missing, damaged or not supported.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        let config = BackboneConfig::from_dir(dir)?;
        match Checkpoint::open_pickled(dir, &config)? {
            Some(weights) => Self::of(config, weights),
            None => Self::of(config.clone(), Checkpoint::open(dir, &config)?),
        }
    }

    fn of<R: Read + Seek>(config: BackboneConfig, mut weights: Checkpoint<R>) -> Result<Self> {
        let names = weights.names();
        let values = |name: &String| weights.shape(name).map_or(0, |shape| shape.iter().product::<usize>());
        Ok(Self {
            tensors: names.len(),
            parameters: names.iter().map(values).sum(),
            has_pooler: weights.has_pooler(),
            fingerprint: Fingerprint::of(&mut weights)?,
            config,
        })
    }
}
