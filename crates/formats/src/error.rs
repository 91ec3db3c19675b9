//! The one error of this crate. Every message says what is wrong, where, and what to do about it.

use std::path::Path;

/// What may go wrong while models and adapters come from or go to files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("cannot {action} {file}: {source}")]
    Io {
        /// What was tried: "read", "create", "rename", ...
        action: &'static str,
        /// The file or directory.
        file: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A file is not JSON, or not a JSON object.
    #[error("{file} is not a valid JSON object: {problem}", problem = printable(.problem))]
    Json {
        /// The file.
        file: String,
        /// What the parser found, with line and column.
        problem: String,
    },
    /// A configuration key is missing or holds a value that makes no sense.
    #[error("{file}: `{key}` {problem}", key = printable(.key), problem = printable(.problem))]
    Config {
        /// The file.
        file: String,
        /// The key at fault.
        key: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// The file is valid, but asks for something this program does not do.
    #[error("{file}: {what} is not supported; supported: {supported}", what = printable(.what))]
    Unsupported {
        /// The file.
        file: String,
        /// What it asks for.
        what: String,
        /// What it might ask for instead.
        supported: String,
    },
    /// A length exceeds the bound that keeps memory in check.
    #[error("{file}: {what} is {found} bytes, more than the {limit} that are accepted")]
    TooLarge {
        /// The file.
        file: String,
        /// Which part of it.
        what: &'static str,
        /// Its length in bytes.
        found: u64,
        /// The greatest accepted length in bytes.
        limit: u64,
    },
    /// A file is damaged, truncated or of another format than its name says.
    #[error("{file} is not a usable {format} file: {problem}", problem = printable(.problem))]
    Format {
        /// The file.
        file: String,
        /// "safetensors", "PyTorch weights", ...
        format: &'static str,
        /// What is wrong, where, and what to do.
        problem: String,
    },
    /// A file that must be there is not.
    #[error("{place}: {problem}", problem = printable(.problem))]
    MissingFile {
        /// The directory or set of files that was searched.
        place: String,
        /// What was looked for and what to do.
        problem: String,
    },
    /// A tensor that the configuration asks for is not in the weights.
    #[error("{file}: tensor `{tensor}` of shape {expected:?} is missing; {hint}", tensor = printable(.tensor))]
    MissingTensor {
        /// The file or directory.
        file: String,
        /// The tensor's canonical name.
        tensor: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// What to look at.
        hint: &'static str,
    },
    /// A tensor's shape is not the one that the configuration implies.
    #[error("{file}: tensor `{tensor}` has shape {found:?}, but the configuration asks for {expected:?}", tensor = printable(.tensor))]
    WrongShape {
        /// The file or directory.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// The shape that the configuration implies.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor has values that nothing can be computed with.
    #[error("{file}: tensor `{tensor}` has values that are infinite or not numbers; its training diverged, or the file is damaged", tensor = printable(.tensor))]
    NotFinite {
        /// The file or directory.
        file: String,
        /// The tensor's canonical name.
        tensor: String,
    },
    /// A tensor is stored in a number format that is not read.
    #[error("{file}: tensor `{tensor}` is stored as {found}; supported: F32, F16, BF16 (convert the weights first)", tensor = printable(.tensor))]
    WrongDtype {
        /// The file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// The number format in the file.
        found: String,
    },
    /// A tensor is there that the configuration has no place for.
    #[error("{file}: tensor `{tensor}` has no place in this configuration; {hint}", tensor = printable(.tensor))]
    UnexpectedTensor {
        /// The file.
        file: String,
        /// The tensor's name in the file.
        tensor: String,
        /// What the configuration would have to say.
        hint: &'static str,
    },
    /// Two tensors claim to be the same one.
    #[error("{file}: tensor `{tensor}` is there twice: {problem}", problem = printable(.problem), tensor = printable(.tensor))]
    DuplicateTensor {
        /// The file or directory.
        file: String,
        /// The canonical name that both map to.
        tensor: String,
        /// Where the two are.
        problem: String,
    },
    /// The adapter was trained on other backbone weights than those it is to run on.
    #[error(
        "adapter `{adapter}` was trained on the backbone with fingerprint {expected}, but this backbone has {found}; \
         load the right backbone, or override the check if you know that they are equivalent"
    )]
    OtherBackbone {
        /// The adapter's name.
        adapter: String,
        /// The fingerprint in the adapter.
        expected: String,
        /// The fingerprint of the backbone at hand.
        found: String,
    },
    /// The weights are not those that the configuration beside them was saved with.
    #[error(
        "{file}: the weights differ from those this configuration was saved with ({expected}, found {found}): the last \
         save was interrupted, or a file was changed since; save the adapter again, or delete `weights_sha256` from \
         the `graftwork` section of its configuration to accept the files as they are"
    )]
    MixedFiles {
        /// The directory or file.
        file: String,
        /// The digest in the configuration.
        expected: String,
        /// The digest of the weights.
        found: String,
    },
}

/// The result of everything fallible in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Io`] about `path`; made for `map_err`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let file = path.display().to_string();
        move |source| Self::Io { action, file, source }
    }

    /// An [`Error::Config`].
    pub fn config(file: &str, key: &str, problem: impl Into<String>) -> Self {
        Self::Config { file: file.to_owned(), key: key.to_owned(), problem: problem.into() }
    }

    /// An [`Error::Unsupported`].
    pub fn unsupported(file: &str, what: impl Into<String>, supported: impl Into<String>) -> Self {
        Self::Unsupported { file: file.to_owned(), what: what.into(), supported: supported.into() }
    }

    /// An [`Error::Format`] of a safetensors file.
    pub fn safetensors(file: &str, problem: impl Into<String>) -> Self {
        Self::Format { file: file.to_owned(), format: "safetensors", problem: problem.into() }
    }

    /// An [`Error::Format`] of a `.bin` file as PyTorch writes it.
    pub fn torch(file: &str, problem: impl Into<String>) -> Self {
        Self::Format { file: file.to_owned(), format: "PyTorch weights", problem: problem.into() }
    }
}

/// `text` fit for a terminal: what files say may hold control characters and be of any length.
fn printable(text: &str) -> String {
    const LONGEST: usize = 500;
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    let dots = if end < text.len() { "..." } else { "" };
    text[..end].chars().map(escaped).chain([dots.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_say_cannot_command_the_terminal_or_fill_it() {
        let (file, hint) = ("f".to_owned(), "h");
        let message = Error::UnexpectedTensor { file, tensor: "\u{1b}[2J\n".to_owned(), hint }.to_string();
        assert_eq!(message, "f: tensor `\\u{1b}[2J\\n` has no place in this configuration; h");
        assert!(Error::config("f", "k", "x".repeat(10_000)).to_string().len() < 600);
        assert_eq!(printable("é and ü"), "é and ü");
    }
}
