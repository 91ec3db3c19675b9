//! Added tokens: strings like `[MASK]` that are found in a text before it is cut into words.

use std::ops::Range;

use super::keys::Keys;
use crate::unicode::{self, kinds};

/// An added token as `tokenizer.json` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AddedToken {
    pub id: u32,
    pub content: String,
    /// Not found within a longer word.
    pub single_word: bool,
    /// Takes the white space before it.
    pub lstrip: bool,
    /// Takes the white space after it.
    pub rstrip: bool,
    /// Looked for in the normalized text, itself normalized; else in the text as written.
    pub normalized: bool,
}

/// Finds added tokens in a text.
#[derive(Debug)]
pub(super) struct Finder {
    keys: Keys,
    tokens: Vec<AddedToken>,
}

/// A stretch of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// No added token is in it; never empty.
    Text(Range<usize>),
    /// The added token of this id.
    Token(u32, Range<usize>),
}

impl Finder {
    /// Looks for each token under the spelling beside it; under an empty one it is never found.
    pub(super) fn new(tokens: Vec<(String, AddedToken)>) -> Self {
        let keys = tokens.iter().enumerate().map(|(i, (spelling, _))| (spelling.as_str(), i as u32)).collect();
        Self { keys: Keys::new(keys), tokens: tokens.into_iter().map(|(_, token)| token).collect() }
    }

    /// Cuts a text at its added tokens: from the left, the longest of those that begin at one place.
    pub(super) fn cut(&self, text: &str) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let all = self.keys.branch(b"");
        let (mut at, mut done) = (0, 0);
        while at < text.len() {
            let Some((length, index)) = self.keys.longest(&all, &text.as_bytes()[at..]) else {
                at += 1;
                continue;
            };
            let (mut start, mut end) = (at.max(done), at + length);
            at = end;
            let token = &self.tokens[index as usize];
            let ends_word = |text: &str| text.chars().next_back().is_some_and(is_word);
            let begins_word = |text: &str| text.chars().next().is_some_and(is_word);
            if token.single_word && (ends_word(&text[..end - length]) || begins_word(&text[end..])) {
                continue;
            }
            if token.lstrip {
                start = text[..start].trim_end().len().max(done);
            }
            if token.rstrip {
                end = text.len() - text[end..].trim_start().len();
            }
            if done < start {
                stretches.push(Stretch::Text(done..start));
            }
            if start < end {
                stretches.push(Stretch::Token(token.id, start..end));
            }
            done = end.max(done);
        }
        if done < text.len() {
            stretches.push(Stretch::Text(done..text.len()));
        }
        stretches
    }
}

/// What regular expressions call `\w`.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphabetic() || unicode::is(c, kinds::MARK | kinds::DIGIT | kinds::CONNECTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, change: impl Fn(&mut AddedToken)) -> Vec<(u32, &str)> {
        let token = |id, content: &str| {
            let content = content.to_owned();
            let mut token =
                AddedToken { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false };
            change(&mut token);
            (token.content.clone(), token)
        };
        let finder = Finder::new(vec![token(1, "<m>"), token(2, "<m>>"), token(3, "é"), token(4, "")]);
        let stretch = |stretch| match stretch {
            Stretch::Text(range) => (0, &text[range]),
            Stretch::Token(id, range) => (id, &text[range]),
        };
        finder.cut(text).into_iter().map(stretch).collect()
    }

    #[test]
    fn leftmost_and_longest() {
        assert_eq!(cut("a <m>>b<m> é", |_| ()), [(0, "a "), (2, "<m>>"), (0, "b"), (1, "<m>"), (0, " "), (3, "é")]);
        assert_eq!(cut("<m", |_| ()), [(0, "<m")]);
        assert_eq!(cut("", |_| ()), []);
    }

    #[test]
    fn rules() {
        let words = |token: &mut AddedToken| token.single_word = true;
        assert_eq!(cut("aé é_ é", words), [(0, "aé é_ "), (3, "é")]);
        let left = |token: &mut AddedToken| token.lstrip = true;
        assert_eq!(cut("a \u{a0}<m> <m> ", left), [(0, "a"), (1, " \u{a0}<m>"), (1, " <m>"), (0, " ")]);
        let both = |token: &mut AddedToken| (token.lstrip, token.rstrip) = (true, true);
        assert_eq!(cut("a <m> <m> b", both), [(0, "a"), (1, " <m> "), (1, "<m> "), (0, "b")]);
    }
}
