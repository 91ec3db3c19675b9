//! A safetensors file read one tensor at a time, from a file or from bytes in memory.
//!
//! Layout (<https://github.com/huggingface/safetensors>): the header's length as a little-endian `u64`, the header as
//! JSON (name -> dtype, shape, byte range; `__metadata__` -> texts), then the data. The header is checked before anything
//! is read by it: that the byte ranges fit the shapes, neither overlap nor leave holes, and that the file is as long as
//! they say.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use crate::error::{Error, Result};
use crate::host_tensor::HostTensor;
use crate::mistaken;
use crate::safetensors::header::Header;
use crate::safetensors::number_format::{NumberFormat, Piece, halves};
use safetensors::Dtype;

/// The longest accepted header in bytes. BERT-large has one of about 45 KiB; a sharded giant about 1 MiB.
const MAX_HEADER_BYTES: u64 = 16 << 20;

/// Values handed out at a time while a tensor streams: 256 KiB as `f32`.
const CHUNK_VALUES: usize = 1 << 16;

/// The name of the scales of the rows of tensor `name`, F32, if it is a matrix of 8-bit integers (I8).
pub(crate) fn scales_of(name: &str) -> String {
    format!("{name}.scale")
}

/// An opened safetensors file: the header in memory, the data where it lies.
#[derive(Debug)]
pub struct SafetensorsFile<R> {
    file: String,
    reader: R,
    data_start: u64,
    header: Header,
}

impl<R: Read + Seek> SafetensorsFile<R> {
    /// Reads and checks the header. `file` is what messages call the file.
    ///
    /// # Errors
    /// If the file cannot be read, is not safetensors, is truncated or has bytes that no tensor covers.
    pub fn open(file: impl Into<String>, mut reader: R) -> Result<Self> {
        let file = file.into();
        let read_error = |source| Error::Io { action: "read", file: file.clone(), source };
        let length = reader.seek(SeekFrom::End(0)).map_err(read_error)?;
        reader.seek(SeekFrom::Start(0)).map_err(read_error)?;
        let mut begin = [0; mistaken::BEGIN_BYTES];
        let begin = &mut begin[..mistaken::BEGIN_BYTES.min(usize::try_from(length).unwrap_or(usize::MAX))];
        reader.read_exact(begin).and_then(|()| reader.seek(SeekFrom::Start(0))).map_err(read_error)?;
        if let Some(problem) = mistaken::content(begin) {
            return Err(Error::safetensors(&file, problem));
        }
        if length < 8 {
            return Err(Error::safetensors(&file, format!("it has only {length} bytes")));
        }
        let mut prefix = [0; 8];
        reader.read_exact(&mut prefix).map_err(read_error)?;
        let header_bytes = u64::from_le_bytes(prefix);
        if header_bytes > length - 8 {
            let problem = format!(
                "its header should have {header_bytes} bytes, but the whole file has {length}: it is cut off, or no \
                 safetensors file; download it again"
            );
            return Err(Error::safetensors(&file, problem));
        }
        if header_bytes > MAX_HEADER_BYTES {
            let (what, limit) = ("the header", MAX_HEADER_BYTES);
            return Err(Error::TooLarge { file, what, found: header_bytes, limit });
        }
        let mut header = vec![0; header_bytes as usize];
        reader.read_exact(&mut header).map_err(read_error)?;
        let header = Header::parse(&file, &header)?;
        let data_start = 8 + header_bytes;
        let expected = data_start.checked_add(header.data_bytes as u64);
        if expected != Some(length) {
            let problem = format!(
                "the header describes {} bytes of data, but {} follow it; the file is truncated or damaged: \
                 download or save it again",
                header.data_bytes,
                length - data_start
            );
            return Err(Error::safetensors(&file, problem));
        }
        Ok(Self { file, reader, data_start, header })
    }

    /// What messages call the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The names of all tensors, sorted, as the file has them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.header.tensors.keys().map(String::as_str)
    }

    /// The shape of tensor `name`.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.header.tensors.get(name).map(|info| &*info.shape)
    }

    /// The number format of tensor `name` as the file calls it: `F32`, `I64`, ...
    #[must_use]
    pub fn dtype(&self, name: &str) -> Option<String> {
        self.header.tensors.get(name).map(|info| info.dtype.to_string())
    }

    /// The texts in `__metadata__`.
    #[must_use]
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.header.metadata
    }

    /// The number format of tensor `name`, if it is one whose values can be read.
    #[must_use]
    pub fn format(&self, name: &str) -> Option<NumberFormat> {
        let info = self.header.tensors.get(name)?;
        let scales = || self.header.tensors.get(&scales_of(name));
        let has_scales = |rows| scales().is_some_and(|scales| scales.dtype == Dtype::F32 && *scales.shape == [rows]);
        match *info.shape {
            [rows, _] if info.dtype == Dtype::I8 && has_scales(rows) => Some(NumberFormat::Q8),
            _ => NumberFormat::of(info.dtype),
        }
    }

    /// Hands the values of tensor `name` to `visit`: in order, at most 65,536 at a time.
    ///
    /// # Errors
    /// If there is no such tensor, it is not F32, F16, BF16 or I8 with scales, reading fails, or `visit` does.
    pub fn pieces(&mut self, name: &str, visit: &mut dyn FnMut(Piece<'_>) -> Result<()>) -> Result<()> {
        let Some(info) = self.header.tensors.get(name) else {
            let problem = format!("it has no tensor `{name}`");
            return Err(Error::safetensors(&self.file, problem));
        };
        let Some(format) = self.format(name) else {
            let (file, tensor, found) = (self.file.clone(), name.to_owned(), info.dtype.to_string());
            return Err(Error::WrongDtype { file, tensor, found });
        };
        let value_bytes = format.value_bytes();
        let (start, end) = info.data_offsets;
        let cols = info.shape.last().copied().unwrap_or(0);
        let scales = if format == NumberFormat::Q8 { self.read(&scales_of(name))?.data } else { Vec::new() };
        let file = &self.file;
        let read_error = |source| Error::Io { action: "read", file: file.clone(), source };
        self.reader.seek(SeekFrom::Start(self.data_start + start as u64)).map_err(read_error)?;
        let mut left = (end - start) / value_bytes;
        let mut bytes = vec![0; value_bytes * left.min(CHUNK_VALUES)];
        let mut values = Vec::new();
        while left > 0 {
            let count = left.min(CHUNK_VALUES);
            let bytes = &mut bytes[..count * value_bytes];
            self.reader.read_exact(bytes).map_err(read_error)?;
            if format == NumberFormat::F16 {
                visit(Piece::F16(&halves(bytes)))?;
            } else {
                values.resize(count, 0.0);
                format.widen(bytes, &mut values);
                if format == NumberFormat::Q8 {
                    let first = (end - start) - left;
                    values.iter_mut().enumerate().for_each(|(i, value)| *value *= scales[(first + i) / cols]);
                }
                visit(Piece::F32(&values))?;
            }
            left -= count;
        }
        Ok(())
    }

    /// The same, widened to `f32`.
    ///
    /// # Errors
    /// As [`SafetensorsFile::pieces`].
    pub fn stream(&mut self, name: &str, visit: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<()> {
        let mut scratch = Vec::new();
        self.pieces(name, &mut |piece| visit(piece.widened(&mut scratch)))
    }

    /// All values of tensor `name`.
    ///
    /// # Errors
    /// As [`SafetensorsFile::stream`].
    pub fn read(&mut self, name: &str) -> Result<HostTensor> {
        let shape = self.shape(name).unwrap_or_default().to_vec();
        // The header was checked against the file's length, so the memory is bounded by the file (twice that for F16).
        let mut data = Vec::with_capacity(shape.iter().product());
        self.stream(name, &mut |values| {
            data.extend_from_slice(values);
            Ok(())
        })?;
        Ok(HostTensor::new(shape, data))
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
