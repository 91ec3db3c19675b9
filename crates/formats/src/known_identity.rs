//! The identity of weights while they are read, and what can be kept of it so that the next load need not hash all of them.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::error::Result;
use crate::fingerprint::{Fingerprint, FingerprintBuilder, TensorHasher};
use crate::huggingface::checkpoint::WeightSource;
use crate::safetensors::number_format::Piece;

/// Of each tensor, one run of values among this many is in the sample: 256 KiB in f32.
const STRIDE: usize = 1 << 16;
/// Values of a run: a kibibyte in f32.
const RUN: usize = 256;

/// Which weights these are, and a sample of them that tells at little cost whether others are the same: a fingerprint in which
/// names and shapes count as they are, but of each tensor's values only the first 256 of every 65,536.
///
/// It finds another file and parts that are damaged, but hardly a single bit: it is no protection against somebody who means
/// to deceive. As text it is the three fingerprints with spaces between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownIdentity {
    /// All of them.
    pub fingerprint: Fingerprint,
    /// The table of words ([`Fingerprint::of_tensor`]).
    pub words: Fingerprint,
    /// The sample.
    pub sample: Fingerprint,
}

impl fmt::Display for KnownIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.fingerprint, self.words, self.sample)
    }
}

impl FromStr for KnownIdentity {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ' ').map(str::parse);
        let mut next = || parts.next().unwrap_or(Err("a known identity is three fingerprints"));
        Ok(Self { fingerprint: next()?, words: next()?, sample: next()? })
    }
}

/// Finds the identity of weights that pass by on their way to a device.
#[derive(Debug, Clone)]
pub struct Identifier {
    known: Option<KnownIdentity>,
    /// Nothing of weights whose identity is known.
    all: Option<FingerprintBuilder>,
    sample: FingerprintBuilder,
}

/// One tensor that passes by.
#[derive(Debug, Clone)]
pub struct PassingTensor {
    all: Option<TensorHasher>,
    sample: TensorHasher,
    /// Values so far.
    passed: usize,
}

impl Identifier {
    /// Of the weights of `source`, which are expected to be `known`, if that is said: then only a sample of them is hashed.
    #[must_use]
    pub fn new(source: &dyn WeightSource, known: Option<KnownIdentity>) -> Self {
        let hashes_all = known.is_none() && source.rounded_from().is_none();
        Self { known, all: hashes_all.then(FingerprintBuilder::default), sample: FingerprintBuilder::default() }
    }

    /// Begins the tensor of canonical name `name` and of `shape`.
    #[must_use]
    pub fn begin(&self, name: &str, shape: &[usize]) -> PassingTensor {
        let sample = TensorHasher::new(name, shape);
        PassingTensor { all: self.all.is_some().then(|| sample.clone()), sample, passed: 0 }
    }

    /// Ends the tensor `name`, whose values have all passed by.
    pub fn end(&mut self, name: &str, tensor: PassingTensor) {
        self.sample.add(name, tensor.sample);
        if let Some((all, hasher)) = self.all.as_mut().zip(tensor.all) {
            all.add(name, hasher);
        }
    }

    /// The identity of what has passed by, all of `source`. If it is not what was expected, everything is read once more; `words` is
    /// the name of the table of words.
    ///
    /// # Errors
    /// If a tensor cannot be read.
    pub fn finish(self, source: &mut dyn WeightSource, words: &str) -> Result<KnownIdentity> {
        let sample = self.sample.finish();
        if let Some(of) = source.rounded_from() {
            return Ok(KnownIdentity { fingerprint: of.fingerprint, words: of.words, sample });
        }
        if let Some(known) = self.known.filter(|known| known.sample == sample) {
            return Ok(known);
        }
        let all = self.all.map_or_else(|| FingerprintBuilder::of(source), Ok)?;
        let words = all.of_tensor(words).expect("every backbone has a table of words");
        Ok(KnownIdentity { words, fingerprint: all.finish(), sample })
    }
}

impl PassingTensor {
    /// Takes the next values, in row-major order; `scratch` is where narrow ones are widened.
    pub fn update(&mut self, piece: Piece<'_>, scratch: &mut Vec<f32>) {
        if let Some(all) = &mut self.all {
            all.update(piece.widened(scratch));
        }
        for run in runs(self.passed..self.passed + piece.len()) {
            self.sample.update(piece.slice(run).widened(scratch));
        }
        self.passed += piece.len();
    }
}

/// Which of the values `passing` of a tensor are in the sample, counted from the first of them.
fn runs(passing: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let Range { start, end } = passing;
    (start / STRIDE..end.div_ceil(STRIDE)).map(move |i| {
        let from_start = |at: usize| at.clamp(start, end) - start;
        from_start(i * STRIDE)..from_start(i * STRIDE + RUN)
    })
}

#[cfg(test)]
#[path = "known_identity_tests.rs"]
mod tests;
