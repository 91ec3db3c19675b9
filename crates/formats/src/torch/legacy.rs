//! The form that `torch.save` wrote before PyTorch 1.6, and many published backbones have: five pickles one after the other (a
//! magic number, a version, the sizes of numbers, the dictionary of tensors, the names of the storages), then the storages in
//! the order of those names, each a count of 8 bytes and its values. Little-endian, as every machine that wrote them.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::torch::file::{Kinds, Tensors, assemble, format_of};
use crate::torch::pickle::{self, MAX_TENSORS};
use crate::torch::pickle_input::{Input, Step, text};

/// The first pickle: the number 0x1950a86a20f9469cfc6c.
const MAGIC: [u8; 15] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// The second: version 1001.
const VERSION: [u8; 6] = *b"\x80\x02M\xe9\x03.";

/// Whether `bytes` have this form.
pub(crate) fn is_legacy(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// All tensors of such a file; `file` is what messages call it.
pub(crate) fn read(file: &str, bytes: &[u8], kinds: Kinds) -> Result<Tensors> {
    let damaged = |problem: String| Error::torch(file, problem);
    let mut input = Input::new(bytes);
    let head = (|| Ok((input.take(MAGIC.len())?, input.take(VERSION.len())? == VERSION)))().map_err(damaged)?;
    if !head.1 {
        return Err(damaged("its version is not 1001".to_owned()));
    }
    input.take(pickle::skip(&bytes[input.at()..]).map_err(damaged)?).map_err(damaged)?;
    let (described, length) = pickle::leading_tensors(&bytes[input.at()..]).map_err(damaged)?;
    input.take(length).map_err(damaged)?;
    let names = storage_names(&mut input).map_err(damaged)?;
    let width = |name: &str| {
        let kind = described.iter().find(|(_, tensor)| tensor.storage == name).map(|(_, tensor)| tensor.kind)?;
        Some(format_of(kind).map_or(bytes_of(kind), |format| format.value_bytes()))
    };
    let mut storages = BTreeMap::new();
    for name in names {
        let width = width(name).ok_or_else(|| damaged(format!("no tensor is in its storage {name}")))?;
        let data = (|| {
            let count = u64::from_le_bytes(input.array()?);
            let length = usize::try_from(count).ok().and_then(|count| count.checked_mul(width));
            input.take(length.ok_or("a storage is larger than memory")?)
        })();
        storages.insert(name, data.map_err(damaged)?);
    }
    assemble(file, bytes.len(), described, kinds, |storage| {
        storages.get(storage).copied().ok_or_else(|| damaged(format!("it lacks the storage {storage}")))
    })
}

/// Of kinds whose values are not read.
fn bytes_of(kind: &str) -> usize {
    match kind {
        "Double" | "Long" => 8,
        "Int" => 4,
        "Short" => 2,
        _ => 1,
    }
}

/// A pickled list of texts.
fn storage_names<'a>(input: &mut Input<'a>) -> Step<Vec<&'a str>> {
    let mut names = Vec::new();
    loop {
        match input.byte()? {
            b'.' => return Ok(names),
            0x80 | b'q' => drop(input.byte()?),
            b'r' => drop(input.array::<4>()?),
            b']' | b'(' | b'e' | b'a' => {}
            b'X' => {
                let length = u32::from_le_bytes(input.array()?);
                names.push(text(input.take(length as usize)?)?);
                if names.len() > MAX_TENSORS {
                    return Err(format!("it has more than {MAX_TENSORS} storages"));
                }
            }
            other => return Err(format!("the instruction {other:#04x} is not one that a list of names needs")),
        }
    }
}

#[cfg(test)]
#[path = "legacy_tests.rs"]
mod tests;
