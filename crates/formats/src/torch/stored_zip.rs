//! The little of the ZIP format that PyTorch's weights files use: uncompressed entries, found by the central directory.
//!
//! PyTorch aligns raw tensor data inside the archive, so it never compresses; a general ZIP library would bring
//! decompressors and 20,000 lines into the browser for nothing. Layout: .ZIP File Format Specification (APPNOTE.TXT)
//! sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end of central directory).

use std::collections::BTreeMap;

use crate::error::{Error, Result};

const END: [u8; 4] = *b"PK\x05\x06";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

/// What every archive that has at least one entry starts with.
pub(crate) const MAGIC: [u8; 4] = LOCAL;

/// The entries of the archive `bytes` by name, each checked against its CRC-32 and without copies; `file` is what
/// messages call the archive.
pub(crate) fn entries<'a>(file: &str, bytes: &'a [u8]) -> Result<BTreeMap<&'a str, &'a [u8]>> {
    read(bytes).map_err(|problem| Error::torch(file, problem))
}

fn read(bytes: &[u8]) -> Result<BTreeMap<&str, &[u8]>, String> {
    let end = end_of_central_directory(bytes)
        .ok_or("its ZIP directory is missing: the file is truncated or damaged, download it again")?;
    let record = &bytes[end..];
    let count = u16_at(record, 10);
    let (size, start) = (u32_at(record, 12), u32_at(record, 16));
    if u16_at(record, 4) != 0 || u16_at(record, 6) != 0 {
        return Err("it is a part of a ZIP archive of several parts".to_owned());
    }
    if start == u32::MAX || size == u32::MAX || count == u16::MAX {
        return Err("it is a ZIP64 archive (of more than 4 GiB), which is not read".to_owned());
    }
    let directory = slice(bytes, start as usize, size as usize).ok_or("its ZIP directory lies outside the file")?;
    let data = &bytes[..start as usize];

    let mut entries = BTreeMap::new();
    let (mut at, mut total) = (0, 0usize);
    for _ in 0..count {
        let header = directory.get(at..).filter(|rest| rest.len() >= CENTRAL_BYTES && rest.starts_with(&CENTRAL));
        let header = header.ok_or("its ZIP directory is damaged")?;
        let name_bytes = usize::from(u16_at(header, 28));
        let name = slice(header, CENTRAL_BYTES, name_bytes).and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or("its ZIP directory has a damaged name")?;
        let content = content(data, header).map_err(|problem| format!("its ZIP entry {name:?} {problem}"))?;
        // Entries that share bytes could make a small file cost any amount of work.
        total = total.saturating_add(content.len());
        if total > bytes.len() {
            return Err("its ZIP entries overlap".to_owned());
        }
        if crc32(content) != u32_at(header, 16) {
            return Err(format!("its ZIP entry {name:?} is damaged (CRC-32 differs)"));
        }
        if entries.insert(name, content).is_some() {
            return Err(format!("its ZIP entry {name:?} is there twice"));
        }
        at += CENTRAL_BYTES + name_bytes + usize::from(u16_at(header, 30)) + usize::from(u16_at(header, 32));
    }
    Ok(entries)
}

/// Where the end record starts: the last place whose comment reaches exactly to the end of the file.
fn end_of_central_directory(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|&at| {
        let record = &bytes[at..];
        record.starts_with(&END) && END_BYTES + usize::from(u16_at(record, 20)) == record.len()
    })
}

/// The bytes of the entry with this central `header`.
fn content<'a>(data: &'a [u8], header: &[u8]) -> Result<&'a [u8], &'static str> {
    let (flags, method) = (u16_at(header, 8), u16_at(header, 10));
    let (stored, size, start) = (u32_at(header, 20), u32_at(header, 24), u32_at(header, 42));
    if flags & 1 != 0 {
        return Err("is encrypted");
    }
    if method != 0 || stored != size {
        return Err("is compressed, which PyTorch never does: save the file with torch.save again");
    }
    if size == u32::MAX || start == u32::MAX {
        return Err("is larger than 4 GiB");
    }
    let local = data.get(start as usize..).filter(|rest| rest.len() >= LOCAL_BYTES && rest.starts_with(&LOCAL));
    let local = local.ok_or("has no header")?;
    // The local header's own name and padding; its sizes may be zero, as PyTorch streams.
    let skip = LOCAL_BYTES + usize::from(u16_at(local, 26)) + usize::from(u16_at(local, 28));
    slice(local, skip, size as usize).ok_or("reaches beyond the data")
}

fn slice(bytes: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    bytes.get(start..start.checked_add(length)?)
}

/// Little-endian; the caller has checked that the record is whole.
fn u16_at(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

fn u32_at(record: &[u8], at: usize) -> u32 {
    u32::from(u16_at(record, at)) | u32::from(u16_at(record, at + 2)) << 16
}

/// CRC-32 as in ISO 3309 and ZIP: reflected polynomial 0xEDB88320.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut remainder = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                remainder = if remainder & 1 == 1 { remainder >> 1 ^ 0xEDB8_8320 } else { remainder >> 1 };
                bit += 1;
            }
            table[byte] = remainder;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, &byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

/// Builds archives for tests.
#[cfg(test)]
pub(crate) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut data, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let start = data.len() as u32;
        let padding = [7; 5];
        data.extend([LOCAL.as_slice(), &[0; 22], &(name.len() as u16).to_le_bytes(), &[5, 0]].concat());
        data.extend([name.as_bytes(), &padding, content].concat());
        let size = (content.len() as u32).to_le_bytes();
        let name_bytes = (name.len() as u16).to_le_bytes();
        let fixed = [CENTRAL.as_slice(), &[0; 12], &crc32(content).to_le_bytes(), &size, &size, &name_bytes, &[0; 12]];
        directory.extend([fixed.concat().as_slice(), &start.to_le_bytes(), name.as_bytes()].concat());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let (size, start) = ((directory.len() as u32).to_le_bytes(), (data.len() as u32).to_le_bytes());
    [data, directory, [END.as_slice(), &[0; 4], &count, &count, &size, &start, &[0; 2]].concat()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        let bytes = archive(&[("a/data.pkl", b"abc"), ("a/data/0", &[9; 100]), ("a/empty", b"")]);
        let entries = entries("x.bin", &bytes).unwrap();
        assert_eq!(entries["a/data.pkl"], b"abc");
        assert_eq!((entries["a/data/0"], entries["a/empty"], entries.len()), ([9; 100].as_slice(), b"".as_slice(), 3));
    }

    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = archive(&[("a", b"abc")]);
        for length in 0..bytes.len() {
            assert!(entries("x.bin", &bytes[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn no_flipped_bit_panics_and_data_is_protected() {
        let good = archive(&[("a", b"abc"), ("b", b"defgh")]);
        for position in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[position] ^= 1 << bit;
                if let Ok(entries) = entries("x.bin", &bad) {
                    assert!(entries.values().all(|content| [b"abc".as_slice(), b"defgh"].contains(content)));
                }
            }
        }
    }

    #[test]
    fn entries_that_share_bytes_are_refused() {
        let one = archive(&[("a", &[0; 1000])]);
        // Two directory entries that point to the same thousand bytes.
        let start = one.windows(4).position(|bytes| bytes == CENTRAL).unwrap();
        let entry = &one[start..one.len() - END_BYTES];
        let mut second = entry.to_vec();
        *second.last_mut().unwrap() = b'b';
        let mut end = one[one.len() - END_BYTES..].to_vec();
        end[10] = 2;
        end[12] = 2 * entry.len() as u8;
        let bytes = [&one[..start], entry, &second, &end].concat();
        assert!(entries("x.bin", &bytes).unwrap_err().to_string().contains("overlap"));
    }
}
