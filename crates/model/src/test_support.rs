//! Small adapters for tests.

use std::collections::BTreeMap;

use graftwork_formats::{BackboneConfig, HostTensor};

use crate::adapter_file::AdapterFile;
use crate::head_config::HeadConfig;
use crate::methods::{AdapterConfig, Sizes};

/// A backbone of 3 layers and width 8.
pub(crate) fn backbone() -> BackboneConfig {
    BackboneConfig {
        vocab_size: 16,
        hidden_size: 8,
        num_hidden_layers: 3,
        num_attention_heads: 2,
        intermediate_size: 16,
        ..BackboneConfig::default()
    }
}

pub(crate) fn labels() -> Vec<String> {
    ["ham", "spam", "phishing"].map(str::to_owned).to_vec()
}

/// An adapter called `test` on [`backbone`] with all tensors filled.
pub(crate) fn adapter(config: AdapterConfig, head: Option<HeadConfig>) -> AdapterFile {
    let mut adapter = AdapterFile::new("test", config, head, &backbone());
    adapter.tensors = filled(&adapter);
    adapter
}

/// Every tensor that `adapter` asks for, each value another.
pub(crate) fn filled(adapter: &AdapterFile) -> BTreeMap<String, HostTensor> {
    let mut next = 0;
    let mut value = || {
        next += 1;
        (next as f32).sin()
    };
    let specs = adapter.tensor_specs(&Sizes::of(&backbone())).unwrap();
    let tensor = |shape: &[usize]| (0..shape.iter().product::<usize>()).map(|_| value()).collect();
    let mut tensor = tensor;
    specs.into_iter().map(|spec| (spec.name, HostTensor::new(spec.shape.clone(), tensor(&spec.shape)))).collect()
}

/// Configurations that between them use every kind of tensor, with a name for messages.
pub(crate) fn configs() -> Vec<(&'static str, AdapterConfig)> {
    let preset = |name| AdapterConfig::preset(name).unwrap();
    let with = |config: AdapterConfig, key, value: serde_json::Value| config.with(key, value).unwrap();
    let narrow = |name| with(preset(name), "reduction_factor", 4.into());
    let norms = with(narrow("double_seq_bn"), "ln_before", true.into());
    let low = |rank: usize| with(preset("lora"), "r", rank.into());
    vec![
        ("seq_bn", narrow("seq_bn")),
        ("double_seq_bn", narrow("double_seq_bn")),
        ("par_bn", narrow("par_bn")),
        ("learned", narrow("scaled_par_bn")),
        ("channel", with(narrow("double_seq_bn"), "scaling", "channel".into())),
        ("norms", with(norms, "ln_after", true.into())),
        ("leave out", with(narrow("seq_bn"), "leave_out", vec![0, 2].into())),
        ("lora", low(2)),
        ("lora, feed-forward", with(with(low(3), "output_lora", true.into()), "selfattn_lora", false.into())),
    ]
}
