//! Reading a pickle's bytes: operands of instructions.

/// The result of an instruction; a problem is a sentence for people.
pub(crate) type Step<T> = Result<T, String>;

/// A little-endian two's-complement integer of up to 8 bytes.
pub(crate) fn long(bytes: &[u8]) -> Step<i64> {
    if bytes.len() > 8 {
        return Err(format!("an integer has {} bytes", bytes.len()));
    }
    let sign = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut whole = [if sign { 0xff } else { 0 }; 8];
    whole[..bytes.len()].copy_from_slice(bytes);
    Ok(i64::from_le_bytes(whole))
}

/// `bytes` as text.
pub(crate) fn text(bytes: &[u8]) -> Step<&str> {
    std::str::from_utf8(bytes).map_err(|_| "a text is not UTF-8".to_owned())
}

/// The pickle and how far it has been read.
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    /// At the start of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Step<&'a [u8]> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or("it ends in the middle")?;
        self.at += count;
        Ok(taken)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Step<u8> {
        Ok(self.take(1)?[0])
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(std::array::from_fn(|i| bytes[i]))
    }

    /// Up to the next line feed, which is skipped.
    pub(crate) fn line(&mut self) -> Step<&'a str> {
        let length = self.bytes[self.at..].iter().position(|&byte| byte == b'\n').ok_or("it ends in the middle")?;
        let line = text(self.take(length)?)?;
        self.at += 1;
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_length_are_read() {
        assert_eq!(long(&[]), Ok(0));
        assert_eq!(long(&[0xff]), Ok(-1));
        assert_eq!(long(&[0x00, 0x80, 0x00]), Ok(32768));
        assert_eq!(long(&[0, 0, 0, 0, 0, 0, 0, 0x80]), Ok(i64::MIN));
        assert!(long(&[0; 9]).is_err());
    }
}
