//! Tokens to vectors, as the blueprint says.

use graftwork_formats::BackboneConfig;
use graftwork_tensor::ops::embed::embed;
use graftwork_tensor::{Activation, Device, Indices, Tape, Tensor, Var};

use crate::Result;
use crate::layers::{Dense, Norm};
use crate::loader::Loader;

/// The tables of a backbone on a device, and what follows them below the first layer.
#[derive(Debug)]
pub(crate) struct Embeddings {
    /// Words, positions and token types, [rows, E]. Where tokens have no types, the last is a row of zeros.
    tables: [Tensor; 3],
    norm: Norm,
    /// From E to D, where they differ.
    projection: Option<Dense>,
}

impl Embeddings {
    pub fn load(loader: &mut Loader<'_>, config: &BackboneConfig) -> Result<Self> {
        let names = &config.architecture.names;
        let mut table = |module: &str| loader.tensor(&[&format!("{module}.weight")]);
        let (words, positions) = (table(names.words)?, table(names.positions)?);
        let types = match names.types {
            Some(types) => table(types)?,
            None => loader.device.tensor(1, config.embedding_size(), &vec![0.0; config.embedding_size()]),
        };
        let norm = loader.norm(names.embedding_norm, config.layer_norm_eps as f32)?;
        let projection = config.projection().map(|projection| loader.dense(&[projection])).transpose()?;
        Ok(Self { tables: [words, positions, types], norm, projection })
    }

    /// Rows of the three tables for packed tokens, one table after the other.
    pub fn rows(config: &BackboneConfig, ids: &[u32], type_ids: &[u32], cu_seqlens: &[u32]) -> Vec<u32> {
        let sequences = cu_seqlens.windows(2).map(|w| &ids[w[0] as usize..w[1] as usize]);
        let of_sequence = |ids| config.architecture.positions.rows(ids, config.pad_token_id);
        let has_types = config.architecture.names.types.is_some();
        let types = type_ids.iter().map(|kind| if has_types { *kind } else { 0 });
        ids.iter().copied().chain(sequences.flat_map(of_sequence)).chain(types).collect()
    }

    /// Hidden states [T, D] of packed tokens, whose [`Embeddings::rows`] are on the device.
    pub fn forward(&self, tape: &mut Tape, device: &Device, rows: &Indices, dropout: f32) -> Var {
        let embedded = device.empty(rows.len() / 3, self.tables[0].cols());
        embed(device, rows, self.tables.each_ref(), &embedded);
        let embedded = tape.constant(embedded);
        let x = self.norm.forward(tape, &embedded, None);
        let x = tape.dropout(&x, dropout, None);
        match &self.projection {
            Some(projection) => projection.forward(tape, &x, Activation::Identity),
            None => x,
        }
    }

    /// Every weight of the checkpoint.
    pub fn weights<'a>(&'a self, config: &BackboneConfig) -> impl Iterator<Item = &'a Tensor> + use<'a> {
        let tables = if config.architecture.names.types.is_some() { 3 } else { 2 };
        self.tables[..tables].iter().chain(self.norm.weights()).chain(self.projection.iter().flat_map(Dense::weights))
    }
}
