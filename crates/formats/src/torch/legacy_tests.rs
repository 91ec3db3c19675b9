//! Files assembled by hand; one that PyTorch itself wrote is read in the tests crate.

use super::*;
use crate::HostTensor;

/// `{"w": two floats, "ids": three longs}`, with the storages in the order of their names.
fn file() -> Vec<u8> {
    let text = |text: &str| [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let tensor = |name: &str, class: &str, storage: &str, values: u8| {
        let mut out = [text(name), b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(), text("storage")].concat();
        out.extend(format!("ctorch\n{class}\n").bytes());
        out.extend([text(storage), text("cpu")].concat());
        out.extend([b'K', values, b'N', b't', b'Q', b'K', 0, b'K', values, 0x85, b'K', 1, 0x85, 0x89]);
        out.extend(b"ccollections\nOrderedDict\n)Rt");
        out.push(b'R');
        out
    };
    let dict = [
        b"\x80\x02}(".to_vec(),
        tensor("w", "FloatStorage", "21", 2),
        tensor("ids", "LongStorage", "5", 3),
        b"u.".to_vec(),
    ];
    let sizes = [b"\x80\x02}q\x00(".to_vec(), text("little_endian"), vec![0x88, b'u', b'.']];
    let names = [b"\x80\x02]q\x00(".to_vec(), text("21"), text("5"), b"e.".to_vec()];
    let mut out = [MAGIC.to_vec(), VERSION.to_vec(), sizes.concat(), dict.concat(), names.concat()].concat();
    out.extend(2u64.to_le_bytes());
    [1.5f32, -2.0].iter().for_each(|value| out.extend(value.to_le_bytes()));
    out.extend(3u64.to_le_bytes());
    [0i64, 1, 2].iter().for_each(|value| out.extend(value.to_le_bytes()));
    out
}

#[test]
fn floats_are_read_and_others_left_out_or_refused() {
    let found = read("f.bin", &file(), Kinds::Any).unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [("w".to_owned(), HostTensor::new([2], vec![1.5, -2.0]))]);
    let refused = read("f.bin", &file(), Kinds::Floats).unwrap_err().to_string();
    assert!(refused.contains("ids") && refused.contains("Long"), "{refused}");
}

#[test]
fn any_cut_is_an_error() {
    let whole = file();
    for length in 0..whole.len() {
        assert!(read("f.bin", &whole[..length], Kinds::Any).is_err(), "{length} bytes");
    }
    // Counts and names that do not fit.
    let at = whole.len() - 8 * 3 - 8;
    for count in [2u64, 4, u64::MAX, 1 << 61] {
        let mut other = whole.clone();
        other[at..at + 8].copy_from_slice(&count.to_le_bytes());
        let found = read("f.bin", &other, Kinds::Any);
        assert!(found.is_err() || count == 2, "{count}");
    }
}
