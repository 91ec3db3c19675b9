//! Unigram, the model of SentencePiece and of XLM-R: of all ways to cut a word into tokens the one whose scores (logarithms
//! of probabilities) have the largest sum (Kudo 2018, "Subword Regularization"), found by Viterbi's algorithm.

use std::ops::Range;

use super::keys::{Branch, Keys};

/// What stands for the space before a word, the "lower one eighth block".
pub(super) const SPACE: char = '\u{2581}';
/// So much less than the least of all scores an unknown character has.
const PENALTY: f64 = 10.0;

#[derive(Debug)]
pub(super) struct Unigram {
    /// Where the search for a token starts.
    all: Branch,
    /// Of each id.
    scores: Vec<f64>,
    pub(super) unknown: u32,
    unknown_score: f64,
}

/// The best way to a place in a word: its score, and its last token with where that begins.
#[derive(Clone, Copy)]
struct Way {
    score: f64,
    last: Option<(u32, usize)>,
}

impl Unigram {
    /// A score for each token of the vocabulary, by id.
    pub(super) fn new(vocab: &Keys, scores: Vec<f64>, unknown: u32) -> Self {
        let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
        Self { all: vocab.branch(b""), scores, unknown, unknown_score: least - PENALTY }
    }

    /// Emits the tokens of a word with the bytes that each stands for. Every word is spelled with the sign for a space before it,
    /// in the place of a space if it has one; without one the sign stands for no bytes.
    pub(super) fn tokenize(&self, vocab: &Keys, word: &str, emit: &mut dyn FnMut(u32, Range<usize>)) {
        let letters = word.strip_prefix([' ', SPACE]).unwrap_or(word);
        let spelled = format!("{SPACE}{letters}");
        let place = |at: usize| (at + word.len()).saturating_sub(spelled.len()).min(at);
        let mut end = spelled.len();
        let mut tokens = Vec::new();
        let ways = self.ways(vocab, &spelled);
        while let Some((id, start)) = ways[end].last {
            match tokens.last_mut() {
                // Unknown characters that follow each other are one token.
                Some((next, range @ Range { .. })) if *next == self.unknown && id == self.unknown => {
                    range.start = start
                }
                _ => tokens.push((id, start..end)),
            }
            end = start;
        }
        for (id, Range { start, end }) in tokens.into_iter().rev() {
            emit(id, place(start)..place(end));
        }
    }

    /// The best way to each byte at which a token ends.
    fn ways(&self, vocab: &Keys, word: &str) -> Vec<Way> {
        let mut ways = vec![Way { score: 0.0, last: None }; word.len() + 1];
        for (start, c) in word.char_indices() {
            let here = ways[start].score;
            let mut go = |length: usize, id: u32, score: f64| {
                let way = &mut ways[start + length];
                // Of equal ones the longer last token, which was found first, as in the library.
                if way.last.is_none() || here + score > way.score {
                    *way = Way { score: here + score, last: Some((id, start)) };
                }
            };
            let mut known = false;
            vocab.prefixes(&self.all, &word.as_bytes()[start..], &mut |length, id| {
                known |= length == c.len_utf8();
                go(length, id, self.scores[id as usize]);
            });
            if !known {
                go(c.len_utf8(), self.unknown, self.unknown_score);
            }
        }
        ways
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: [(&str, f64); 9] = [
        ("<unk>", 0.0),
        ("▁", -2.0),
        ("a", -3.0),
        ("b", -3.5),
        ("ab", -4.0),
        ("▁a", -3.0),
        ("▁ab", -9.0),
        ("é", -5.0),
        ("ba", -6.5),
    ];

    fn model() -> (Keys, Unigram) {
        let vocab = Keys::new(TOKENS.iter().zip(0..).map(|((token, _), id)| (*token, id)).collect());
        let unigram = Unigram::new(&vocab, TOKENS.iter().map(|(_, score)| *score).collect(), 0);
        (vocab, unigram)
    }

    fn spell(word: &str) -> Vec<(&'static str, Range<usize>)> {
        let (vocab, unigram) = model();
        let mut found = Vec::new();
        unigram.tokenize(&vocab, word, &mut |id, range| found.push((TOKENS[id as usize].0, range)));
        found
    }

    /// The best score of all ways to cut what is left.
    fn slowly(rest: &str) -> f64 {
        let cuts = TOKENS[1..].iter().filter_map(|(token, score)| Some(score + slowly(rest.strip_prefix(token)?)));
        if rest.is_empty() { 0.0 } else { cuts.fold(f64::NEG_INFINITY, f64::max) }
    }

    #[test]
    fn the_best_of_all_ways() {
        for number in 0..3_usize.pow(7) {
            let word: String = (0..7).map(|place| ["a", "b", "é"][number / 3_usize.pow(place) % 3]).collect();
            let found = spell(&word);
            let score: f64 = found.iter().map(|(token, _)| TOKENS.iter().find(|(t, _)| t == token).unwrap().1).sum();
            assert!((score - slowly(&format!("▁{word}"))).abs() < 1e-9, "{word}: {found:?}");
            let text: String = found.iter().map(|(token, _)| *token).collect();
            assert_eq!(text, format!("▁{word}"));
        }
    }

    #[test]
    fn tokens_know_their_bytes() {
        // ▁a (-3) and b (-3.5) are more than ▁ (-2) and ab (-4): -6.5 and -6.
        assert_eq!(spell("ab"), [("▁", 0..0), ("ab", 0..2)]);
        assert_eq!(spell(" ab"), [("▁", 0..1), ("ab", 1..3)]);
        assert_eq!(spell("▁ab"), [("▁", 0..3), ("ab", 3..5)]);
        assert_eq!(spell(" a"), [("▁a", 0..2)]);
        assert_eq!(spell(" "), [("▁", 0..1)]);
        // What is unknown is one token for all of it.
        assert_eq!(spell("xyé中中b"), [("▁", 0..0), ("<unk>", 0..2), ("é", 2..4), ("<unk>", 4..10), ("b", 10..11)]);
    }
}
