//! Whether a vocabulary covers the language and the script of a text.

/// Letters of a text, and those of words that the vocabulary spells in crumbs.
///
/// A word is in crumbs if it is unknown, or if its pieces stand for at most three bytes of letters each, on average: with an
/// English vocabulary `track·ing` is not, `li·ef·er·ung` is, and so is every word of a script of which the vocabulary has the
/// letters alone, which have two or three bytes. Letters are counted in bytes of the normalized text, so that a Chinese word
/// counts as much as the Latin one that it would be. Digits, marks and emoji don't count, nor do words in capitals, which
/// vocabularies with capitals have in crumbs in every language. A text is covered if no more than 40 % of its letters are in
/// crumbs, where 15 more are taken for granted: a name among three words is not yet another language. Texts of fewer than ten
/// letters always count as covered.
///
/// Measured by `examples/coverage.rs`, per cent of the texts that are not covered, with the vocabularies of all-MiniLM-L6-v2
/// (WordPiece without capitals), DistilBERT cased (WordPiece) and granite-embedding-30m-english (RoBERTa's bytes); the first
/// seven are English:
///
/// | texts | MiniLM | DistilBERT | granite |
/// |---|---|---|---|
/// | SMS with their slang | 1.1 | 2.0 | 0.9 |
/// | voice commands with names (snips), clinc150 | 0.4, 0.0 | 1.8, 0.1 | 1.1, 0.0 |
/// | film reviews, Reddit (goemotions) | 0.6, 0.2 | 1.3, 0.4 | 0.6, 0.2 |
/// | tweets full of names (wnut17) | 4.9 | 9.1 | 5.5 |
/// | biomedical sentences | 2.2 | 3.8 | 0.7 |
/// | encyclopedia (wikitext) | 0.0 | 0.1 | 0.0 |
/// | SIB-200, English | 0.0 | 0.0 | 0.0 |
/// | German | 91.6 | 99.1 | 97.6 |
/// | Chinese, Japanese | 98.4, 99.7 | 100, 100 | 100, 100 |
/// | Russian, Arabic, Hindi, Greek, Korean, Thai | 100 | 100 | 100 |
/// | Polish, Turkish, Finnish | 99.3–99.7 | 100 | 99.9–100 |
/// | Italian, Portuguese, Dutch, Swedish | 82–93 | 93–98 | 87–97 |
/// | French, Spanish, which English shares words with | 41, 73 | 82, 94 | 58, 77 |
/// | of German, six words alone | 62 | 80 | 75 |
///
/// So a script that the vocabulary lacks is found for sure, a Latin language mostly, and the closer it is to English and the
/// shorter the text, the less. The same rule over a multilingual vocabulary of 250,000 pieces (multilingual-e5) finds 0 to 12 %
/// of the other languages' texts not covered, of Korean 21 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Bytes of letters.
    letters: u32,
    /// Those of them in words that are in crumbs.
    crumbs: u32,
}

/// A piece of a word that the vocabulary covers stands for more bytes, on average.
const CRUMB: usize = 3;
/// Letters that are taken to be covered before any is read: a name does not make three words foreign.
const DOUBT: f64 = 15.0;
/// A text is covered up to this part in crumbs.
const LIMIT: f64 = 0.4;

impl Coverage {
    /// Counts a word, which was spelled in so many pieces.
    pub(super) fn add(&mut self, word: &str, pieces: usize, is_unknown: bool) {
        let letters = || word.chars().filter(|c| c.is_alphabetic());
        let bytes: usize = letters().map(char::len_utf8).sum();
        if letters().nth(1).is_some() && letters().all(char::is_uppercase) {
            return;
        }
        self.letters = self.letters.saturating_add(bytes as u32);
        if is_unknown || (pieces > 1 && bytes <= CRUMB * pieces) {
            self.crumbs = self.crumbs.saturating_add(bytes as u32);
        }
    }

    /// The part of the letters that is in words in crumbs, from 0 to 1.
    #[must_use]
    pub fn crumbs(&self) -> f64 {
        f64::from(self.crumbs) / f64::from(self.letters.max(1))
    }

    /// Of two texts together.
    pub(super) fn and(self, other: Self) -> Self {
        let Self { letters, crumbs } = other;
        Self { letters: self.letters.saturating_add(letters), crumbs: self.crumbs.saturating_add(crumbs) }
    }

    /// Whether the vocabulary covers the text.
    #[must_use]
    pub fn is_good(&self) -> bool {
        f64::from(self.crumbs) <= LIMIT * (f64::from(self.letters) + DOUBT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[(&str, usize, bool)]) -> Coverage {
        let mut coverage = Coverage::default();
        words.iter().for_each(|(word, pieces, is_unknown)| coverage.add(word, *pieces, *is_unknown));
        coverage
    }

    #[test]
    fn words_in_crumbs() {
        let crumbs = |word, pieces, is_unknown| of(&[(word, pieces, is_unknown)]).crumbs;
        assert_eq!((crumbs("tracking", 2, false), crumbs("lieferung", 3, false)), (0, 9));
        assert_eq!((crumbs("lieferung", 1, false), crumbs("lieferung", 1, true)), (0, 9));
        // A whole word may be a character; one that is several pieces may not.
        assert_eq!((crumbs("中", 1, false), crumbs("中", 1, true), crumbs("中文", 2, false)), (0, 3, 6));
        assert_eq!((crumbs("где", 3, false), crumbs("где", 1, false)), (6, 0));
        // Only letters count, and not those of words in capitals.
        assert_eq!((crumbs("🙂", 1, true), crumbs("42", 2, false), crumbs("x100xm5", 4, false)), (0, 0, 3));
        assert_eq!((crumbs("WINNER", 3, false), crumbs("Ä", 2, false)), (0, 2));
        assert_eq!(of(&[("WINNER", 3, false)]).letters, 0);
    }

    #[test]
    fn short_texts_get_the_benefit_of_the_doubt() {
        assert!(Coverage::default().is_good() && Coverage::default().crumbs() == 0.0);
        let name = [("from", 1, false), ("zoltan", 3, false)];
        assert!(of(&name).is_good());
        assert_eq!(of(&name).crumbs(), 0.6);
        assert!(of(&[("lieferung", 3, false)]).is_good());
        assert!(!of(&[("lieferung", 3, false), ("zoltan", 3, false)]).is_good());
        // Two fifths of the letters, with 15 beside them.
        let half = |uncovered: u32| Coverage { letters: 85, crumbs: uncovered };
        assert!(half(40).is_good() && !half(41).is_good());
        assert_eq!(half(40).and(half(2)), Coverage { letters: 170, crumbs: 42 });
    }
}
