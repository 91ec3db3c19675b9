//! The table, and the tensors that it makes of configurations.

use super::*;
use crate::huggingface::config::BackboneConfig;

#[test]
fn minilm_has_103_tensors_of_the_known_size() {
    let config = BackboneConfig {
        vocab_size: 30522,
        hidden_size: 384,
        num_hidden_layers: 6,
        num_attention_heads: 12,
        intermediate_size: 1536,
        ..BackboneConfig::default()
    };
    let specs = config.tensor_specs();
    assert_eq!(specs.len(), 103);
    let values: usize = specs.iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
    assert_eq!(values, 22_713_216);
    assert_eq!(specs[5].name, "encoder.layer.0.attention.self.query.weight");
    assert_eq!(specs[102].name, "pooler.dense.bias");
    let down = specs.iter().find(|spec| spec.name == "encoder.layer.5.output.dense.weight").unwrap();
    assert_eq!(down.shape, [384, 1536]);
}

/// Numbers of parameters as the papers' checkpoints have them.
#[test]
fn every_architecture_has_the_parameters_of_its_paper() {
    let parameters = |blueprint: &'static Blueprint, json: &str| {
        let json = format!(r#"{{"model_type": "{}"{json}}}"#, blueprint.model_type);
        let specs = BackboneConfig::from_json("config.json", json.as_bytes()).unwrap().tensor_specs();
        specs.iter().map(|spec| spec.shape.iter().product::<usize>()).sum::<usize>()
    };
    assert_eq!(parameters(&BERT, ""), 109_482_240);
    let roberta_base = r#", "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5"#;
    assert_eq!(parameters(&ROBERTA, roberta_base), 124_645_632);
    assert_eq!(parameters(&DISTILBERT, ""), 66_362_880);
    // Electra-small, and electra-base, whose embeddings need no projection.
    assert_eq!(parameters(&ELECTRA, ""), 13_483_008);
    let base = r#", "embedding_size": 768, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072"#;
    assert_eq!(parameters(&ELECTRA, base), 109_482_240 - 768 * 769);
}

#[test]
fn the_table_does_not_contradict_itself() {
    for blueprint in ARCHITECTURES {
        assert!(std::ptr::eq(of_model_type(blueprint.model_type).unwrap(), *blueprint));
        assert_eq!(of_class(&format!("{}Model", blueprint.class)), Some(*blueprint));
        assert_eq!(of_class(&format!("{}ForMaskedLM", blueprint.class)), Some(*blueprint));
        assert_eq!(blueprint.names.types.is_some(), blueprint.settings.type_vocab_size.default > 0);
        assert_eq!(blueprint.names.projection.is_some(), blueprint.settings.embedding_size.is_some());
        assert!(!blueprint.classifier.on_pooler || blueprint.names.pooler.is_some());
        assert_eq!(blueprint.classifier.activation.is_some(), blueprint.classifier.layers.len() > 1);
        let only_its_name = format!(r#"{{"model_type": "{}"}}"#, blueprint.model_type);
        let config = BackboneConfig::from_json("config.json", only_its_name.as_bytes()).unwrap();
        assert_eq!(config, BackboneConfig::of(blueprint));
        let specs = config.tensor_specs();
        let names: std::collections::BTreeSet<_> = specs.iter().map(|spec| &spec.name).collect();
        assert_eq!(names.len(), specs.len(), "{}", blueprint.model_type);
    }
    assert_eq!(of_class("RobertaPreLayerNormForMaskedLM"), None);
    assert_eq!(of_class("XLMRobertaModel"), None);
}

#[test]
fn names_lose_prefix_and_legacy_endings() {
    let canonical = |name| BERT.canonical_name(name);
    assert_eq!(canonical("bert.pooler.dense.bias"), "pooler.dense.bias");
    assert_eq!(canonical("bert.embeddings.LayerNorm.gamma"), "embeddings.LayerNorm.weight");
    assert_eq!(canonical("embeddings.LayerNorm.beta"), "embeddings.LayerNorm.bias");
    assert_eq!(canonical("bertha.x"), "bertha.x");
    assert_eq!(canonical("cls.predictions.bias"), "cls.predictions.bias");
}

/// transformers' `create_position_ids_from_input_ids`.
#[test]
fn positions_behind_the_padding() {
    let rows = |positions: Positions, ids: &[u32]| positions.rows(ids, 1).collect::<Vec<_>>();
    assert_eq!(rows(Positions::FromZero, &[0, 7, 1, 7, 2]), [0, 1, 2, 3, 4]);
    assert_eq!(rows(Positions::AfterPadding, &[0, 7, 1, 7, 2]), [2, 3, 1, 4, 5]);
}
