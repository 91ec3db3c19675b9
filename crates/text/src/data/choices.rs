//! Prompts with some texts to choose from: `{"question": .., "choices": [..], "label": 1}`.

use std::io::Read;

use super::rows::{Column, Row, Taken};
use super::{Format, IN_MEMORY, ReadOptions, data_file, format_of, in_memory, nothing_in, read_rows};
use crate::{Error, Result};

/// A prompt and what there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// What each choice is put beside.
    pub prompt: String,
    /// At least two.
    pub choices: Vec<String>,
}

/// Prompts of one file, each with its right choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceDataset {
    /// In file order, each with the place of the right choice (from 0); never empty. They may have different numbers of
    /// choices.
    pub examples: Vec<(Choices, usize)>,
    /// The names of the choices: their places, as many as the longest list has.
    pub labels: Vec<String>,
}

data_file!(ChoiceDataset);

impl ChoiceDataset {
    /// Prompts from memory, with the place of the right choice.
    ///
    /// # Errors
    /// [`Error::File`] if there are none, or one has fewer than two choices or not the right one.
    pub fn new(examples: impl IntoIterator<Item = (Choices, usize)>) -> Result<Self> {
        let examples: Vec<_> = examples.into_iter().collect();
        for (index, (choices, label)) in examples.iter().enumerate() {
            check(&choices.choices)
                .and_then(|()| in_range(*label, choices))
                .map_err(|problem| in_memory(index, &problem))?;
        }
        Self::of(IN_MEMORY, examples)
    }

    fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        if format_of(name, options)? != Format::Jsonl {
            let rows = "{\"question\": .., \"choices\": [..], \"label\": 1}";
            return Err(Error::file(name, format!("choices are read from .jsonl: {rows}")));
        }
        let mut columns = Choices::columns(options);
        columns.push(Column::text("label", &options.label_column));
        let (mut examples, mut bytes) = (Vec::new(), 0);
        read_rows(name, reader, options, columns, &mut |row, _| {
            let choices = Choices::of(row, options)?;
            let label = place(&row.label(&options.label_column)?, &choices)?;
            bytes += choices.bytes();
            examples.push((choices, label));
            Ok(Taken::Kept(bytes))
        })?;
        Self::of(name, examples)
    }

    fn of(name: &str, examples: Vec<(Choices, usize)>) -> Result<Self> {
        let most = examples.iter().map(|(choices, _)| choices.choices.len()).max().ok_or_else(|| nothing_in(name))?;
        Ok(Self { examples, labels: (0..most).map(|place| place.to_string()).collect() })
    }
}

impl Choices {
    /// What a row of choices is read from.
    pub(super) fn columns(options: &ReadOptions) -> Vec<Column<'_>> {
        vec![
            Column { required: false, ..Column::text("context", &options.context_column) },
            Column { required: false, ..Column::text("question", &options.question_column) },
            Column::list("choices", &options.choices_column),
        ]
    }

    /// Those of a row.
    pub(super) fn of(row: &dyn Row, options: &ReadOptions) -> Result<Self, String> {
        let (context, question) = (&options.context_column, &options.question_column);
        let prompt = match (row.has(context), row.has(question)) {
            (true, true) => format!("{} {}", row.text(context)?, row.text(question)?),
            (true, false) => row.text(context)?.into_owned(),
            (false, true) => row.text(question)?.into_owned(),
            (false, false) => {
                return Err(format!("neither {context:?} nor {question:?}: there is nothing to choose for"));
            }
        };
        let choices = row.list(&options.choices_column)?;
        check(&choices)?;
        Ok(Self { prompt, choices })
    }

    /// About how much memory they take: lists grow by doubling.
    pub(super) fn bytes(&self) -> usize {
        let choices = self.choices.iter().map(|choice| choice.len() + 2 * size_of::<String>());
        self.prompt.len() + choices.sum::<usize>() + 2 * size_of::<(Self, usize)>()
    }
}

/// The most choices of a prompt: all of them share a batch.
const MOST: usize = 64;

fn check(choices: &[String]) -> Result<(), String> {
    match choices.len() {
        2..=MOST => Ok(()),
        count => Err(format!("it has {count} choices; it must have from 2 to {MOST}")),
    }
}

fn in_range(label: usize, of: &Choices) -> Result<(), String> {
    let count = of.choices.len();
    if label < count {
        Ok(())
    } else {
        Err(format!("the label {label} is beyond its {count} choices (counted from 0)"))
    }
}

/// The place that a label names, by number or by letter.
fn place(label: &str, of: &Choices) -> Result<usize, String> {
    let letter = |label: &str| match label.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(usize::from(letter.to_ascii_uppercase() - b'A')),
        _ => None,
    };
    let place = label.parse().ok().or_else(|| letter(label));
    let place = place.ok_or_else(|| {
        let label: String = label.chars().take(100).collect();
        format!("the label {label:?} is neither the place of a choice (from 0) nor its letter")
    })?;
    let count = of.choices.len();
    if place < count { Ok(place) } else { Err(format!("the label {label:?} is beyond its {count} choices")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<ChoiceDataset> {
        ChoiceDataset::from_bytes("a.jsonl", lines.as_bytes(), &ReadOptions::default())
    }

    #[test]
    fn prompts_and_labels() {
        let rows = "{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"label\": 1}\n\
                    {\"context\": \"c\", \"question\": \"q\", \"choices\": [\"x\", \"y\", 3], \"label\": \"C\"}\n\
                    {\"context\": \"c\", \"choices\": [\"x\", \"y\"], \"label\": \"b\"}\n";
        let found = read(rows).unwrap();
        assert_eq!(found.labels, ["0", "1", "2"]);
        let prompts: Vec<_> = found.examples.iter().map(|(choices, label)| (choices.prompt.as_str(), *label)).collect();
        assert_eq!(prompts, [("q", 1), ("c q", 2), ("c", 1)]);
        assert_eq!(found.examples[1].0.choices, ["x", "y", "3"]);
        assert_eq!(ChoiceDataset::new(found.examples.clone()).unwrap(), found);
    }

    #[test]
    fn bad_rows_are_named() {
        let bad = "{\"question\": \"q\", \"choices\": [\"x\"], \"label\": 0}\n{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"label\": 2}\n\
                   {\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"label\": \"x\"}\n{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"label\": \"no\"}\n\
                   {\"choices\": [\"x\", \"y\"], \"label\": 0}\n{\"question\": \"q\", \"choices\": [\"x\", \"y\"]}\n{\"question\": \"q\", \"label\": 1}\n";
        assert_eq!(
            read(bad).unwrap_err().to_string(),
            "7 bad rows in a.jsonl:\n  \
             a.jsonl:1: it has 1 choices; it must have from 2 to 64\n  \
             a.jsonl:2: the label \"2\" is beyond its 2 choices\n  \
             a.jsonl:3: the label \"x\" is beyond its 2 choices\n  \
             a.jsonl:4: the label \"no\" is neither the place of a choice (from 0) nor its letter\n  \
             a.jsonl:5: neither \"context\" nor \"question\": there is nothing to choose for\n  \
             a.jsonl:6: no \"label\" (its keys: question, choices)\n  \
             a.jsonl:7: no \"choices\" (its keys: question, label)"
        );
        assert!(ChoiceDataset::from_bytes("a.csv", b"", &ReadOptions::default()).is_err());
        assert!(ChoiceDataset::new([]).is_err());
        let one = Choices { prompt: "q".to_owned(), choices: ["x", "y"].map(str::to_owned).into() };
        assert!(ChoiceDataset::new([(one, 2)]).unwrap_err().to_string().contains("example 0"));
    }
}
