//! Tokens equal those of transformers' fast tokenizers, id for id and byte for byte, over a list of nasty texts.

use graftwork_tests::golden;
use graftwork_text::{Encoding, LongTexts, Tokenizer, VocabOptions};
use serde_json::Value;

fn text_of(entry: &Value) -> String {
    if let Some(text) = entry["text"].as_str() {
        return text.to_string();
    }
    let times = entry["times"].as_u64().unwrap() as usize;
    let all: Vec<&str> = std::iter::repeat_n(strings(&entry["repeat"]), times).flatten().collect();
    all.join(entry["join"].as_str().unwrap_or(" "))
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

/// Where the tokens stand, as the golden files write it.
fn origins(encoding: &Encoding) -> Vec<[i64; 4]> {
    let numbers = encoding.origins.iter().map(|origin| match origin {
        Some(origin) => [origin.sequence.into(), origin.word.into(), origin.start.into(), origin.end.into()],
        None => [-1; 4],
    });
    numbers.collect()
}

fn check_origins(encoding: &Encoding, entry: &Value, what: &str) {
    let expected: Vec<i64> = entry["origins"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
    let expected: Vec<[i64; 4]> = expected.as_chunks().0.to_vec();
    assert_eq!(origins(encoding)[..expected.len()], expected, "{what}: sequence, word, start, end");
    assert_eq!((encoding.type_ids.len(), encoding.origins.len()), (encoding.len(), encoding.len()), "{what}");
}

/// The sequences of at most 16 tokens that are made of a text, and how many of its tokens are in them.
fn sequences(tokenizer: &Tokenizer, text: &str, long_texts: LongTexts) -> (Vec<Vec<u32>>, usize) {
    let sequences = tokenizer.encode_long(text, 16, long_texts).unwrap();
    let read = sequences[0].of.read;
    (sequences.into_iter().map(|encoding| encoding.ids).collect(), read)
}

fn check(tokenizer: &Tokenizer, words_tokenizer: &Tokenizer, file: &str) {
    let file = golden::json(file);
    let texts = file["texts"].as_array().unwrap();
    assert!(texts.len() > 10);
    let mut long = 0;
    for entry in texts {
        let (name, text) = (entry["name"].as_str().unwrap(), text_of(entry));
        let full = ids(&entry["ids"]);
        let encoding = tokenizer.encode(&text, 512).unwrap();
        assert_eq!(encoding.ids, full, "{name}");
        let tokens = entry["tokens_untruncated"].as_u64().unwrap() as usize;
        assert_eq!((encoding.of.tokens, encoding.of.read), (tokens, tokens.min(512)), "{name}");
        check_origins(&encoding, entry, name);
        let short = entry.get("ids16").map_or(full, ids);
        assert_eq!(tokenizer.encode(&text, 16).unwrap().ids, short, "{name}, 16 tokens");
        if let Some(windows) = entry.get("windows16") {
            let expected: Vec<_> = windows.as_array().unwrap().iter().map(ids).collect();
            assert_eq!(sequences(tokenizer, &text, LongTexts::Windows), (expected, tokens), "{name}");
            assert_eq!(sequences(tokenizer, &text, LongTexts::Ends), (vec![ids(&entry["ends16"])], 16), "{name}");
            long += 1;
        }
    }

    assert!(long > 5);

    let named = |name: &Value| text_of(texts.iter().find(|entry| entry["name"] == *name).unwrap());
    let pairs = file["pairs"].as_array().unwrap();
    assert!(pairs.len() > 10);
    for entry in pairs {
        let max_length = entry["max_length"].as_u64().unwrap() as usize;
        let what = format!("{} + {} in {max_length}", entry["first"], entry["second"]);
        let encoding = tokenizer.encode_pair(&named(&entry["first"]), &named(&entry["second"]), max_length).unwrap();
        assert_eq!(encoding.ids, ids(&entry["ids"]), "{what}");
        assert_eq!(encoding.type_ids, ids(&entry["type_ids"]), "{what}");
        check_origins(&encoding, entry, &what);
    }

    let words = file["words"].as_array().unwrap();
    assert!(words.len() > 5);
    for entry in words {
        let name = entry["name"].as_str().unwrap();
        let max_length = entry["max_length"].as_u64().unwrap() as usize;
        let encoding = words_tokenizer.encode_words(&strings(&entry["words"]), max_length).unwrap();
        assert_eq!(encoding.ids, ids(&entry["ids"]), "{name}");
        check_origins(&encoding, entry, name);
    }
}

/// The tokenizer of tiny-roberta from its older files, with a space before every text or without.
fn roberta(add_prefix_space: bool) -> Tokenizer {
    let file = |name: &str| std::fs::read_to_string(golden::path("tiny-roberta").join(name)).unwrap();
    Tokenizer::from_merges(file("vocab.json").as_bytes(), &file("merges.txt"), add_prefix_space).unwrap()
}

#[test]
fn byte_level_bpe() {
    check(&roberta(false), &roberta(true), "tokens-bpe.json");
    check(&roberta(true), &roberta(true), "tokens-bpe-space.json");
}

/// XLM-R's kind, as transformers wrote its file down, and as newer versions of it do: without a split at white space before.
#[test]
fn unigram() {
    let path = golden::path("unigram").join("tokenizer.json");
    let file = std::fs::read_to_string(path).unwrap();
    let tokenizer = Tokenizer::from_json(file.as_bytes()).unwrap();
    check(&tokenizer, &tokenizer, "tokens-unigram.json");
    let split = r#"{"type":"WhitespaceSplit"},"#;
    assert!(file.contains(split));
    let tokenizer = Tokenizer::from_json(file.replace(split, "").as_bytes()).unwrap();
    check(&tokenizer, &tokenizer, "tokens-unigram-spaces.json");
    let ids = tokenizer.encode("  Hello, <mask> you!", 64).unwrap().ids;
    assert_eq!(tokenizer.decode(&ids, true), "Hello, you!");
    assert_eq!(tokenizer.special_tokens().mask, Some(tokenizer.vocab_size() as u32 - 1));
}

/// From the files of its tiny backbone; BERT's is below.
#[test]
fn every_architectures_own() {
    for backbone in golden::tiny_backbones() {
        let name = match backbone.strip_prefix("tiny-").unwrap() {
            "bert" => continue,
            "roberta" => "bpe",
            name => name,
        };
        let tokenizer = Tokenizer::from_dir(&golden::path(&backbone)).unwrap();
        // Pre-split words get their spaces whatever the setting.
        check(&tokenizer, &tokenizer, &format!("tokens-{name}.json"));
    }
}

#[test]
fn tokenizer_json() {
    let tokenizer = Tokenizer::from_dir(&golden::minilm_dir()).unwrap();
    check(&tokenizer, &tokenizer, "tokens.json");
}

#[test]
fn vocab_txt() {
    let vocab = std::fs::read_to_string(golden::minilm_dir().join("vocab.txt")).unwrap();
    let tokenizer = Tokenizer::from_vocab(&vocab, &VocabOptions::default()).unwrap();
    check(&tokenizer, &tokenizer, "tokens.json");
}

/// Sentences of many kinds under an English vocabulary of words and one of bytes.
#[test]
fn languages_that_a_vocabulary_covers() {
    const ENGLISH: [&str; 7] = [
        "Hi, I ordered a blue kettle last Tuesday and it still has not arrived. Could you look into it, please?",
        "FREE!!! WINNER!! CALL 09061701461 NOW TO CLAIM UR PRIZE",
        "pls cancel my sub n refund £12.99 2 my acc ta 😡😡",
        "Contact me at john.smith1987@gmail.com or https://www.example-shop.com/orders?id=39281",
        "Order #A-20391-XK2, SKU WH-1000XM5/B, tracking 1Z999AA10123456784",
        "12345 67890 😀😀 ❤️",
        "",
    ];
    const OTHERS: [&str; 6] = [
        "Schönen guten Tag, meine Lieferung ist leider noch nicht angekommen, können Sie bitte nachsehen?",
        "Bonjour, je n'ai toujours pas reçu ma commande, pouvez-vous m'aider s'il vous plaît ?",
        "您好，我的包裹还没有到，请帮我查一下。",
        "Здравствуйте, где мой заказ?",
        "مرحبا، أين طلبي من فضلك؟",
        "注文した商品がまだ届いていません。",
    ];
    let tokenizer = Tokenizer::from_dir(&golden::minilm_dir()).unwrap();
    for (texts, is_good) in [(&ENGLISH[..], true), (&OTHERS, false)] {
        for text in texts {
            let coverage = tokenizer.encode(text, 512).unwrap().of.coverage;
            assert_eq!(coverage.is_good(), is_good, "{text}: {:.2}", coverage.crumbs());
            // What is cut off counts, and so does it in windows.
            assert_eq!(tokenizer.encode(text, 3).unwrap().of.coverage, coverage);
            assert_eq!(tokenizer.encode_long(text, 8, LongTexts::Windows).unwrap()[0].of.coverage, coverage);
        }
    }
    // Bytes that nothing was merged of, which a script is that the corpus has not.
    let bytes = roberta(false).encode("ທ່ານສະບາຍດີບໍ ຂ້ອຍສະບາຍດີ", 512).unwrap().of.coverage;
    assert!(!bytes.is_good() && bytes.crumbs() == 1.0);
}
