//! Last hidden states of the backbone alone.

use graftwork_model::Backbone;
use graftwork_tensor::Tape;
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, max_difference};

fn hidden_states(backbone: &Backbone, ids: &[u32], starts: &[u32]) -> Vec<f32> {
    let batch = backbone.batch(ids, &vec![0; ids.len()], starts).unwrap();
    let mut tape = Tape::inference(backbone.device());
    let hidden = backbone.forward(&mut tape, &batch, None, 0.0).unwrap();
    pollster::block_on(backbone.device().read(hidden.last().value())).unwrap()
}

/// MiniLM within 1e-4 of transformers, for every text of the list, all packed into one batch.
#[test]
fn minilm() {
    let (info, golden) = (golden::json("minilm-hidden.json"), Golden::read("minilm-hidden.safetensors"));
    let (ids, starts) = golden.batch();
    for device in devices() {
        let backbone = golden::backbone(&golden::minilm_dir(), &device);
        let hidden = hidden_states(&backbone, ids, starts);
        let mut worst = 0.0f32;
        for (i, text) in info["texts"].as_array().unwrap().iter().enumerate() {
            let name = text["name"].as_str().unwrap();
            let Some(expected) = golden.floats.get(&format!("hidden.{name}")) else { continue };
            let start = starts[i] as usize;
            let length = (starts[i + 1] - starts[i]) as usize;
            let rows: Vec<usize> = match info["rows"].get(name).or(text.get("rows")) {
                Some(rows) => rows.as_array().unwrap().iter().map(|r| r.as_u64().unwrap() as usize).collect(),
                None => (0..length).collect(),
            };
            let found: Vec<f32> = rows.iter().flat_map(|r| hidden[(start + r) * 384..][..384].to_vec()).collect();
            let difference = max_difference(&found, expected);
            assert!(difference < 1e-4, "{}: {name}: {difference}", device.name());
            worst = worst.max(difference);
        }
        println!("{}: worst difference {worst:e}", device.name());
    }
}

/// The same numbers from f32, from f16 with legacy names and foreign tensors, and from bf16 in shards.
#[test]
fn every_kind_of_checkpoint() {
    let golden = Golden::read("tiny-cases/plain/golden.safetensors");
    let (ids, starts) = golden.batch();
    for device in devices() {
        for (folder, tolerance) in [("tiny-bert", 1e-5), ("tiny-bert-legacy", 1e-5), ("tiny-bert-sharded", 1e-5)] {
            let backbone = golden::backbone(&golden::path(folder), &device);
            let difference =
                max_difference(&hidden_states(&backbone, ids, starts), &golden.floats["last_hidden_state"]);
            assert!(difference < tolerance, "{}: {folder}: {difference}", device.name());
            assert_eq!(backbone.fingerprint(), golden::tiny_bert(&device).fingerprint(), "{folder}");
        }
    }
}

/// Every architecture, its longest sequence and a padding token that a text spells out included.
#[test]
fn every_architecture() {
    for device in devices() {
        for name in golden::tiny_backbones() {
            let golden = Golden::read(&format!("{}/plain/golden.safetensors", golden::case_folders(&name)[0]));
            let (ids, starts) = golden.batch();
            let backbone = golden::tiny(&name, &device);
            let difference =
                max_difference(&hidden_states(&backbone, ids, starts), &golden.floats["last_hidden_state"]);
            assert!(difference < 1e-4, "{}: {name}: {difference}", device.name());
            let longest = starts.windows(2).map(|w| w[1] - w[0]).max().unwrap() as usize;
            if name != "tiny-bert" {
                assert_eq!(longest, backbone.config().max_length(), "{name}");
                let one_more = [vec![5; longest + 1], vec![0; longest + 1]];
                let refused = backbone.batch(&one_more[0], &one_more[1], &[0, longest as u32 + 1]).unwrap_err();
                assert!(refused.to_string().contains("truncate"), "{name}: {refused}");
            }
            println!("{}: {name}: within {difference:e}", device.name());
        }
    }
}

#[test]
fn a_batch_that_does_not_fit_is_refused() {
    let backbone = golden::tiny_bert(&graftwork_tensor::Device::cpu());
    let refused =
        |ids: &[u32], starts: &[u32]| backbone.batch(ids, &vec![0; ids.len()], starts).unwrap_err().to_string();
    assert!(refused(&[1, 5000], &[0, 2]).contains("5000"));
    assert!(refused(&[1, 2], &[0, 0, 2]).contains("empty"));
    assert!(refused(&[1, 2], &[0, 3]).contains("2 ids"));
    assert!(refused(&[1; 200], &[0, 200]).contains("truncate"));
    assert!(refused(&[], &[0]).contains("ascend"));
    let whole = backbone.batch(&[1, 2], &[0, 0], &[0, 2]).unwrap();
    assert!(backbone.lower(&whole, 3).unwrap_err().to_string().contains("3 is asked for"));
    let refused = |layer, values, starts: &[u32]| backbone.batch_at(layer, &vec![0.0; values], starts).unwrap_err();
    assert!(refused(1, 64, &[0, 2]).to_string().contains("64 values for 2 tokens"));
    assert!(refused(3, 128, &[0, 2]).to_string().contains("layer 3 of 2"));
    let upper = backbone.batch_at(2, &[0.0; 128], &[0, 2]).unwrap();
    assert!(backbone.lower(&upper, 1).unwrap_err().to_string().contains("begins at layer 2"));
    let file = graftwork_model::AdapterFile::load(golden::path("tiny-cases/leave_out-0")).unwrap();
    let adapter = graftwork_model::Adapter::load(&backbone, &file).unwrap();
    let mut tape = Tape::inference(backbone.device());
    let refused = backbone.forward(&mut tape, &upper, Some(&adapter), 0.0).unwrap_err().to_string();
    assert!(refused.contains("layer 1 is changed or read"), "{refused}");
}
