//! Entities in sequences of tags, and what their prediction is worth: as seqeval 1.2.2 does it in its default mode
//! (`metrics/sequence_labeling.py`), invalid sequences included.

use std::collections::BTreeMap;

use graftwork_text::order;

use super::{ClassMetrics, Metrics, ratio};

/// What the tags of a data set say about entities.
#[derive(Debug, Clone)]
pub struct Scheme {
    /// By tag: its first character and the type that follows.
    tags: Vec<(char, usize)>,
    types: Vec<String>,
    /// Whether the tags mark entities at all (BIO, IOB2, BIOES, ...) rather than words (parts of speech).
    marks_entities: bool,
}

/// An entity in a sequence of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entity {
    /// Its type, as [`Scheme::type_name`] names it.
    pub kind: usize,
    /// Its first word.
    pub start: usize,
    /// The word after its last one.
    pub end: usize,
}

/// Between two sequences; its type is `_`, as that of any tag without one.
const OUTSIDE: char = 'O';

impl Scheme {
    /// Reads the names of tags: `B-PER` begins an entity of type `PER`, `I-PER` goes on with it, `E-PER` ends it, `S-PER`
    /// is one alone, `O` is none.
    pub fn new(labels: &[String]) -> Self {
        let mut types = vec!["_".to_owned()];
        let tag = |label: &String| {
            let mut rest = label.chars();
            let first = rest.next().unwrap_or(OUTSIDE);
            let rest = rest.as_str();
            let kind = rest.split_once('-').map_or(rest, |(_, kind)| kind);
            let kind = if kind.is_empty() { "_" } else { kind };
            let known = types.iter().position(|known| known == kind);
            let kind = known.unwrap_or_else(|| {
                types.push(kind.to_owned());
                types.len() - 1
            });
            (first, kind)
        };
        let tags = labels.iter().map(tag).collect();
        let begins = |label: &String, prefixes: &[&str]| prefixes.iter().any(|prefix| label.starts_with(prefix));
        let marks_entities = labels.iter().any(|label| begins(label, &["B-", "S-"]))
            && labels.iter().all(|label| label == "O" || begins(label, &["B-", "I-", "E-", "S-"]));
        Self { tags, types, marks_entities }
    }

    /// Whether the tags mark entities (`B-...`, `I-...`, `O`) rather than words, as parts of speech do.
    pub fn marks_entities(&self) -> bool {
        self.marks_entities
    }

    /// The name of an entity's type.
    pub fn type_name(&self, kind: usize) -> &str {
        &self.types[kind]
    }

    /// The entities of one sequence of tags, in order.
    pub fn entities(&self, tags: &[usize]) -> Vec<Entity> {
        self.entities_of([tags])
    }

    /// The entities of several sequences, whose words are counted through with one place between two sequences.
    fn entities_of<'t>(&self, sequences: impl IntoIterator<Item = &'t [usize]>) -> Vec<Entity> {
        let outside = std::iter::once((OUTSIDE, 0));
        let tags = sequences
            .into_iter()
            .flat_map(|sequence| sequence.iter().map(|tag| self.tags[*tag]).chain(outside.clone()))
            .chain(outside.clone());
        let mut found = Vec::new();
        let (mut before, mut start) = ((OUTSIDE, usize::MAX), 0);
        for (word, tag) in tags.enumerate() {
            if ends(before, tag) {
                found.push(Entity { kind: before.1, start, end: word });
            }
            if starts(before, tag) {
                start = word;
            }
            before = tag;
        }
        found
    }
}

/// seqeval's `end_of_chunk`.
fn ends(before: (char, usize), now: (char, usize)) -> bool {
    matches!((before.0, now.0), ('E' | 'S', _) | ('B' | 'I', 'B' | 'S' | 'O'))
        || (!matches!(before.0, 'O' | '.') && before.1 != now.1)
}

/// seqeval's `start_of_chunk`.
fn starts(before: (char, usize), now: (char, usize)) -> bool {
    matches!((before.0, now.0), (_, 'B' | 'S') | ('E' | 'S' | 'O', 'E' | 'I'))
        || (!matches!(now.0, 'O' | '.') && before.1 != now.1)
}

/// Compares predicted tags with the true ones, sequence by sequence: `f1`, which chooses, `precision` and `recall` of
/// whole entities (micro averages), and `accuracy` of words.
pub fn of_entities(truth: &[Vec<usize>], predictions: &[Vec<usize>], scheme: &Scheme) -> Metrics {
    let entities = |tags: &[Vec<usize>]| {
        let found = scheme.entities_of(tags.iter().map(Vec::as_slice));
        let order = order(found.len(), &|a, b| found[a].cmp(&found[b]));
        let mut sorted: Vec<Entity> = order.into_iter().map(|place| found[place]).collect();
        sorted.dedup();
        sorted
    };
    let (actual, predicted) = (entities(truth), entities(predictions));
    // By type: hits, predicted, actual.
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for entity in &predicted {
        let hit = actual.binary_search(entity).is_ok();
        let [hits, predicted, _] = counts.entry(scheme.type_name(entity.kind)).or_default();
        (*hits, *predicted) = (*hits + usize::from(hit), *predicted + 1);
    }
    for entity in &actual {
        counts.entry(scheme.type_name(entity.kind)).or_default()[2] += 1;
    }
    let total = counts.values().fold([0; 3], |sum, count| std::array::from_fn(|i| sum[i] + count[i]));
    let all = class(String::new(), total);
    let words = || truth.iter().flatten().zip(predictions.iter().flatten());
    let accuracy = ratio(words().filter(|(truth, prediction)| truth == prediction).count(), words().count());
    Metrics {
        values: vec![("f1", all.f1), ("precision", all.precision), ("recall", all.recall), ("accuracy", accuracy)],
        classes: counts.into_iter().map(|(kind, count)| class(kind.to_owned(), count)).collect(),
        counted: "entities",
        confusion: None,
    }
}

fn class(label: String, [hits, predicted, actual]: [usize; 3]) -> ClassMetrics {
    let (precision, recall) = (ratio(hits, predicted), ratio(hits, actual));
    // In seqeval's order of operations, so that no bit differs.
    let sum = precision + recall;
    let f1 = 2.0 * precision * recall / if sum == 0.0 { 1.0 } else { sum };
    ClassMetrics { label, precision, recall, f1, support: actual }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(labels: &[&str]) -> Scheme {
        Scheme::new(&labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tags_that_mark_entities_are_told_from_others() {
        assert!(scheme(&["O", "B-a", "I-a"]).marks_entities() && scheme(&["S-a", "O"]).marks_entities());
        for words in [&["NOUN", "VERB"][..], &["O", "I-a"], &["O", "B-a", "NN"], &["O"], &[]] {
            assert!(!scheme(words).marks_entities(), "{words:?}");
        }
    }

    #[test]
    fn repairs() {
        let scheme = scheme(&["O", "B-a", "I-a", "B-b", "I-b"]);
        let found = |tags: &[usize]| {
            let found = scheme.entities(tags);
            found.into_iter().map(|e| (scheme.type_name(e.kind).to_owned(), e.start, e.end)).collect::<Vec<_>>()
        };
        let entity = |kind: &str, start, end| (kind.to_owned(), start, end);
        assert_eq!(found(&[1, 2, 0, 3]), [entity("a", 0, 2), entity("b", 3, 4)]);
        // An entity may begin with I, and another type ends it.
        assert_eq!(found(&[2, 2, 4, 0]), [entity("a", 0, 2), entity("b", 2, 3)]);
        assert_eq!(found(&[1, 1, 4]), [entity("a", 0, 1), entity("a", 1, 2), entity("b", 2, 3)]);
        assert_eq!(found(&[0, 0]), []);
    }
}
