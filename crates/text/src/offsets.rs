//! Spans in other units than bytes.

/// Byte offsets of a text as offsets in Unicode code points, which is what Python and JSON interfaces count in,
/// and back. Fast where offsets ascend.
#[derive(Debug, Clone)]
pub struct CodePoints<'t> {
    text: &'t str,
    byte: usize,
    count: usize,
}

impl<'t> CodePoints<'t> {
    /// Of a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self { text, byte: 0, count: 0 }
    }

    /// How many code points stand before `byte`.
    ///
    /// # Panics
    /// If `byte` is beyond the text or within a character.
    pub fn before(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.count) = (0, 0);
        }
        self.count += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.count
    }

    /// The byte at which the code point `count` (from 0) begins: the end of the text for as many as there are, `None` beyond.
    pub fn byte_of(&mut self, count: usize) -> Option<usize> {
        if count < self.count {
            (self.byte, self.count) = (0, 0);
        }
        let rest = &self.text[self.byte..];
        let mut ends = rest.char_indices().map(|(byte, _)| byte).chain([rest.len()]);
        self.byte += ends.nth(count - self.count)?;
        self.count = count;
        Some(self.byte)
    }
}

#[cfg(test)]
mod tests {
    use super::CodePoints;

    #[test]
    fn bytes_to_code_points() {
        let text = "a\u{e9}\u{1f600}b";
        let mut points = CodePoints::new(text);
        assert_eq!([0, 1, 3, 7, 8].map(|byte| points.before(byte)), [0, 1, 2, 3, 4]);
        assert_eq!([7, 1, 8].map(|byte| points.before(byte)), [3, 1, 4]);
        let bytes = [0, 2, 3, 4, 1, 5, 2].map(|count| points.byte_of(count));
        assert_eq!(bytes, [Some(0), Some(3), Some(7), Some(8), Some(1), None, Some(3)]);
    }
}
