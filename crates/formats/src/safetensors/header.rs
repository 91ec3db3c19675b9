//! The header of a safetensors file, read into little more memory than it has bytes.
//!
//! The `safetensors` crate reads headers too, but builds three lists of a header's tensors before it checks them, takes
//! shapes of any rank, and cannot see a name that is there twice.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use safetensors::Dtype;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Result};

/// The highest accepted rank of a tensor.
const MAX_RANK: usize = 8;
/// The most texts in `__metadata__`; one is usual, programs that list their settings there write some hundred.
const MAX_TEXTS: usize = 10_000;

/// What a header says.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) tensors: BTreeMap<String, TensorInfo>,
    /// The texts of `__metadata__`.
    pub(crate) metadata: HashMap<String, String>,
    /// How many bytes the tensors have, which follow the header.
    pub(crate) data_bytes: usize,
}

/// What a header says of one tensor.
#[derive(Debug, Deserialize)]
pub(crate) struct TensorInfo {
    pub(crate) dtype: Dtype,
    #[serde(deserialize_with = "shape")]
    pub(crate) shape: Box<[usize]>,
    /// Where its bytes begin and end, counted from the end of the header.
    pub(crate) data_offsets: (usize, usize),
}

impl Header {
    /// Reads a header and checks that its tensors lie one behind the other, without overlaps and holes.
    pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Self> {
        let damaged = |problem: String| Error::safetensors(file, format!("its header: {problem}"));
        let Listed { mut header, twice } = serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
        if let Some(tensor) = twice {
            let problem = "the header lists the name twice".to_owned();
            return Err(Error::DuplicateTensor { file: file.to_owned(), tensor, problem });
        }
        // Not `collect`, which would sort: see `map_of`.
        let mut in_order = BTreeMap::new();
        in_order.extend(header.tensors.iter().map(|(name, info)| ((info.data_offsets, name), info)));
        let mut at = 0;
        for ((_, name), info) in in_order {
            let (start, end) = info.data_offsets;
            if start != at {
                let problem = format!("the bytes of `{name}` begin at {start}, but the tensor before ends at {at}");
                return Err(damaged(problem));
            }
            if info.bytes().and_then(|bytes| start.checked_add(bytes)) != Some(end) {
                let (dtype, shape) = (info.dtype, &info.shape);
                let problem =
                    format!("`{name}` of shape {shape:?} as {dtype} does not take the bytes {start} to {end}");
                return Err(damaged(problem));
            }
            at = end;
        }
        header.data_bytes = at;
        Ok(header)
    }
}

impl TensorInfo {
    /// How many bytes shape and format make. `None` if they overflow, or are no whole number of bytes.
    fn bytes(&self) -> Option<usize> {
        // An extent of 0 must not hide others that overflow: whoever multiplies them may begin at the large ones.
        let values = self.shape.iter().try_fold(1usize, |values, extent| values.checked_mul(*extent.max(&1)))?;
        let bits = values.checked_mul(self.dtype.bitsize())?;
        let whole = bits.is_multiple_of(8).then_some(bits / 8)?;
        Some(if self.shape.contains(&0) { 0 } else { whole })
    }
}

/// A header as it stands in the file, and the first name that is there twice.
struct Listed {
    header: Header,
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tensors;
        impl<'de> Visitor<'de> for Tensors {
            type Value = Listed;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed, A::Error> {
                let mut listed = Listed { header: Header::default(), twice: None };
                let mut has_metadata = false;
                while let Some(name) = map.next_key::<String>()? {
                    let again = if name == "__metadata__" {
                        listed.header.metadata = map.next_value::<Texts>()?.0;
                        std::mem::replace(&mut has_metadata, true).then_some(name)
                    } else {
                        let info = map.next_value()?;
                        let again = listed.header.tensors.contains_key(&name).then(|| name.clone());
                        listed.header.tensors.insert(name, info);
                        again
                    };
                    listed.twice = listed.twice.or(again);
                }
                Ok(listed)
            }
        }
        deserializer.deserialize_map(Tensors)
    }
}

struct Texts(HashMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Texts;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = HashMap::new();
                while let Some((key, text)) = map.next_entry::<String, String>()? {
                    texts.insert(key, text);
                    if texts.len() > MAX_TEXTS {
                        return Err(A::Error::custom(format!("more than {MAX_TEXTS} texts in `__metadata__`")));
                    }
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

fn shape<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[usize]>, D::Error> {
    struct Extents;
    impl<'de> Visitor<'de> for Extents {
        type Value = Box<[usize]>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "a shape of at most {MAX_RANK} dimensions")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Box<[usize]>, A::Error> {
            let mut shape = Vec::new();
            while let Some(extent) = list.next_element()? {
                if shape.len() == MAX_RANK {
                    return Err(A::Error::invalid_length(MAX_RANK + 1, &self));
                }
                shape.push(extent);
            }
            Ok(shape.into())
        }
    }
    deserializer.deserialize_seq(Extents)
}
