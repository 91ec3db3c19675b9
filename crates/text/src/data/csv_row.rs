//! One row of a CSV file (RFC 4180), which may take several lines.
//!
//! Written out here rather than taken from a crate because a row must know its line, blank lines notwithstanding, and a
//! quote that is never closed must be an error rather than a field with the rest of the file in it.

use super::lines::{Lines, MAX_LINE_BYTES, without_end};
use crate::{Error, Result};

/// The fields of one row, unquoted.
#[derive(Default)]
pub(super) struct CsvRow {
    /// The line on which the row starts, from 1.
    pub(super) line: u64,
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`, which are few enough for `u32`.
    ends: Vec<u32>,
}

/// Where in a row the parser is.
enum State {
    /// Before the first character of a field.
    Start,
    /// In a field that does not begin with a quote, or after the closing one.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote within quotes: the closing one, or the first of two that mean one.
    Quote,
}

impl CsvRow {
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start as usize..end as usize])
    }

    /// Reads the next row that is not blank; false after the last.
    pub(super) fn read(&mut self, lines: &mut Lines<'_>, name: &str) -> Result<bool> {
        self.bytes.clear();
        self.ends.clear();
        let mut state = State::Start;
        loop {
            let quoted = matches!(state, State::Quoted);
            let Some((number, line)) = lines.next_with_end(name)? else {
                return if quoted { Err(self.not_closed(name)) } else { Ok(false) };
            };
            if !quoted {
                if without_end(line).is_empty() {
                    continue;
                }
                self.line = number;
            }
            state = self.parse(state, line);
            if !matches!(state, State::Quoted) {
                self.ends.push(self.bytes.len() as u32);
                return Ok(true);
            }
            if self.bytes.len() > MAX_LINE_BYTES {
                return Err(self.not_closed(name));
            }
        }
    }

    /// Takes up one line, and its end where a quote is still open.
    fn parse(&mut self, mut state: State, line: &[u8]) -> State {
        let text = without_end(line);
        for &byte in text {
            state = match (state, byte) {
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, _) => {
                    self.bytes.push(byte);
                    State::Quoted
                }
                (State::Start, b'"') => State::Quoted,
                (State::Quote, b'"') => {
                    self.bytes.push(byte);
                    State::Quoted
                }
                (_, b',') => {
                    self.ends.push(self.bytes.len() as u32);
                    State::Start
                }
                _ => {
                    self.bytes.push(byte);
                    State::Plain
                }
            };
        }
        if matches!(state, State::Quoted) {
            self.bytes.extend_from_slice(&line[text.len()..]);
        }
        state
    }

    fn not_closed(&self, name: &str) -> Error {
        Error::file(name, format!("a quote in the row that starts on line {} is not closed", self.line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(u64, Vec<String>)>> {
        let mut lines = Lines::new(Box::new(text.as_bytes()));
        let (mut row, mut rows) = (CsvRow::default(), Vec::new());
        while row.read(&mut lines, "x")? {
            rows.push((row.line, row.fields().map(|field| String::from_utf8(field.to_vec()).unwrap()).collect()));
        }
        Ok(rows)
    }

    #[test]
    fn fields() {
        let rows = read("a,,\"b\"\n\r\n\"\"\"x\"\"\",\"1,\r\n\n2\",c\"d\"\r\n,\"p\"q\nlast").unwrap();
        let expected: [(u64, &[&str]); 4] =
            [(1, &["a", "", "b"]), (3, &["\"x\"", "1,\r\n\n2", "c\"d\""]), (6, &["", "pq"]), (7, &["last"])];
        assert_eq!(rows, expected.map(|(line, row)| (line, row.iter().map(ToString::to_string).collect())));
    }

    #[test]
    fn a_quote_left_open_is_an_error() {
        let message = read("a\n\nb,\"c\nd\n").unwrap_err().to_string();
        assert_eq!(message, "x: a quote in the row that starts on line 3 is not closed");
    }
}
