//! One input from others: what random changes have a chance of making a parser stumble.

use crate::random::Random;

/// Numbers at which arithmetic goes wrong.
const NUMBERS: [i64; 14] =
    [0, 1, -1, 2, 7, 255, 256, 65_535, 65_536, i32::MAX as i64, u32::MAX as i64, 1 << 40, i64::MAX, i64::MIN];
/// Numbers as texts have them, and what stands where a number is expected.
const WORDS: [&str; 10] =
    ["18446744073709551615", "-1", "1e308", "-0.0", "1e999", "null", "NaN", "[[[[[[[[", "{\"a\":", "\u{feff}"];

/// A changed copy of one of `corpus`, of at most `longest` bytes. `dictionary` are words of the format.
pub fn mutate(random: &mut Random, corpus: &[Vec<u8>], dictionary: &[&[u8]], longest: usize) -> Vec<u8> {
    let mut input = random.pick(corpus).cloned().unwrap_or_default();
    for _ in 0..=random.below(4) {
        change(random, &mut input, corpus, dictionary);
        input.truncate(longest);
    }
    input
}

fn change(random: &mut Random, input: &mut Vec<u8>, corpus: &[Vec<u8>], dictionary: &[&[u8]]) {
    let range = random.range(input.len());
    match random.below(10) {
        0 => flip(random, input),
        1 => drop(input.drain(range)),
        2 => drop(input.splice(range, random.bits().to_le_bytes())),
        // The same piece again and again: what takes little in a file and may take much in memory.
        3 => {
            let times = 1 << random.below(10);
            let again = input[range.clone()].repeat(times);
            drop(input.splice(range.end..range.end, again));
        }
        4 | 5 => {
            let word = random.pick(dictionary).map_or_else(Vec::new, |word| word.to_vec());
            drop(input.splice(range, word));
        }
        6 => number_in_text(random, input),
        7 => {
            let number = NUMBERS[random.below(NUMBERS.len())].to_le_bytes();
            let width = [1, 2, 4, 8][random.below(4)];
            let start = range.start.min(input.len().saturating_sub(width));
            let end = (start + width).min(input.len());
            drop(input.splice(start..end, number[..width].iter().copied()));
        }
        8 => {
            let other = random.pick(corpus).cloned().unwrap_or_default();
            let piece = random.range(other.len());
            drop(input.splice(range, other[piece].iter().copied()));
        }
        _ => input.truncate(range.start),
    }
}

fn flip(random: &mut Random, input: &mut [u8]) {
    if !input.is_empty() {
        input[random.below(input.len())] ^= 1 << random.below(8);
    }
}

/// Exchanges one run of digits.
fn number_in_text(random: &mut Random, input: &mut Vec<u8>) {
    let start = random.below(input.len() + 1);
    let Some(first) = input[start..].iter().position(u8::is_ascii_digit).map(|at| start + at) else { return };
    let end = input[first..].iter().position(|byte| !byte.is_ascii_digit()).map_or(input.len(), |at| first + at);
    let word = match random.below(3) {
        0 => WORDS[random.below(WORDS.len())].to_owned(),
        1 => NUMBERS[random.below(NUMBERS.len())].to_string(),
        _ => random.below(300).to_string(),
    };
    drop(input.splice(first..end, word.into_bytes()));
}
