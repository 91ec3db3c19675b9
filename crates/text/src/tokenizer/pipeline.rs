//! Text to tokens: added tokens are cut out, the rest is normalized, split into words, and spelled in the vocabulary.

use std::borrow::Cow;
use std::ops::Range;

use super::added::{Finder, Stretch};
use super::bpe::Bpe;
use super::encoding::{Encoding, Origin, longest_first};
use super::keys::Keys;
use super::normalized::Normalized;
use super::normalizer::Step;
use super::template::{Piece, Template, special};
use super::trim::Spaces;
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
    /// Byte-level tokens carry the space before their word: also the first word of a text gets one.
    pub prefix_space: bool,
    pub vocab: Keys,
    pub model: Model,
    pub template: Template,
}

/// How a word is spelled in the vocabulary.
#[derive(Debug)]
pub(super) enum Model {
    WordPiece(WordPiece),
    Bpe(Bpe),
}

impl Model {
    fn tokenize(&self, vocab: &Keys, word: &str, emit: &mut dyn FnMut(u32, Range<usize>)) {
        match self {
            Self::WordPiece(model) => model.tokenize(vocab, word, emit),
            Self::Bpe(model) => model.tokenize(word, emit),
        }
    }
}

/// A token of a text: its id and where it stands.
type Token = (u32, Origin);

impl Pipeline {
    /// The tokens of a text, without what stands around it. `sequence` is its number in a pair. After more than `most`
    /// tokens nothing is spelled any more: it would be cut off.
    pub(super) fn text(&self, text: &str, sequence: u8, most: usize) -> Vec<Token> {
        let mut tokens = Vec::with_capacity((text.len() / 4).min(most));
        self.walk(text, self.prefix_space, most, &mut tokens);
        for (_, origin) in &mut tokens {
            origin.sequence = sequence;
        }
        tokens
    }

    /// The tokens of words that are given: each is a text of its own, and all its tokens are of one word. Where tokens
    /// carry spaces, each word gets one.
    pub(super) fn words(&self, words: &[&str], sequence: u8, most: usize) -> Vec<Token> {
        let mut tokens = Vec::with_capacity((2 * words.len()).min(most));
        for (word, text) in (0..).zip(words) {
            let before = tokens.len();
            if before > most {
                break;
            }
            self.walk(text, matches!(self.model, Model::Bpe(_)), most, &mut tokens);
            for (_, origin) in &mut tokens[before..] {
                (origin.word, origin.sequence) = (word, sequence);
            }
        }
        tokens
    }

    /// Adds the tokens of a text: their bytes in it, and their words, counted from 0.
    fn walk(&self, text: &str, prefix_space: bool, most: usize, tokens: &mut Vec<Token>) {
        let mut word = 0;
        let trim = |bytes: Range<usize>, spaces: Spaces, first: bool| {
            let added_first = prefix_space && (first || bytes.start == 0);
            if self.template.trim { spaces.trim(text, bytes, added_first) } else { bytes }
        };
        // Added tokens are looked for twice, those to be matched as written and then those to be matched normalized.
        for stretch in self.as_written.cut(text) {
            let chunk = match stretch {
                Stretch::Text(range) => range,
                Stretch::Token(id, range) => {
                    let bytes = trim(range.clone(), Spaces::of_text(&text[range]), tokens.is_empty());
                    tokens.push(token(id, bytes, word));
                    word += 1;
                    continue;
                }
            };
            let mut normalized = Normalized::new(&text[chunk.clone()]);
            self.steps.iter().for_each(|step| step.apply(&mut normalized));
            let origin = |range| {
                let Range { start, end } = normalized.origin(range);
                chunk.start + start..chunk.start + end
            };
            for stretch in self.in_normalized.cut(normalized.text()) {
                let range = match stretch {
                    Stretch::Text(range) => range,
                    Stretch::Token(id, range) => {
                        let spaces = Spaces::of_text(&normalized.text()[range.clone()]);
                        tokens.push(token(id, trim(origin(range), spaces, tokens.is_empty()), word));
                        word += 1;
                        continue;
                    }
                };
                let mut run = Cow::Borrowed(&normalized.text()[range.clone()]);
                let spaced = prefix_space && !run.starts_with(' ');
                if spaced {
                    run.to_mut().insert(0, ' ');
                }
                // The space that is not there belongs to the first character.
                let place = |at: usize| range.start + at.saturating_sub(spaced.into());
                for part in words(&self.splits, &run) {
                    if tokens.len() > most {
                        return;
                    }
                    self.model.tokenize(&self.vocab, &run[part.clone()], &mut |id, piece| {
                        let (start, end) = (part.start + piece.start, part.start + piece.end);
                        let bytes = origin(place(start)..place(end).max(place(start) + 1));
                        let spaces = Spaces::of_bytes(&run.as_bytes()[start..end]);
                        tokens.push(token(id, trim(bytes, spaces, tokens.is_empty()), word));
                    });
                    word += 1;
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

fn token(id: u32, bytes: Range<usize>, word: u32) -> Token {
    (id, Origin { start: bytes.start as u32, end: bytes.end as u32, word, sequence: 0 })
}
