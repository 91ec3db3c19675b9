//! Adapters folded into the frozen matrices: on the device, and on the way from the file to it.

use graftwork_formats::{BackboneConfig, Checkpoint, NumberFormat, Piece, WeightSource};
use graftwork_model::{Adapter, AdapterFile, Backbone, Merged};
use graftwork_tensor::{Device, Tape};
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, max_difference};

fn hidden(backbone: &Backbone, adapter: Option<&Adapter>, golden: &Golden) -> Vec<f32> {
    let (ids, starts) = golden.batch();
    let batch = backbone.batch(ids, &vec![0; ids.len()], starts).unwrap();
    let mut tape = Tape::inference(backbone.device());
    let hidden = backbone.forward(&mut tape, &batch, adapter, 0.0).unwrap();
    pollster::block_on(backbone.device().read(hidden.last().value())).unwrap()
}

/// The tiny backbones with their LoRA cases.
fn lora_cases() -> impl Iterator<Item = (String, Vec<String>)> {
    golden::tiny_adapters().into_iter().map(|(backbone, mut cases)| {
        cases.retain(|case| case.contains("lora"));
        assert!(!cases.is_empty(), "{backbone}");
        (backbone, cases)
    })
}

/// The same numbers as PyTorch's unmerged ones; and the backbone itself is as it was.
#[test]
fn attached_merged() {
    for device in devices() {
        for (backbone, cases) in lora_cases() {
            let backbone = golden::tiny(&backbone, &device);
            for case in cases {
                let golden = Golden::read(&format!("{case}/golden.safetensors"));
                let bare = hidden(&backbone, None, &golden);
                let file = AdapterFile::load(golden::path(&case)).unwrap();
                let adapter = Adapter::load_merged(&backbone, &file).unwrap();
                let merged = hidden(&backbone, Some(&adapter), &golden);
                let difference = max_difference(&merged, &golden.floats["last_hidden_state"]);
                assert!(difference < 1e-4, "{}: {case}: {difference}", device.name());
                assert_eq!(hidden(&backbone, None, &golden), bare);
                assert_eq!(pollster::block_on(adapter.to_file(&device)).unwrap(), file);
            }
        }
    }
}

#[test]
fn merged_while_loading() {
    let device = Device::cpu();
    for (backbone, cases) in lora_cases() {
        let dir = golden::path(&backbone);
        let config = BackboneConfig::from_dir(&dir).unwrap();
        for case in cases {
            let golden = Golden::read(&format!("{case}/golden.safetensors"));
            let file = AdapterFile::load(golden::path(&case)).unwrap();
            let mut checkpoint = Checkpoint::open(&dir, &config).unwrap();
            let mut merged = Merged::new(&mut checkpoint, &config, &file).unwrap();
            let backbone =
                pollster::block_on(Backbone::load(&config, &mut merged, &device, None, &mut |_| {})).unwrap();
            let difference = max_difference(&hidden(&backbone, None, &golden), &golden.floats["last_hidden_state"]);
            assert!(difference < 1e-4, "{case}: {difference}");
        }
    }
}

/// Pieces of any size give the same weights.
#[test]
fn tensors_are_merged_piece_by_piece() {
    struct Crumbs<'a>(&'a mut dyn WeightSource);
    impl WeightSource for Crumbs<'_> {
        fn names(&self) -> Vec<String> {
            self.0.names()
        }
        fn shape(&self, name: &str) -> Option<&[usize]> {
            self.0.shape(name)
        }
        fn format(&self, name: &str) -> Option<NumberFormat> {
            self.0.format(name)
        }
        fn pieces(
            &mut self,
            name: &str,
            visit: &mut dyn FnMut(Piece<'_>) -> graftwork_formats::Result<()>,
        ) -> graftwork_formats::Result<()> {
            self.0.read(name)?.data.chunks(7).map(Piece::F32).try_for_each(visit)
        }
    }
    let dir = golden::path("tiny-bert");
    let config = BackboneConfig::from_dir(&dir).unwrap();
    let file = AdapterFile::load(golden::path("lora-cases/everywhere")).unwrap();
    let mut whole = Checkpoint::open(&dir, &config).unwrap();
    let mut plain = Checkpoint::open(&dir, &config).unwrap();
    let mut pieces = Checkpoint::open(&dir, &config).unwrap();
    let mut pieces = Crumbs(&mut pieces);
    let mut whole = Merged::new(&mut whole, &config, &file).unwrap();
    let mut pieces = Merged::new(&mut pieces, &config, &file).unwrap();
    let mut changed = 0;
    for name in whole.names() {
        let merged = whole.read(&name).unwrap();
        changed += usize::from(merged != plain.read(&name).unwrap());
        assert_eq!(merged, pieces.read(&name).unwrap());
    }
    assert_eq!(changed, 10);
}

#[test]
fn bottlenecks_do_not_merge() {
    let backbone = golden::tiny_bert(&Device::cpu());
    let file = AdapterFile::load(golden::path("tiny-cases/seq_bn-flex")).unwrap();
    let error = Adapter::load_merged(&backbone, &file).unwrap_err().to_string();
    assert!(error.contains("golden") && error.contains("LoRA"), "{error}");
}
