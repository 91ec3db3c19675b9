//! Token ids equal those of transformers, id for id, over a list of nasty texts.

use graftwork_tests::golden;
use graftwork_text::{Tokenizer, VocabOptions};
use serde_json::Value;

fn text_of(entry: &Value) -> String {
    if let Some(text) = entry["text"].as_str() {
        return text.to_string();
    }
    let words: Vec<&str> = entry["repeat"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    let times = entry["times"].as_u64().unwrap() as usize;
    let all: Vec<&str> = std::iter::repeat_n(words, times).flatten().collect();
    all.join(entry["join"].as_str().unwrap_or(" "))
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn check(tokenizer: &Tokenizer) {
    let file = golden::json("tokens.json");
    let texts = file["texts"].as_array().unwrap();
    assert!(texts.len() > 50);
    for entry in texts {
        let (name, text) = (&entry["name"], text_of(entry));
        let full = ids(&entry["ids"]);
        let encoding = tokenizer.encode(&text, 512).unwrap();
        assert_eq!(encoding.ids, full, "{name}");
        assert_eq!(encoding.truncated, entry["tokens_untruncated"].as_u64().unwrap() > 512, "{name}");
        let short = entry.get("ids16").map_or(full, ids);
        assert_eq!(tokenizer.encode(&text, 16).unwrap().ids, short, "{name}, 16 tokens");
    }
}

#[test]
fn tokenizer_json() {
    check(&Tokenizer::from_dir(&golden::minilm_dir()).unwrap());
}

#[test]
fn vocab_txt() {
    let vocab = std::fs::read_to_string(golden::minilm_dir().join("vocab.txt")).unwrap();
    check(&Tokenizer::from_vocab(&vocab, &VocabOptions::default()).unwrap());
}
