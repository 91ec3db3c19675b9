//! Writes down in 28 KB what is needed of the tables of `unicode-normalization` and `unicode_categories`. Linked as they
//! are, made for speed, they would be an eighth of what a browser downloads (58 KB with brotli; these are 9 KB).
//!
//! The file is columns of numbers: their count, then each in groups of 7 bits, the lowest first. `src/unicode.rs` reads it.

#[path = "src/unicode/kinds.rs"]
mod kinds;

use std::path::PathBuf;
use std::{env, fs};

use unicode_categories::UnicodeCategories;
use unicode_normalization::char::{
    canonical_combining_class, compose, decompose_canonical, decompose_compatible, is_combining_mark,
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/unicode/kinds.rs");
    let mut file = Vec::new();
    runs(&mut file, kinds_of);
    runs(&mut file, |c| canonical_combining_class(c).into());
    mapping(&mut file, |c| {
        let parts = all_parts(|emit| decompose_canonical(c, emit));
        (parts != [c]).then(|| one_step(c, parts))
    });
    mapping(&mut file, |c| {
        let parts = all_parts(|emit| decompose_compatible(c, emit));
        (parts != all_parts(|emit| decompose_canonical(c, emit))).then_some((parts, false))
    });
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(folder.join("unicode.bin"), file).expect("cargo's folder can be written");
}

fn kinds_of(c: char) -> u32 {
    // Most characters are letters.
    if c.is_ascii_alphabetic()
        || matches!(c, '\u{3400}'..='\u{4db5}' | '\u{4e00}'..='\u{9fd5}' | '\u{ac00}'..='\u{d7a3}')
    {
        return 0;
    }
    [
        (kinds::OTHER, c.is_other()),
        (kinds::MARK_NONSPACING, c.is_mark_nonspacing()),
        (kinds::MARK, c.is_mark()),
        (kinds::DIGIT, c.is_number_decimal_digit()),
        (kinds::CONNECTOR, c.is_punctuation_connector()),
        (kinds::PUNCTUATION, c.is_punctuation()),
        (kinds::SYMBOL_OTHER, c.is_symbol_other()),
        (kinds::MARK_TODAY, is_combining_mark(c)),
    ]
    .into_iter()
    .map(|(kind, is)| if is { kind } else { 0 })
    .sum()
}

/// Two columns, of the characters whose value is not that of the one before: the distance to the last such, the value.
fn runs(file: &mut Vec<u8>, value: impl Fn(char) -> u32) {
    let (mut steps, mut values, mut last) = (Vec::new(), Vec::new(), 0);
    for c in '\0'..=char::MAX {
        let value = value(c);
        if values.last() != Some(&value) {
            steps.push(u32::from(c) - last);
            values.push(value);
            last = u32::from(c);
        }
    }
    column(file, &steps);
    column(file, &values);
}

/// Three columns, of the characters that `parts` replaces: the distance from the one before; twice the number of parts,
/// and 1 if composing gives the character back; of every part the difference to that of the character before.
fn mapping(file: &mut Vec<u8>, parts: impl Fn(char) -> Option<(Vec<char>, bool)>) {
    let (mut steps, mut shapes, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let (mut last, mut before) = (0, [0; 32]);
    for c in ('\0'..=char::MAX).filter(|c| !matches!(c, '\u{ac00}'..='\u{d7a3}')) {
        let Some((parts, composes)) = parts(c) else { continue };
        steps.push(u32::from(c) - last);
        last = u32::from(c);
        shapes.push(2 * parts.len() as u32 + u32::from(composes));
        for (part, before) in parts.into_iter().zip(&mut before) {
            let difference = part as i32 - *before;
            all.push((difference << 1 ^ difference >> 31) as u32);
            *before = part as i32;
        }
    }
    column(file, &steps);
    column(file, &shapes);
    column(file, &all);
}

/// The two parts that compose to `c`, of which only the first may have parts itself; all parts if none do.
fn one_step(c: char, parts: Vec<char>) -> (Vec<char>, bool) {
    if let [first, middle @ .., last] = &parts[..]
        && let Some(first) = middle.iter().try_fold(*first, |a, b| compose(a, *b))
        && compose(first, *last) == Some(c)
    {
        return (vec![first, *last], true);
    }
    (parts, false)
}

fn all_parts(decompose: impl FnOnce(&mut dyn FnMut(char))) -> Vec<char> {
    let mut parts = Vec::new();
    decompose(&mut |part| parts.push(part));
    parts
}

fn column(file: &mut Vec<u8>, values: &[u32]) {
    for value in std::iter::once(values.len() as u32).chain(values.iter().copied()) {
        let mut rest = value;
        while rest >= 128 {
            file.push(rest as u8 | 128);
            rest >>= 7;
        }
        file.push(rest as u8);
    }
}
