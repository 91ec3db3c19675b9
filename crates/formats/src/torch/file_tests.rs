//! PyTorch files assembled by hand. Files that PyTorch itself wrote are read in the tests crate.

use super::*;
use crate::torch::pickle::TorchTensor;
use crate::torch::stored_zip::archive;

/// The pickle of `{name: tensor of shape [values] over the storage "0"}` for every name.
fn pickle(names: &[&str], class: &str, values: u8) -> Vec<u8> {
    let mut out = b"\x80\x02}(".to_vec();
    for name in names {
        out.push(b'X');
        out.extend((name.len() as u32).to_le_bytes());
        out.extend(name.bytes());
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n");
        out.extend(class.bytes());
        out.extend(b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK");
        out.extend([values, b't', b'Q', b'K', 0, b'K', values, 0x85, b'K', 1, 0x85, 0x89, b'N', b't', b'R']);
    }
    out.extend(b"u.");
    out
}

fn file(pickle: &[u8], data: &[u8]) -> Vec<u8> {
    archive(&[("x/data.pkl", pickle), ("x/byteorder", b"little"), ("x/data/0", data), ("x/version", b"3\n")])
}

fn refusal(bytes: &[u8]) -> String {
    read("pytorch_adapter.bin", bytes).unwrap_err().to_string()
}

/// A matrix that lies there column by column.
#[test]
fn transposed_matrices() {
    let data: Vec<u8> = [1.0f32, 4.0, 2.0, 5.0, 3.0, 6.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let shape = vec![2, 3];
    let transposed = TorchTensor { kind: "Float", storage: "0", storage_values: 6, offset: 0, shape, transposed: true };
    let tensors = assemble("f", 100, vec![("w", transposed)], Kinds::Floats, |_| Ok(&data)).unwrap();
    assert_eq!(tensors["w"], HostTensor::new([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
}

#[test]
fn all_three_formats_are_widened() {
    let floats: Vec<u8> = [1.0f32, -2.5].iter().flat_map(|value| value.to_le_bytes()).collect();
    for (class, data) in [
        ("FloatStorage", floats),
        ("HalfStorage", vec![0x00, 0x3c, 0x00, 0xc1]),
        ("BFloat16Storage", vec![0x80, 0x3f, 0x20, 0xc0]),
    ] {
        let tensors = read("x.bin", &file(&pickle(&["w"], class, 2), &data)).unwrap();
        assert_eq!(tensors["w"], HostTensor::new([2], vec![1.0, -2.5]), "{class}");
    }
}

#[test]
fn lies_about_the_data_are_refused() {
    assert!(refusal(&file(&pickle(&["w"], "FloatStorage", 2), &[0; 4])).contains("4 bytes for 2 values"));
    assert!(refusal(&archive(&[("x/data.pkl", &pickle(&["w"], "FloatStorage", 2))])).contains("x/data/0"));
    assert!(refusal(&archive(&[("x/y", b"")])).contains("data.pkl"));
    assert!(refusal(&archive(&[("x/data.pkl", b"\x80\x02}."), ("x/byteorder", b"big")])).contains("big-endian"));
    assert!(refusal(&file(&pickle(&["w"], "LongStorage", 1), &[0; 8])).contains("`w` is stored as Long"));
    assert!(refusal(&file(&pickle(&["w", "w"], "FloatStorage", 1), &[0; 4])).contains("twice"));
    assert!(refusal(b"\x80\x02}.").contains("not one that torch.save writes"));
    assert!(refusal(b"").contains("it is empty"));
}

#[test]
fn sharing_a_storage_cannot_multiply_memory() {
    let names: Vec<String> = (0..200).map(|i| i.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // 200 tensors of 255 values over one storage: 204 KB out of a file of about 21 KB.
    let bytes = file(&pickle(&names, "FloatStorage", 255), &[0; 255 * 4]);
    assert!(refusal(&bytes).contains("exceed twice the file"), "{}", bytes.len());
    assert_eq!(read("x.bin", &file(&pickle(&["a", "b"], "FloatStorage", 255), &[0; 1020])).unwrap().len(), 2);
}
