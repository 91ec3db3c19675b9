//! How AdapterHub names tensors, and what that means here.
//!
//! | canonical | in AdapterHub's file, after `bert.encoder.layer.<l>.` and `attention.output.` or `output.` |
//! |---|---|
//! | `norm_before.weight`, `.bias` | `adapters.<name>.adapter_norm_before.weight` and again `adapters.<name>.adapter_down.0.weight` |
//! | `down.weight`, `.bias` | `adapters.<name>.adapter_down.0.weight`; `adapter_down.1` with `ln_before` |
//! | `up.weight`, `.bias` | `adapters.<name>.adapter_up.weight` |
//! | `scaling` | `adapters.<name>.scaling` |
//! | `norm_after.weight`, `.bias` | `adapters.<name>.adapter_norm_after.weight` |
//!
//! With `ln_before` the LayerNorm is both a member of the module and the first of the sequence `adapter_down`, so it is
//! stored under both names. The prefix before `encoder.` (`bert.`) is absent in files of a bare model. Files of
//! AdapterHub 1 say `layer_text_task_adapters` or the like for `adapters`.
//!
//! | canonical | in the head's file |
//! |---|---|
//! | `head.<k>.weight`, `.bias` | `heads.<name>.<i>.weight`, where every dense layer follows a dropout and is followed by the activation, if there is one: i = 1, 4, 7, ... or 1, 3, 5, ... |
//! | `head.0.weight`, `.bias` | `classifier.weight` of a static head |

use crate::adapter_tensors::{Part, Site, canonical_name};
use crate::head_config::{HeadConfig, HeadStyle};

/// What AdapterHub 1 called the modules that are `adapters` now.
const LEGACY_MODULES: [&str; 4] = [
    "attention_text_task_adapters",
    "attention_text_lang_adapters",
    "layer_text_task_adapters",
    "layer_text_lang_adapters",
];

/// Where in a layer AdapterHub stores the modules of a site.
fn module(site: Site) -> &'static str {
    match site {
        Site::Attention => "attention.output",
        Site::Output => "output",
    }
}

/// What AdapterHub calls `part` behind the adapter's name; two names for the parts that it stores twice.
fn endings(part: Part, ln_before: bool) -> &'static [&'static str] {
    match (part, ln_before) {
        (Part::NormBeforeWeight, _) => &["adapter_norm_before.weight", "adapter_down.0.weight"],
        (Part::NormBeforeBias, _) => &["adapter_norm_before.bias", "adapter_down.0.bias"],
        (Part::DownWeight, false) => &["adapter_down.0.weight"],
        (Part::DownBias, false) => &["adapter_down.0.bias"],
        (Part::DownWeight, true) => &["adapter_down.1.weight"],
        (Part::DownBias, true) => &["adapter_down.1.bias"],
        (Part::UpWeight, _) => &["adapter_up.weight"],
        (Part::UpBias, _) => &["adapter_up.bias"],
        (Part::Scaling, _) => &["scaling"],
        (Part::NormAfterWeight, _) => &["adapter_norm_after.weight"],
        (Part::NormAfterBias, _) => &["adapter_norm_after.bias"],
    }
}

/// The names under which AdapterHub stores a tensor of the adapter called `adapter` in a model whose backbone is called
/// `prefix`.
pub(crate) fn stored_names(
    (layer, site, part): (usize, Site, Part),
    ln_before: bool,
    prefix: &str,
    adapter: &str,
) -> impl Iterator<Item = String> {
    let start = format!("{prefix}.encoder.layer.{layer}.{}.adapters.{adapter}.", module(site));
    endings(part, ln_before).iter().map(move |ending| format!("{start}{ending}"))
}

/// The layer, site and part of the tensor that AdapterHub stores as `stored`; `None` if it is no bottleneck tensor of
/// the adapter called `adapter`.
pub(crate) fn parse_stored(stored: &str, ln_before: bool, adapter: &str) -> Option<(usize, Site, Part)> {
    const LAYERS: &str = "encoder.layer.";
    let start = match stored.find(LAYERS)? {
        0 => 0,
        // At most the backbone's own name may stand before it.
        at if stored.find('.') == Some(at - 1) => at,
        _ => return None,
    };
    let (layer, rest) = stored[start + LAYERS.len()..].split_once('.')?;
    let site = Site::ALL.into_iter().find(|&site| rest.starts_with(&format!("{}.", module(site))))?;
    let (modules, rest) = rest[module(site).len() + 1..].split_once('.')?;
    if modules != "adapters" && !LEGACY_MODULES.contains(&modules) {
        return None;
    }
    let ending = rest.strip_prefix(adapter)?.strip_prefix('.')?;
    let is_it = |part: &Part| {
        let norm_before = matches!(part, Part::NormBeforeWeight | Part::NormBeforeBias);
        (ln_before || !norm_before) && endings(*part, ln_before).contains(&ending)
    };
    Some((layer.parse().ok()?, site, Part::ALL.into_iter().find(is_it)?))
}

/// The canonical name of a parsed tensor.
pub(crate) fn canonical((layer, site, part): (usize, Site, Part)) -> String {
    canonical_name(layer, site, part)
}

impl HeadConfig {
    /// The name under which AdapterHub stores this head's tensor `head.<layer>.<part>`.
    pub(crate) fn stored_name(&self, layer: usize, part: &str) -> String {
        match &self.style {
            HeadStyle::Static => format!("classifier.{part}"),
            HeadStyle::Flex { name } => {
                // A dropout, the dense layer, and the activation, which takes a place only if there is one.
                let places = if self.activation.is_some() { 3 } else { 2 };
                format!("heads.{name}.{}.{part}", layer * places + 1)
            }
        }
    }

    /// Whether `stored` belongs to another head. AdapterHub picks a head's tensors by a piece of text, so the file of a
    /// head `sst` also holds those of `sst2`.
    pub(crate) fn is_of_another(&self, stored: &str) -> bool {
        match &self.style {
            HeadStyle::Static => false,
            HeadStyle::Flex { name } => {
                let rest = stored.strip_prefix("heads.").and_then(|rest| rest.strip_prefix(name.as_str()));
                rest.is_some_and(|rest| !rest.starts_with('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for ln_before in [false, true] {
            for site in Site::ALL {
                for part in Part::ALL {
                    if !ln_before && part.name().starts_with("norm_before") {
                        continue;
                    }
                    let tensor = (11, site, part);
                    for stored in stored_names(tensor, ln_before, "bert", "md") {
                        assert_eq!(parse_stored(&stored, ln_before, "md"), Some(tensor), "{stored}");
                        let bare = stored.strip_prefix("bert.").unwrap();
                        assert_eq!(parse_stored(bare, ln_before, "md"), Some(tensor));
                        assert_eq!(parse_stored(&stored, ln_before, "m"), None);
                    }
                }
            }
        }
    }

    #[test]
    fn stored_names_are_the_librarys() {
        let names = |tensor, ln_before| stored_names(tensor, ln_before, "bert", "md").collect::<Vec<_>>();
        let down = (0, Site::Output, Part::DownWeight);
        assert_eq!(names(down, false), ["bert.encoder.layer.0.output.adapters.md.adapter_down.0.weight"]);
        assert_eq!(names(down, true), ["bert.encoder.layer.0.output.adapters.md.adapter_down.1.weight"]);
        let norm = (2, Site::Attention, Part::NormBeforeBias);
        let expected = [
            "bert.encoder.layer.2.attention.output.adapters.md.adapter_norm_before.bias",
            "bert.encoder.layer.2.attention.output.adapters.md.adapter_down.0.bias",
        ];
        assert_eq!(names(norm, true), expected);
    }

    #[test]
    fn legacy_names_are_understood() {
        let stored = "bert.encoder.layer.3.attention.output.attention_text_task_adapters.sst.adapter_up.bias";
        assert_eq!(parse_stored(stored, false, "sst"), Some((3, Site::Attention, Part::UpBias)));
        let stored = "encoder.layer.3.output.layer_text_lang_adapters.de.adapter_down.0.weight";
        assert_eq!(parse_stored(stored, false, "de"), Some((3, Site::Output, Part::DownWeight)));
    }

    #[test]
    fn strangers_are_not_taken_for_ours() {
        for stored in [
            "",
            "encoder.layer.",
            "a.b.encoder.layer.0.output.adapters.md.adapter_up.bias",
            "bert.encoder.layer.x.output.adapters.md.adapter_up.bias",
            "bert.encoder.layer.0.output.adapters.md.adapter_up.weights",
            "bert.encoder.layer.0.output.adapters.md.gate.bias",
            "bert.encoder.layer.0.output.adapters.md.adapter_norm_before.bias",
            "bert.encoder.layer.0.output.dense.weight",
            "bert.encoder.layer.0.output.loras.md.lora_A",
            "bert.encoder.layer.99999999999999999999999.output.adapters.md.adapter_up.bias",
        ] {
            assert_eq!(parse_stored(stored, false, "md"), None, "{stored}");
        }
    }

    #[test]
    fn heads_count_the_layers_between() {
        let labels = vec!["a".to_owned(), "b".to_owned()];
        let head = HeadConfig::flex("sst", labels.clone());
        assert_eq!(head.stored_name(0, "weight"), "heads.sst.1.weight");
        assert_eq!(head.stored_name(1, "bias"), "heads.sst.4.bias");
        assert_eq!(HeadConfig { activation: None, ..head.clone() }.stored_name(1, "bias"), "heads.sst.3.bias");
        assert!(head.is_of_another("heads.sst2.1.weight") && !head.is_of_another("heads.sst.1.weight"));
        assert_eq!(HeadConfig::static_classifier(labels).stored_name(0, "weight"), "classifier.weight");
    }
}
