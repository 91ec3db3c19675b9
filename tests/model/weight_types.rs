//! What a backbone's matrices are stored as on a device. Its numbers against PyTorch's are in the tests of every tiny backbone.

use std::collections::BTreeMap;

use graftwork_formats::{BackboneConfig, Checkpoint, HostTensor, WeightSource};
use graftwork_model::{Adapter, AdapterFile, Backbone, Error, Merged};
use graftwork_tensor::{Device, Tape, WeightType, quantize_row};
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, max_difference, nmse};

fn open(name: &str) -> (BackboneConfig, Checkpoint<std::fs::File>) {
    let dir = golden::path(name);
    let config = BackboneConfig::from_dir(&dir).unwrap();
    let checkpoint = Checkpoint::open(&dir, &config).unwrap();
    (config, checkpoint)
}

fn from_source(
    config: &BackboneConfig,
    source: &mut impl WeightSource,
    device: &Device,
    kind: Option<WeightType>,
) -> Result<Backbone, Error> {
    pollster::block_on(Backbone::load(config, source, device, kind, &mut |_| {}))
}

fn loaded(name: &str, device: &Device, kind: Option<WeightType>) -> Backbone {
    let (config, mut checkpoint) = open(name);
    from_source(&config, &mut checkpoint, device, kind).unwrap()
}

fn hidden(backbone: &Backbone, golden: &Golden) -> Vec<f32> {
    let (ids, starts) = golden.batch();
    let batch = backbone.batch(ids, &vec![0; ids.len()], starts).unwrap();
    let mut tape = Tape::inference(backbone.device());
    let hidden = backbone.forward(&mut tape, &batch, None, 0.0).unwrap();
    pollster::block_on(backbone.device().read(hidden.last().value())).unwrap()
}

/// Bytes of matrices and of vectors in f32.
fn sizes(backbone: &Backbone) -> [u64; 2] {
    let (matrices, vectors): (Vec<_>, Vec<_>) = backbone.weights().into_iter().partition(|weight| weight.rows() > 1);
    assert!(vectors.iter().all(|vector| vector.kind() == WeightType::F32));
    [matrices, vectors].map(|all| all.iter().map(|weight| 4 * weight.len() as u64).sum())
}

/// The file's type, unless another is asked for; the fingerprint is the file's either way.
#[test]
fn files_are_kept_as_they_are() {
    use WeightType::{F16, F32, Q8};
    for device in devices() {
        for (name, asked, kept) in [
            ("tiny-bert", Some(Q8), Q8),
            ("tiny-bert-f16", None, F16),
            ("tiny-bert-f16", Some(F32), F32),
            ("tiny-bert-legacy", None, F16),
            ("tiny-bert", None, F32),
            ("tiny-bert", Some(F16), F16),
            // bf16 has a range that f16 has not.
            ("tiny-bert-sharded", None, F32),
        ] {
            let backbone = loaded(name, &device, asked);
            let place = format!("{}: {name} {asked:?}", device.name());
            let matrices = backbone.weights().into_iter().filter(|weight| weight.rows() > 1);
            assert!(matrices.map(|weight| weight.kind()).all(|kind| kind == kept), "{place}");
            assert_eq!(backbone.fingerprint(), golden::tiny(name, &device).fingerprint(), "{place}");
            let [matrices, vectors] = sizes(&backbone);
            let share = [(F32, 1), (F16, 2), (Q8, 4)].into_iter().find(|(kind, _)| *kind == kept).unwrap().1;
            let bytes = vectors + matrices / share;
            // Odd sizes end in half a word; a scale a row and the sums of groups are much where rows are this short; on the CPU rows are
            // filled up to panels.
            assert!(
                backbone.bytes().abs_diff(bytes) < if kept == Q8 { bytes / 4 } else { bytes / 100 },
                "{place}: {} of {bytes}",
                backbone.bytes()
            );
        }
    }
}

/// Of a backbone without adapters, against PyTorch with the same rounded numbers.
#[test]
fn hidden_states_and_fingerprint() {
    let golden = Golden::read("bert-f16-cases/plain/golden.safetensors");
    let case = golden::json("bert-f16-cases/plain/case.json");
    for device in devices() {
        let backbone = loaded("tiny-bert-f16", &device, None);
        let difference = max_difference(&hidden(&backbone, &golden), &golden.floats["last_hidden_state"]);
        assert!(difference < 1e-4, "{}: {difference}", device.name());
        assert_eq!(backbone.fingerprint().to_string(), case["fingerprint"].as_str().unwrap());
    }
}

/// Widening is exact: on the CPU, where sums have one order, the hidden states are the same bytes; elsewhere nearly.
#[test]
fn widened_they_compute_the_same() {
    let golden = Golden::read("bert-f16-cases/double_seq_bn-flex/golden.safetensors");
    for device in devices() {
        let kept = hidden(&loaded("tiny-bert-f16", &device, None), &golden);
        let wide = hidden(&loaded("tiny-bert-f16", &device, Some(WeightType::F32)), &golden);
        assert!(max_difference(&kept, &wide) < 1e-5, "{}", device.name());
        assert!(device.as_gpu().is_some() || kept == wide);
    }
}

/// Rounding what needs no rounding changes nothing; what f16 cannot hold is refused by name.
#[test]
fn rounded_while_loading() {
    let golden = Golden::read("tiny-cases/plain/golden.safetensors");
    let (config, mut checkpoint) = open("tiny-bert");
    let mut weights: BTreeMap<String, HostTensor> =
        checkpoint.names().into_iter().map(|name| (name.clone(), checkpoint.read(&name).unwrap())).collect();
    for device in devices() {
        let rounded = hidden(&loaded("tiny-bert", &device, Some(WeightType::F16)), &golden);
        assert!(max_difference(&rounded, &golden.floats["last_hidden_state"]) < 1e-5, "{}", device.name());
    }
    let name = "encoder.layer.1.output.dense.weight";
    weights.get_mut(name).unwrap().data[77] = -65_520.0;
    let device = Device::cpu();
    let error = from_source(&config, &mut weights, &device, Some(WeightType::F16)).unwrap_err().to_string();
    assert!([name, "-65520", "f16", "f32"].iter().all(|word| error.contains(word)), "{error}");
    from_source(&config, &mut weights, &device, None).unwrap();
}

/// 8-bit integers are near, and the numbers that they stand for are those that adapters learn above: by the tape of a training step the
/// hidden states are those of a backbone whose f32 file has them.
#[test]
fn eight_bits() {
    let golden = Golden::read("tiny-cases/plain/golden.safetensors");
    let (config, mut checkpoint) = open("tiny-bert");
    let mut rounded: BTreeMap<String, HostTensor> =
        checkpoint.names().into_iter().map(|name| (name.clone(), checkpoint.read(&name).unwrap())).collect();
    for tensor in rounded.values_mut().filter(|tensor| tensor.shape.len() == 2) {
        for row in tensor.data.chunks_mut(tensor.shape[1]) {
            let (scale, integers) = quantize_row(row).unwrap();
            row.iter_mut().zip(integers).for_each(|(value, integer)| *value = f32::from(integer) * scale);
        }
    }
    let (ids, starts) = golden.batch();
    let learning = |backbone: &Backbone| {
        let batch = backbone.batch(ids, &vec![0; ids.len()], starts).unwrap();
        let mut tape = Tape::training(backbone.device(), None);
        let hidden = backbone.forward(&mut tape, &batch, None, 0.0).unwrap();
        pollster::block_on(backbone.device().read(hidden.last().value())).unwrap()
    };
    for device in devices() {
        let backbone = loaded("tiny-bert", &device, Some(WeightType::Q8));
        let error = nmse(&hidden(&backbone, &golden), &golden.floats["last_hidden_state"]);
        assert!(error < 1e-3, "{}: {error}", device.name());
        let expected = learning(&from_source(&config, &mut rounded.clone(), &device, Some(WeightType::F32)).unwrap());
        let difference = max_difference(&learning(&backbone), &expected);
        assert!(difference < 1e-4, "{}: {difference}", device.name());
    }
}

/// A merged matrix is f32, since f16 would round small changes away; what is not changed stays as it was.
#[test]
fn merged_matrices_are_f32() {
    let golden = Golden::read("bert-f16-cases/lora-everywhere/golden.safetensors");
    let file = AdapterFile::load(golden::path("bert-f16-cases/lora-everywhere")).unwrap();
    let of_kind = |backbone: &Backbone, kind| {
        backbone.weights().iter().filter(|weight| weight.rows() > 1 && weight.kind() == kind).count()
    };
    for device in devices() {
        let (config, mut checkpoint) = open("tiny-bert-f16");
        let mut merged = Merged::new(&mut checkpoint, &config, &file).unwrap();
        let backbone = from_source(&config, &mut merged, &device, None).unwrap();
        // Three tables, the pooler and two attention outputs as they were; the rest of two layers is changed.
        assert_eq!([WeightType::F16, WeightType::F32].map(|kind| of_kind(&backbone, kind)), [6, 6]);
        let difference = max_difference(&hidden(&backbone, &golden), &golden.floats["last_hidden_state"]);
        assert!(difference < 1e-4, "{}: {difference}", device.name());

        let bare = loaded("tiny-bert-f16", &device, None);
        let before = hidden(&bare, &golden);
        Adapter::load_merged(&bare, &file).unwrap();
        assert_eq!(of_kind(&bare, WeightType::F32), 0);
        assert_eq!(nmse(&hidden(&bare, &golden), &before), 0.0);
    }
}
