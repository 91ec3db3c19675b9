//! Places in a text as JavaScript counts them: in UTF-16 units, so that `text.slice(start, end)` is what stands there.

/// The units of one text beside its bytes.
pub struct Units {
    /// Of each byte, and of the end: how many units stand before its character.
    before: Vec<u32>,
}

impl Units {
    pub fn new(text: &str) -> Self {
        let mut before = Vec::with_capacity(text.len() + 1);
        let mut units = 0;
        for c in text.chars() {
            before.resize(before.len() + c.len_utf8(), units);
            units += c.len_utf16() as u32;
        }
        before.push(units);
        Self { before }
    }

    /// How many units stand before a byte.
    pub fn before(&self, byte: usize) -> u32 {
        self.before[byte]
    }

    /// The byte that a unit stands at; none within a character or beyond the end.
    pub fn byte(&self, unit: u64) -> Option<usize> {
        let byte = self.before.partition_point(|before| u64::from(*before) < unit);
        (self.before.get(byte).copied().map(u64::from) == Some(unit)).then_some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::Units;

    /// Letters of one to four bytes, a combining mark, a family of emoji: Rust's own encoder counts.
    #[test]
    fn units_are_those_of_utf_16() {
        let text = "aé漢😀e\u{301}👩‍👩‍👧 Zoë";
        let units = Units::new(text);
        for (byte, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let expected = text[..byte].encode_utf16().count();
            assert_eq!((units.before(byte), units.byte(expected as u64)), (expected as u32, Some(byte)));
        }
        let emoji = text.find('😀').unwrap();
        assert_eq!(units.byte(u64::from(units.before(emoji)) + 1), None);
        assert_eq!(units.byte(text.encode_utf16().count() as u64 + 1), None);
        assert_eq!(Units::new("").byte(0), Some(0));
    }
}
