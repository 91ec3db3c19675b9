//! Byte-level BPE, the model of GPT-2 and RoBERTa: a word is its bytes, of which pairs are merged, those first that the
//! list of merges names first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use super::keys::Keys;

/// What a vocabulary writes for each byte: itself where it is a printable character of Latin-1, else one beyond those.
pub(super) fn alphabet() -> [char; 256] {
    let mut beyond = '\u{100}'..;
    std::array::from_fn(|byte| match byte as u8 as char {
        c @ ('!'..='~' | '¡'..='¬' | '®'..='ÿ') => c,
        _ => beyond.next().expect("characters enough"),
    })
}

#[derive(Debug)]
pub(super) struct Bpe {
    /// The token of each byte.
    bytes: Vec<u32>,
    /// Two tokens that may be merged: the place in the list, and the token that they become.
    merges: HashMap<(u32, u32), (u32, u32)>,
}

impl Bpe {
    /// Merges as pairs of tokens, in the order of the list.
    pub(super) fn new(vocab: &Keys, merges: &[(String, String)]) -> Result<Self, String> {
        let id = |token: &str| {
            vocab.get(token).ok_or_else(|| format!("the merges need the token {token:?}, which the vocabulary lacks"))
        };
        let bytes = alphabet().into_iter().enumerate().map(|(byte, c)| {
            let token = vocab.get(c.encode_utf8(&mut [0; 4]));
            token.ok_or_else(|| format!("the vocabulary has no token {c:?} for the byte {byte}"))
        });
        let mut pairs = HashMap::with_capacity(merges.len());
        for ((left, right), rank) in merges.iter().zip(0..) {
            let merge = (rank, id(&format!("{left}{right}"))?);
            // Of a pair that is listed twice the later place holds, as in the library.
            pairs.insert((id(left)?, id(right)?), merge);
        }
        Ok(Self { bytes: bytes.collect::<Result<_, _>>()?, merges: pairs })
    }

    /// Emits the tokens of a word with the bytes that each stands for.
    pub(super) fn tokenize(&self, word: &str, emit: &mut dyn FnMut(u32, Range<usize>)) {
        // Tokens by their first byte, each with its end; what was merged into the one before it has none.
        let mut tokens: Vec<Option<(u32, usize)>> =
            word.bytes().zip(1..).map(|(byte, end)| Some((self.bytes[usize::from(byte)], end))).collect();
        let mut before: Vec<usize> = (0..tokens.len()).map(|start| start.saturating_sub(1)).collect();
        // Merges that could be made when they were put here, by place in the list and then from the left: rank, first
        // byte, and the two tokens, by which one is known that is past.
        let mut queue = BinaryHeap::new();
        let pair = |tokens: &[Option<(u32, usize)>], start: usize| {
            let (left, middle) = tokens[start]?;
            let (right, end) = (*tokens.get(middle)?)?;
            let (rank, merged) = self.merges.get(&(left, right))?;
            Some((Reverse((*rank, start, left, right)), *merged, middle, end))
        };
        queue.extend((0..tokens.len()).filter_map(|start| Some(pair(&tokens, start)?.0)));
        while let Some(next) = queue.pop() {
            let Reverse((_, start, ..)) = next;
            let Some((_, merged, middle, end)) = pair(&tokens, start).filter(|(now, ..)| *now == next) else {
                continue;
            };
            (tokens[start], tokens[middle]) = (Some((merged, end)), None);
            if let Some(after) = before.get_mut(end) {
                *after = start;
            }
            let neighbours = [start, before[start]];
            queue.extend(neighbours[..1 + usize::from(start > 0)].iter().filter_map(|&at| Some(pair(&tokens, at)?.0)));
        }
        for (start, token) in tokens.into_iter().enumerate() {
            if let Some((id, end)) = token {
                emit(id, start..end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule without a queue: the first of the merges that can be made, at its leftmost place, until none can.
    fn slowly(word: &str, merges: &[(String, String)]) -> Vec<String> {
        let mut parts: Vec<String> = word.chars().map(String::from).collect();
        while let Some((at, _)) = (0..parts.len().saturating_sub(1))
            .filter_map(|at| {
                let place = merges.iter().position(|(a, b)| *a == parts[at] && *b == parts[at + 1])?;
                Some((at, place))
            })
            .min_by_key(|(at, place)| (*place, *at))
        {
            let right = parts.remove(at + 1);
            parts[at].push_str(&right);
        }
        parts
    }

    #[test]
    fn the_alphabet() {
        let alphabet = alphabet();
        assert_eq!((alphabet[0], alphabet[b' ' as usize], alphabet[b'a' as usize]), ('Ā', 'Ġ', 'a'));
        assert_eq!((alphabet[0x7f], alphabet[0xad], alphabet[0xff]), ('ġ', 'Ń', 'ÿ'));
    }

    #[test]
    fn merges_in_their_order() {
        let merges = ["a b", "b a", "ab ab", "a a", "aa b", "ab a", "c c", "cc c", "cc cc"];
        let merges: Vec<(String, String)> =
            merges.iter().map(|merge| merge.split_once(' ').map(|(a, b)| (a.into(), b.into())).unwrap()).collect();
        let mut tokens: Vec<String> = alphabet().iter().map(|c| c.to_string()).collect();
        tokens.extend(merges.iter().map(|(a, b)| format!("{a}{b}")));
        let vocab = Keys::new(tokens.iter().cloned().zip(0..).collect());
        let bpe = Bpe::new(&vocab, &merges).unwrap();
        for number in 0..3_usize.pow(7) {
            let word: String = (0..7).map(|place| ["a", "b", "c"][number / 3_usize.pow(place) % 3]).collect();
            let mut found = Vec::new();
            bpe.tokenize(&word, &mut |id, range| {
                // A token that is listed twice has its later id: compare what it says.
                assert_eq!(tokens[id as usize], word[range.clone()]);
                found.push(word[range].to_owned());
            });
            assert_eq!(found, slowly(&word, &merges), "{word}");
        }
        let refused = Bpe::new(&vocab, &[("a".into(), "cb".into())]).unwrap_err();
        assert!(refused.contains("\"acb\""), "{refused}");
    }
}
