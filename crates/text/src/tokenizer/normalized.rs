//! A text on its way to tokens, whose every byte knows the character that it came from.

use std::borrow::Cow;
use std::ops::Range;

/// A text and what the normalizer made of it so far.
#[derive(Debug)]
pub(super) struct Normalized<'a> {
    original: &'a str,
    text: Cow<'a, str>,
    /// For each byte of `text`, where in `original` the character begins that it came from. None while `text` is
    /// `original`, which for most texts is to the end.
    starts: Option<Vec<u32>>,
}

impl<'a> Normalized<'a> {
    /// A text of less than 4 GB, as it is.
    pub(super) fn new(original: &'a str) -> Self {
        Self { original, text: Cow::Borrowed(original), starts: None }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The characters of the original that a range of the text came from, which is not empty.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let last = self.start_of(range.end - 1);
        let length = self.original[last..].chars().next().map_or(0, char::len_utf8);
        self.start_of(range.start)..last + length
    }

    fn start_of(&self, byte: usize) -> usize {
        match &self.starts {
            Some(starts) => starts[byte] as usize,
            None => self.original.floor_char_boundary(byte),
        }
    }

    /// Puts what `map` writes for it in the place of each character.
    pub(super) fn map(&mut self, map: &dyn Fn(char, &mut String)) {
        let mut mapped = String::new();
        let mut changed: Option<(String, Vec<u32>)> = None;
        for (at, c) in self.text.char_indices() {
            mapped.clear();
            map(c, &mut mapped);
            if changed.is_none() && mapped.chars().eq([c]) {
                continue;
            }
            let (text, starts) = changed.get_or_insert_with(|| {
                let mut starts = Vec::with_capacity(self.text.len());
                starts.extend((0..at).map(|byte| self.start_of(byte) as u32));
                (self.text[..at].to_owned(), starts)
            });
            text.push_str(&mapped);
            starts.resize(text.len(), self.start_of(at) as u32);
        }
        if let Some((text, starts)) = changed {
            (self.text, self.starts) = (text.into(), Some(starts));
        }
    }

    /// Goes through the text piece by piece, of which `next` says how long the first of what is left is and what takes its place,
    /// if anything does.
    pub(super) fn replace<'r>(&mut self, next: &dyn Fn(&str) -> (usize, Option<&'r str>)) {
        let mut changed: Option<(String, Vec<u32>)> = None;
        let mut at = 0;
        while at < self.text.len() {
            let (length, replacement) = next(&self.text[at..]);
            if replacement.is_some() && changed.is_none() {
                changed = Some((self.text[..at].to_owned(), (0..at).map(|byte| self.start_of(byte) as u32).collect()));
            }
            if let Some((text, starts)) = &mut changed {
                match replacement {
                    Some(replacement) => {
                        text.push_str(replacement);
                        starts.resize(text.len(), self.start_of(at) as u32);
                    }
                    None => {
                        text.push_str(&self.text[at..at + length]);
                        starts.extend((at..at + length).map(|byte| self.start_of(byte) as u32));
                    }
                }
            }
            at += length;
        }
        if let Some((text, starts)) = changed {
            (self.text, self.starts) = (text.into(), Some(starts));
        }
    }

    /// Puts `chars` in the place of the text. Each says how it came about: 0 replaces the next character, 1 is added
    /// to the one before it, -n replaces the next and swallows n more.
    ///
    /// Characters that changed places are counted in their new order, as `tokenizers` counts them.
    pub(super) fn rewrite(&mut self, chars: impl Iterator<Item = (char, isize)>) {
        let (mut text, mut starts) = (String::with_capacity(self.text.len()), Vec::with_capacity(self.text.len()));
        let mut old = self.text.char_indices().map(|(at, _)| self.start_of(at) as u32);
        let mut last = 0;
        for (c, change) in chars {
            text.push(c);
            if change > 0 {
                starts.resize(text.len(), last);
                continue;
            }
            last = old.next().unwrap_or(last);
            starts.resize(text.len(), last);
            if let Some(swallowed) = old.by_ref().take(change.unsigned_abs()).last() {
                last = swallowed;
            }
        }
        drop(old);
        (self.text, self.starts) = (text.into(), Some(starts));
    }

    /// Leaves only a range of the text.
    pub(super) fn keep(&mut self, range: Range<usize>) {
        if range == (0..self.text.len()) {
            return;
        }
        let starts = range.clone().map(|byte| self.start_of(byte) as u32).collect();
        (self.text, self.starts) = (self.text[range].to_owned().into(), Some(starts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_know_where_they_came_from() {
        let mut text = Normalized::new("aÉ中b");
        assert_eq!((text.origin(1..2), text.origin(2..3), text.origin(0..7)), (1..3, 1..3, 0..7));
        text.map(&|c, out| match c {
            'É' => out.push_str("xyz"),
            'b' => {}
            c => out.push(c),
        });
        assert_eq!(text.text(), "axyz中");
        assert_eq!((text.origin(0..1), text.origin(2..3), text.origin(0..7)), (0..1, 1..3, 0..6));
        text.rewrite([('a', -1), ('c', 1), ('d', 0)].into_iter());
        assert_eq!(text.text(), "acd");
        assert_eq!((text.origin(0..1), text.origin(1..2), text.origin(2..3)), (0..1, 1..3, 1..3));
        text.replace(&|rest| if rest.starts_with("cd") { (2, Some("éf")) } else { (1, None) });
        assert_eq!(text.text(), "aéf");
        assert_eq!((text.origin(0..1), text.origin(1..3), text.origin(3..4)), (0..1, 1..3, 1..3));
        text.replace(&|rest| (rest.chars().next().unwrap().len_utf8(), rest.starts_with('é').then_some("c")));
        text.replace(&|_| (1, None));
        assert_eq!(text.text(), "acf");
        text.keep(1..3);
        assert_eq!((text.text(), text.origin(0..2)), ("cf", 1..3));
    }
}
