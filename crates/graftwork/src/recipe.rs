//! How an adapter is learned: which method, which settings, what comes first.

use graftwork_model::{AdapterConfig, HeadConfig};
use graftwork_train::{TrainConfig, few_shot};

use crate::{Backbone, Examples, Result};

/// A way to learn an adapter from labelled data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recipe {
    /// Adapter and head together, from new weights: for hundreds of examples a label, and for every task.
    #[default]
    Standard,
    /// A head that is fitted first, then an adapter that begins at that solution and is kept only if cross-validation finds
    /// it better (LP-FT, Kumar et al. 2022): for texts with one label each, a few dozen a label.
    FewShot,
    /// The first half of that: the head alone, on the bare backbone.
    Probe,
}

impl Recipe {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Standard, Self::FewShot, Self::Probe];

    /// Its name in options and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::FewShot => "few-shot",
            Self::Probe => "probe",
        }
    }

    /// The one for as many examples as there are: [`Recipe::FewShot`] for at most 1,000 or 50 a label, where each has one
    /// label; otherwise [`Recipe::Standard`]. `tests/bench/few-examples.md` has the measurements.
    #[must_use]
    pub fn of(examples: &Examples) -> Self {
        let is_few = examples.has_one_label_each() && few_shot::are_few(examples.len(), examples.labels().len());
        if is_few { Self::FewShot } else { Self::Standard }
    }

    /// The settings that it takes for these examples where nobody chooses.
    #[must_use]
    pub fn settings(self, examples: &Examples) -> TrainConfig {
        match self {
            Self::Standard => examples.settings(),
            Self::FewShot | Self::Probe => few_shot::settings(examples.tokens().div_ceil(examples.len())),
        }
    }

    /// The method as this recipe takes it: where an adapter begins at the fitted head, it stands in the upper two
    /// thirds of the layers, unless it leaves out others, and begins by changing nothing.
    pub(crate) fn method(self, method: AdapterConfig, backbone: &Backbone) -> Result<AdapterConfig> {
        match self {
            Self::Standard => Ok(method),
            Self::FewShot | Self::Probe => Ok(few_shot::method(method, backbone.config().num_hidden_layers)?),
        }
    }

    /// Its head for these labels, where it has one of its own.
    pub(crate) fn head(self, name: &str, labels: &[String], backbone: &Backbone) -> Option<HeadConfig> {
        let own = || HeadConfig::linear_on_layers(name, labels.to_vec(), backbone.config());
        (self != Self::Standard).then(own)
    }
}
