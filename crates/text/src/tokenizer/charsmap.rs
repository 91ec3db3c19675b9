//! SentencePiece's table of characters and what takes their place (`precompiled_charsmap`), mostly NFKC with white space made one.
//!
//! The bytes of the keys are in a double-array trie (Aoe 1989) as the library darts-clone lays it out; what takes their place stands
//! end to end behind it, each ended by a NUL.

use crate::unicode::{self, kinds};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Charsmap {
    trie: Box<[u32]>,
    replacements: Box<str>,
}

impl Charsmap {
    /// Reads the table from base64: the bytes of the trie, the trie, the replacements.
    pub(super) fn read(base64: &str) -> Result<Self, String> {
        let bytes = decode(base64).ok_or("the normalizer's `precompiled_charsmap` is not base64")?;
        let word = |at: &[u8]| u32::from_le_bytes([at[0], at[1], at[2], at[3]]);
        let broken = || "the normalizer's `precompiled_charsmap` is cut off".to_owned();
        let (size, rest) = bytes.split_at_checked(4).ok_or_else(broken)?;
        let (trie, replacements) = rest.split_at_checked(word(size) as usize).ok_or_else(broken)?;
        let replacements = str::from_utf8(replacements);
        let replacements = replacements.map_err(|_| "the normalizer's `precompiled_charsmap` is not UTF-8")?;
        Ok(Self { trie: trie.chunks_exact(4).map(word).collect(), replacements: replacements.into() })
    }

    /// How long the piece is that `text` begins with, and what takes its place, if anything does. As in `tokenizers` a character
    /// with its marks is looked up together if it has less than six bytes; then each character by itself.
    pub(super) fn next(&self, text: &str) -> (usize, Option<&str>) {
        let whole = cluster(text);
        let first = text.chars().next().map_or(0, char::len_utf8);
        if whole < 6
            && let Some(replacement) = self.get(&text.as_bytes()[..whole])
        {
            return (whole, Some(replacement));
        }
        (first, self.get(&text.as_bytes()[..first]))
    }

    /// What takes the place of the shortest beginning of `key` that the table has: which is all of it, in tables that are sound.
    fn get(&self, key: &[u8]) -> Option<&str> {
        let offset = |unit: u32| (unit >> 10) << ((unit & 1 << 9) >> 6);
        let mut at = offset(*self.trie.first()?);
        for &byte in key.iter().take_while(|byte| **byte != 0) {
            at ^= u32::from(byte);
            let unit = *self.trie.get(at as usize)?;
            // The highest bit marks values, which have no label.
            if unit & (1 << 31 | 0xff) != u32::from(byte) {
                return None;
            }
            at ^= offset(unit);
            if unit >> 8 & 1 == 1 {
                let value = self.trie.get(at as usize)? & !(1 << 31);
                return self.replacements.get(value as usize..)?.split('\0').next();
            }
        }
        None
    }
}

/// The length of a character with the marks on it: a grapheme cluster, but for scripts whose clusters are longer than what is
/// asked for here.
fn cluster(text: &str) -> usize {
    if text.starts_with("\r\n") {
        return 2;
    }
    let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}') || (!c.is_ascii() && unicode::is(c, kinds::MARK));
    let mut chars = text.char_indices();
    chars.next();
    chars.find(|(_, c)| !joins(*c)).map_or(text.len(), |(at, _)| at)
}

fn decode(base64: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(base64.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for c in base64.trim_end_matches('=').bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(six), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64() {
        assert_eq!(decode("Z3JhZnQ="), Some(b"graft".to_vec()));
        assert_eq!(decode("+/8"), Some(vec![0xfb, 0xff]));
        assert_eq!((decode(""), decode("a b")), (Some(vec![]), None));
    }

    #[test]
    fn clusters() {
        let lengths = ["", "ab", "a\u{301}\u{323}b", "\r\nx", "\r", "中"].map(cluster);
        assert_eq!(lengths, [0, 1, 5, 2, 1, 3]);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for broken in ["", "AAA", "/////w==", "CAAAAAAA"] {
            assert!(Charsmap::read(broken).unwrap_err().contains("cut off"), "{broken}");
        }
        // A trie that leads nowhere.
        let empty = Charsmap::read("BAAAAAAAAAA=").unwrap();
        assert_eq!((empty.next("a"), empty.next("")), ((1, None), (0, None)));
    }
}
