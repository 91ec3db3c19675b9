//! Presets, widths, and contradictions between keys.

use super::*;
use crate::methods::AdapterConfig;

#[test]
fn presets_are_the_librarys() {
    let seq = Bottleneck::preset("seq_bn").unwrap();
    assert!(!seq.mh_adapter && seq.output_adapter && seq.original_ln_before && seq.original_ln_after);
    assert_eq!((seq.non_linearity.name(), seq.bottleneck(384, 0).unwrap()), ("relu", 24));
    let double = Bottleneck::preset("double_seq_bn").unwrap();
    assert!(double.mh_adapter && double.output_adapter && !double.original_ln_before);
    assert_eq!(double.non_linearity.name(), "swish");
    let parallel = Bottleneck::preset("par_bn").unwrap();
    assert!(parallel.is_parallel && !parallel.mh_adapter && parallel.output_adapter);
    assert_eq!((parallel.scaling, parallel.init_weights), (Scaling::Fixed(4.0), InitWeights::MamAdapter));
    assert_eq!(parallel.bottleneck(384, 5).unwrap(), 192);
    assert_eq!(Bottleneck::preset("scaled_par_bn").unwrap().scaling, Scaling::Learned);
    assert_eq!(Bottleneck::preset("lora"), None);
    for preset in super::super::METHOD.presets {
        for alias in preset.aliases {
            assert_eq!(AdapterConfig::preset(alias), AdapterConfig::preset(preset.name));
        }
        Bottleneck::preset(preset.name).unwrap().check(preset.name).unwrap();
    }
}

#[test]
fn the_bottleneck_is_pythons_floor_division() {
    let with = |factor| {
        let reduction_factor = ReductionFactor::Uniform(factor);
        Bottleneck { reduction_factor, ..Bottleneck::preset("seq_bn").unwrap() }.bottleneck(384, 0)
    };
    // Each from CPython: max(1, int(384 // f)).
    for (factor, width) in [(16.0, 24), (7.0, 54), (0.1, 3839), (0.5, 768), (385.0, 1), (1e9, 1), (1.1, 349)] {
        assert_eq!(with(factor).unwrap(), width, "{factor}");
    }
    for factor in [0.0, -2.0, f64::NAN, 1e-300] {
        assert!(with(factor).is_err(), "{factor}");
    }
    assert_eq!(with(f64::INFINITY).unwrap(), 1);
}

#[test]
fn layers_may_have_factors_of_their_own() {
    let layers = BTreeMap::from([(1, 8.0)]);
    let mut config = Bottleneck::preset("seq_bn").unwrap();
    config.reduction_factor = ReductionFactor::PerLayer { layers: layers.clone(), default: Some(16.0) };
    assert_eq!((config.bottleneck(64, 0).unwrap(), config.bottleneck(64, 1).unwrap()), (4, 8));
    config.reduction_factor = ReductionFactor::PerLayer { layers, default: None };
    assert!(config.bottleneck(64, 0).unwrap_err().to_string().contains("layer 0"));
}

#[test]
fn contradictions_are_refused() {
    let seq = || Bottleneck::preset("seq_bn").unwrap();
    let refused = |config: Bottleneck| config.check("a.json").unwrap_err().to_string();
    assert!(refused(Bottleneck { output_adapter: false, ..seq() }).contains("no adapter"));
    assert!(refused(Bottleneck { dropout: 1.0, ..seq() }).contains("dropout"));
    assert!(refused(Bottleneck { scaling: Scaling::Fixed(f64::NAN), ..seq() }).contains("scaling"));
    let post_add = Bottleneck { residual_before_ln: ResidualBeforeLn::PostAdd, ..seq() };
    post_add.check("a.json").unwrap();
    assert!(refused(Bottleneck { original_ln_before: false, ..post_add }).contains("post_add"));
}
