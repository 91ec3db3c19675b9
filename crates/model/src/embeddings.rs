//! Tokens to vectors, as the blueprint says.

use graftwork_formats::{BackboneConfig, WeightSource};
use graftwork_tensor::ops::embed::embed;
use graftwork_tensor::{Activation, Device, Indices, Tape, Var, Weight, WeightUse};

use crate::Result;
use crate::layers::{Dense, Norm};
use crate::loader::Loader;

/// The tables of a backbone on a device, and what follows them below the first layer.
#[derive(Debug)]
pub(crate) struct Embeddings {
    /// Words, positions and, where tokens have them, types, [rows, E].
    tables: Vec<Weight>,
    norm: Norm,
    /// From E to D, where they differ.
    projection: Option<Dense>,
}

impl Embeddings {
    pub fn load<W: WeightSource, P: FnMut(f64)>(
        loader: &mut Loader<'_, W, P>,
        config: &BackboneConfig,
    ) -> Result<Self> {
        let names = &config.architecture.names;
        let modules = [Some(names.words), Some(names.positions), names.types].into_iter().flatten();
        let tables = modules
            .map(|module| loader.matrix(&[&format!("{module}.weight")], WeightUse::Table))
            .collect::<Result<_>>()?;
        let norm = loader.norm(names.embedding_norm, config.layer_norm_eps as f32)?;
        let projection = config.projection().map(|projection| loader.dense(&[projection])).transpose()?;
        Ok(Self { tables, norm, projection })
    }

    /// Uploads the rows of the tables for packed tokens, one table after the other.
    pub fn rows(
        (config, device): (&BackboneConfig, &Device),
        ids: &[u32],
        type_ids: &[u32],
        cu_seqlens: &[u32],
    ) -> Indices {
        let sequences = cu_seqlens.windows(2).map(|w| &ids[w[0] as usize..w[1] as usize]);
        let of_sequence = |ids| config.architecture.positions.rows(ids, config.pad_token_id);
        let has_types = config.architecture.names.types.is_some();
        let types = if has_types { type_ids } else { &[] };
        let rows = ids.iter().copied().chain(sequences.flat_map(of_sequence)).chain(types.iter().copied());
        device.indices_from(2 * ids.len() + types.len(), rows)
    }

    /// Hidden states [T, D] of packed tokens, of which these are the [`Embeddings::rows`].
    pub fn forward(&self, tape: &mut Tape, device: &Device, rows: &Indices, dropout: f32) -> Var {
        let embedded = device.empty(rows.len() / self.tables.len(), self.tables[0].cols());
        embed(device, rows, &self.tables, &embedded);
        let embedded = tape.constant(embedded);
        let x = self.norm.forward(tape, &embedded, None);
        let x = tape.dropout(&x, dropout, None);
        match &self.projection {
            Some(projection) => projection.forward(tape, &x, Activation::Identity),
            None => x,
        }
    }

    /// The table of words, [V, E].
    pub fn words(&self) -> &Weight {
        &self.tables[0]
    }

    /// Every weight of the checkpoint.
    pub fn weights(&self) -> impl Iterator<Item = Weight> {
        self.tables.iter().cloned().chain(self.norm.weights()).chain(self.projection.iter().flat_map(Dense::weights))
    }
}
