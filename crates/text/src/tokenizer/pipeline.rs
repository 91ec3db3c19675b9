//! Text to tokens: added tokens are cut out, the rest is normalized, split into words, and spelled in the vocabulary.

use std::ops::Range;

use super::added::{Finder, Stretch};
use super::encoding::{Encoding, Origin, longest_first};
use super::keys::Keys;
use super::normalized::Normalized;
use super::normalizer::Step;
use super::template::{Piece, Template, special};
use super::wordpiece::WordPiece;
use super::words::{Split, words};

/// The whole way of a text.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// Added tokens that are looked for in the text as written, and in the normalized one.
    pub as_written: Finder,
    pub in_normalized: Finder,
    pub steps: Vec<Step>,
    pub splits: Vec<Split>,
    pub vocab: Keys,
    pub model: WordPiece,
    pub template: Template,
}

/// A token of a text: its id and where it stands.
type Token = (u32, Origin);

impl Pipeline {
    /// The tokens of a text, without what stands around it. `sequence` is its number in a pair.
    pub(super) fn text(&self, text: &str, sequence: u8) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(text.len() / 4);
        self.walk(text, &mut |id, bytes, word| tokens.push(token(id, &bytes, word, sequence)));
        tokens
    }

    /// The tokens of words that are given: each is a text of its own, and all its tokens are of one word.
    pub(super) fn words(&self, words: &[&str], sequence: u8) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(2 * words.len());
        for (word, text) in (0..).zip(words) {
            self.walk(text, &mut |id, bytes, _| tokens.push(token(id, &bytes, word, sequence)));
        }
        tokens
    }

    /// Emits the id of each token, its bytes in `text`, and the number of its word.
    fn walk(&self, text: &str, emit: &mut dyn FnMut(u32, Range<usize>, u32)) {
        let mut word = 0;
        // Added tokens are looked for twice, those to be matched as written and then those to be matched normalized.
        for stretch in self.as_written.cut(text) {
            let chunk = match stretch {
                Stretch::Text(range) => range,
                Stretch::Token(id, range) => {
                    emit(id, range, word);
                    word += 1;
                    continue;
                }
            };
            let mut normalized = Normalized::new(&text[chunk.clone()]);
            self.steps.iter().for_each(|step| step.apply(&mut normalized));
            let mut emit = |id, part: Range<usize>, word| {
                let Range { start, end } = normalized.origin(part);
                emit(id, chunk.start + start..chunk.start + end, word);
            };
            for stretch in self.in_normalized.cut(normalized.text()) {
                match stretch {
                    Stretch::Text(range) => {
                        for Range { start, end } in words(&self.splits, &normalized.text()[range.clone()]) {
                            let start = range.start + start;
                            let text = &normalized.text()[start..range.start + end];
                            self.model.tokenize(&self.vocab, text, &mut |id, piece| {
                                emit(id, start + piece.start..start + piece.end, word);
                            });
                            word += 1;
                        }
                    }
                    Stretch::Token(id, range) => {
                        emit(id, range, word);
                        word += 1;
                    }
                }
            }
        }
    }

    /// The template for one text or two.
    pub(super) fn pieces(&self, texts: usize) -> &[Piece] {
        if texts == 1 { &self.template.single } else { &self.template.pair }
    }

    /// Puts what stands around them to one text or two, of which at most as much is kept as `max_length` has room for.
    pub(super) fn frame(&self, texts: &[Vec<Token>], max_length: usize) -> Encoding {
        let pieces = self.pieces(texts.len());
        let room = max_length.saturating_sub(special(pieces));
        let lengths = [texts[0].len(), texts.get(1).map_or(0, Vec::len)];
        let kept = longest_first(lengths[0], lengths[1], room);
        let mut encoding = Encoding { truncated: kept != lengths.into(), ..Encoding::default() };
        for piece in pieces {
            let mut push = |id, type_id, origin| {
                encoding.ids.push(id);
                encoding.type_ids.push(type_id);
                encoding.origins.push(origin);
            };
            match *piece {
                Piece::Special { id, type_id } => push(id, type_id, None),
                Piece::Text { sequence, type_id } => {
                    let kept = if sequence == 0 { kept.0 } else { kept.1 };
                    for (id, origin) in &texts[usize::from(sequence)][..kept] {
                        push(*id, type_id, Some(*origin));
                    }
                }
            }
        }
        encoding
    }
}

fn token(id: u32, bytes: &Range<usize>, word: u32, sequence: u8) -> Token {
    (id, Origin { start: bytes.start as u32, end: bytes.end as u32, word, sequence })
}
