//! Good files, and every way in which a safetensors file can lie.

use std::io::Cursor;

use half::{bf16, f16};

use super::*;

/// A file of a header's text and data.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

fn open(bytes: Vec<u8>) -> Result<SafetensorsFile<Cursor<Vec<u8>>>> {
    SafetensorsFile::open("x.safetensors", Cursor::new(bytes))
}

fn refusal(header: &str, data: &[u8]) -> String {
    open(file(header, data)).unwrap_err().to_string()
}

#[test]
fn values_of_all_three_formats_are_widened() {
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                     "b":{"dtype":"F16","shape":[1,2],"data_offsets":[8,12]},
                     "c":{"dtype":"BF16","shape":[2,1],"data_offsets":[12,16]},
                     "d":{"dtype":"I64","shape":[1],"data_offsets":[16,24]},
                     "__metadata__":{"format":"pt"}}"#;
    let mut data = [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat();
    data.extend(f16::from_f32(0.25).to_le_bytes());
    data.extend(f16::from_bits(1).to_le_bytes()); // the smallest subnormal
    data.extend(bf16::from_f32(-3.0).to_le_bytes());
    data.extend(bf16::INFINITY.to_le_bytes());
    data.extend([0; 8]);
    let mut file = open(file(header, &data)).unwrap();
    assert_eq!(file.read("a").unwrap(), HostTensor::new([2], vec![1.5, -2.0]));
    assert_eq!(file.read("b").unwrap(), HostTensor::new([1, 2], vec![0.25, 2f32.powi(-24)]));
    assert_eq!(file.read("c").unwrap(), HostTensor::new([2, 1], vec![-3.0, f32::INFINITY]));
    assert!(matches!(file.read("d"), Err(Error::WrongDtype { found, .. }) if found == "I64"));
    assert!(file.read("e").unwrap_err().to_string().contains("no tensor `e`"));
    assert_eq!(file.metadata()["format"], "pt");
    assert_eq!(file.names().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
}

#[test]
fn long_tensors_come_in_chunks() {
    let count = 2 * CHUNK_VALUES + 3;
    let header = format!(r#"{{"a":{{"dtype":"F32","shape":[{count}],"data_offsets":[0,{}]}}}}"#, 4 * count);
    let data: Vec<u8> = (0..count).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let mut file = open(file(&header, &data)).unwrap();
    let mut lengths = Vec::new();
    file.stream("a", &mut |values| {
        lengths.push(values.len());
        Ok(())
    })
    .unwrap();
    assert_eq!(lengths, [CHUNK_VALUES, CHUNK_VALUES, 3]);
    assert_eq!(file.read("a").unwrap().data[count - 1], (count - 1) as f32);
}

#[test]
fn truncated_files_are_refused_at_every_length() {
    let whole = file(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, &[0; 8]);
    for length in 0..whole.len() {
        assert!(open(whole[..length].to_vec()).is_err(), "{length} bytes");
    }
    assert!(open(whole.clone()).is_ok());
    let longer = [whole, vec![0]].concat();
    assert!(open(longer).unwrap_err().to_string().contains("9 follow"));
}

#[test]
fn a_huge_header_is_refused_before_memory_is_taken() {
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.extend(b"{}");
    assert!(open(bytes).unwrap_err().to_string().contains("the whole file has 10"));

    let mut long = (MAX_HEADER_BYTES + 1).to_le_bytes().to_vec();
    long.resize(MAX_HEADER_BYTES as usize + 9, b' ');
    assert!(matches!(open(long), Err(Error::TooLarge { .. })));
}

#[test]
fn lying_headers_are_refused() {
    // Overlapping ranges, a hole, a range that does not fit the shape, overflow, a range beyond the data.
    let overlap = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                      "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    assert!(refusal(overlap, &[0; 12]).contains('b'));
    let hole = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    assert!(refusal(hole, &[0; 8]).contains("`a` begin at 4, but the tensor before ends at 0"));
    let misfit = r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#;
    assert!(refusal(misfit, &[0; 8]).contains("shape"));
    let overflow = r#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#;
    assert!(refusal(overflow, &[]).contains("does not take the bytes 0 to 0"));
    // An extent of 0 hides nothing: in a debug build, multiplying these from the left overflows.
    let empty = r#"{"a":{"dtype":"F32","shape":[1099511627776,1099511627776,0],"data_offsets":[0,0]}}"#;
    assert!(refusal(empty, &[]).contains("does not take the bytes 0 to 0"));
    let many = r#"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#;
    assert!(refusal(many, &[0; 4]).contains("at most 8 dimensions"));
    let beyond = r#"{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}"#;
    assert!(refusal(beyond, &[0; 8]).contains("truncated"));
    let backwards = r#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[8,0]}}"#;
    assert!(open(file(backwards, &[])).is_err());
    let negative = r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}"#;
    assert!(open(file(negative, &[0; 8])).is_err());
    let strange = r#"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#;
    assert!(refusal(strange, &[0; 8]).contains("F33"));
    assert!(open(file("{\"a\": \u{7}}", &[])).is_err());
    assert!(open(file("[]", &[])).is_err());
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    let twice = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                    "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    assert!(refusal(twice, &[0; 4]).contains("`a` is there twice"));
}

#[test]
fn any_single_flipped_byte_of_the_header_gives_a_result_not_a_panic() {
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let good = file(header, &[0; 8]);
    for position in 0..good.len() - 8 {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[position] ^= 1 << bit;
            if let Ok(mut file) = open(bad) {
                let names: Vec<_> = file.names().map(str::to_owned).collect();
                for name in names {
                    let _ = file.read(&name);
                }
            }
        }
    }
}
