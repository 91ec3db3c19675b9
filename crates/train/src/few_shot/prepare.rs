//! What is computed before anything is trained: hidden states below the adapter, features, and heads.

use graftwork_formats::HostTensor;
use graftwork_model::{Adapter, AdapterFile, Backbone};
use graftwork_tensor::OnProgress;

use super::parts::{Parts, features};
use crate::probe::{Linear, choose_l2, fit};
use crate::{Result, TrainConfig};

/// What the trainings begin with.
pub(super) struct Prepared {
    /// Of all examples on the bare backbone, row-major [n, D].
    pub features: Vec<f32>,
    /// How strongly heads are regularised, as cross-validation chose.
    pub l2: f64,
    /// Fitted to all examples.
    pub head: Linear,
    /// Fitted without each fold.
    pub fold_heads: Vec<Linear>,
    /// What those say about what they were fitted without, row-major [n, C].
    pub held_out: Vec<f32>,
}

impl Prepared {
    pub async fn new<'a>(
        backbone: &'a Backbone,
        start: &AdapterFile,
        config: &TrainConfig,
        parts: &mut Parts<'a>,
        progress: &mut OnProgress<'_>,
    ) -> Result<Self> {
        parts.keep_lower(backbone, start, config);
        let bare = Adapter::load(backbone, &start.without_modules(backbone.config())?)?;
        let features = features(backbone, &bare, parts.all(), progress).await?;

        let (labels, classes) = (&parts.labels, parts.classes);
        let dim = features.len() / labels.len();
        let l2 = choose_l2(&features, dim, labels, classes, config.seed).l2;
        let head = fit(&features, dim, labels, classes, l2, None);
        let mut held_out = vec![0.0; labels.len() * classes];
        let mut fold_heads = Vec::new();
        for fold in 0..parts.folds() {
            let fold = parts.fold_of(fold, &features);
            let head = fold.fit(l2);
            fold.judge(&head, &mut held_out);
            fold_heads.push(head);
        }
        Ok(Self { features, l2, head, fold_heads, held_out })
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
