//! A file that JavaScript holds, read piece by piece.

use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

use js_sys::{Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// Reads by calling `read(name, offset, length)`, which gives a `Uint8Array` of that length or of less, but not of nothing.
#[derive(Debug)]
pub struct Source {
    read: Function,
    name: JsValue,
    size: u64,
    position: u64,
}

impl Source {
    /// The file `name` of `size` bytes.
    pub fn new(read: &Function, name: &str, size: f64) -> Self {
        Self { read: read.clone(), name: name.into(), size: size.max(0.0) as u64, position: 0 }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = (buffer.len() as u64).min(self.size.saturating_sub(self.position)) as usize;
        if length == 0 {
            return Ok(0);
        }
        let (offset, count) = (JsValue::from_f64(self.position as f64), JsValue::from_f64(length as f64));
        let answer = self.read.call3(&JsValue::NULL, &self.name, &offset, &count);
        let answer = answer.map_err(|error| Error::other(format!("{error:?}")))?;
        let bytes = answer.dyn_into::<Uint8Array>().map_err(|_| Error::other("no bytes came"))?;
        let length = bytes.length() as usize;
        if length == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "fewer bytes came than the file has"));
        }
        bytes.copy_to(&mut buffer[..length]);
        self.position += length as u64;
        Ok(length)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "a seek before the start"))?;
        Ok(self.position)
    }
}
