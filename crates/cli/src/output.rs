//! Standard output: results, and nothing else.

use std::borrow::Cow;
use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

use crate::failure::{Failure, Kind, Result};

/// Standard output, which may be closed by whoever reads it (`| head`).
pub struct Output {
    inner: BufWriter<io::StdoutLock<'static>>,
}

/// Whether anybody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Go on.
    Listening,
    /// The pipe is closed: there is nothing left to do.
    Gone,
}

impl Output {
    /// Takes standard output.
    pub fn new() -> Self {
        Self { inner: BufWriter::new(io::stdout().lock()) }
    }

    /// Writes one line of JSON.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> Result<Reader> {
        let line = serde_json::to_string(value).map_err(|error| Failure::of(Kind::Failure, &error))?;
        self.raw(&line)
    }

    /// Writes one line of text; control characters in it (from a file's labels, say) are escaped.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn line(&mut self, line: &str) -> Result<Reader> {
        self.raw(&printable(line))
    }

    fn raw(&mut self, line: &str) -> Result<Reader> {
        let written = self.inner.write_all(line.as_bytes()).and_then(|()| self.inner.write_all(b"\n"));
        listening(written)
    }

    /// Hands on what is buffered.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn flush(&mut self) -> Result<Reader> {
        listening(self.inner.flush())
    }
}

fn listening(written: io::Result<()>) -> Result<Reader> {
    match written {
        Ok(()) => Ok(Reader::Listening),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::of(Kind::Failure, &error).about("cannot write to standard output")),
    }
}

/// Text that cannot command a terminal: control characters are escaped, except line breaks.
pub fn printable(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() && c != '\n';
    if !text.contains(harmful) {
        return text.into();
    }
    let escaped = |c: char| if harmful(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(super::printable("a\nb é"), "a\nb é");
        assert_eq!(super::printable("\u{1b}[31m\t"), "\\u{1b}[31m\\t");
    }
}
