//! What is read as one: a text, or two that belong together. And the columns that hold it.

use super::ReadOptions;
use super::rows::{Column, Row};

/// A text, or two that belong together, such as a premise and a hypothesis: the second is transformers' `text_pair`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The text, or the first of two.
    pub first: String,
    /// The second of two.
    pub second: Option<String>,
}

/// What can be read as a text, or as two that belong together: strings, pairs of strings, [`Text`].
pub trait AsText {
    /// The text, or the first of two, and the second.
    fn parts(&self) -> (&str, Option<&str>);
}

impl Text {
    /// About how much memory it takes in a list, which grows by doubling.
    pub(super) fn bytes(&self) -> usize {
        self.first.len() + self.second.as_ref().map_or(0, String::len) + 2 * size_of::<Self>()
    }

    /// Hands all that tells it from others to `add`.
    pub fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        add(self.first.as_bytes());
        self.second.iter().for_each(|second| add(second.as_bytes()));
    }
}

impl AsText for Text {
    fn parts(&self) -> (&str, Option<&str>) {
        (&self.first, self.second.as_deref())
    }
}

impl AsText for str {
    fn parts(&self) -> (&str, Option<&str>) {
        (self, None)
    }
}

impl AsText for String {
    fn parts(&self) -> (&str, Option<&str>) {
        (self, None)
    }
}

impl<A: AsRef<str>, B: AsRef<str>> AsText for (A, B) {
    fn parts(&self) -> (&str, Option<&str>) {
        (self.0.as_ref(), Some(self.1.as_ref()))
    }
}

impl<T: AsText + ?Sized> AsText for &T {
    fn parts(&self) -> (&str, Option<&str>) {
        (**self).parts()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Text {
    fn from(first: String) -> Self {
        Self { first, second: None }
    }
}

impl<A: Into<String>, B: Into<String>> From<(A, B)> for Text {
    fn from((first, second): (A, B)) -> Self {
        Self { first: first.into(), second: Some(second.into()) }
    }
}

/// The columns of pairs where nobody names others.
const PAIR: [&str; 2] = ["text_a", "text_b"];

/// The columns of a file that texts are in: one that is named, and the second where one is; or else `text`, with `text_pair`
/// where there is one; or else `text_a` and `text_b`.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextColumns<'a> {
    first: &'a str,
    second: Option<&'a str>,
}

impl<'a> TextColumns<'a> {
    pub(super) fn new(options: &'a ReadOptions) -> Self {
        Self { first: &options.text_column, second: options.text_pair_column.as_deref() }
    }

    /// Whether a pair's own columns may stand in for the text's.
    fn takes_pairs(self) -> bool {
        self.second.is_none() && self.first == "text"
    }

    pub(super) fn columns(self) -> Vec<Column<'a>> {
        if !self.takes_pairs() {
            let second = self.second.map(|name| Column::text("second text", name));
            return [Some(Column::text("text", self.first)), second].into_iter().flatten().collect();
        }
        let optional = |name| Column { required: false, ..Column::text("text", name) };
        let text = Column { stand_ins: &PAIR, ..Column::text("text", self.first) };
        vec![text, optional("text_pair"), optional(PAIR[0]), optional(PAIR[1])]
    }

    /// Whether a row has a text.
    pub(super) fn are_in(self, row: &dyn Row) -> bool {
        row.has(self.first) || (self.takes_pairs() && PAIR.iter().all(|name| row.has(name)))
    }

    /// A row's text, or what is wrong with it.
    pub(super) fn take(self, row: &dyn Row) -> Result<Text, String> {
        let (first, second) = match self.takes_pairs() {
            false => (self.first, self.second),
            true if row.has(self.first) => (self.first, Some("text_pair").filter(|name| row.has(name))),
            true if self.are_in(row) => (PAIR[0], Some(PAIR[1])),
            true => (self.first, None),
        };
        let text = |name| row.text(name).map(|text| text.into_owned());
        Ok(Text { first: text(first)?, second: second.map(text).transpose()? })
    }
}
