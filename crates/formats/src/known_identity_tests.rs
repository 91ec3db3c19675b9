//! A sample stands for all values, until it does not fit.

use std::collections::BTreeMap;

use super::*;
use crate::host_tensor::HostTensor;
use crate::huggingface::checkpoint::RoundedFrom;
use crate::safetensors::number_format::NumberFormat;

/// Weights that come in pieces of `piece` values.
struct InPieces {
    tensors: BTreeMap<String, HostTensor>,
    piece: usize,
    rounded_from: Option<RoundedFrom>,
    /// Values that were read.
    read: usize,
}

impl WeightSource for InPieces {
    fn names(&self) -> Vec<String> {
        self.tensors.names()
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.shape(name)
    }

    fn format(&self, name: &str) -> Option<NumberFormat> {
        self.tensors.format(name)
    }

    fn rounded_from(&self) -> Option<RoundedFrom> {
        self.rounded_from
    }

    fn pieces(&mut self, name: &str, visit: &mut dyn FnMut(Piece<'_>) -> Result<()>) -> Result<()> {
        let values = &self.tensors[name].data;
        self.read += values.len();
        values.chunks(self.piece).try_for_each(|piece| visit(Piece::F32(piece)))
    }
}

fn source(piece: usize) -> InPieces {
    let values = |count: usize| (0..count).map(|i| i as f32).collect::<Vec<_>>();
    let tensors =
        [("bias", HostTensor::new([300], values(300))), ("words", HostTensor::new([2, 70_000], values(140_000)))];
    let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into();
    InPieces { tensors, piece, rounded_from: None, read: 0 }
}

/// What a load finds that expects `known`, and how many values it read.
fn identity(source: &mut InPieces, known: Option<KnownIdentity>) -> (KnownIdentity, usize) {
    source.read = 0;
    let mut identifier = Identifier::new(source, known);
    for name in source.names() {
        let mut tensor = identifier.begin(&name, &source.tensors[&name].shape);
        let mut scratch = Vec::new();
        let mut update = |piece: Piece<'_>| {
            tensor.update(piece, &mut scratch);
            Ok(())
        };
        source.pieces(&name, &mut update).unwrap();
        identifier.end(&name, tensor);
    }
    (identifier.finish(source, "words").unwrap(), source.read)
}

#[test]
fn all_of_it_is_the_fingerprint() {
    let mut plain = source(65_536);
    let (found, read) = identity(&mut plain, None);
    assert_eq!(found.fingerprint, Fingerprint::of(&mut plain).unwrap());
    assert_eq!(found.words, Fingerprint::of_tensor("words", &plain.tensors["words"]));
    assert_eq!(read, 140_300);
    assert_eq!(found.to_string().parse(), Ok(found));
    assert!("".parse::<KnownIdentity>().is_err() && format!("{found}0").parse::<KnownIdentity>().is_err());
    assert!(found.fingerprint.to_string().parse::<KnownIdentity>().is_err());
}

/// However the values come, the sample is that of the tensor made of the first 256 of every 65,536.
#[test]
fn the_sample_is_what_it_is_said_to_be() {
    let mut expected = FingerprintBuilder::default();
    for (name, tensor) in source(1).tensors {
        let mut hasher = TensorHasher::new(&name, &tensor.shape);
        let sampled = tensor.data.iter().enumerate().filter(|(i, _)| i % 65_536 < 256);
        hasher.update(&sampled.map(|(_, value)| *value).collect::<Vec<_>>());
        expected.add(&name, hasher);
    }
    let expected = expected.finish();
    for piece in [1, 100, 256, 300, 65_536, 100_000, 140_000] {
        assert_eq!(identity(&mut source(piece), None).0.sample, expected, "pieces of {piece}");
    }
}

#[test]
fn what_is_known_is_believed_while_the_sample_fits() {
    let (found, _) = identity(&mut source(65_536), None);
    // Nothing but the sample is looked at: another identity is believed too, and nothing is read twice.
    let mut claimed = KnownIdentity { fingerprint: found.words, words: found.fingerprint, ..found };
    assert_eq!(identity(&mut source(65_536), Some(claimed)), (claimed, 140_300));
    claimed.sample = found.words;
    assert_eq!(identity(&mut source(65_536), Some(claimed)), (found, 2 * 140_300));
}

#[test]
fn changes_in_the_sample_are_found() {
    let (known, _) = identity(&mut source(65_536), None);
    let changed = |change: &dyn Fn(&mut InPieces)| {
        let mut other = source(65_536);
        change(&mut other);
        let truth = Fingerprint::of(&mut other).unwrap();
        assert_ne!(truth, known.fingerprint);
        identity(&mut other, Some(known)).0.fingerprint == truth
    };
    let value = |at: usize| move |source: &mut InPieces| source.tensors.get_mut("words").unwrap().data[at] = 0.5;
    assert!(changed(&value(0)) && changed(&value(255)) && changed(&value(65_536)) && changed(&value(2 * 65_536 + 255)));
    // The price of a sample.
    assert!(!changed(&value(256)) && !changed(&value(65_535)));
    assert!(changed(&|source| source.tensors.get_mut("words").unwrap().shape = vec![70_000, 2]));
    assert!(changed(&|source| source.tensors.extend([("more".to_owned(), HostTensor::new([1], vec![0.0]))])));
    assert!(changed(&|source| drop(source.tensors.remove("bias"))));
}

/// A rounded copy says itself what it is, whatever is known of it.
#[test]
fn of_a_rounded_copy() {
    let mut copy = source(65_536);
    let (known, _) = identity(&mut copy, None);
    let of = RoundedFrom { fingerprint: known.words, words: known.sample };
    copy.rounded_from = Some(of);
    for expected in [None, Some(known)] {
        let (found, read) = identity(&mut copy, expected);
        assert_eq!((found.fingerprint, found.words, read), (of.fingerprint, of.words, 140_300));
    }
}
