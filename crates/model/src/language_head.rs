//! The head of a masked language model that a backbone's files have beside it.

use std::collections::BTreeMap;

use graftwork_formats::{ActivationName, BackboneConfig, Blueprint, Fingerprint, HostTensor, WeightSource};

use crate::{HeadConfig, Result};

/// Such a head, under the backbone's own table of words.
#[derive(Debug)]
pub struct LanguageHead {
    /// What it is.
    pub config: HeadConfig,
    /// Its tensors, as [`HeadConfig::tensor_specs`] calls them.
    pub tensors: BTreeMap<String, HostTensor>,
}

impl LanguageHead {
    /// That of a source, if it has one; `words` is which table of words the backbone has. A head with a table of its own is
    /// none of these.
    ///
    /// # Errors
    /// If a tensor cannot be read.
    pub(crate) fn read<W: WeightSource>(
        source: &mut W,
        config: &BackboneConfig,
        words: Fingerprint,
    ) -> Result<Option<Self>> {
        let names = &config.architecture.masked_lm;
        let specs = names.tensor_specs(config);
        if specs.iter().any(|spec| source.shape(&spec.name).is_none()) {
            return Ok(None);
        }
        if source.shape(names.decoder).is_some() {
            let table = source.read(names.decoder)?;
            if Fingerprint::of_tensor(&words_table(config.architecture), &table) != words {
                return Ok(None);
            }
        }
        let mut head = HeadConfig::masked_lm("language").fitted(config);
        head.activation = match names.activation {
            Some(name) => ActivationName::parse(name),
            None => Some(config.hidden_act.clone()),
        };
        let own = head.tensor_specs(config.hidden_size);
        let mut tensors = BTreeMap::new();
        for (spec, own) in specs.iter().zip(own) {
            tensors.insert(own.name, source.read(&spec.name)?);
        }
        Ok(Some(Self { config: head, tensors }))
    }
}

/// What the table of words is called in fingerprints.
pub(crate) fn words_table(architecture: &Blueprint) -> String {
    format!("{}.weight", architecture.names.words)
}
