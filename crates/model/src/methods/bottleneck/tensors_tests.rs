//! Sizes, names and their inverses.

use graftwork_formats::architectures::BERT;

use super::*;

fn parameters(preset: &str, hidden: usize, layers: usize) -> usize {
    let sizes = Sizes { hidden, feed_forward: 4 * hidden, layers };
    let specs = Bottleneck::preset(preset).unwrap().specs(&sizes).unwrap();
    specs.iter().map(|spec| spec.shape.iter().product::<usize>()).sum()
}

#[test]
fn sizes_are_those_of_adapterhub() {
    assert_eq!(parameters("seq_bn", 384, 6), 113_040);
    assert_eq!(parameters("double_seq_bn", 384, 6), 226_080);
    assert_eq!(parameters("seq_bn", 768, 12), 894_528);
    assert_eq!(parameters("double_seq_bn", 768, 12), 1_789_056);
}

fn with_norms(ln_before: bool) -> Bottleneck {
    let double = Bottleneck::preset("double_seq_bn").unwrap();
    Bottleneck { ln_before, ln_after: true, scaling: Scaling::Channel, leave_out: vec![1], ..double }
}

#[test]
fn names_go_both_ways() {
    let modules = Modules::of(&BERT);
    let sizes = Sizes { hidden: 32, feed_forward: 64, layers: 3 };
    for ln_before in [false, true] {
        let config = with_norms(ln_before);
        let specs = config.specs(&sizes).unwrap();
        assert_eq!(specs.len(), 2 * 2 * if ln_before { 9 } else { 7 });
        for spec in &specs {
            let (layer, sub_layer, part) = parse(&spec.name).unwrap();
            assert_eq!((canonical_name(layer, sub_layer, part), layer == 1), (spec.name.clone(), false));
            for stored in config.stored(&spec.name, &modules, "md") {
                for stored in [stored.as_str(), stored.strip_prefix("bert.").unwrap()] {
                    assert_eq!(config.canonical(stored, &modules, "md").as_ref(), Some(&spec.name), "{stored}");
                    assert_eq!(config.canonical(stored, &modules, "m"), None);
                }
            }
        }
    }
    for name in ["layer.x.output.scaling", "layer.0.middle.scaling", "layer.0.output.side.weight", "head.0.weight"] {
        assert_eq!(parse(name), None);
    }
}

#[test]
fn stored_names_are_the_librarys() {
    let names = |name, ln_before| with_norms(ln_before).stored(name, &Modules::of(&BERT), "md");
    let down = "layer.0.output.down.weight";
    assert_eq!(names(down, false), ["bert.encoder.layer.0.output.adapters.md.adapter_down.0.weight"]);
    assert_eq!(names(down, true), ["bert.encoder.layer.0.output.adapters.md.adapter_down.1.weight"]);
    let expected = [
        "bert.encoder.layer.2.attention.output.adapters.md.adapter_norm_before.bias",
        "bert.encoder.layer.2.attention.output.adapters.md.adapter_down.0.bias",
    ];
    assert_eq!(names("layer.2.attention.norm_before.bias", true), expected);
}

#[test]
fn legacy_names_are_understood() {
    let canonical = |stored, adapter| with_norms(false).canonical(stored, &Modules::of(&BERT), adapter);
    let stored = "bert.encoder.layer.3.attention.output.attention_text_task_adapters.sst.adapter_up.bias";
    assert_eq!(canonical(stored, "sst").as_deref(), Some("layer.3.attention.up.bias"));
    let stored = "encoder.layer.3.output.layer_text_lang_adapters.de.adapter_down.0.weight";
    assert_eq!(canonical(stored, "de").as_deref(), Some("layer.3.output.down.weight"));
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
        "bert.encoder.layer.0.intermediate.adapters.md.adapter_up.bias",
        "bert.encoder.layer.99999999999999999999999.output.adapters.md.adapter_up.bias",
    ] {
        assert_eq!(with_norms(false).canonical(stored, &Modules::of(&BERT), "md"), None, "{stored}");
    }
}
