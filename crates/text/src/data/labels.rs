//! The names of the labels and their order.

use std::collections::HashMap;

use crate::{Error, Result};

/// Turns label names into indices, while rows are read.
pub(super) struct Labels {
    index_of: HashMap<String, usize>,
    names: Vec<String>,
    given: bool,
    /// How many bytes the names have.
    name_bytes: usize,
}

impl Labels {
    pub(super) fn new(name: &str, given: Option<&[String]>) -> Result<Self> {
        let mut labels = Self { index_of: HashMap::new(), names: Vec::new(), given: given.is_some(), name_bytes: 0 };
        for label in given.unwrap_or_default() {
            let index = labels.names.len();
            if labels.index_of.insert(label.clone(), index).is_some() {
                return Err(Error::file(name, format!("the label {label:?} is given twice")));
            }
            labels.names.push(label.clone());
        }
        Ok(labels)
    }

    /// The index of a label: final when labels were given, else until [`Labels::sort`].
    pub(super) fn index(&mut self, label: &str) -> Result<usize, String> {
        if label.is_empty() {
            return Err("the label is empty".to_owned());
        }
        if let Some(&index) = self.index_of.get(label) {
            return Ok(index);
        }
        if self.given {
            return Err(format!("unknown label {:?} (known: {})", short(label), listed(&self.names, self.names.len())));
        }
        let index = self.names.len();
        self.names.push(label.to_owned());
        self.index_of.insert(label.to_owned(), index);
        self.name_bytes += label.len();
        Ok(index)
    }

    /// About how much memory they take: two copies of each name, in a list and a table that grow by doubling.
    pub(super) fn bytes(&self) -> usize {
        2 * (self.name_bytes + self.names.len() * (size_of::<(String, usize)>() + size_of::<String>()))
    }

    /// The names in their final order, and for every index handed out the index it becomes.
    pub(super) fn sort(self) -> (Vec<String>, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        if !self.given {
            let numbers: Option<Vec<i64>> = self.names.iter().map(|name| name.parse().ok()).collect();
            match numbers {
                Some(numbers) => order.sort_by_key(|&i| (numbers[i], &self.names[i])),
                None => order.sort_by_key(|&i| &self.names[i]),
            }
        }
        let mut becomes = vec![0; order.len()];
        for (place, &index) in order.iter().enumerate() {
            becomes[index] = place;
        }
        let names = order.iter().map(|&index| self.names[index].clone()).collect();
        (names, becomes)
    }
}

/// The beginning of a name, as much as a message has of one.
pub(super) fn short(name: &str) -> &str {
    name.char_indices().nth(200).map_or(name, |(end, _)| &name[..end])
}

/// How many names a message has.
pub(super) const MOST_LISTED: usize = 10;

/// Names for a message: the first ten, and how many more there are of `count`.
pub(super) fn listed<S: AsRef<str>>(names: &[S], count: usize) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_LISTED).map(|name| short(name.as_ref())).collect();
    let more = count.saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(found: &[&str]) -> Vec<String> {
        let mut labels = Labels::new("x", None).unwrap();
        let before: Vec<usize> = found.iter().map(|label| labels.index(label).unwrap()).collect();
        let (names, becomes) = labels.sort();
        for (label, index) in found.iter().zip(before) {
            assert_eq!(&names[becomes[index]], label);
        }
        names
    }

    #[test]
    fn order() {
        assert_eq!(sorted(&["spam", "ham", "spam"]), ["ham", "spam"]);
        assert_eq!(sorted(&["10", "9", "-1", "2"]), ["-1", "2", "9", "10"]);
        assert_eq!(sorted(&["10", "9", "x"]), ["10", "9", "x"]);
        assert_eq!(sorted(&["b", "B", "ä"]), ["B", "b", "ä"]);
    }

    #[test]
    fn given_labels_keep_their_order_and_admit_no_other() {
        let given = ["b".to_owned(), "a".to_owned()];
        let mut labels = Labels::new("x", Some(&given)).unwrap();
        assert_eq!((labels.index("a"), labels.index("b")), (Ok(1), Ok(0)));
        assert_eq!(labels.index("c"), Err("unknown label \"c\" (known: b, a)".to_owned()));
        assert_eq!(labels.sort().0, given);
        let twice = ["a".to_owned(), "a".to_owned()];
        assert!(Labels::new("x", Some(&twice)).is_err());
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..12).map(|i| i.to_string()).collect();
        assert_eq!(listed(&names, names.len()), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
    }
}
