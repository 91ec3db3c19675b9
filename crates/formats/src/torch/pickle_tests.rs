//! A dictionary of tensors as `torch.save` writes it, and programs that are none.

use super::*;

/// The pickle of `{"w": tensor}`, spelled like `torch.save` does it; pieces can be exchanged.
struct Spelled {
    storage_class: &'static str,
    values: u8,
    offset: u8,
    shape: &'static [u8],
    strides: &'static [u8],
}

const GOOD: Spelled =
    Spelled { storage_class: "FloatStorage", values: 10, offset: 2, shape: &[2, 3], strides: &[3, 1] };

impl Spelled {
    fn pickle(&self) -> Vec<u8> {
        let mut out = b"\x80\x02}q\x00(X\x01\x00\x00\x00wq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((".to_vec();
        out.extend(b"X\x07\x00\x00\x00storageq\x03");
        out.extend(format!("ctorch\n{}\nq\x04", self.storage_class).bytes());
        out.extend(b"X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06K");
        out.extend([self.values, b't', b'q', 7, b'Q', b'K', self.offset]);
        for sizes in [self.shape, self.strides] {
            out.push(b'(');
            sizes.iter().for_each(|&size| out.extend([b'K', size]));
            out.push(b't');
        }
        out.extend(b"\x89ccollections\nOrderedDict\nq\x08)Rq\x09tq\x0aRq\x0bu.");
        out
    }

    fn refusal(self) -> String {
        tensors(&self.pickle()).unwrap_err()
    }
}

#[test]
fn a_dictionary_of_tensors_is_understood() {
    let shape = vec![2, 3];
    let expected = TorchTensor { kind: "Float", storage: "0", storage_values: 10, offset: 2, shape, transposed: false };
    assert_eq!(tensors(&GOOD.pickle()).unwrap(), [("w", expected)]);
    assert_eq!(tensors(b"\x80\x02}.").unwrap(), []);
    // An OrderedDict with state, as `model.state_dict()` is.
    assert_eq!(tensors(b"\x80\x02ccollections\nOrderedDict\n)R}b.").unwrap(), []);
}

#[test]
fn other_layouts_are_refused() {
    // A matrix may lie there column by column.
    assert!(tensors(&Spelled { strides: &[1, 2], ..GOOD }.pickle()).unwrap()[0].1.transposed);
    assert!(Spelled { strides: &[1, 3], ..GOOD }.refusal().contains(".contiguous()"));
    assert!(Spelled { strides: &[2, 2], ..GOOD }.refusal().contains(".contiguous()"));
    assert!(Spelled { strides: &[1], ..GOOD }.refusal().contains("length"));
    assert!(Spelled { offset: 5, ..GOOD }.refusal().contains("beyond its storage"));
    assert!(Spelled { values: 7, ..GOOD }.refusal().contains("beyond its storage"));
    assert!(Spelled { shape: &[1; 9], strides: &[1; 9], ..GOOD }.refusal().contains("9 dimensions"));
    let huge = Spelled { shape: &[255; 8], strides: &[0; 8], ..GOOD };
    assert!(huge.refusal().contains("strides"));
    // Dimensions of 1 have no stride to speak of; empty and scalar tensors are fine.
    assert!(tensors(&Spelled { shape: &[1, 3], strides: &[99, 1], ..GOOD }.pickle()).is_ok());
    assert!(tensors(&Spelled { shape: &[], strides: &[], ..GOOD }.pickle()).is_ok());
    let other = Spelled { storage_class: "LongStorage", ..GOOD }.pickle();
    assert_eq!(tensors(&other).unwrap()[0].1.kind, "Long");
}

#[test]
fn programs_are_refused_by_name() {
    let attack = b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.";
    assert!(tensors(attack).unwrap_err().contains("`os.system`"));
    assert!(tensors(b"\x80\x02c__builtin__\neval\n.").unwrap_err().contains("eval"));
    assert!(tensors(b"\x80\x02ctorch\nload\n.").unwrap_err().contains("`torch.load`"));
    assert!(tensors(b"\x80\x02ctorch.x\nFloatStorage\n.").unwrap_err().contains("torch.x"));
    // INST, OBJ, NEWOBJ, STACK_GLOBAL, EXT1, REDUCE of a class with arguments.
    for program in [&b"(ios\nsystem\n."[..], b"(o.", b"\x81.", b"\x93.", b"\x82\x01."] {
        assert!(tensors(program).unwrap_err().contains("instruction"));
    }
    let items = b"ccollections\nOrderedDict\nN\x85R.";
    assert!(tensors(items).unwrap_err().contains("is called"));
}

#[test]
fn nonsense_is_an_error() {
    for program in [
        &b""[..],
        b".",
        b"N.",
        b")",
        b"}N\x86.",
        b"R.",
        b")R.",
        b"t.",
        b"u.",
        b"s.",
        b"Nu.",
        b"(Nu.",
        b"}(Nu.",
        b"q\x00.",
        b"h\x00.",
        b"Q.",
        b")Q.",
        b"b.",
        b"Nb.",
        b"X\xff\xff\xff\xff.",
        b"X\x01\x00\x00\x00\xff.",
        b"\x8a\x09123456789.",
        b"cos",
        b"cos\nsystem",
        b"}NNs.",
        b"(}t((.",
        b"(NN)00.",
    ] {
        assert!(tensors(program).is_err(), "{program:?}");
    }
    // A mark above which the stack has since been emptied.
    assert!(tensors(b"}NN(s(u.").is_err());
    assert!(tensors(&vec![b'('; MAX_BYTES + 1]).unwrap_err().contains("accepted"));
}

/// `{"w": tensor}` of this shape, with the strides that PyTorch gives to a tensor that has an extent of 0.
fn empty_tensor(shape: &[i64]) -> Vec<u8> {
    let mut out = b"\x80\x02}(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage".to_vec();
    out.extend(b"ctorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x00tQK\x00(");
    shape.iter().for_each(|extent| out.extend([&[0x8a, 8][..], &extent.to_le_bytes()].concat()));
    out.extend(b"t(");
    shape.iter().for_each(|_| out.extend(b"K\x01"));
    out.extend(b"t\x89NtRu.");
    out
}

#[test]
fn empty_tensors_are_read_and_their_sizes_do_not_overflow() {
    assert_eq!(tensors(&empty_tensor(&[2, 0])).unwrap()[0].1.shape, [2, 0]);
    assert!(tensors(&empty_tensor(&[1 << 40, 1 << 40, 0])).unwrap_err().contains("too large"));
}

#[test]
fn a_program_may_make_so_many_values_and_no_more() {
    assert!(tensors(&[vec![b')'; MAX_VALUES + 1], b".".to_vec()].concat()).unwrap_err().contains("131072 values"));
    assert!(tensors(&vec![b'('; MAX_VALUES + 1]).unwrap_err().contains("131072 values"));
    // Numbers of the memo that leave gaps would be a table as large as they like.
    assert!(tensors(b"Nq\x00Nr\xff\xff\xff\x7f.").unwrap_err().contains("next number"));
    let mut many = empty_tensor(&[0]);
    many.truncate(many.len() - 2);
    many.extend(b"q\x00".iter().chain(&b"X\x01\x00\x00\x00ah\x00".repeat(MAX_TENSORS)).chain(b"u."));
    assert!(tensors(&many).unwrap_err().contains("4096 tensors"));
}

#[test]
fn deep_and_wide_programs_stay_small() {
    // A hundred thousand nested tuples: nothing recurses, not even dropping them.
    let mut deep = b")".to_vec();
    deep.extend([0x85; 100_000]);
    assert!(tensors(&[deep, b".".to_vec()].concat()).is_err());
    // Twenty levels of doubling would be a million values if tuples were copied.
    let mut doubling = b")".to_vec();
    (0..200).for_each(|_| doubling.extend(b"q\x00h\x00\x86"));
    assert!(tensors(&[doubling, b".".to_vec()].concat()).is_err());
}

#[test]
fn no_flipped_bit_panics() {
    let good = GOOD.pickle();
    for position in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[position] ^= 1 << bit;
            let _ = tensors(&bad);
        }
        assert!(tensors(&good[..position]).is_err());
    }
}
