//! Text to tokens: added tokens are cut out, the rest is normalized, split into words, and spelled in the vocabulary.

use std::borrow::Cow;
use std::ops::Range;

use super::added::{Finder, Stretch};
use super::bpe::Bpe;
use super::coverage::Coverage;
use super::encoding::{Encoding, Extent, Origin};
use super::keys::Keys;
use super::normalized::Normalized;
use super::normalizer::Step;
use super::template::{Piece, Template, special};
use super::trim::Spaces;
use super::unigram::Unigram;
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
    Unigram(Unigram),
}

impl Model {
    fn tokenize(&self, vocab: &Keys, word: &str, emit: &mut dyn FnMut(u32, Range<usize>)) {
        match self {
            Self::WordPiece(model) => model.tokenize(vocab, word, emit),
            Self::Bpe(model) => model.tokenize(word, emit),
            Self::Unigram(model) => model.tokenize(vocab, word, emit),
        }
    }

    /// Whether the token stands for a word that cannot be spelled. Bytes always can.
    fn is_unknown(&self, id: u32) -> bool {
        match self {
            Self::WordPiece(model) => model.unknown == id,
            Self::Bpe(_) => false,
            Self::Unigram(model) => model.unknown == id,
        }
    }
}

/// A token of a text: its id and where it stands.
type Token = (u32, Origin);

/// The tokens of a text, without what stands around it.
pub(super) struct Spelled {
    /// Those that are kept: the first ones.
    pub tokens: Vec<Token>,
    most: usize,
    /// How many there are.
    pub count: usize,
    pub coverage: Coverage,
}

impl Spelled {
    fn new(expected: usize, most: usize) -> Self {
        Self { tokens: Vec::with_capacity(expected.min(most)), most, count: 0, coverage: Coverage::default() }
    }

    fn push(&mut self, token: impl FnOnce(bool) -> Token) {
        if self.tokens.len() < self.most {
            self.tokens.push(token(self.count == 0));
        }
        self.count += 1;
    }
}

impl Pipeline {
    /// Spells a text, of which the first `most` tokens are kept and all counted. `sequence` is its number in a pair.
    pub(super) fn text(&self, text: &str, sequence: u8, most: usize) -> Spelled {
        let mut spelled = Spelled::new(text.len() / 4, most);
        self.walk(text, self.prefix_space, &mut spelled);
        for (_, origin) in &mut spelled.tokens {
            origin.sequence = sequence;
        }
        spelled
    }

    /// The same of words that are given: each is a text of its own, and all its tokens are of one word. Where tokens
    /// carry spaces, each word gets one.
    pub(super) fn words(&self, words: &[&str], sequence: u8, most: usize) -> Spelled {
        let mut spelled = Spelled::new(2 * words.len(), most);
        for (word, text) in (0..).zip(words) {
            let before = spelled.tokens.len();
            self.walk(text, matches!(self.model, Model::Bpe(_)), &mut spelled);
            for (_, origin) in &mut spelled.tokens[before..] {
                (origin.word, origin.sequence) = (word, sequence);
            }
        }
        spelled
    }

    /// Adds the tokens of a text: their bytes in it, and their words, counted from 0.
    fn walk(&self, text: &str, prefix_space: bool, spelled: &mut Spelled) {
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
                    let spaces = Spaces::of_text(&text[range.clone()]);
                    spelled.push(|first| token(id, trim(range, spaces, first), word));
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
                        spelled.push(|first| token(id, trim(origin(range), spaces, first), word));
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
                    let (before, mut last) = (spelled.count, 0);
                    self.model.tokenize(&self.vocab, &run[part.clone()], &mut |id, piece| {
                        last = id;
                        spelled.push(|first| {
                            let (start, end) = (part.start + piece.start, part.start + piece.end);
                            let bytes = origin(place(start)..place(end).max(place(start) + 1));
                            let spaces = Spaces::of_bytes(&run.as_bytes()[start..end]);
                            token(id, trim(bytes, spaces, first), word)
                        });
                    });
                    spelled.coverage.add(&run[part], spelled.count - before, self.model.is_unknown(last));
                    word += 1;
                }
            }
        }
    }

    /// The template for one text or two.
    pub(super) fn pieces(&self, texts: usize) -> &[Piece] {
        if texts == 1 { &self.template.single } else { &self.template.pair }
    }

    /// Puts what stands around them to one text or two, of each of which `parts` are kept; `read` tokens of them are in this
    /// sequence or another one.
    pub(super) fn frame(&self, texts: &[Spelled], parts: &[&[Range<usize>]], read: usize) -> Encoding {
        let pieces = self.pieces(texts.len());
        let special = special(pieces);
        let tokens = texts.iter().map(|text| text.count).sum::<usize>() + special;
        let coverage = texts.iter().map(|text| text.coverage).reduce(Coverage::and).unwrap_or_default();
        let mut encoding = Encoding { of: Extent { tokens, read: read + special, coverage }, ..Encoding::default() };
        for piece in pieces {
            let mut push = |id, type_id, origin| {
                encoding.ids.push(id);
                encoding.type_ids.push(type_id);
                encoding.origins.push(origin);
            };
            match *piece {
                Piece::Special { id, type_id } => push(id, type_id, None),
                Piece::Text { sequence, type_id } => {
                    let sequence = usize::from(sequence);
                    for (id, origin) in parts[sequence].iter().flat_map(|part| &texts[sequence].tokens[part.clone()]) {
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
