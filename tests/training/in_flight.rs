//! While a GPU computes a batch, the next one is prepared; nobody sees it in an answer.

use std::sync::Mutex;

use graftwork_model::Batch;
use graftwork_tensor::{Device, Tape};
use graftwork_tests::{devices, golden};
use graftwork_text::Encoding;
use graftwork_train::predict::{Rows, in_batches};

/// What happened, and the bits of what each text's tokens have in the end.
fn predict(device: &Device, texts: &[&[Encoding]]) -> (String, Vec<Vec<u32>>) {
    let backbone = golden::tiny_bert(device);
    let events = Mutex::new(String::new());
    let compute = |batch: &Batch| {
        events.lock().unwrap().push('c');
        let mut tape = Tape::inference(device);
        Ok(backbone.forward(&mut tape, batch, None, 0.0)?.last().value().clone())
    };
    let read = |indices: &[usize], out: Rows<'_>| {
        events.lock().unwrap().push('r');
        let mut rows = out.iter();
        let tokens = indices.iter().map(|i| texts[*i][0].ids.len());
        tokens.map(|n| rows.by_ref().take(n).flatten().map(|v| v.to_bits()).collect()).collect::<Vec<_>>()
    };
    let answers = pollster::block_on(in_batches(&backbone, (&texts.to_vec()).into(), compute, read, &mut |_| {}));
    let answers = answers.unwrap();
    (events.into_inner().unwrap(), answers)
}

#[test]
fn two_batches_are_on_their_way_to_a_gpu() {
    let text = |i: usize| {
        let length = 30 + i % 21;
        Encoding {
            ids: (0..length).map(|t| (100 + i + t) as u32).collect(),
            type_ids: vec![0; length],
            ..Default::default()
        }
    };
    let texts: Vec<Encoding> = (0..160).map(text).collect();
    let texts: Vec<&[Encoding]> = texts.chunks(1).collect();
    for device in devices() {
        let (events, answers) = predict(&device, &texts);
        let expected = if device.as_gpu().is_some() { "ccrcrcrr" } else { "crcrcrcr" };
        assert_eq!(events, expected, "{}", device.name());
        for i in [0, 1, 77, 159] {
            let (events, alone) = predict(&device, &texts[i..=i]);
            assert_eq!(events, "cr");
            assert!(alone[0] == answers[i], "{}: text {i} has other bytes alone", device.name());
        }
    }
}
