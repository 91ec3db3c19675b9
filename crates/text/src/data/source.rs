//! Bytes from anywhere: unpacked when they are gzip, bounded, without a byte order mark.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Result};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF16_MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// Opens a stream for reading: gzip is told by its first bytes, not by its name, and may have several members.
///
/// More than `max_bytes` unpacked bytes end in an error while reading.
pub(super) fn open<'a>(name: &str, reader: impl Read + 'a, max_bytes: u64) -> Result<Box<dyn BufRead + 'a>> {
    let io_error = |source| Error::Io { name: name.to_owned(), source };
    let (head, packed) = peek::<2>(reader).map_err(io_error)?;
    let unpacked: Box<dyn Read + 'a> =
        if head == GZIP { Box::new(MultiGzDecoder::new(packed)) } else { Box::new(packed) };
    let (head, text) = peek::<3>(unpacked).map_err(io_error)?;
    if UTF16_MARKS.iter().any(|mark| head.starts_with(mark)) {
        return Err(Error::file(name, "this is UTF-16 text: save it as UTF-8"));
    }
    let mut text = text;
    if head == UTF8_MARK {
        text.read_exact(&mut [0; 3]).map_err(io_error)?;
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, Bounded { inner: text, left: max_bytes, max_bytes })))
}

/// The first `N` bytes (fewer where the stream ends before), and the stream with them put back.
fn peek<const N: usize>(mut reader: impl Read) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::with_capacity(N);
    reader.by_ref().take(N as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(reader)))
}

/// Fails instead of ending when there is more than `max_bytes`.
struct Bounded<R> {
    inner: R,
    left: u64,
    max_bytes: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {} bytes of data: split the file", self.max_bytes),
            )
        })?;
        Ok(read)
    }
}

/// A whole file, refused without reading it when it is larger than `max_bytes`.
pub(crate) fn read_bounded(path: &Path, max_bytes: u64) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let io_error = |source| Error::Io { name: name.clone(), source };
    let file = std::fs::File::open(path).map_err(io_error)?;
    let mut bytes = Vec::new();
    Bounded { inner: file, left: max_bytes, max_bytes }.read_to_end(&mut bytes).map_err(io_error)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8], max_bytes: u64) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        open("x", bytes, max_bytes).map_err(|e| e.to_string())?.read_to_end(&mut text).map_err(|e| e.to_string())?;
        Ok(text)
    }

    #[test]
    fn gzip_is_told_by_its_bytes_and_may_have_members() {
        assert_eq!(read(b"plain", 99).unwrap(), b"plain");
        assert_eq!(read(b"", 99).unwrap(), b"");
        assert_eq!(read(b"x", 99).unwrap(), b"x");
        assert_eq!(read(&[gzip(b"one "), gzip(b"two")].concat(), 99).unwrap(), b"one two");
    }

    #[test]
    fn marks() {
        assert_eq!(read(b"\xef\xbb\xbfa", 99).unwrap(), b"a");
        assert_eq!(read(&gzip(b"\xef\xbb\xbfa"), 99).unwrap(), b"a");
        assert!(read(b"\xff\xfea\0", 99).unwrap_err().contains("UTF-16"));
    }

    #[test]
    fn truncated_and_exploding_gzip_end_in_errors() {
        let packed = gzip(&[b'a'; 100_000]);
        assert!(packed.len() < 1000);
        assert!(read(&packed, 10_000).unwrap_err().contains("more than 10000 bytes"));
        assert_eq!(read(&packed, 100_000).unwrap().len(), 100_000);
        assert!(read(&packed[..packed.len() - 9], 1 << 20).is_err());
        assert!(read(&[0x1f, 0x8b, 7, 7], 99).is_err());
    }
}
