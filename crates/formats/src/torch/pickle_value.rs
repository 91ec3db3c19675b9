//! What a pickle's stack machine works on, and what may be imported into it.

use super::pickle_input::Step;

/// Kinds of storages that the interpreter knows by name; only some are readable.
const KINDS: [&str; 10] = ["Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool"];

/// A value on the stack. Copying one is cheap: what is large lies in the pickle or in the machine's lists.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    None,
    Bool,
    Int(i64),
    Text(&'a str),
    Tuple(Tuple),
    Dict(usize),
    OrderedDictClass,
    RebuildTensor,
    StorageClass(&'static str),
    Storage(usize),
    Tensor(usize),
}

/// Where in the machine's list of all tuples' values one tuple's are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuple {
    pub(super) start: u32,
    pub(super) end: u32,
}

pub(super) struct Storage<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) values: usize,
}

pub(super) struct Tensor {
    pub(super) storage: usize,
    pub(super) offset: usize,
    pub(super) shape: Tuple,
    pub(super) transposed: bool,
}

impl Value<'_> {
    /// What messages call it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool => "a boolean",
            Self::Int(_) => "a number",
            Self::Text(_) => "a text",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::OrderedDictClass => "the class OrderedDict",
            Self::RebuildTensor => "the function _rebuild_tensor_v2",
            Self::StorageClass(_) => "the class of a storage",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
        }
    }
}

/// The names that may be imported.
pub(super) fn global<'a>(module: &str, name: &str) -> Step<Value<'a>> {
    match (module, name) {
        ("collections", "OrderedDict") => return Ok(Value::OrderedDictClass),
        ("torch._utils", "_rebuild_tensor_v2") => return Ok(Value::RebuildTensor),
        _ => {}
    }
    let kind = name.strip_suffix("Storage").filter(|_| module == "torch");
    let kind = kind.and_then(|kind| KINDS.into_iter().find(|known| *known == kind));
    kind.map(Value::StorageClass).ok_or_else(|| {
        let (module, name) = (shortened(module), shortened(name));
        format!("it wants to import `{module}.{name}`, which a dictionary of tensors does not need; do not trust it")
    })
}

/// How many values `shape` has, if `strides` lays them out densely and row-major. A dimension of 1 may have any stride, and
/// so may all of a tensor without values.
pub(super) fn row_major_values(shape: &[usize], strides: &[usize]) -> Step<usize> {
    if shape.len() != strides.len() {
        return Err("shape and strides of a tensor differ in length".to_owned());
    }
    let is_empty = shape.contains(&0);
    let mut values = 1usize;
    for (&extent, &stride) in shape.iter().zip(strides).rev() {
        if extent > 1 && stride != values && !is_empty {
            return Err(format!("a tensor of shape {shape:?} has strides {strides:?}; save it with .contiguous()"));
        }
        // An empty tensor's extents must not overflow either: whoever multiplies them may begin at the large ones.
        values = values.checked_mul(extent.max(1)).ok_or_else(|| format!("the shape {shape:?} is too large"))?;
    }
    Ok(if is_empty { 0 } else { values })
}

/// The beginning of a name that a message repeats.
fn shortened(name: &str) -> &str {
    name.char_indices().nth(100).map_or(name, |(end, _)| &name[..end])
}

pub(super) fn size(number: i64) -> Step<usize> {
    usize::try_from(number).map_err(|_| format!("{number} stands where a size is needed"))
}
