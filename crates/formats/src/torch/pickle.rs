//! What a PyTorch weights file says about its tensors, read without running it.
//!
//! `torch.save` writes a pickle: a program for a stack machine that may import and call anything. This interpreter knows
//! only the instructions that a dictionary of tensors needs, and only three things to "call", which it does itself:
//! `torch._utils._rebuild_tensor_v2`, `collections.OrderedDict` and the names of storages (`torch.FloatStorage`, ...).
//! Everything else is refused by name. Memory is bounded by the input: every instruction makes a constant amount, tuples
//! and dictionaries are never copied, and nothing recurses. Instructions: CPython's `Lib/pickletools.py`.

use std::collections::BTreeMap;

use crate::torch::pickle_input::{Input, Step, long, text};

/// The longest accepted pickle in bytes; an adapter with 48 tensors has one of 7 KB.
const MAX_BYTES: usize = 4 << 20;
/// The highest accepted rank of a tensor.
const MAX_RANK: usize = 8;

/// A tensor as the pickle describes it: a piece of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TorchTensor {
    /// The kind of numbers, as the storage's class without `Storage`: `Float`, `Half`, `BFloat16`, `Long`, ...
    pub(crate) kind: &'static str,
    /// The storage's name: its data is the archive's entry `data/<storage>`.
    pub(crate) storage: String,
    /// How many values the storage has.
    pub(crate) storage_values: usize,
    /// Where in the storage the tensor starts, in values.
    pub(crate) offset: usize,
    /// The tensor's shape; its values are contiguous and row-major.
    pub(crate) shape: Vec<usize>,
}

/// Kinds of storages that the interpreter knows by name; only some are readable.
const KINDS: [&str; 10] = ["Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool"];

/// A value on the stack. Copying one is cheap: what is large lies in the machine's lists.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    None,
    Bool,
    Int(i64),
    Text(&'a str),
    Tuple(usize),
    Dict(usize),
    OrderedDictClass,
    RebuildTensor,
    StorageClass(&'static str),
    Storage(usize),
    Tensor(usize),
}

struct Storage<'a> {
    kind: &'static str,
    name: &'a str,
    values: usize,
}

#[derive(Default)]
struct Machine<'a> {
    stack: Vec<Value<'a>>,
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    tuples: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    storages: Vec<Storage<'a>>,
    tensors: Vec<TorchTensor>,
}

/// The tensors in a pickled dictionary, in its order; a problem is told with its place.
pub(crate) fn tensors(pickle: &[u8]) -> Result<Vec<(String, TorchTensor)>, String> {
    if pickle.len() > MAX_BYTES {
        return Err(format!("its pickle has {} bytes; at most {MAX_BYTES} are accepted", pickle.len()));
    }
    let mut input = Input::new(pickle);
    let mut machine = Machine::default();
    loop {
        let at = input.at();
        let located = |problem| format!("its pickle, at byte {at}: {problem}");
        let instruction = input.byte().map_err(located)?;
        if instruction == b'.' {
            return machine.result().map_err(located);
        }
        machine.step(instruction, &mut input).map_err(located)?;
    }
}

impl<'a> Machine<'a> {
    fn step(&mut self, instruction: u8, input: &mut Input<'a>) -> Step<()> {
        match instruction {
            0x80 => drop(input.byte()?), // PROTO: later protocols differ by instructions, which are checked one by one
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.stack.push(Value::None),
            0x88 | 0x89 => self.stack.push(Value::Bool),
            b'J' => self.stack.push(Value::Int(i32::from_le_bytes(input.array()?).into())),
            b'K' => self.stack.push(Value::Int(input.byte()?.into())),
            b'M' => self.stack.push(Value::Int(u16::from_le_bytes(input.array()?).into())),
            0x8a => {
                let length = input.byte()?.into();
                self.stack.push(Value::Int(long(input.take(length)?)?));
            }
            b'X' => {
                let length = u32::from_le_bytes(input.array()?);
                self.stack.push(Value::Text(text(input.take(length as usize)?)?));
            }
            0x8c => {
                let length = input.byte()?.into();
                self.stack.push(Value::Text(text(input.take(length)?)?));
            }
            b')' => self.push_tuple(0)?,
            0x85..=0x87 => self.push_tuple((instruction - 0x84).into())?,
            b't' => {
                let count = self.since_mark()?;
                self.push_tuple(count)?;
            }
            b'}' => self.push_dict(),
            b's' => self.set_items(2)?,
            b'u' => {
                let count = self.since_mark()?;
                self.set_items(count)?;
            }
            b'q' => self.remember(input.byte()?.into())?,
            b'r' => self.remember(u32::from_le_bytes(input.array()?))?,
            b'h' => self.recall(input.byte()?.into())?,
            b'j' => self.recall(u32::from_le_bytes(input.array()?))?,
            b'c' => self.stack.push(global(input.line()?, input.line()?)?),
            b'Q' => self.storage()?,
            b'R' => self.call()?,
            b'b' => self.build()?,
            other => {
                return Err(format!("the instruction {other:#04x} is not one that a dictionary of tensors needs"));
            }
        }
        Ok(())
    }

    fn pop(&mut self) -> Step<Value<'a>> {
        self.stack.pop().ok_or_else(|| "the stack is empty".to_owned())
    }

    /// How many values lie above the last mark, which is removed.
    fn since_mark(&mut self) -> Step<usize> {
        let mark = self.marks.pop().ok_or("there is no mark")?;
        self.stack.len().checked_sub(mark).ok_or_else(|| "the stack is below its mark".to_owned())
    }

    /// The topmost `count` values.
    fn pop_many(&mut self, count: usize) -> Step<Vec<Value<'a>>> {
        let start = self.stack.len().checked_sub(count).ok_or("the stack has too few values")?;
        Ok(self.stack.split_off(start))
    }

    fn push_tuple(&mut self, count: usize) -> Step<()> {
        let values = self.pop_many(count)?;
        self.stack.push(Value::Tuple(self.tuples.len()));
        self.tuples.push(values);
        Ok(())
    }

    fn push_dict(&mut self) {
        self.stack.push(Value::Dict(self.dicts.len()));
        self.dicts.push(Vec::new());
    }

    fn set_items(&mut self, count: usize) -> Step<()> {
        let values = self.pop_many(count)?;
        let (pairs, rest) = values.as_chunks::<2>();
        match self.stack.last() {
            Some(&Value::Dict(dict)) if rest.is_empty() => {
                self.dicts[dict].extend(pairs.iter().map(|[key, value]| (*key, *value)));
                Ok(())
            }
            _ => Err("items are set on something that is not a dictionary".to_owned()),
        }
    }

    fn remember(&mut self, place: u32) -> Step<()> {
        let value = *self.stack.last().ok_or("the stack is empty")?;
        self.memo.insert(place, value);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Step<()> {
        let value = *self.memo.get(&place).ok_or_else(|| format!("nothing was remembered at {place}"))?;
        self.stack.push(value);
        Ok(())
    }

    fn pop_tuple(&mut self) -> Step<&[Value<'a>]> {
        match self.pop()? {
            Value::Tuple(tuple) => Ok(&self.tuples[tuple]),
            other => Err(format!("{other:?} stands where a tuple is needed")),
        }
    }

    /// `("storage", class, name, device, number of values)` names a storage.
    fn storage(&mut self) -> Step<()> {
        let storage = match self.pop_tuple()? {
            &[Value::Text("storage"), Value::StorageClass(kind), Value::Text(name), _, Value::Int(values)] => {
                Storage { kind, name, values: size(values)? }
            }
            other => {
                return Err(format!("{} values are no description of a storage", other.len()));
            }
        };
        self.stack.push(Value::Storage(self.storages.len()));
        self.storages.push(storage);
        Ok(())
    }

    fn call(&mut self) -> Step<()> {
        let Value::Tuple(arguments) = self.pop()? else {
            return Err("arguments are not a tuple".to_owned());
        };
        match self.pop()? {
            Value::OrderedDictClass if self.tuples[arguments].is_empty() => self.push_dict(),
            Value::RebuildTensor => {
                let tensor = self.rebuild_tensor(&self.tuples[arguments])?;
                self.stack.push(Value::Tensor(self.tensors.len()));
                self.tensors.push(tensor);
            }
            other => return Err(format!("{other:?} is called")),
        }
        Ok(())
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`.
    fn rebuild_tensor(&self, arguments: &[Value<'a>]) -> Step<TorchTensor> {
        let &[Value::Storage(storage), Value::Int(offset), Value::Tuple(shape), Value::Tuple(strides), ..] = arguments
        else {
            return Err("a tensor is described in an unknown way".to_owned());
        };
        let (storage, shape, strides) = (&self.storages[storage], self.sizes(shape)?, self.sizes(strides)?);
        let offset = size(offset)?;
        let values = row_major_values(&shape, &strides)?;
        if offset.checked_add(values).is_none_or(|end| end > storage.values) {
            return Err(format!("a tensor of shape {shape:?} reaches beyond its storage `{}`", storage.name));
        }
        let (kind, name, storage_values) = (storage.kind, storage.name.to_owned(), storage.values);
        Ok(TorchTensor { kind, storage: name, storage_values, offset, shape })
    }

    fn sizes(&self, tuple: usize) -> Step<Vec<usize>> {
        let tuple = &self.tuples[tuple];
        if tuple.len() > MAX_RANK {
            return Err(format!("a tensor has {} dimensions; at most {MAX_RANK} are accepted", tuple.len()));
        }
        let one = |value: &Value<'_>| match value {
            Value::Int(number) => size(*number),
            other => Err(format!("{other:?} stands where a size is needed")),
        };
        tuple.iter().map(one).collect()
    }

    /// State of an `OrderedDict` (`_metadata`): says nothing about tensors.
    fn build(&mut self) -> Step<()> {
        self.pop()?;
        match self.stack.last() {
            Some(Value::Dict(_)) => Ok(()),
            _ => Err("state is given to something that is not a dictionary".to_owned()),
        }
    }

    fn result(mut self) -> Step<Vec<(String, TorchTensor)>> {
        let Value::Dict(dict) = self.pop()? else {
            return Err("it does not end with a dictionary".to_owned());
        };
        let entry = |(key, value): &(Value<'_>, Value<'_>)| match (key, value) {
            (Value::Text(name), Value::Tensor(tensor)) => Ok(((*name).to_owned(), self.tensors[*tensor].clone())),
            _ => Err(format!("its dictionary maps {key:?} to {value:?}, not a name to a tensor")),
        };
        self.dicts[dict].iter().map(entry).collect()
    }
}

/// The names that may be imported.
fn global<'a>(module: &str, name: &str) -> Step<Value<'a>> {
    match (module, name) {
        ("collections", "OrderedDict") => return Ok(Value::OrderedDictClass),
        ("torch._utils", "_rebuild_tensor_v2") => return Ok(Value::RebuildTensor),
        _ => {}
    }
    let kind = name.strip_suffix("Storage").filter(|_| module == "torch");
    let kind = kind.and_then(|kind| KINDS.into_iter().find(|known| *known == kind));
    kind.map(Value::StorageClass).ok_or_else(|| {
        format!("it wants to import `{module}.{name}`, which a dictionary of tensors does not need; do not trust it")
    })
}

/// How many values `shape` has, if `strides` lays them out densely and row-major. A dimension of 1 may have any stride.
fn row_major_values(shape: &[usize], strides: &[usize]) -> Step<usize> {
    if shape.len() != strides.len() {
        return Err("shape and strides of a tensor differ in length".to_owned());
    }
    let mut values = 1usize;
    for (&extent, &stride) in shape.iter().zip(strides).rev() {
        if extent > 1 && stride != values {
            return Err(format!("a tensor of shape {shape:?} has strides {strides:?}; save it with .contiguous()"));
        }
        values = values.checked_mul(extent).ok_or_else(|| format!("the shape {shape:?} is too large"))?;
    }
    Ok(values)
}

fn size(number: i64) -> Step<usize> {
    usize::try_from(number).map_err(|_| format!("{number} stands where a size is needed"))
}

#[cfg(test)]
#[path = "pickle_tests.rs"]
mod tests;
