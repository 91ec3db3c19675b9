//! What is computed before anything is trained: hidden states below the adapter, features, and heads.

use std::sync::Arc;

use graftwork_formats::HostTensor;
use graftwork_model::{Adapter, AdapterFile, Backbone};
use graftwork_tensor::OnProgress;
use graftwork_text::Encoding;

use super::parts::{Parts, features_and_logits};
use crate::probe::{Linear, choose_l2, fit};
use crate::{LowerLayers, Result, TrainConfig};

/// What the trainings begin with.
pub(super) struct Prepared {
    /// Of all examples on the bare backbone, row-major [n, D].
    pub features: Vec<f32>,
    /// Fitted to all examples.
    pub head: Linear,
    /// Fitted without each fold.
    pub fold_heads: Vec<Linear>,
    /// What those say about what they were fitted without, row-major [n, C].
    pub held_out: Vec<f32>,
}

impl Prepared {
    pub async fn new(
        backbone: &Backbone,
        start: &AdapterFile,
        config: &TrainConfig,
        parts: &mut Parts<'_>,
        progress: &mut OnProgress<'_>,
    ) -> Result<Self> {
        let layers = backbone.config().num_hidden_layers;
        let lowest = start.lowest_layer(layers);
        let examples = parts.examples();
        let lengths = (0..examples.len()).flat_map(|example| examples.sequences(example)).map(Encoding::len);
        // So dropout acts above them only.
        if lowest > 0 && LowerLayers::fit(lengths.sum(), backbone.config().hidden_size) {
            let lower = LowerLayers::compute(backbone, examples, lowest, progress).await?;
            parts.set_lower(Arc::new(lower));
        }
        let bare = Adapter::load(backbone, &start.without_modules(backbone.config())?)?;
        let (features, _) = features_and_logits(backbone, &bare, parts.all()).await?;

        let (labels, classes) = (&parts.labels, parts.classes);
        let dim = features.len() / labels.len();
        let l2 = choose_l2(&features, dim, labels, classes, config.seed).l2;
        let head = fit(&features, dim, labels, classes, l2, None);
        let mut held_out = vec![0.0; labels.len() * classes];
        let mut fold_heads = Vec::new();
        for fold in 0..parts.folds() {
            let (held, kept) = parts.split(fold);
            let rows = |chosen: &[usize]| -> Vec<f32> {
                chosen.iter().flat_map(|example| &features[example * dim..][..dim]).copied().collect()
            };
            let kept_labels: Vec<usize> = kept.iter().map(|example| labels[*example]).collect();
            let head = fit(&rows(&kept), dim, &kept_labels, classes, l2, None);
            for (example, row) in held.iter().zip(head.logits(&rows(&held)).chunks(classes)) {
                held_out[example * classes..][..classes].copy_from_slice(row);
            }
            fold_heads.push(head);
        }
        Ok(Self { features, head, fold_heads, held_out })
    }
}

impl Linear {
    /// An adapter with this as its head.
    pub(super) fn put_into(&self, file: &AdapterFile) -> AdapterFile {
        let mut file = file.clone();
        let weight = HostTensor::new([self.classes, self.dim], self.weight.clone());
        file.tensors.insert("head.0.weight".to_owned(), weight);
        file.tensors.insert("head.0.bias".to_owned(), HostTensor::new([self.classes], self.bias.clone()));
        file
    }
}
