//! Options, progress, and ending a call.

use graftwork::{Backbone, Cancel, Device, Error, Pooling, Warning, WeightType, block_on};
use graftwork_tests::{devices, golden, max_difference};

use crate::{attached, texts, tiny_bert};

#[test]
fn options_have_defaults() {
    let backbone = tiny_bert(&Device::cpu());
    let mut file = graftwork::AdapterFile::load(golden::path("tiny-cases/seq_bn-flex")).unwrap();
    let long = ["the of and in to was he is the of and in to was he is"];
    let whole = block_on(backbone.attach(&file).unwrap().classify(&long)).unwrap();
    file.metadata.max_length = Some(6);
    let adapter = backbone.attach(&file).unwrap();
    let cut = block_on(adapter.classify(&long)).unwrap();
    assert_ne!(cut, whole);
    assert_eq!(cut[0].warnings, [Warning::Truncated { tokens: 18, read: 6 }]);
    let short = block_on(adapter.classify(&["the of and in"])).unwrap();
    assert_eq!((&short[0].logits, &short[0].warnings), (&cut[0].logits, &vec![]));
    assert_eq!(block_on(adapter.classify(&long).max_length(128)).unwrap(), whole);
    assert_eq!(block_on(adapter.classify(&long).max_length(None)).unwrap(), cut);
    let message = block_on(adapter.classify(&long).max_length(1000)).unwrap_err().to_string();
    assert_eq!(message, "max length must be from 3 to 128 tokens");
    assert!(block_on(adapter.classify::<&str>(&[])).unwrap().is_empty());
}

#[test]
fn vectors_of_texts_and_of_tokens() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        let texts = texts(1, 9);
        let tokens = block_on(backbone.embed_tokens(&texts)).unwrap();
        let means = block_on(backbone.embed(&texts)).unwrap();
        let firsts = block_on(backbone.embed(&texts).pooling(Pooling::Cls)).unwrap();
        let units = block_on(backbone.embed(&texts).normalize(true)).unwrap();
        let encodings = backbone.encode(&texts, None).unwrap();
        for (i, tokens) in tokens.iter().enumerate() {
            assert_eq!(tokens.len(), encodings[i].len());
            let mean = |d: usize| tokens.iter().map(|token| token[d]).sum::<f32>() / tokens.len() as f32;
            let mean: Vec<f32> = (0..means[i].len()).map(mean).collect();
            assert!(max_difference(&means[i], &mean) < 1e-5, "{}", device.name());
            assert!(max_difference(&firsts[i], &tokens[0]) < 1e-6, "{}", device.name());
            let length = mean.iter().map(|v| v * v).sum::<f32>().sqrt();
            let scaled: Vec<f32> = mean.iter().map(|v| v / length).collect();
            assert!(max_difference(&units[i], &scaled) < 1e-5, "{}", device.name());
        }
        let adapter = attached(&backbone, "tiny-cases/seq_bn-flex");
        assert!(max_difference(&block_on(adapter.embed(&texts)).unwrap()[0], &means[0]) > 1e-3);
    }
}

/// The tiny BERT's matrices are numbers that f16 holds exactly, so that only the memory differs.
#[test]
fn weights_in_half_the_memory() {
    let load = |weight_type| {
        let device = Device::cpu();
        let backbone = block_on(Backbone::load(golden::path("tiny-bert"), &device).weight_type(weight_type)).unwrap();
        let bytes = device.memory().used_bytes;
        (block_on(backbone.embed(&texts(1, 9))).unwrap().concat(), bytes)
    };
    let ((whole, bytes), (half, fewer)) = (load(WeightType::F32), load(WeightType::F16));
    assert!(max_difference(&whole, &half) < 1e-5);
    assert!(10 * fewer < 6 * bytes, "{fewer} bytes of {bytes}");
}

#[test]
fn progress_reaches_the_end() {
    let device = Device::cpu();
    let mut seen = Vec::new();
    let backbone =
        block_on(Backbone::load(golden::path("tiny-bert"), &device).progress(|done| seen.push(done))).unwrap();
    assert!(seen.len() > 10 && seen.is_sorted() && seen.last() == Some(&1.0), "{seen:?}");
    seen.clear();
    let adapter = attached(&backbone, "tiny-cases/seq_bn-flex");
    block_on(adapter.classify(&texts(2, 600)).progress(|done| seen.push(done))).unwrap();
    assert!(seen.len() > 2 && seen.is_sorted() && seen.last() == Some(&1.0), "{seen:?}");
}

#[test]
fn a_cancelled_call_ends_at_the_next_batch() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        let adapter = attached(&backbone, "tiny-cases/seq_bn-flex");
        let texts = texts(2, 600);
        let (cancel, mut batches) = (Cancel::new(), 0);
        let call = adapter.classify(&texts).cancel_with(&cancel).progress(|_| {
            batches += 1;
            cancel.cancel();
        });
        assert!(matches!(block_on(call), Err(Error::Cancelled)));
        assert_eq!(batches, 1);
        // Once and for all; but only what was given it.
        assert!(matches!(block_on(backbone.embed(&texts).cancel_with(&cancel)), Err(Error::Cancelled)));
        assert_eq!(block_on(adapter.classify(&texts)).unwrap().len(), 600);

        let cancel = Cancel::new();
        let load = Backbone::load(golden::path("tiny-bert"), &device).cancel_with(&cancel);
        assert!(matches!(block_on(load.progress(|_| cancel.cancel())), Err(Error::Cancelled)));
    }
}

#[test]
fn a_backbone_that_is_not_there() {
    let message = block_on(Backbone::load("nobody/nothing", &Device::cpu())).unwrap_err().to_string();
    assert!(message.contains("`nobody/nothing`") && message.contains("huggingface.co/nobody/nothing"), "{message}");
}
