//! The identity of a set of weights: the same numbers give the same fingerprint, however they are stored.
//!
//! # Definition
//! All integers are `u64`, little-endian; a text is its length in bytes followed by its UTF-8 bytes.
//! ```text
//! digest(tensor) = SHA-256( text(canonical name) | rank | extent of each dimension | every value as f32, little-endian )
//! fingerprint    = SHA-256( "graftwork weights 1\n" | digest(tensor) for each tensor, in byte order of the names )
//! ```
//! Values narrower than `f32` are widened first, which is exact. So sharding, tensor order, the model's prefix, legacy
//! names and the width of storage do not matter; tensors that are not the backbone's (heads, position ids) do not
//! count. An f16 copy of f32 weights is another backbone: its numbers differ. A pooler counts if it is there.
//! A copy in 8-bit integers says which backbone it was made of, and goes by that one's fingerprint ([`RoundedFrom`](crate::RoundedFrom)).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::host_tensor::HostTensor;
use crate::huggingface::checkpoint::WeightSource;

/// A SHA-256 over a set of weights; shown and parsed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of all tensors of `source`, read one at a time; of a rounded copy, that of what it was made of.
    ///
    /// # Errors
    /// If a tensor cannot be read.
    pub fn of(source: &mut dyn WeightSource) -> Result<Self> {
        if let Some(of) = source.rounded_from() {
            return Ok(of.fingerprint);
        }
        Ok(FingerprintBuilder::of(source)?.finish())
    }

    /// The digest of one tensor, called `name`.
    #[must_use]
    pub fn of_tensor(name: &str, tensor: &HostTensor) -> Self {
        let mut hasher = TensorHasher::new(name, &tensor.shape);
        hasher.update(&tensor.data);
        Self(hasher.0.finalize().into())
    }

    /// The fingerprint of tensors in memory.
    #[must_use]
    pub fn of_tensors<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a HostTensor)>) -> Self {
        let mut builder = FingerprintBuilder::default();
        for (name, tensor) in tensors {
            let mut hasher = TensorHasher::new(name, &tensor.shape);
            hasher.update(&tensor.data);
            builder.add(name, hasher);
        }
        builder.finish()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const PROBLEM: &str = "a fingerprint has 64 hexadecimal digits";
        if text.len() != 64 || !text.is_ascii() {
            return Err(PROBLEM);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(PROBLEM);
            *byte = (digit(digits[0])? * 16 + digit(digits[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

/// Digests one tensor while its values pass by, for instance on their way to the GPU.
#[derive(Debug, Clone)]
pub struct TensorHasher(Sha256);

impl TensorHasher {
    /// Begins the tensor of canonical name `name` and of `shape`.
    #[must_use]
    pub fn new(name: &str, shape: &[usize]) -> Self {
        let mut sha = Sha256::new();
        sha.update((name.len() as u64).to_le_bytes());
        sha.update(name);
        sha.update((shape.len() as u64).to_le_bytes());
        shape.iter().for_each(|&extent| sha.update((extent as u64).to_le_bytes()));
        Self(sha)
    }

    /// Takes the next values, in row-major order.
    pub fn update(&mut self, values: &[f32]) {
        if cfg!(target_endian = "little") {
            return self.0.update(bytemuck::cast_slice::<f32, u8>(values));
        }
        let mut bytes = [0; 4096];
        for values in values.chunks(bytes.len() / 4) {
            for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
                *bytes = value.to_le_bytes();
            }
            self.0.update(&bytes[..4 * values.len()]);
        }
    }
}

/// Gathers tensors, in any order, into a [`Fingerprint`].
#[derive(Debug, Clone, Default)]
pub struct FingerprintBuilder {
    digests: BTreeMap<String, [u8; 32]>,
}

impl FingerprintBuilder {
    /// All tensors of `source`, read one at a time.
    pub(crate) fn of(source: &mut dyn WeightSource) -> Result<Self> {
        let mut builder = Self::default();
        for name in source.names() {
            let shape = source.shape(&name).unwrap_or_default().to_vec();
            let mut hasher = TensorHasher::new(&name, &shape);
            source.stream(&name, &mut |values| {
                hasher.update(values);
                Ok(())
            })?;
            builder.add(&name, hasher);
        }
        Ok(builder)
    }

    /// Adds the tensor `name` whose values have all passed through `hasher`.
    pub fn add(&mut self, name: &str, hasher: TensorHasher) {
        self.digests.insert(name.to_owned(), hasher.0.finalize().into());
    }

    /// The identity of one tensor among those that were added: what [`Fingerprint::of_tensor`] says of the same values under the
    /// same name.
    #[must_use]
    pub fn of_tensor(&self, name: &str) -> Option<Fingerprint> {
        self.digests.get(name).copied().map(Fingerprint)
    }

    /// The fingerprint of what was added.
    #[must_use]
    pub fn finish(self) -> Fingerprint {
        let mut sha = Sha256::new();
        sha.update("graftwork weights 1\n");
        self.digests.values().for_each(|digest| sha.update(digest));
        Fingerprint(sha.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> [(&'static str, HostTensor); 2] {
        [("b", HostTensor::new([2, 1], vec![1.0, -0.0])), ("a.weight", HostTensor::new([1], vec![0.5]))]
    }

    #[test]
    fn it_is_what_the_definition_says() {
        // Computed with Python's hashlib and struct from the definition above.
        let of = |tensors: &[(&str, HostTensor)]| Fingerprint::of_tensors(tensors.iter().map(|(n, t)| (*n, t)));
        let expected = "10fc45d98222edbdaae1383458eb61419dce49761a94424a386430bd8bd623f5";
        assert_eq!(of(&tensors()).to_string(), expected);
        let [b, a] = tensors();
        assert_eq!(of(&[a, b]).to_string(), expected);
    }

    #[test]
    fn names_shapes_and_single_bits_matter() {
        let of = |name: &str, shape: &[usize], data: &[f32]| {
            Fingerprint::of_tensors([(name, &HostTensor::new(shape, data.to_vec()))])
        };
        let one = of("a", &[2, 1], &[1.0, 0.0]);
        assert_ne!(one, of("b", &[2, 1], &[1.0, 0.0]));
        assert_ne!(one, of("a", &[1, 2], &[1.0, 0.0]));
        assert_ne!(one, of("a", &[2, 1], &[1.0, -0.0]));
        assert_eq!(one, of("a", &[2, 1], &[1.0, 0.0]));
    }

    #[test]
    fn values_may_come_in_any_pieces() {
        let values: Vec<f32> = (0..3000).map(|i| i as f32).collect();
        let finish = |hasher| {
            let mut builder = FingerprintBuilder::default();
            builder.add("a", hasher);
            builder.finish()
        };
        let mut whole = TensorHasher::new("a", &[3000]);
        whole.update(&values);
        let mut pieces = TensorHasher::new("a", &[3000]);
        values.chunks(7).for_each(|piece| pieces.update(piece));
        assert_eq!(finish(whole), finish(pieces));
    }

    #[test]
    fn text_goes_both_ways() {
        let fingerprint = Fingerprint::of_tensors([]);
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        assert_eq!(fingerprint.to_string().to_uppercase().parse(), Ok(fingerprint));
        assert!("".parse::<Fingerprint>().is_err());
        assert!("g".repeat(64).parse::<Fingerprint>().is_err());
        assert!("é".repeat(32).parse::<Fingerprint>().is_err());
    }
}
