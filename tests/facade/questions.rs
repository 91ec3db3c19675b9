//! Questions about long contexts, and choices, by the library.

use graftwork::{
    Adapter, AdapterConfig, Choices, Device, Encoding, HeadKind, NewAdapter, block_on, multiple_choice,
    question_answering,
};
use graftwork_tests::golden;

fn adapter(task: &'static graftwork::TaskInfo, labels: &[&str]) -> Adapter {
    let backbone = crate::tiny_bert(&Device::cpu());
    let method = AdapterConfig::preset("seq_bn").unwrap();
    let file = backbone.new_adapter(NewAdapter::new(task, labels.to_vec()).method(method).seed(3)).unwrap();
    backbone.attach(&file).unwrap()
}

/// The logits of sequences, each alone, by the adapter's model.
fn logits(adapter: &Adapter, sequences: &[Encoding]) -> Vec<Vec<Vec<f32>>> {
    let device = Device::cpu();
    let backbone = golden::tiny_bert(&device);
    let file = block_on(adapter.to_file()).unwrap();
    let model = graftwork_model::Adapter::load(&backbone, &file).unwrap();
    let of = |sequence: &Encoding| {
        let batch = backbone.batch(&sequence.ids, &sequence.type_ids, &[0, sequence.len() as u32]).unwrap();
        block_on(graftwork_train::predict::logits(&backbone, &model, &batch)).unwrap()
    };
    sequences.iter().map(of).collect()
}

/// The best spans of every window, found by trying all: more windows than an example may have in training.
#[test]
fn the_best_answers_of_all_windows() {
    let adapter = adapter(&question_answering::INFO, &["start", "end"]);
    let context: String = (0..300).map(|i| format!("\u{f6}{} ", char::from(b'a' + (i * i % 26) as u8))).collect();
    let asked = [("what", context.as_str()), ("q", "a b"), ("q", "")];
    let found = block_on(adapter.answer(&asked).max_length(20).top_k(5).max_answer_length(4)).unwrap();
    assert_eq!(found.len(), 3);
    let tokenizer = adapter.backbone().tokenizer();
    let windows = tokenizer.encode_windows("what", &context, 20, (6, usize::MAX)).unwrap();
    assert!(windows.len() > 20, "{} windows", windows.len());
    let mut spans = Vec::new();
    for (window, rows) in windows.iter().zip(logits(&adapter, &windows)) {
        let is_context = |token: &usize| window.origins[*token].is_some_and(|origin| origin.sequence == 1);
        for begin in (0..window.len()).filter(is_context) {
            for end in (begin..window.len().min(begin + 4)).filter(is_context) {
                let bytes = window.origins[begin].unwrap().start as usize..window.origins[end].unwrap().end as usize;
                spans.push((rows[begin][0] + rows[end][1], bytes));
            }
        }
    }
    spans.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut best: Vec<std::ops::Range<usize>> = Vec::new();
    for (_, bytes) in spans {
        if !best.contains(&bytes) {
            best.push(bytes);
        }
    }
    let answers: Vec<_> = found[0].answers.iter().map(|answer| answer.span.clone()).collect();
    assert_eq!(answers, best[..5]);
    assert!(found[0].answers.is_sorted_by(|a, b| a.score >= b.score) && found[0].no_answer.is_none());
    assert_eq!(found[0].best(), found[0].answers.first());
    assert_eq!((found[1].answers.len(), found[2].answers.len(), found[2].best()), (3, 0, None));

    // There may be none: with everything else, its probability is 1.
    let careful = block_on(adapter.answer(&asked[1..2]).top_k(20).threshold(0.0)).unwrap();
    let total: f32 = careful[0].answers.iter().map(|answer| answer.score).sum::<f32>() + careful[0].no_answer.unwrap();
    assert!((total - 1.0).abs() < 1e-5 && careful[0].best().is_none());
    for refused in [adapter.answer(&asked).top_k(0), adapter.answer(&asked).threshold(2.0)] {
        assert!(block_on(refused).is_err());
    }
}

#[test]
fn any_number_of_choices() {
    let adapter = adapter(&multiple_choice::INFO, &["0", "1"]);
    assert_eq!(adapter.description().head.as_ref().unwrap().kind, HeadKind::MultipleChoice);
    let prompt = |choices: &[&str]| Choices {
        prompt: "what".to_owned(),
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
    };
    let prompts = [prompt(&["a", "b c d", "e", "f g"]), prompt(&["h"]), prompt(&["a", "e"])];
    let found = block_on(adapter.choose(&prompts)).unwrap();
    for (prompt, found) in prompts.iter().zip(&found) {
        let pair = |choice: &String| adapter.backbone().tokenizer().encode_pair("what", choice, 64).unwrap();
        let pairs: Vec<Encoding> = prompt.choices.iter().map(pair).collect();
        let expected: Vec<f32> = logits(&adapter, &pairs).into_iter().map(|rows| rows[0][0]).collect();
        assert_eq!(found.logits.len(), expected.len());
        assert!(found.logits.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
        assert!(expected.iter().all(|logit| *logit <= expected[found.index] + 1e-5));
        assert!((found.scores.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
    assert!(block_on(adapter.choose(&[prompt(&[])])).is_err());
    assert!(block_on(adapter.answer(&[("q", "c")])).unwrap_err().to_string().contains("multiple-choice"));
}
