//! WordPiece, BERT's model: of a word the longest beginning that is in the vocabulary, then of the rest the longest
//! that is there as a continuation (`##ing`), and so on. A word that cannot be spelled so is one unknown token.

use std::ops::Range;

use super::keys::{Branch, Keys};

#[derive(Debug)]
pub(super) struct WordPiece {
    /// Where the search for a beginning and for a continuation starts.
    beginning: Branch,
    continuation: Branch,
    pub(super) unknown: u32,
    /// Longer words are unknown, in characters.
    longest: usize,
    /// What continuations begin with.
    pub(super) prefix: Box<str>,
}

impl WordPiece {
    pub(super) fn new(vocab: &Keys, prefix: &str, unknown: u32, longest: usize) -> Self {
        Self {
            beginning: vocab.branch(b""),
            continuation: vocab.branch(prefix.as_bytes()),
            unknown,
            longest,
            prefix: prefix.into(),
        }
    }

    /// Emits the tokens of a word with the bytes that each stands for.
    pub(super) fn tokenize(&self, vocab: &Keys, word: &str, emit: &mut dyn FnMut(u32, Range<usize>)) {
        let mut pieces = Vec::new();
        let mut start = 0;
        let spelled = word.chars().take(self.longest + 1).count() <= self.longest;
        while spelled && start < word.len() {
            let branch = if start == 0 { &self.beginning } else { &self.continuation };
            let Some((length, id)) = vocab.longest(branch, &word.as_bytes()[start..]) else { break };
            pieces.push((id, start..start + length));
            start += length;
        }
        if start < word.len() {
            return emit(self.unknown, 0..word.len());
        }
        for (id, range) in pieces {
            emit(id, range);
        }
    }
}
