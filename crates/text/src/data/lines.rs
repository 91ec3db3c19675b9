//! Lines of bounded length, with their numbers.

use std::borrow::Cow;
use std::io::BufRead;

use super::rows::{Row, Rows};
use crate::{Error, Result};

/// Longer lines (and CSV rows) end reading with an error: no text is that long, and it would have to fit in memory.
pub(super) const MAX_LINE_BYTES: usize = 16 << 20;

/// Reads a stream line by line.
pub(super) struct Lines<'a> {
    source: Box<dyn BufRead + 'a>,
    buffer: Vec<u8>,
    number: u64,
    max_bytes: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: Box<dyn BufRead + 'a>) -> Self {
        Self { source, buffer: Vec::new(), number: 0, max_bytes: MAX_LINE_BYTES }
    }

    /// The next line without its end (`\n` or `\r\n`) and its number from 1; `None` after the last.
    pub(super) fn next(&mut self, name: &str) -> Result<Option<(u64, &[u8])>> {
        let Some((number, line)) = self.next_with_end(name)? else { return Ok(None) };
        Ok(Some((number, without_end(line))))
    }

    /// The next line as it stands and its number from 1; `None` after the last.
    pub(super) fn next_with_end(&mut self, name: &str) -> Result<Option<(u64, &[u8])>> {
        self.buffer.clear();
        let limit = self.max_bytes as u64 + 2;
        let read = std::io::Read::take(&mut self.source, limit)
            .read_until(b'\n', &mut self.buffer)
            .map_err(|source| Error::Io { name: name.to_owned(), source })?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if without_end(&self.buffer).len() > self.max_bytes {
            let reason = format!("line {} is longer than {} MiB", self.number, MAX_LINE_BYTES >> 20);
            return Err(Error::file(name, reason));
        }
        Ok(Some((self.number, &self.buffer)))
    }
}

/// A line without its `\n` or `\r\n`.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A file of plain texts: every line is one, the empty ones too.
pub(super) fn read_txt(source: Box<dyn BufRead + '_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut lines = Lines::new(source);
    while let Some((number, line)) = lines.next(rows.name)? {
        match utf8(line) {
            Ok(text) => rows.offer(number, &Line(text)),
            Err(reason) => rows.reject(number, reason),
        }
        if rows.full() {
            break;
        }
    }
    Ok(())
}

/// A line that is a text, whatever the column is called.
struct Line<'a>(&'a str);

impl Row for Line<'_> {
    fn text(&self, _: &str) -> Result<Cow<'_, str>, String> {
        Ok(self.0.into())
    }

    fn label(&self, _: &str) -> Result<Cow<'_, str>, String> {
        Err("a text file has no labels".to_owned())
    }

    fn has(&self, _: &str) -> bool {
        false
    }
}

/// Bytes as UTF-8, or a sentence that says where they are not.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8 at byte {} of the line", e.valid_up_to() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_numbers() {
        let mut lines = Lines::new(Box::new(&b"a\r\n\nb\rc\n\r\nlast"[..]));
        let mut seen = Vec::new();
        while let Some((number, line)) = lines.next("x").unwrap() {
            seen.push((number, String::from_utf8(line.to_vec()).unwrap()));
        }
        let expected = [(1, "a"), (2, ""), (3, "b\rc"), (4, ""), (5, "last")];
        assert_eq!(seen, expected.map(|(n, s)| (n, s.to_owned())));
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_memory() {
        let endless = std::io::BufReader::new(std::io::repeat(b'a'));
        let mut lines = Lines::new(Box::new(endless));
        lines.max_bytes = 1000;
        assert!(lines.next("x").unwrap_err().to_string().contains("line 1 is longer"));
        assert!(lines.buffer.capacity() < 10_000);
        let mut lines = Lines::new(Box::new(&b"12345\r\n"[..]));
        lines.max_bytes = 5;
        assert_eq!(lines.next("x").unwrap(), Some((1, &b"12345"[..])));
    }
}
