//! Byte-level tokens have the space before their word in them; their origins need not.

use std::ops::Range;

/// The spaces at the ends of a token, in characters.
#[derive(Clone, Copy)]
pub(super) struct Spaces {
    leading: usize,
    trailing: usize,
}

impl Spaces {
    /// Of an added token, which may have taken the white space around it.
    pub(super) fn of_text(text: &str) -> Self {
        let leading = text.chars().take_while(|c| c.is_whitespace()).count();
        Self { leading, trailing: text.chars().rev().take_while(|c| c.is_whitespace()).count() }
    }

    /// Of a byte-level token: there only the space itself counts as one.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let leading = bytes.iter().take_while(|byte| **byte == b' ').count();
        Self { leading, trailing: bytes.iter().rev().take_while(|byte| **byte == b' ').count() }
    }

    /// What is left of a token's bytes in `text`, as `process_offsets` of `tokenizers` has it. With `added_first` a
    /// single space before the token is taken for the one that was added, also where the text has one; an added space
    /// elsewhere costs the token the first character of its word, there as here.
    pub(super) fn trim(
        self,
        text: &str,
        Range { mut start, mut end }: Range<usize>,
        added_first: bool,
    ) -> Range<usize> {
        if !(added_first && self.leading == 1) {
            start += text[start..end].chars().take(self.leading).map(char::len_utf8).sum::<usize>();
        }
        if let Some(last) = self.trailing.checked_sub(1)
            && let Some((before, _)) = text[..end].char_indices().nth_back(last)
        {
            end = start.max(before);
        }
        start..end
    }
}
