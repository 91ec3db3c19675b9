//! The steps that make the text that the vocabulary knows of the text as written: lower case, no accents, ...

use super::charsmap::Charsmap;
use super::normalized::Normalized;
use crate::order;
use crate::unicode::{self, kinds};

/// One step; a normalizer has none, one, or a few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// BERT's: no control characters, spaces around CJK ideographs, no accents, lower case; each may be off.
    /// Without a word on accents they go where `lowercase` is on.
    Bert { clean: bool, split_ideographs: bool, strip_accents: Option<bool>, lowercase: bool },
    /// White space at the ends goes.
    Strip { left: bool, right: bool },
    /// Lower case, character by character.
    Lowercase,
    /// Combining marks go.
    StripAccents,
    /// A Unicode normalization form.
    Form { compatible: bool, composed: bool },
    /// SentencePiece's table of what takes the place of characters.
    Charsmap(Charsmap),
    /// Of several spaces the last one stays.
    SingleSpaces,
}

impl Step {
    pub(super) fn apply(&self, text: &mut Normalized<'_>) {
        match *self {
            Self::Bert { clean, split_ideographs, strip_accents, lowercase } => {
                if clean {
                    text.map(&|c, out| match c {
                        '\t' | '\n' | '\r' => out.push(' '),
                        '\0' | '\u{fffd}' => {}
                        c if unicode::is(c, kinds::OTHER) => {}
                        c => out.push(if c.is_whitespace() { ' ' } else { c }),
                    });
                }
                if split_ideographs {
                    text.map(&|c, out| if is_ideograph(c) { out.extend([' ', c, ' ']) } else { out.push(c) });
                }
                if strip_accents.unwrap_or(lowercase) {
                    decompose(text, false, false);
                    text.map(&|c, out| {
                        if !unicode::is(c, kinds::MARK_NONSPACING) {
                            out.push(c)
                        }
                    });
                }
                if lowercase {
                    Self::Lowercase.apply(text);
                }
            }
            Self::Strip { left, right } => {
                let whole = text.text();
                let end = if right { whole.trim_end().len() } else { whole.len() };
                let start = if left { end - whole[..end].trim_start().len() } else { 0 };
                text.keep(start..end);
            }
            Self::Lowercase => text.map(&|c, out| out.extend(c.to_lowercase())),
            Self::StripAccents => text.map(&|c, out| {
                if !unicode::is(c, kinds::MARK) {
                    out.push(c)
                }
            }),
            Self::Form { compatible, composed } => decompose(text, compatible, composed),
            Self::Charsmap(ref table) => text.replace(&|rest| table.next(rest)),
            Self::SingleSpaces => text.replace(&|rest| match rest.starts_with("  ") {
                true => (1, Some("")),
                false => (rest.chars().next().map_or(0, char::len_utf8), None),
            }),
        }
    }
}

/// What BERT calls a Chinese character: the ideographs, not the kana and not Hangul.
fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{2A6DF}' | '\u{2A700}'..='\u{2B73F}'
        | '\u{2B740}'..='\u{2B81F}' | '\u{2B920}'..='\u{2CEAF}' | '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

/// A normalization form, with the origin of each character.
fn decompose(text: &mut Normalized<'_>, compatible: bool, composed: bool) {
    if text.text().is_ascii() {
        return;
    }
    // Combining class, character, and what `Normalized::rewrite` wants to know.
    let mut parts: Vec<(u8, char, isize)> = Vec::with_capacity(text.text().len());
    for c in text.text().chars() {
        let mut change = 0;
        unicode::decompose(c, compatible, &mut |part| {
            parts.push((unicode::combining_class(part), part, change));
            change = 1;
        });
    }
    // Marks on one base stand in the order of their classes.
    for marks in parts.chunk_by_mut(|a, b| a.0 != 0 && b.0 != 0) {
        if marks.len() > 1 {
            let order = order(marks.len(), &|a, b| marks[a].0.cmp(&marks[b].0));
            let sorted: Vec<_> = order.into_iter().map(|mark| marks[mark]).collect();
            marks.copy_from_slice(&sorted);
        }
    }
    if composed {
        parts = recompose(parts);
    }
    text.rewrite(parts.into_iter().map(|(_, c, change)| (c, change)));
}

fn recompose(parts: Vec<(u8, char, isize)>) -> Vec<(u8, char, isize)> {
    let mut out: Vec<(u8, char, isize)> = Vec::with_capacity(parts.len());
    let mut base: Option<usize> = None;
    for part in parts {
        if let Some(at) = base {
            // Blocked by a mark between that is of the same class or, being a base itself, of none.
            let last = out.len() - 1;
            let free = last == at || (out[last].0 != 0 && out[last].0 < part.0);
            if let Some(joined) = unicode::compose(out[at].1, part.1).filter(|_| free) {
                out[at].1 = joined;
                out[at].2 += part.2 - 1;
                continue;
            }
        }
        if part.0 == 0 {
            base = Some(out.len());
        }
        out.push(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    const TEXT: &str =
        "e\u{301}\u{323} \u{1eed}\u{5d0}\u{5b8} \u{ac01}\u{1112}\u{1161}\u{11ab} \u{fb01} ½ \u{30ab}\u{3099} \u{344}a";

    #[test]
    fn normalization_forms_are_unicodes() {
        for (compatible, composed) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut text = Normalized::new(TEXT);
            Step::Form { compatible, composed }.apply(&mut text);
            let expected: String = match (compatible, composed) {
                (false, false) => TEXT.nfd().collect(),
                (false, true) => TEXT.nfc().collect(),
                (true, false) => TEXT.nfkd().collect(),
                (true, true) => TEXT.nfkc().collect(),
            };
            assert_eq!(text.text(), expected);
            let last = expected.len() - 1;
            assert_eq!(&TEXT[text.origin(last..last + 1)], "a");
        }
    }

    #[test]
    fn berts_steps() {
        let mut text = Normalized::new("\u{feff}Ça\u{300} 中\tİ\u{0}");
        Step::Bert { clean: true, split_ideographs: true, strip_accents: None, lowercase: true }.apply(&mut text);
        assert_eq!(text.text(), "ca  中  i");
        assert_eq!((text.origin(0..1), text.origin(1..2), text.origin(4..7)), (3..5, 5..6, 9..12));
    }

    #[test]
    fn strip() {
        let mut text = Normalized::new(" \u{a0}ab ");
        Step::Strip { left: true, right: false }.apply(&mut text);
        assert_eq!((text.text(), text.origin(0..2)), ("ab ", 3..5));
        Step::Strip { left: false, right: true }.apply(&mut text);
        assert_eq!(text.text(), "ab");
        let mut blank = Normalized::new("  ");
        Step::Strip { left: true, right: true }.apply(&mut blank);
        assert_eq!(blank.text(), "");
    }
}
