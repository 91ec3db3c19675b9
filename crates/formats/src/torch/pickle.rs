//! What a PyTorch weights file says about its tensors, read without running it.
//!
//! `torch.save` writes a pickle: a program for a stack machine that may import and call anything. This interpreter knows
//! only the instructions that a dictionary of tensors needs, and only three things to "call", which it does itself:
//! `torch._utils._rebuild_tensor_v2`, `collections.OrderedDict` and the names of storages (`torch.FloatStorage`, ...).
//! Everything else is refused by name. Memory is bounded: a program may make so many values and tensors,
//! texts stay in the pickle, tuples and dictionaries are never copied, and nothing recurses. Instructions: CPython's
//! `Lib/pickletools.py`.

use crate::torch::pickle_input::{Input, Step, long, text};
use crate::torch::pickle_value::{Storage, Tensor, Tuple, Value, global, row_major_values, size};

/// The longest accepted pickle in bytes; an adapter with 48 tensors has one of 7 KB.
const MAX_BYTES: usize = 1 << 20;
/// The most values that a program may push and remember; that adapter's needs 1,400.
const MAX_VALUES: usize = 1 << 17;
/// The most tensors.
pub(crate) const MAX_TENSORS: usize = 1 << 12;
/// The highest accepted rank of a tensor.
const MAX_RANK: usize = 8;

/// A tensor as the pickle describes it: a piece of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TorchTensor<'a> {
    /// The kind of numbers, as the storage's class without `Storage`: `Float`, `Half`, `BFloat16`, `Long`, ...
    pub(crate) kind: &'static str,
    /// The storage's name: its data is the archive's entry `data/<storage>`.
    pub(crate) storage: &'a str,
    /// How many values the storage has.
    pub(crate) storage_values: usize,
    /// Where in the storage the tensor starts, in values.
    pub(crate) offset: usize,
    /// The tensor's shape; its values are contiguous.
    pub(crate) shape: Vec<usize>,
    /// Whether they are those of a matrix, column by column, rather than row-major.
    pub(crate) transposed: bool,
}

#[derive(Default)]
struct Machine<'a> {
    stack: Vec<Value<'a>>,
    marks: Vec<u32>,
    memo: Vec<Value<'a>>,
    /// The values of all tuples, end to end.
    tuples: Vec<Value<'a>>,
    /// How many dictionaries there are.
    dicts: usize,
    /// What was set in them: dictionary, key, value.
    items: Vec<(u32, Value<'a>, Value<'a>)>,
    storages: Vec<Storage<'a>>,
    tensors: Vec<Tensor>,
    /// How many values were pushed or remembered.
    made: usize,
}

/// Tensors by name, in their order.
pub(crate) type Described<'a> = Vec<(&'a str, TorchTensor<'a>)>;

/// The tensors in a pickled dictionary, in its order; a problem is told with its place.
pub(crate) fn tensors(pickle: &[u8]) -> Result<Described<'_>, String> {
    if pickle.len() > MAX_BYTES {
        return Err(format!("its pickle has {} bytes; at most {MAX_BYTES} are accepted", pickle.len()));
    }
    Ok(leading_tensors(pickle)?.0)
}

/// The same of a pickle that something follows, and its length.
pub(crate) fn leading_tensors(bytes: &[u8]) -> Result<(Described<'_>, usize), String> {
    let (machine, length) = run(bytes)?;
    let tensors = machine.result().map_err(|problem| format!("its pickle, at byte {}: {problem}", length - 1))?;
    Ok((tensors, length))
}

/// The length of a pickle whose value is not needed.
pub(crate) fn skip(bytes: &[u8]) -> Result<usize, String> {
    Ok(run(bytes)?.1)
}

/// Runs the pickle that `bytes` begin with, up to its end.
fn run(bytes: &[u8]) -> Result<(Machine<'_>, usize), String> {
    let mut input = Input::new(&bytes[..bytes.len().min(MAX_BYTES)]);
    let mut machine = Machine::default();
    loop {
        let at = input.at();
        let located = |problem| format!("its pickle, at byte {at}: {problem}");
        let instruction = input.byte().map_err(located)?;
        if instruction == b'.' {
            return Ok((machine, input.at()));
        }
        machine.step(instruction, &mut input).map_err(located)?;
    }
}

impl<'a> Machine<'a> {
    fn step(&mut self, instruction: u8, input: &mut Input<'a>) -> Step<()> {
        match instruction {
            0x80 => drop(input.byte()?), // PROTO: later protocols differ by instructions, which are checked one by one
            b'(' => self.mark()?,
            b'N' => self.push(Value::None)?,
            0x88 | 0x89 => self.push(Value::Bool)?,
            b'J' => self.push(Value::Int(i32::from_le_bytes(input.array()?).into()))?,
            b'K' => self.push(Value::Int(input.byte()?.into()))?,
            b'M' => self.push(Value::Int(u16::from_le_bytes(input.array()?).into()))?,
            0x8a => {
                let length = input.byte()?.into();
                self.push(Value::Int(long(input.take(length)?)?))?;
            }
            b'X' => {
                let length = u32::from_le_bytes(input.array()?);
                self.push(Value::Text(text(input.take(length as usize)?)?))?;
            }
            0x8c => {
                let length = input.byte()?.into();
                self.push(Value::Text(text(input.take(length)?)?))?;
            }
            b')' => self.push_tuple(0)?,
            0x85..=0x87 => self.push_tuple((instruction - 0x84).into())?,
            b't' => {
                let count = self.since_mark()?;
                self.push_tuple(count)?;
            }
            b'}' => self.push_dict()?,
            b's' => self.set_items(2)?,
            b'u' => {
                let count = self.since_mark()?;
                self.set_items(count)?;
            }
            b'q' => self.remember(input.byte()?.into())?,
            b'r' => self.remember(u32::from_le_bytes(input.array()?))?,
            b'h' => self.recall(input.byte()?.into())?,
            b'j' => self.recall(u32::from_le_bytes(input.array()?))?,
            b'c' => self.push(global(input.line()?, input.line()?)?)?,
            b'Q' => self.storage()?,
            b'R' => self.call()?,
            b'b' => self.build()?,
            other => {
                return Err(format!("the instruction {other:#04x} is not one that a dictionary of tensors needs"));
            }
        }
        Ok(())
    }

    /// Every instruction that makes something comes by here or by [`Machine::remember`].
    fn push(&mut self, value: Value<'a>) -> Step<()> {
        self.count()?;
        self.stack.push(value);
        Ok(())
    }

    fn count(&mut self) -> Step<()> {
        self.made += 1;
        if self.made > MAX_VALUES {
            return Err(format!("it makes more than {MAX_VALUES} values, which a dictionary of tensors does not need"));
        }
        Ok(())
    }

    fn mark(&mut self) -> Step<()> {
        self.count()?;
        self.marks.push(self.stack.len() as u32);
        Ok(())
    }

    fn pop(&mut self) -> Step<Value<'a>> {
        self.stack.pop().ok_or_else(|| "the stack is empty".to_owned())
    }

    /// How many values lie above the last mark, which is removed.
    fn since_mark(&mut self) -> Step<usize> {
        let mark = self.marks.pop().ok_or("there is no mark")?;
        self.stack.len().checked_sub(mark as usize).ok_or_else(|| "the stack is below its mark".to_owned())
    }

    /// Where the topmost `count` values begin.
    fn topmost(&self, count: usize) -> Step<usize> {
        self.stack.len().checked_sub(count).ok_or_else(|| "the stack has too few values".to_owned())
    }

    fn push_tuple(&mut self, count: usize) -> Step<()> {
        let top = self.topmost(count)?;
        let start = self.tuples.len() as u32;
        self.tuples.extend(self.stack.drain(top..));
        self.push(Value::Tuple(Tuple { start, end: self.tuples.len() as u32 }))
    }

    fn push_dict(&mut self) -> Step<()> {
        self.dicts += 1;
        self.push(Value::Dict(self.dicts - 1))
    }

    fn set_items(&mut self, count: usize) -> Step<()> {
        let top = self.topmost(count)?;
        let Some(&Value::Dict(dict)) = top.checked_sub(1).and_then(|below| self.stack.get(below)) else {
            return Err("items are set on something that is not a dictionary".to_owned());
        };
        let (pairs, rest) = self.stack[top..].as_chunks::<2>();
        if !rest.is_empty() {
            return Err("a key is set without a value".to_owned());
        }
        self.items.extend(pairs.iter().map(|[key, value]| (dict as u32, *key, *value)));
        self.stack.truncate(top);
        Ok(())
    }

    /// Python numbers what it remembers from 0 on, without gaps.
    fn remember(&mut self, place: u32) -> Step<()> {
        self.count()?;
        let value = *self.stack.last().ok_or("the stack is empty")?;
        let next = self.memo.len();
        match self.memo.get_mut(place as usize) {
            Some(old) => *old = value,
            None if place as usize == next => self.memo.push(value),
            None => return Err(format!("{place} is remembered, but {next} would be the next number")),
        }
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Step<()> {
        let value = *self.memo.get(place as usize).ok_or_else(|| format!("nothing was remembered at {place}"))?;
        self.push(value)
    }

    fn tuple(&self, tuple: Tuple) -> &[Value<'a>] {
        &self.tuples[tuple.start as usize..tuple.end as usize]
    }

    fn pop_tuple(&mut self) -> Step<&[Value<'a>]> {
        match self.pop()? {
            Value::Tuple(tuple) => Ok(self.tuple(tuple)),
            other => Err(format!("{} stands where a tuple is needed", other.kind())),
        }
    }

    /// `("storage", class, name, device, number of values)` names a storage; before PyTorch 1.6 a sixth value said of which
    /// other one it is a part, or None.
    fn storage(&mut self) -> Step<()> {
        let storage = match self.pop_tuple()? {
            &[Value::Text("storage"), Value::StorageClass(kind), Value::Text(name), _, Value::Int(values)]
            | &[
                Value::Text("storage"),
                Value::StorageClass(kind),
                Value::Text(name),
                _,
                Value::Int(values),
                Value::None,
            ] => Storage { kind, name, values: size(values)? },
            other => {
                return Err(format!("{} values are no description of a storage", other.len()));
            }
        };
        self.storages.push(storage);
        self.push(Value::Storage(self.storages.len() - 1))
    }

    fn call(&mut self) -> Step<()> {
        let Value::Tuple(arguments) = self.pop()? else {
            return Err("arguments are not a tuple".to_owned());
        };
        match self.pop()? {
            Value::OrderedDictClass if self.tuple(arguments).is_empty() => self.push_dict(),
            Value::RebuildTensor => {
                let tensor = self.rebuild_tensor(self.tuple(arguments))?;
                if self.tensors.len() == MAX_TENSORS {
                    return Err(format!("it makes more than {MAX_TENSORS} tensors"));
                }
                self.tensors.push(tensor);
                self.push(Value::Tensor(self.tensors.len() - 1))
            }
            other => Err(format!("{} is called", other.kind())),
        }
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`.
    fn rebuild_tensor(&self, arguments: &[Value<'a>]) -> Step<Tensor> {
        let &[Value::Storage(storage), Value::Int(offset), Value::Tuple(shape), Value::Tuple(strides), ..] = arguments
        else {
            return Err("a tensor is described in an unknown way".to_owned());
        };
        let offset = size(offset)?;
        let (sizes, steps) = (self.sizes(shape)?, self.sizes(strides)?);
        let (values, transposed) = match (row_major_values(&sizes, &steps), &sizes[..], &steps[..]) {
            (Ok(values), ..) => (values, false),
            (Err(problem), &[rows, cols], &[down, right]) => {
                (row_major_values(&[cols, rows], &[right, down]).map_err(|_| problem)?, true)
            }
            (Err(problem), ..) => return Err(problem),
        };
        if offset.checked_add(values).is_none_or(|end| end > self.storages[storage].values) {
            return Err(format!("a tensor of shape {:?} reaches beyond its storage", self.sizes(shape)?));
        }
        Ok(Tensor { storage, offset, shape, transposed })
    }

    fn sizes(&self, tuple: Tuple) -> Step<Vec<usize>> {
        let tuple = self.tuple(tuple);
        if tuple.len() > MAX_RANK {
            return Err(format!("a tensor has {} dimensions; at most {MAX_RANK} are accepted", tuple.len()));
        }
        let one = |value: &Value<'_>| match value {
            Value::Int(number) => size(*number),
            other => Err(format!("{} stands where a size is needed", other.kind())),
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

    fn result(mut self) -> Step<Vec<(&'a str, TorchTensor<'a>)>> {
        let Value::Dict(dict) = self.pop()? else {
            return Err("it does not end with a dictionary".to_owned());
        };
        let items = || self.items.iter().filter(|(owner, ..)| *owner as usize == dict);
        if items().count() > MAX_TENSORS {
            return Err(format!("its dictionary has more than {MAX_TENSORS} tensors"));
        }
        let entry = |(_, key, value): &(u32, Value<'a>, Value<'a>)| match (key, value) {
            (Value::Text(name), Value::Tensor(tensor)) => {
                let Tensor { storage, offset, shape, transposed } = self.tensors[*tensor];
                let Storage { kind, name: storage, values: storage_values } = self.storages[storage];
                let shape = self.sizes(shape)?;
                Ok((*name, TorchTensor { kind, storage, storage_values, offset, shape, transposed }))
            }
            _ => Err(format!("its dictionary maps {} to {}, not a name to a tensor", key.kind(), value.kind())),
        };
        items().map(entry).collect()
    }
}

#[cfg(test)]
#[path = "pickle_tests.rs"]
mod tests;
