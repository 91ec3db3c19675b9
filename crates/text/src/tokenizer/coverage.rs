//! Whether a vocabulary covers the language and the script of a text.

/// Letters of a text, and those of words that the vocabulary spells in crumbs.
///
/// A word is in crumbs if it is unknown, or if its pieces stand for at most three bytes of letters each, on average: `Verfüg·bar`
/// is not, `v·er·fu·gb·ark·eit` is, and so is every word of a script of which the vocabulary has the letters alone, which have
/// two or three bytes. Letters are counted in bytes of the normalized text, so that a Chinese word counts as much as the Latin
/// one it would be. Digits, marks and emoji don't count, nor do words in capitals, which vocabularies with capitals have in
/// crumbs in every language.
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

    /// Whether the vocabulary covers the text: no more than 40 % of its letters are in crumbs, 15 more of which are taken for
    /// granted.
    #[must_use]
    pub fn is_good(&self) -> bool {
        f64::from(self.crumbs) <= LIMIT * (f64::from(self.letters) + DOUBT)
    }
}
