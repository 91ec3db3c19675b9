//! Many texts to sequences that are as full as they get: what a language is learned from.

use super::encoding::{Encoding, Extent};
use super::pipeline::Spelled;
use super::template::Piece;
use super::{Origin, Tokenizer};
use crate::Result;

impl Tokenizer {
    /// Tokenizes texts and lays them one after the other into sequences of at most `max_length` tokens:
    /// `[CLS] a [SEP] b [SEP] c [SEP]`, as full as whole texts make them. A text that no sequence has room for is cut.
    /// If not `together`, each text begins a sequence of its own. Of each token,
    /// [`Origin::word`] is the number of its word in the sequence.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_packed<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t str>,
        max_length: usize,
        together: bool,
    ) -> Result<Vec<Encoding>> {
        let room = self.room(1, max_length)?;
        let pieces = self.0.pipeline.pieces(1);
        let text = pieces.iter().position(|piece| matches!(piece, Piece::Text { .. })).unwrap_or(0);
        let (before, after) = (&pieces[..text], &pieces[text + 1..]);
        let mut full: Vec<Encoding> = Vec::new();
        let mut open: Option<Encoding> = None;
        for text in texts {
            let spelled = self.spelled_whole(text)?;
            let fits = |open: &Encoding| together && open.len() + spelled.tokens.len() + after.len() <= max_length;
            for tokens in spelled.tokens.chunks(room) {
                let mut sequence = match open.take() {
                    Some(open) if fits(&open) => open,
                    done => {
                        full.extend(done);
                        let mut fresh = Encoding::default();
                        before.iter().for_each(|piece| push_special(&mut fresh, *piece));
                        fresh
                    }
                };
                push_text(&mut sequence, tokens);
                after.iter().for_each(|piece| push_special(&mut sequence, *piece));
                let coverage = sequence.of.coverage.and(spelled.coverage);
                sequence.of = Extent { tokens: sequence.len(), read: sequence.len(), coverage };
                open = Some(sequence);
            }
        }
        full.extend(open);
        Ok(full)
    }

    fn spelled_whole(&self, text: &str) -> Result<Spelled> {
        self.spell(&super::encode::Input::Text(text), 0, usize::MAX)
    }
}

fn push_special(sequence: &mut Encoding, piece: Piece) {
    if let Piece::Special { id, type_id } = piece {
        sequence.ids.push(id);
        sequence.type_ids.push(type_id);
        sequence.origins.push(None);
    }
}

/// Words count on from those that are there.
fn push_text(sequence: &mut Encoding, tokens: &[(u32, Origin)]) {
    let next = sequence.origins.iter().rev().flatten().next().map_or(0, |last| last.word + 1);
    let first = tokens.first().map_or(0, |(_, origin)| origin.word);
    for (id, origin) in tokens {
        sequence.ids.push(*id);
        sequence.type_ids.push(0);
        sequence.origins.push(Some(Origin { word: next + origin.word - first, ..*origin }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::VocabOptions;
    use super::*;

    fn packed(texts: &[&str], max_length: usize, together: bool) -> Vec<String> {
        let vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\n##s\n";
        let tokenizer = Tokenizer::from_vocab(vocab, &VocabOptions::default()).unwrap();
        let sequences = tokenizer.encode_packed(texts.iter().copied(), max_length, together).unwrap();
        let spell = |sequence: &Encoding| {
            let place = |(id, origin): (&u32, &Option<Origin>)| {
                let word = origin.map_or_else(String::new, |origin| origin.word.to_string());
                tokenizer.id_to_token(*id).unwrap() + &word
            };
            assert_eq!((sequence.of.tokens, sequence.of.read), (sequence.len(), sequence.len()));
            assert_eq!(sequence.type_ids, vec![0; sequence.len()]);
            sequence.ids.iter().zip(&sequence.origins).map(place).collect::<Vec<_>>().join(" ")
        };
        sequences.iter().map(spell).collect()
    }

    #[test]
    fn as_full_as_whole_texts_make_them() {
        let texts = ["a bs", "c", "", "a b", "c c c"];
        assert_eq!(packed(&texts, 8, true), ["[CLS] a0 b1 ##s1 [SEP] c2 [SEP]", "[CLS] a0 b1 [SEP] c2 c3 c4 [SEP]"]);
        assert_eq!(
            packed(&texts, 8, false),
            ["[CLS] a0 b1 ##s1 [SEP]", "[CLS] c0 [SEP]", "[CLS] a0 b1 [SEP]", "[CLS] c0 c1 c2 [SEP]"]
        );
    }

    #[test]
    fn what_is_too_long_is_cut() {
        assert_eq!(
            packed(&["a", "a b c as b", "c"], 5, true),
            ["[CLS] a0 [SEP]", "[CLS] a0 b1 c2 [SEP]", "[CLS] a0 ##s0 b1 [SEP]", "[CLS] c0 [SEP]"]
        );
    }
}
