//! Strings with a number each, sorted by their bytes: which is the longest that a text begins with?

use std::ops::Range;

use crate::order;

/// Flat: the strings stand end to end, so that a vocabulary takes little more memory than its file.
#[derive(Debug)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    /// Where each string ends in `bytes`.
    ends: Vec<u32>,
    values: Vec<u32>,
    /// The strings that begin with byte b are `first[b]..first[b + 1]`.
    first: Vec<u32>,
}

/// The strings that share their first `depth` bytes.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    range: Range<usize>,
    depth: usize,
}

impl Keys {
    /// Of a string that is given twice the later value holds. Together they have less than 4 GB.
    pub(super) fn new<S: AsRef<str>>(pairs: Vec<(S, u32)>) -> Self {
        let key = |index: usize| pairs[index].0.as_ref();
        let order = order(pairs.len(), &|a, b| key(a).cmp(key(b)));
        let (mut bytes, mut ends, mut values, mut first) = (Vec::new(), Vec::new(), Vec::new(), vec![0; 257]);
        for (i, index) in order.iter().enumerate() {
            let (own, (_, value)) = (key(*index), &pairs[*index]);
            if order.get(i + 1).is_some_and(|next| key(*next) == own) {
                continue;
            }
            bytes.extend_from_slice(own.as_bytes());
            ends.push(bytes.len() as u32);
            values.push(*value);
            // The empty string stands before all that begin with a byte.
            let begins = own.bytes().next().map_or(0, |byte| usize::from(byte) + 1);
            first[begins] = ends.len() as u32;
        }
        for byte in 1..first.len() {
            first[byte] = first[byte].max(first[byte - 1]);
        }
        Self { bytes, ends, values, first }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The string at a place of the sorted list, and its value.
    pub(super) fn at(&self, index: usize) -> (&str, u32) {
        let key = std::str::from_utf8(self.bytes(index)).expect("whole strings");
        (key, self.values[index])
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: &str) -> Option<u32> {
        let branch = self.branch(key.as_bytes());
        let found = branch.range.start < branch.range.end && self.bytes(branch.range.start).len() == branch.depth;
        found.then(|| self.values[branch.range.start])
    }

    /// The strings that begin with `prefix`, as a place to search on from.
    pub(super) fn branch(&self, prefix: &[u8]) -> Branch {
        prefix.iter().fold(Branch { range: 0..self.len(), depth: 0 }, |branch, &byte| self.narrow(&branch, byte))
    }

    /// Of the strings of `branch`, the longest whose rest `text` begins with: the length of that rest, which is not
    /// empty, and the value.
    pub(super) fn longest(&self, branch: &Branch, text: &[u8]) -> Option<(usize, u32)> {
        let mut longest = None;
        self.prefixes(branch, text, &mut |length, value| longest = Some((length, value)));
        longest
    }

    /// Of the strings of `branch`, those whose rest `text` begins with, the shortest first: the length of that rest, which is not
    /// empty, and the value.
    pub(super) fn prefixes(&self, branch: &Branch, text: &[u8], emit: &mut dyn FnMut(usize, u32)) {
        let mut branch = branch.clone();
        for (i, &byte) in text.iter().enumerate() {
            branch = self.narrow(&branch, byte);
            if branch.range.is_empty() {
                break;
            }
            if self.bytes(branch.range.start).len() == branch.depth {
                emit(i + 1, self.values[branch.range.start]);
            }
        }
    }

    fn bytes(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    /// Those of a branch that go on with `byte`; the one that ends here, if any, comes first in what is left.
    fn narrow(&self, Branch { range, depth }: &Branch, byte: u8) -> Branch {
        let range = if *depth == 0 && range.len() == self.len() {
            self.first[usize::from(byte)] as usize..self.first[usize::from(byte) + 1] as usize
        } else {
            let next = |index| self.bytes(index).get(*depth).copied();
            let start = partition(range.clone(), |index| next(index) < Some(byte));
            start..partition(start..range.end, |index| next(index) == Some(byte))
        };
        Branch { range, depth: depth + 1 }
    }
}

/// The first of `range` for which `before` does not hold.
fn partition(mut range: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    while !range.is_empty() {
        let middle = range.start + range.len() / 2;
        if before(middle) {
            range.start = middle + 1;
        } else {
            range.end = middle;
        }
    }
    range.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_longest() {
        let keys = Keys::new(vec![("abc", 1), ("a", 2), ("##b", 3), ("ab", 4), ("é", 5), ("", 6), ("a", 7), ("##", 8)]);
        let whole = keys.branch(b"");
        let longest = |text: &str| keys.longest(&whole, text.as_bytes());
        assert_eq!((longest("abd"), longest("abcd"), longest("ax")), (Some((2, 4)), Some((3, 1)), Some((1, 7))));
        assert_eq!((longest("éa"), longest("è"), longest(""), longest("b")), (Some((2, 5)), None, None, None));
        let inner = keys.branch(b"##");
        assert_eq!(keys.longest(&inner, b"bc"), Some((1, 3)));
        assert_eq!(keys.longest(&inner, b"c"), None);
        assert_eq!((keys.get("a"), keys.get("##"), keys.get(""), keys.get("#")), (Some(7), Some(8), Some(6), None));
        assert_eq!((keys.len(), keys.at(1)), (7, ("##", 8)));
        let none = Keys::new(Vec::<(&str, u32)>::new());
        assert_eq!((none.get("a"), none.longest(&none.branch(b""), b"a")), (None, None));
    }
}
