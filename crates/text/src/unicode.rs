//! What the tokenizer asks Unicode: categories of characters, and their decomposition and composition.
//!
//! The tables are those of `unicode_categories` and `unicode-normalization`, as `build.rs` wrote them down.

pub(crate) mod kinds;

use std::ops::Range;
use std::sync::LazyLock;

use crate::order;

/// Hangul syllables are computed: 588 for every leading consonant, 28 for every vowel.
const HANGUL: Range<u32> = 0xac00..0xd7a4;
const LEADS: Range<u32> = 0x1100..0x1113;
const VOWELS: Range<u32> = 0x1161..0x1176;
/// What a syllable without a trailing consonant has in its place.
const NO_TRAIL: u32 = 0x11a7;
const TRAILS: u32 = 28;

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut file = File(include_bytes!(concat!(env!("OUT_DIR"), "/unicode.bin")));
    let (kinds, classes) = (Runs::read(&mut file), Runs::read(&mut file));
    let (canonical, compatible) = (Mapping::read(&mut file), Mapping::read(&mut file));
    let pairs: Vec<_> = canonical.pairs().collect();
    let compositions = order(pairs.len(), &|a, b| pairs[a].cmp(&pairs[b])).into_iter().map(|at| pairs[at]).collect();
    Tables { kinds, classes, canonical, compatible, compositions }
});

struct Tables {
    kinds: Runs,
    classes: Runs,
    canonical: Mapping,
    /// Of characters that this replaces otherwise than `canonical`.
    compatible: Mapping,
    /// Two characters and what they compose to.
    compositions: Vec<([u32; 2], u32)>,
}

/// Whether the character is of one of the [`kinds`].
pub(crate) fn is(c: char, kinds: u32) -> bool {
    TABLES.kinds.value(c) & kinds != 0
}

/// The canonical combining class.
pub(crate) fn combining_class(c: char) -> u8 {
    if c.is_ascii() { 0 } else { TABLES.classes.value(c) as u8 }
}

/// Gives the characters of a full decomposition, which of most characters is the character.
pub(crate) fn decompose(c: char, compatible: bool, emit: &mut dyn FnMut(char)) {
    let code = u32::from(c);
    let mut give = |code| emit(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    if c.is_ascii() {
        give(code);
    } else if HANGUL.contains(&code) {
        let (syllable, trail) = ((code - HANGUL.start) / TRAILS, (code - HANGUL.start) % TRAILS);
        let vowels = VOWELS.len() as u32;
        give(LEADS.start + syllable / vowels);
        give(VOWELS.start + syllable % vowels);
        if trail > 0 {
            give(NO_TRAIL + trail);
        }
    } else if let Some(parts) = TABLES.compatible.parts(code).filter(|_| compatible) {
        parts.iter().copied().for_each(give);
    } else {
        TABLES.canonical.expand(code, &mut give);
    }
}

/// What two characters compose to.
pub(crate) fn compose(first: char, second: char) -> Option<char> {
    let (first, second) = (u32::from(first), u32::from(second));
    let composed = if LEADS.contains(&first) && VOWELS.contains(&second) {
        HANGUL.start + ((first - LEADS.start) * VOWELS.len() as u32 + second - VOWELS.start) * TRAILS
    } else if HANGUL.contains(&first)
        && (first - HANGUL.start).is_multiple_of(TRAILS)
        && (NO_TRAIL + 1..NO_TRAIL + TRAILS).contains(&second)
    {
        first + second - NO_TRAIL
    } else {
        let pairs = &TABLES.compositions;
        pairs[pairs.binary_search_by_key(&[first, second], |(pair, _)| *pair).ok()?].1
    };
    char::from_u32(composed)
}

/// A value of every character.
struct Runs {
    /// The first character of each run.
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Runs {
    fn read(file: &mut File) -> Self {
        Self { starts: sums(file.column()), values: file.column() }
    }

    fn value(&self, c: char) -> u32 {
        self.values[self.starts.partition_point(|start| *start <= u32::from(c)) - 1]
    }
}

/// Characters and those that replace them.
struct Mapping {
    codes: Vec<u32>,
    /// Where the parts of each end in `parts`, and whether they compose to the character.
    ends: Vec<(usize, bool)>,
    parts: Vec<u32>,
}

impl Mapping {
    fn read(file: &mut File) -> Self {
        let (codes, shapes, mut parts) = (sums(file.column()), file.column(), file.column());
        let (mut end, mut ends, mut before) = (0, Vec::with_capacity(shapes.len()), [0_u32; 32]);
        for shape in shapes {
            let start = end;
            end += shape as usize / 2;
            ends.push((end, shape % 2 == 1));
            for (part, before) in parts[start..end].iter_mut().zip(&mut before) {
                // The sign is the lowest bit.
                *before = before.wrapping_add(*part >> 1 ^ (*part & 1).wrapping_neg());
                *part = *before;
            }
        }
        Self { codes, ends, parts }
    }

    fn parts(&self, code: u32) -> Option<&[u32]> {
        Some(self.at(self.codes.binary_search(&code).ok()?))
    }

    fn at(&self, index: usize) -> &[u32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].0);
        &self.parts[start..self.ends[index].0]
    }

    /// Gives the parts of a character, and of its first part those of that.
    fn expand(&self, code: u32, give: &mut dyn FnMut(u32)) {
        let Some([first, rest @ ..]) = self.parts(code) else { return give(code) };
        self.expand(*first, give);
        rest.iter().copied().for_each(give);
    }

    fn pairs(&self) -> impl Iterator<Item = ([u32; 2], u32)> {
        let pair = |index: usize| Some((self.at(index).try_into().ok()?, self.codes[index]));
        (0..self.codes.len()).filter(|index| self.ends[*index].1).filter_map(pair)
    }
}

/// Each value with all before it.
fn sums(mut values: Vec<u32>) -> Vec<u32> {
    let mut sum = 0;
    for value in &mut values {
        sum += *value;
        *value = sum;
    }
    values
}

/// What is not read yet.
struct File(&'static [u8]);

impl File {
    fn column(&mut self) -> Vec<u32> {
        (0..self.number()).map(|_| self.number()).collect()
    }

    fn number(&mut self) -> u32 {
        let (mut number, mut shift) = (0, 0);
        while let [byte, rest @ ..] = self.0 {
            self.0 = rest;
            number |= u32::from(byte & 127) << shift;
            if *byte < 128 {
                break;
            }
            shift += 7;
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use unicode_categories::UnicodeCategories;
    use unicode_normalization::char as theirs;

    use super::*;

    #[test]
    fn kinds_and_classes_are_those_of_the_crates() {
        for c in '\0'..=char::MAX {
            for (kind, is_theirs) in [
                (kinds::OTHER, c.is_other()),
                (kinds::MARK_NONSPACING, c.is_mark_nonspacing()),
                (kinds::MARK, c.is_mark()),
                (kinds::DIGIT, c.is_number_decimal_digit()),
                (kinds::CONNECTOR, c.is_punctuation_connector()),
                (kinds::PUNCTUATION, c.is_punctuation()),
                (kinds::SYMBOL_OTHER, c.is_symbol_other()),
                (kinds::MARK_TODAY, theirs::is_combining_mark(c)),
            ] {
                assert_eq!(is(c, kind), is_theirs, "{c:?}, kind {kind}");
            }
            assert_eq!(combining_class(c), theirs::canonical_combining_class(c), "{c:?}");
        }
    }

    #[test]
    fn decompositions_are_those_of_the_crate() {
        for c in '\0'..=char::MAX {
            let (mut expected, mut found) = (Vec::new(), Vec::new());
            theirs::decompose_canonical(c, |part| expected.push(part));
            decompose(c, false, &mut |part| found.push(part));
            assert_eq!(found, expected, "{c:?}");
            expected.clear();
            found.clear();
            theirs::decompose_compatible(c, |part| expected.push(part));
            decompose(c, true, &mut |part| found.push(part));
            assert_eq!(found, expected, "{c:?}");
        }
    }

    #[test]
    fn compositions_are_those_of_the_crate() {
        // Whatever can stand second of a pair, beside two letters that cannot.
        let mut seconds: Vec<char> =
            TABLES.compositions.iter().filter_map(|(pair, _)| char::from_u32(pair[1])).collect();
        seconds.extend(['a', 'é', '\u{1161}', '\u{1175}', '\u{1176}', '\u{11a7}', '\u{11a8}', '\u{11c2}', '\u{11c3}']);
        seconds.sort_unstable();
        seconds.dedup();
        assert!(seconds.len() > 60, "{}", seconds.len());
        for first in '\0'..=char::MAX {
            for second in &seconds {
                assert_eq!(compose(first, *second), theirs::compose(first, *second), "{first:?} and {second:?}");
            }
        }
    }
}
