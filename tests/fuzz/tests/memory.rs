//! Large inputs that are made to take memory: little in a file, much once it is read. `--nocapture` prints the figures.

use std::io::Write;

use graftwork_fuzz::memory::{bound, peak};
use graftwork_fuzz::targets::{LARGE, TARGETS};

const MIB: usize = 1 << 20;

/// Whatever a file says, and however long it is, what is not weights never takes more.
const MOST: usize = 512 * MIB;

/// `begin`, then `piece` until there are `bytes`, then `end`.
fn filled(begin: &str, piece: &str, end: &str, bytes: usize) -> Vec<u8> {
    let pieces = bytes.saturating_sub(begin.len() + end.len()) / piece.len();
    [begin, &piece.repeat(pieces), end].concat().into_bytes()
}

/// `begin`, then numbered pieces until there are `bytes`, then `end`.
fn numbered(begin: &str, piece: impl Fn(usize) -> String, end: &str, bytes: usize) -> Vec<u8> {
    let mut out = begin.as_bytes().to_vec();
    for i in 0.. {
        let piece = piece(i);
        if out.len() + piece.len() + end.len() > bytes {
            break;
        }
        out.extend(piece.bytes());
    }
    out.extend(end.bytes());
    out
}

/// A pickle that mentions a storage with a name of `name_bytes` once and rebuilds a tensor from it `times` times.
fn long_name(name_bytes: usize, times: usize) -> Vec<u8> {
    let mut out =
        b"\x80\x02}(ctorch._utils\n_rebuild_tensor_v2\nq\x00X\x01\x00\x00\x00a((X\x07\x00\x00\x00storage".to_vec();
    out.extend(b"ctorch\nFloatStorage\nX");
    out.extend((name_bytes as u32).to_le_bytes());
    out.extend(vec![b'x'; name_bytes]);
    out.extend(b"X\x03\x00\x00\x00cpuK\x01tQK\x00K\x01\x85K\x01\x85tq\x01");
    for _ in 0..times {
        out.extend(b"h\x00h\x01R");
    }
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn cases() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let tensor = |i: usize| format!("\"{i:x}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}},");
    let last = "\"z\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    vec![
        ("torch_pickle", "one long name, rebuilt 2,000 times", long_name(2 * MIB, 2000)),
        ("torch_pickle", "a long name, rebuilt 100,000 times", long_name(MIB / 2, 100_000)),
        ("torch_pickle", "empty tuples", filled("}", ")", ".", MIB)),
        ("torch_pickle", "tuples of one", filled(")", "\u{5}", ".", MIB).iter().map(|b| b | if *b == 5 { 0x80 } else { 0 }).collect()),
        ("torch_pickle", "dictionaries", filled("}", "}NNs", ".", MIB)),
        ("torch_pickle", "remembered values", (0..200_000u32).flat_map(|i| [b"Nr".as_slice(), &i.to_le_bytes()].concat()).collect()),
        ("safetensors_header", "many empty tensors", numbered("{", tensor, last, 16 * MIB)),
        ("safetensors_header", "a long shape", filled("{\"a\":{\"dtype\":\"F32\",\"shape\":[", "1,", "1],\"data_offsets\":[0,4]}}", 16 * MIB)),
        ("safetensors_header", "many texts", numbered("{\"__metadata__\":{", |i| format!("\"{i:x}\":\"\","), "\"z\":\"\"}}", 16 * MIB)),
        ("backbone_config", "an array of numbers, 16 MiB", filled("{\"a\":[", "0,", "0]}", 16 * MIB)),
        ("backbone_config", "an array of numbers, 2 MiB", filled("{\"a\":[", "0,", "0]}", 2 * MIB)),
        ("backbone_config", "empty arrays", filled("{\"a\":[", "[],", "0]}", 16 * MIB)),
        ("backbone_config", "many keys", numbered("{", |i| format!("\"{i:x}\":0,"), "\"z\":0}", 16 * MIB)),
        ("backbone_config", "many labels", numbered("{\"id2label\":{", |i| format!("\"{i}\":\"LABEL_{i}\","), "\"a\":\"\"}}", 16 * MIB)),
        ("adapter_config", "an array of numbers", filled("{\"name\":[", "0,", "0]}", 16 * MIB)),
        ("head_config", "an array of objects", filled("{\"name\":[", "{\"\":0},", "0]}", 16 * MIB)),
        ("head_config", "a million labels", b"{\"config\":{\"head_type\":\"classification\",\"num_labels\":1000000,\"label2id\":{\"a\":0}},\"name\":\"a\"}".to_vec()),
        ("shard_index", "many tensors", numbered("{\"weight_map\":{", |i| format!("\"{i:x}\":\"a.safetensors\","), "\"z\":\"b.safetensors\"}}", 16 * MIB)),
        ("tokenizer_json", "an array of numbers", filled("{\"a\":[", "0,", "0]}", 64 * MIB)),
        ("tokenizer_json", "a component of numbers", filled("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}},\"normalizer\":[", "0,", "0]}", 64 * MIB)),
        ("tokenizer_json", "a vocabulary of short tokens", numbered("{\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"0\",\"continuing_subword_prefix\":\"#\",\"max_input_chars_per_word\":9,\"vocab\":{", |i| format!("\"{i:x}\":{},", i % 1000), "\"z\":0}}}", 64 * MIB)),
        ("tokenizer_json", "merges", filled("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[", "\"a a\",", "\"a a\"]}}", 64 * MIB)),
        ("tokenizer_json", "added tokens", numbered("{\"added_tokens\":[", |i| format!("{{\"id\":{i},\"content\":\"{i}\"}},"), "0]}", 64 * MIB)),
        ("vocab_json", "short tokens", numbered("{", |i| format!("\"{i:x}\":{},", i % 1000), "\"z\":0}", 64 * MIB)),
        ("merges_txt", "short merges", filled("#version: 0.2\n", "a a\n", "a a", 64 * MIB)),
        ("vocab_txt", "short tokens", numbered("[UNK]\n[CLS]\n[SEP]\n", |i| format!("{i:x}\n"), "", 64 * MIB)),
        ("vocab_txt", "empty lines", filled("[UNK]\n[CLS]\n[SEP]\n", "\n", "a", 64 * MIB)),
        ("tokenizer_config", "an array of numbers", filled("{\"a\":[", "0,", "0]}", 64 * MIB)),
        ("checkpoint", "an array of numbers", safetensors_of(&filled("{\"version\":[", "0,", "0]}", 15 * MIB))),
        ("tsv", "a header of tabs", filled("text\tlabel", "\t", "", 15 * MIB)),
        ("tsv", "a row of tabs", filled("text\tlabel\n", "\t", "", 15 * MIB)),
        ("csv", "a row of commas", filled("text,label\n", ",", "", 15 * MIB)),
        ("jsonl", "an array of numbers", filled("{\"text\":\"\",\"label\":1,\"a\":[", "0,", "0]}", 15 * MIB)),
        ("jsonl", "an array of numbers as the text", filled("{\"label\":1,\"text\":[", "0,", "0]}", 15 * MIB)),
        ("tsv", "a row of labels", filled("text\tlabels\na\t", "a,", "a", 15 * MIB)),
        ("jsonl", "many keys", numbered("{", |i| format!("\"{i:x}\":0,"), "\"z\":0}", 15 * MIB)),
        ("tagged", "empty words", filled("{\"tags\":[],\"tokens\":[", "\"\",", "\"\"]}", 15 * MIB)),
        ("questions", "many empty answers", filled("{\"question\":\"\",\"context\":\"\",\"answers\":{\"answer_start\":[],\"text\":[", "\"\",", "\"\"]}}", MIB)),
        ("questions", "many starts", filled("{\"question\":\"\",\"context\":\"\",\"answers\":{\"text\":[],\"answer_start\":[", "0,", "0]}}", MIB)),
        ("questions", "short questions", filled("", "{\"question\":\"\",\"context\":\"\",\"answers\":[]}\n", "", 15 * MIB)),
        ("questions", "empty choices", filled("{\"question\":\"\",\"label\":0,\"choices\":[", "\"\",", "\"\"]}", 15 * MIB)),
        ("predictions", "short rows", filled("", "{\"text\":\"\",\"scores\":{\"a\":1},\"logits\":[0]}\n", "", 15 * MIB)),
        ("predictions", "many scores", numbered("{\"text\":\"\",\"logits\":[],\"scores\":{", |i| format!("\"{i:x}\":0,"), "\"z\":0}}", 15 * MIB)),
        ("predictions", "many logits", filled("{\"text\":\"\",\"scores\":{\"a\":1},\"logits\":[", "0,", "0]}", 15 * MIB)),
        ("tagged", "short sentences", filled("", "{\"tokens\":[\"\"],\"tags\":[\"a\"]}\n", "", 15 * MIB)),
        ("text", "one long word", filled("", "a", "", MIB)),
        ("text", "one-letter words", filled("", "a ", "", MIB)),
        ("text", "combining marks", filled("e", "\u{301}", "", MIB)),
        ("text", "ideographs", filled("", "\u{4e2d}", "", MIB)),
        ("text", "special tokens", filled("", "[MASK]", "", MIB)),
        ("txt_large", "empty lines", filled("", "\n", "", 64 * MIB)),
        ("tsv_large", "short rows, packed", gzip(&filled("text\tlabel\n", "a\tb\n", "", 64 * MIB))),
    ]
}

/// A safetensors file whose only content is the state of a run.
fn safetensors_of(state: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(state).replace('"', "\\\"");
    let header = format!("{{\"__metadata__\":{{\"graftwork_checkpoint\":\"{text}\"}}}}");
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat()
}

#[test]
fn memory_is_bounded() {
    let only = std::env::var("GRAFTWORK_FUZZ_CASE").unwrap_or_default();
    let mut failed = 0;
    for (target, what, input) in
        cases().into_iter().filter(|(target, what, _)| format!("{target}: {what}").contains(&only))
    {
        let target = TARGETS.iter().chain(LARGE).find(|known| known.name == target).expect("a target");
        let start = std::time::Instant::now();
        let ((), bytes) = peak(|| (target.run)(&input));
        let most = match target.name {
            name if name.ends_with("_large") => MOST,
            // A text while it is encoded: every byte of it remembers where it came from, every token too.
            "text" => 64 * input.len(),
            _ => bound(input.len()).min(MOST),
        };
        let verdict = if bytes > most { "TOO MUCH" } else { "" };
        failed += usize::from(bytes > most);
        println!(
            "{:18} {what:36} {:6.1} MiB file {:8.1} MiB memory {:5.1} s {verdict}",
            target.name,
            input.len() as f64 / MIB as f64,
            bytes as f64 / MIB as f64,
            start.elapsed().as_secs_f64()
        );
    }
    assert_eq!(failed, 0, "inputs that take too much");
}
