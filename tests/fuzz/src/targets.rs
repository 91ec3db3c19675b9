//! The parsers.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;

use graftwork_formats::{BackboneConfig, Checkpoint, SafetensorsFile, WeightSource};
use graftwork_model::{AdapterFile, adapterhub};
use graftwork_text::data::for_each_chunk;
use graftwork_text::data::{InputKind, Predictions};
use graftwork_text::{
    ChoiceDataset, Dataset, Format, MultiLabelDataset, QuestionDataset, ReadOptions, ScoredDataset, TaggedDataset,
    Tokenizer, VocabOptions,
};
use graftwork_train::checkpoint::RunState;

use crate::dictionaries::{ASKED, BACKBONE, HEADER, JSON, PICKLE, PREDICTIONS, TABLE, TOKENIZER};

/// A parser and what it is fed with.
pub struct Target {
    /// Its name, and the folder of its corpus.
    pub name: &'static str,
    /// Good inputs, in `tests`.
    pub seeds: &'static [&'static str],
    /// Words of the format.
    pub dictionary: &'static [&'static [u8]],
    /// The longest input.
    pub longest: usize,
    /// The parser; what it answers is dropped.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "torch_archive",
        seeds: &["data/metaphor-adapter/pytorch_adapter.bin", "golden/tiny-cases/ln_before/pytorch_adapter.bin"],
        dictionary: PICKLE,
        longest: 64 << 10,
        run: |input| adapter_with("pytorch_adapter.bin", input),
    },
    Target {
        name: "torch_pickle",
        seeds: &[],
        dictionary: PICKLE,
        longest: 16 << 10,
        run: |input| adapter_with("pytorch_adapter.bin", &archive_of(input)),
    },
    Target {
        name: "safetensors",
        seeds: &["golden/tiny-cases/seq_bn-flex/adapter.safetensors"],
        dictionary: HEADER,
        longest: 64 << 10,
        run: read_safetensors,
    },
    Target {
        name: "safetensors_header",
        seeds: &[],
        dictionary: HEADER,
        longest: 16 << 10,
        run: |input| read_safetensors(&[&(input.len() as u64).to_le_bytes()[..], input, &[0; 64]].concat()),
    },
    Target {
        name: "single_file",
        seeds: &[],
        dictionary: JSON,
        longest: 64 << 10,
        run: |input| drop(AdapterFile::from_bytes("adapter.safetensors", input)),
    },
    Target {
        name: "adapter_config",
        seeds: &[
            "data/metaphor-adapter/adapter_config.json",
            "golden/tiny-cases/double_seq_bn-rf-map/adapter_config.json",
            "golden/distilbert-cases/seq_bn-static/adapter_config.json",
        ],
        dictionary: JSON,
        longest: 16 << 10,
        run: |input| adapter_with("adapter_config.json", input),
    },
    Target {
        name: "head_config",
        seeds: &["data/metaphor-adapter/head_config.json", "golden/tiny-cases/seq_bn-static/head_config.json"],
        dictionary: JSON,
        longest: 16 << 10,
        run: |input| adapter_with("head_config.json", input),
    },
    Target {
        name: "lora_config",
        seeds: &[
            "golden/lora-cases/everywhere/adapter_config.json",
            "golden/lora-cases/leave_out-0/adapter_config.json",
            "golden/lora-cases/defaults-flex/adapter_config.json",
        ],
        dictionary: JSON,
        longest: 16 << 10,
        run: |input| {
            let weights = test_file("golden/lora-cases/everywhere/adapter.safetensors");
            let files = [("adapter_config.json", input.to_vec()), ("adapter.safetensors", weights)];
            drop(adapterhub::from_files("adapter", &files.map(|(name, bytes)| (name.to_owned(), bytes)).into()));
        },
    },
    Target {
        name: "backbone_config",
        seeds: &[
            "golden/tiny-bert/config.json",
            "golden/tiny-roberta/config.json",
            "golden/tiny-distilbert/config.json",
            "golden/tiny-electra/config.json",
        ],
        dictionary: BACKBONE,
        longest: 16 << 10,
        run: |input| {
            if let Ok(config) = BackboneConfig::from_json("config.json", input) {
                assert!(config.max_length() > 0);
                drop(config.tensor_specs());
            }
        },
    },
    Target {
        name: "shard_index",
        seeds: &["golden/tiny-bert-sharded/model.safetensors.index.json"],
        dictionary: JSON,
        longest: 16 << 10,
        run: |input| {
            let open = |name: &str| Ok((name == "model.safetensors.index.json").then(|| Cursor::new(input.to_vec())));
            drop(Checkpoint::open_files(Path::new("backbone"), &TINY_CONFIG, &open));
        },
    },
    Target {
        name: "checkpoint",
        seeds: &[],
        dictionary: JSON,
        longest: 16 << 10,
        run: |input| drop(RunState::from_bytes("checkpoint", input, 4)),
    },
    Target {
        name: "tokenizer_json",
        seeds: &[
            "golden/tiny-bert/tokenizer.json",
            "golden/tiny-roberta/tokenizer.json",
            "golden/unigram/tokenizer.json",
        ],
        dictionary: TOKENIZER,
        longest: 64 << 10,
        run: |input| encode(Tokenizer::from_json(input)),
    },
    Target {
        name: "vocab_txt",
        seeds: &["golden/tiny-bert/vocab.txt"],
        dictionary: &[b"[CLS]\n", b"[SEP]\n", b"[UNK]\n", b"\n", b"\r", b"##", b"\xef\xbb\xbf"],
        longest: 16 << 10,
        run: |input| encode(Tokenizer::from_vocab(&String::from_utf8_lossy(input), &VocabOptions::default())),
    },
    Target {
        name: "vocab_json",
        seeds: &["golden/tiny-roberta/vocab.json"],
        dictionary: TOKENIZER,
        longest: 16 << 10,
        run: |input| encode(Tokenizer::from_merges(input, &text("golden/tiny-roberta/merges.txt"), false)),
    },
    Target {
        name: "merges_txt",
        seeds: &["golden/tiny-roberta/merges.txt"],
        dictionary: &[b"\n", b" ", b"#version: 0.2\n", b"\xc4\xa0", b"\xc4\xa0t h"],
        longest: 16 << 10,
        run: |input| {
            let vocab = test_file("golden/tiny-roberta/vocab.json");
            encode(Tokenizer::from_merges(&vocab, &String::from_utf8_lossy(input), true));
        },
    },
    Target {
        name: "tokenizer_config",
        seeds: &["golden/tiny-bert/tokenizer_config.json"],
        dictionary: &[b"\"do_lower_case\":", b"true", b"null", b"\"strip_accents\":", b"[[", b"{\"a\":"],
        longest: 16 << 10,
        run: |input| {
            let open = |name: &str| match name {
                "tokenizer_config.json" => Ok(Some(input.to_vec())),
                "vocab.txt" => Ok(Some(b"[UNK]\n[CLS]\n[SEP]\na".to_vec())),
                _ => Ok(None),
            };
            encode(Tokenizer::from_files(Path::new("backbone"), &open));
        },
    },
    Target {
        name: "text",
        seeds: &["golden/README.md"],
        dictionary: &[b"[CLS]", b"[MASK]", b"\xcc\x81", b"\xe4\xb8\xad", b"\xf0\x9f\x91\xa9\xe2\x80\x8d", b"\0"],
        longest: 16 << 10,
        run: |input| {
            let text = String::from_utf8_lossy(input);
            drop(TINY_TOKENIZER.encode(&text, 64));
            drop(TINY_TOKENIZER.encode_pair("first", &text, 64));
            drop(TINY_TOKENIZER.encode_words(&text.split(' ').collect::<Vec<_>>(), 64));
        },
    },
    Target {
        name: "tsv",
        seeds: &[],
        dictionary: TABLE,
        longest: 16 << 10,
        run: |input| read_table(Format::Tsv, input),
    },
    Target {
        name: "csv",
        seeds: &[],
        dictionary: TABLE,
        longest: 16 << 10,
        run: |input| read_table(Format::Csv, input),
    },
    Target {
        name: "jsonl",
        seeds: &[],
        dictionary: TABLE,
        longest: 16 << 10,
        run: |input| read_table(Format::Jsonl, input),
    },
    Target {
        name: "txt",
        seeds: &[],
        dictionary: TABLE,
        longest: 16 << 10,
        run: |input| read_table(Format::Txt, input),
    },
    Target {
        name: "questions",
        seeds: &[],
        dictionary: ASKED,
        longest: 16 << 10,
        run: |input| {
            let options = ReadOptions { format: Some(Format::Jsonl), ..ReadOptions::default() };
            if let Ok(read) = QuestionDataset::from_bytes("data", input, &options) {
                for question in &read.questions {
                    drop(TINY_TOKENIZER.encode_windows(&question.question, &question.context, 16, (5, 16)));
                    let is_there = |bytes: &std::ops::Range<usize>| question.context.get(bytes.clone()).is_some();
                    assert!(question.answers.iter().all(is_there));
                }
            }
            drop(ChoiceDataset::from_bytes("data", input, &options));
            for inputs in [InputKind::Questions, InputKind::Choices] {
                let options = ReadOptions { inputs, ..options.clone() };
                drop(for_each_chunk("data", input, &options, 3, &mut |_| ControlFlow::Continue(())));
            }
        },
    },
    Target {
        name: "predictions",
        seeds: &[],
        dictionary: PREDICTIONS,
        longest: 16 << 10,
        run: |input| drop(Predictions::from_reader("data", input)),
    },
    Target {
        name: "tagged",
        seeds: &[],
        dictionary: TABLE,
        longest: 16 << 10,
        run: |input| {
            drop(TaggedDataset::from_bytes("data.jsonl", input, &ReadOptions::default()));
            let options = ReadOptions { format: Some(Format::Jsonl), ..ReadOptions::default() };
            drop(for_each_chunk("data", input, &options, 3, &mut |_| ControlFlow::Continue(())));
        },
    },
];

/// Readers of data sets with no bound of their own on what is unpacked, for large inputs.
pub const LARGE: &[Target] = &[
    Target {
        name: "txt_large",
        seeds: &[],
        dictionary: TABLE,
        longest: 0,
        run: |input| read_large(Format::Txt, input),
    },
    Target {
        name: "tsv_large",
        seeds: &[],
        dictionary: TABLE,
        longest: 0,
        run: |input| read_large(Format::Tsv, input),
    },
];

/// The published adapter with one of its files exchanged.
fn adapter_with(name: &str, bytes: &[u8]) {
    static FILES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
        let names = ["adapter_config.json", "pytorch_adapter.bin", "head_config.json", "pytorch_model_head.bin"];
        names.map(|name| (name.to_owned(), test_file(&format!("data/metaphor-adapter/{name}")))).into()
    });
    let mut files = FILES.clone();
    files.insert(name.to_owned(), bytes.to_vec());
    drop(adapterhub::from_files("adapter", &files));
}

/// An archive as PyTorch writes it around this pickle, so that its checksums are right.
fn archive_of(pickle: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [("a/data.pkl", pickle), ("a/data/0", &[0; 64]), ("a/data/1", &[0; 4])] {
        zip.start_file(name, stored).expect("an entry in memory");
        zip.write_all(bytes).expect("bytes in memory");
    }
    zip.finish().expect("an archive in memory").into_inner()
}

fn read_safetensors(input: &[u8]) {
    if let Ok(mut file) = SafetensorsFile::open("model.safetensors", Cursor::new(input)) {
        let names: Vec<String> = file.names().map(str::to_owned).collect();
        names.iter().for_each(|name| drop(file.read(name)));
    }
    if let Ok(mut checkpoint) = Checkpoint::from_bytes("model.safetensors", input, &TINY_CONFIG) {
        let names = checkpoint.names();
        names.iter().for_each(|name| drop(checkpoint.read(name)));
    }
}

fn encode(tokenizer: graftwork_text::Result<Tokenizer>) {
    if let Ok(tokenizer) = tokenizer {
        drop(tokenizer.encode("[CLS] Hello, wörld! 中 hello##s\u{301}", 32));
    }
}

fn read_table(format: Format, input: &[u8]) {
    // What counts is what was unpacked: 3 KB of gzip may be a line of 16 MiB.
    let max_bytes = input.len().max(4 << 20) as u64;
    for read_labels in [true, false] {
        let options = ReadOptions { format: Some(format), read_labels, max_bytes, ..ReadOptions::default() };
        drop(Dataset::from_bytes("data", input, &options));
        drop(TaggedDataset::from_bytes("data", input, &options));
    }
    let options = ReadOptions { format: Some(format), max_bytes, ..ReadOptions::default() };
    let pairs = ReadOptions { text_pair_column: Some("text_b".to_owned()), ..options.clone() };
    for options in [options, pairs] {
        drop(MultiLabelDataset::from_bytes("data", input, &options));
        if let Ok(found) = ScoredDataset::from_bytes("data", input, &options) {
            assert!(found.examples.iter().all(|example| example.score.is_finite()));
        }
    }
}

fn read_large(format: Format, input: &[u8]) {
    let options = ReadOptions { format: Some(format), read_labels: format != Format::Txt, ..ReadOptions::default() };
    drop(Dataset::from_bytes("data", input, &options));
    drop(TaggedDataset::from_bytes("data", input, &options));
}

static TINY_CONFIG: LazyLock<BackboneConfig> = LazyLock::new(|| {
    BackboneConfig::from_json("config.json", &test_file("golden/tiny-bert/config.json")).expect("a golden")
});

static TINY_TOKENIZER: LazyLock<Tokenizer> =
    LazyLock::new(|| Tokenizer::from_json(&test_file("golden/tiny-bert/tokenizer.json")).expect("a golden"));

fn text(name: &str) -> String {
    String::from_utf8(test_file(name)).expect("a golden text")
}

fn test_file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
