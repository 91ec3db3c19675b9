use serde_json::{Value, json};

use super::*;

const VOCAB: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##s\n!\ncafe\n中\n文\nHello\ncafé\n";

fn tokenizer() -> Tokenizer {
    Tokenizer::from_vocab(VOCAB, &VocabOptions::default()).unwrap()
}

fn tokens(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
    let encoding = tokenizer.encode(text, 512).unwrap();
    assert_eq!(encoding.type_ids, vec![0; encoding.len()]);
    encoding.ids.iter().map(|&id| tokenizer.id_to_token(id).unwrap()).collect()
}

#[test]
fn wordpiece() {
    let tokenizer = tokenizer();
    assert_eq!(tokens(&tokenizer, "Hello worlds!"), ["[CLS]", "hello", "world", "##s", "!", "[SEP]"]);
    assert_eq!(tokens(&tokenizer, "Café\u{301} 中文\u{0}\u{ad}"), ["[CLS]", "cafe", "中", "文", "[SEP]"]);
    assert_eq!(tokens(&tokenizer, "worldly [MASK]"), ["[CLS]", "[UNK]", "[MASK]", "[SEP]"]);
    assert_eq!(tokens(&tokenizer, ""), ["[CLS]", "[SEP]"]);
}

#[test]
fn options_of_a_vocabulary() {
    let cased = VocabOptions { lowercase: false, ..VocabOptions::default() };
    let tokenizer = Tokenizer::from_vocab(VOCAB, &cased).unwrap();
    assert_eq!(tokens(&tokenizer, "Hello hello café"), ["[CLS]", "Hello", "hello", "café", "[SEP]"]);
    let stripped = VocabOptions { strip_accents: Some(true), ..cased };
    let tokenizer = Tokenizer::from_vocab(VOCAB, &stripped).unwrap();
    assert_eq!(tokens(&tokenizer, "Hello café"), ["[CLS]", "Hello", "cafe", "[SEP]"]);
    let joined = VocabOptions { tokenize_chinese_chars: false, ..VocabOptions::default() };
    let tokenizer = Tokenizer::from_vocab(VOCAB, &joined).unwrap();
    assert_eq!(tokens(&tokenizer, "中文 中"), ["[CLS]", "[UNK]", "中", "[SEP]"]);
}

#[test]
fn truncation_keeps_the_final_sep() {
    let tokenizer = tokenizer();
    let special = tokenizer.special_tokens();
    let encoding = tokenizer.encode("hello world hello world", 4).unwrap();
    assert_eq!((encoding.of.tokens, encoding.of.read), (6, 4));
    assert_eq!(encoding.ids, [special.cls.unwrap(), 5, 6, special.sep.unwrap()]);
    assert!(!tokenizer.encode("hello world", 4).unwrap().of.is_truncated());
    assert!(matches!(tokenizer.encode("", 2), Err(Error::MaxLength { max_length: 2, special: 2 })));
}

#[test]
fn lookups() {
    let tokenizer = tokenizer();
    assert_eq!(tokenizer.vocab_size(), 14);
    assert_eq!((tokenizer.token_to_id("##s"), tokenizer.id_to_token(7)), (Some(7), Some("##s".into())));
    assert_eq!((tokenizer.token_to_id("nope"), tokenizer.id_to_token(99)), (None, None));
    let expected = SpecialTokens { cls: Some(2), sep: Some(3), pad: Some(0), unk: Some(1), mask: Some(4) };
    assert_eq!(tokenizer.special_tokens(), expected);
}

#[test]
fn a_vocabulary_read_as_python_reads_it() {
    let dos = Tokenizer::from_vocab(&VOCAB.replace('\n', "\r\n"), &VocabOptions::default()).unwrap();
    assert_eq!(dos.vocab_size(), 14);
    let missing = Tokenizer::from_vocab("[UNK]\n[SEP]\nx\n", &VocabOptions::default()).unwrap_err();
    assert_eq!(missing.to_string(), "vocab.txt: the token [CLS] is missing");
    assert!(Tokenizer::from_vocab("", &VocabOptions::default()).is_err());
}

/// A `tokenizer.json` as it is met in the wild: version 1.0, padding and truncation switched on.
fn json_file() -> Value {
    let vocab: serde_json::Map<String, Value> = VOCAB.lines().zip(0..).map(|(t, id)| (t.into(), id.into())).collect();
    let special = |id: u32, content: &str| json!({"id": id, "content": content, "special": true});
    let mut file = json!({
        "version": "1.0",
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]"),
            special(4, "[MASK]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocab},
    });
    file["truncation"] = json!({"max_length": 3, "strategy": "LongestFirst", "stride": 0});
    file["padding"] = json!({"strategy": {"Fixed": 128}, "direction": "Right", "pad_id": 0, "pad_type_id": 0,
        "pad_token": "[PAD]", "pad_to_multiple_of": null});
    file["post_processor"] = json!({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}});
    file
}

fn from_value(file: &Value) -> Result<Tokenizer> {
    Tokenizer::from_json(file.to_string().as_bytes())
}

#[test]
fn padding_and_truncation_of_the_file_are_ignored() {
    let tokenizer = from_value(&json_file()).unwrap();
    assert_eq!(tokens(&tokenizer, "hello world hello"), ["[CLS]", "hello", "world", "hello", "[SEP]"]);
}

#[test]
fn added_tokens_extend_the_vocabulary() {
    let mut file = json_file();
    let token = |id: u32| json!({"id": id, "content": "<user>", "special": false, "normalized": false});
    file["added_tokens"].as_array_mut().unwrap().push(token(14));
    let tokenizer = from_value(&file).unwrap();
    assert_eq!((tokenizer.vocab_size(), tokenizer.token_to_id("<user>")), (15, Some(14)));
    assert_eq!(tokens(&tokenizer, "hello<user>!"), ["[CLS]", "hello", "<user>", "!", "[SEP]"]);
    file["added_tokens"].as_array_mut().unwrap().pop();
    file["added_tokens"].as_array_mut().unwrap().push(token(20));
    assert!(from_value(&file).unwrap_err().to_string().contains("does not follow"));
    file["added_tokens"].as_array_mut().unwrap().pop();
    file["added_tokens"][0]["id"] = json!(14);
    assert!(from_value(&file).unwrap_err().to_string().contains("but 0 in the vocabulary"));
}

#[test]
fn added_tokens_may_be_matched_in_normalized_text() {
    let mut file = json_file();
    let token = json!({"id": 14, "content": "ÉÉ", "special": false, "normalized": true});
    file["added_tokens"].as_array_mut().unwrap().push(token);
    let tokenizer = from_value(&file).unwrap();
    assert_eq!(tokens(&tokenizer, "hello eé!"), ["[CLS]", "hello", "ÉÉ", "!", "[SEP]"]);
}

#[test]
fn settings_of_the_directory_override_the_file() {
    let dir = std::env::temp_dir().join(format!("graftwork-tokenizer-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    assert!(matches!(Tokenizer::from_dir(&dir), Err(Error::NoTokenizer { .. })));
    write("vocab.txt", VOCAB);
    assert_eq!(tokens(&Tokenizer::from_dir(&dir).unwrap(), "Hello"), ["[CLS]", "hello", "[SEP]"]);
    write("tokenizer_config.json", r#"{"do_lower_case": false, "strip_accents": null}"#);
    assert_eq!(tokens(&Tokenizer::from_dir(&dir).unwrap(), "Hello"), ["[CLS]", "Hello", "[SEP]"]);
    write("tokenizer.json", &json_file().to_string());
    assert_eq!(tokens(&Tokenizer::from_dir(&dir).unwrap(), "Hello"), ["[CLS]", "Hello", "[SEP]"]);
    write("tokenizer.json", "{");
    let broken = Tokenizer::from_dir(&dir).unwrap_err().to_string();
    assert!(broken.contains("tokenizer.json: not a tokenizer's JSON"), "{broken}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn hostile_files_are_errors() {
    let refused = |path: &str, value: Value, what: &str| {
        let mut file = json_file();
        *file.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
        let message = from_value(&file).expect_err(path).to_string();
        assert!(message.contains(what), "{path}: {message}");
    };
    refused("/model/vocab/hello", json!(4_000_000_000_u32), "beyond");
    refused("/model/vocab/hello", json!(-1), "`-1`, expected u64");
    refused("/model/vocab", json!({}), "not in the vocabulary");
    refused("/model/vocab", json!({ "[UNK]": 0, "a\u{0}b": 1 }), "NUL");
    refused("/model/vocab", json!({ "[UNK]": 0, "a".repeat(1_000_000): 1 }), "1000000 bytes");
    refused("/model/vocab", json!({ "[UNK]": 0 }), "not follow");
    refused("/model/unk_token", json!("nope"), "nope");
    refused("/model/max_input_chars_per_word", json!(1_u64 << 40), "max_input_chars_per_word");
    refused("/model/type", json!("WordLevel"), "the tokenizer model is WordLevel");
    refused("/model/type", json!("Unigram"), "expected a list of tokens with their scores");
    let unigram = |unk: Value, vocab: Value| json!({"type": "Unigram", "unk_id": unk, "vocab": vocab});
    refused("/model", unigram(json!(1), json!([["a", -1.0]])), "`unk_id`");
    refused("/model", unigram(json!(null), json!([["a", -1.0]])), "`unk_id`");
    refused("/model", unigram(json!(0), json!([["a", "b"]])), "f64");
    refused("/model", unigram(json!(0), json!([["a", -1.0]])), "behind the pre-tokenizer Metaspace only");
    refused("/pre_tokenizer", json!({"type": "Metaspace"}), "before a Unigram model only");
    refused("/pre_tokenizer", json!({"type": "Metaspace", "prepend_scheme": "never"}), "with replacement");
    refused("/normalizer", json!({"type": "Precompiled", "precompiled_charsmap": "?"}), "not base64");
    refused("/model/type", json!("BPE"), "missing field `merges`");
    refused("/pre_tokenizer", json!({"type": "ByteLevel"}), "behind the pre-tokenizer ByteLevel");
    let bpe = |change: Value| {
        let mut model = json!({"type": "BPE", "vocab": {"a": 0}, "merges": ["a a"]});
        model.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        model
    };
    refused("/model", bpe(json!({})), "behind the pre-tokenizer ByteLevel only");
    refused("/model", bpe(json!({"dropout": 0.1})), "`dropout`");
    refused("/model", bpe(json!({"ignore_merges": true})), "`ignore_merges`");
    refused("/model", bpe(json!({"merges": ["a b c"]})), "a merge of 3 tokens");
    refused("/model", bpe(json!({"merges": [["a", "b", "c"]]})), "a merge of 3 tokens");
    refused("/model", json!(null), "model");
    refused("/normalizer", json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aaaa"}), "Replace");
    refused("/normalizer", json!({"type": "Sequence", "normalizers": [{"type": "Sequence"}]}), "nested");
    refused("/pre_tokenizer", json!({"type": "Split"}), "Split");
    refused("/pre_tokenizer", json!({"type": "x".repeat(100_000)}), "a part of 100011 bytes");
    refused("/post_processor", json!(null), "[CLS]");
    refused("/post_processor", json!({"type": "BertProcessing", "cls": ["x", 9_999], "sep": ["y", 3]}), "9999");
    refused("/added_tokens/0/id", json!(u32::MAX), "beyond");
    refused("/added_tokens/0/content", json!(""), "empty");
    let many: String = (0..=2_097_152).map(|i| format!("\"{i}\":0,")).collect();
    let many = format!("{{\"model\":{{\"type\":\"WordPiece\",\"vocab\":{{{many}\"a\":0}}}}}}");
    assert!(Tokenizer::from_json(many.as_bytes()).unwrap_err().to_string().contains("more than 2097152 tokens"));
    let pointer = Tokenizer::from_json(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d").unwrap_err();
    assert!(pointer.to_string().contains("git lfs pull"), "{pointer}");
    for broken in ["", "[]", "null", "{}", "{\"model\": 1}", &"[".repeat(1_000_000)] {
        assert!(Tokenizer::from_json(broken.as_bytes()).is_err(), "{broken:.20}");
    }
}

#[test]
fn a_tokenizer_without_a_template_for_pairs_says_so() {
    let mut file = json_file();
    file["post_processor"]["pair"] = json!([]);
    let refused = from_value(&file).unwrap().encode_pair("a", "b", 16).unwrap_err().to_string();
    assert!(refused.contains("no template for a pair"), "{refused}");
}

#[test]
fn origins_are_bytes_of_the_text_as_written() {
    let tokenizer = tokenizer();
    let encoding = tokenizer.encode("\u{ad}HELLO  wOrlds\u{301}!", 512).unwrap();
    let origins: Vec<_> = encoding.origins.iter().flatten().map(|o| (o.word, o.start, o.end)).collect();
    assert_eq!(origins, [(0, 2, 7), (1, 9, 14), (1, 14, 15), (2, 17, 18)]);
    assert_eq!((encoding.origins[0], encoding.origins[5]), (None, None));
    let words = tokenizer.encode_words(&["worlds", "", "!"], 512).unwrap();
    let origins: Vec<_> = words.origins.iter().flatten().map(|o| (o.word, o.start, o.end)).collect();
    assert_eq!(origins, [(0, 0, 5), (0, 5, 6), (2, 0, 1)]);
}

#[test]
fn what_is_cut_off_makes_no_difference_to_what_is_kept() {
    let tokenizer = tokenizer();
    let text = "hello world [MASK] hello中world hello ".repeat(20);
    let words: Vec<&str> = text.split(' ').collect();
    for (whole, cut) in [
        (tokenizer.encode(&text, usize::MAX).unwrap(), tokenizer.encode(&text, 12).unwrap()),
        (tokenizer.encode_words(&words, usize::MAX).unwrap(), tokenizer.encode_words(&words, 12).unwrap()),
    ] {
        assert!(whole.len() > 100 && !whole.of.is_truncated());
        assert_eq!((cut.of.tokens, cut.of.read), (whole.len(), cut.len()));
        assert_eq!((&cut.ids[..11], &cut.origins[..11]), (&whole.ids[..11], &whole.origins[..11]));
        assert_eq!((cut.len(), cut.ids[11]), (12, tokenizer.special_tokens().sep.unwrap()));
    }
}
