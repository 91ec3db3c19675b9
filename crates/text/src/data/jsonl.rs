//! One JSON object a line.

use std::fmt;
use std::io::BufRead;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::labels::{MOST_LISTED, listed};
use super::lines::{Lines, utf8};
use super::rows::Rows;
use crate::Result;

pub(super) fn read(source: Box<dyn BufRead + '_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut lines = Lines::new(source);
    while let Some((number, line)) = lines.next(rows.name)? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match row(line, rows) {
            Ok((text, label)) => rows.push(number, &text, label.as_deref()),
            Err(reason) => rows.reject(number, reason),
        }
        if rows.full() {
            break;
        }
    }
    Ok(())
}

fn row(line: &[u8], rows: &Rows<'_>) -> Result<(String, Option<String>), String> {
    let options = rows.options;
    let wanted = [Some(options.text_column.as_str()), options.read_labels.then_some(options.label_column.as_str())];
    let mut deserializer = serde_json::Deserializer::from_str(utf8(line)?);
    let row = Wanted(wanted).deserialize(&mut deserializer).and_then(|row| deserializer.end().map(|()| row));
    let Row { values: [text, label], keys, count } = row.map_err(|error| {
        let column = error.column();
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        format!("not a JSON object: {message} (column {column})")
    })?;
    let missing = |key: &str| format!("no {key:?} (its keys: {})", listed(&keys, count));
    let key = &options.text_column;
    let text = match text.ok_or_else(|| missing(key))? {
        Scalar::Text(text) => text,
        other => return Err(format!("{key:?} is {}, not a string", other.kind())),
    };
    if !options.read_labels {
        return Ok((text, None));
    }
    let key = &options.label_column;
    // One column may be both.
    let label = if *key == options.text_column { Some(Scalar::Text(text.clone())) } else { label };
    let label = match label.ok_or_else(|| missing(key))? {
        Scalar::Text(label) => label,
        Scalar::Bool(label) => label.to_string(),
        Scalar::Integer(label) => label.to_string(),
        Scalar::Other(kind) => return Err(format!("{key:?} is {kind}, not a string, an integer or a boolean")),
    };
    Ok((text, Some(label)))
}

/// What is kept of a line: of everything else a hostile one may be full.
#[derive(Default)]
struct Row {
    /// The values of the wanted keys; of equal keys the last.
    values: [Option<Scalar>; 2],
    /// The first keys, for a message, and how many there are.
    keys: Vec<String>,
    count: usize,
}

/// Reads the values of these keys.
struct Wanted<'a>([Option<&'a str>; 2]);

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Row;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Row, M::Error> {
        let mut row = Row::default();
        while let Some(key) = map.next_key::<String>()? {
            match self.0.iter().position(|wanted| *wanted == Some(&key)) {
                Some(place) => row.values[place] = Some(map.next_value_seed(AnyScalar)?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
            row.count += 1;
            if row.keys.len() <= MOST_LISTED {
                row.keys.push(key);
            }
        }
        Ok(row)
    }
}

/// A text, a whole number or a boolean; of anything else only what it is.
enum Scalar {
    Text(String),
    Integer(i128),
    Bool(bool),
    Other(&'static str),
}

impl Scalar {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::Other(kind) => kind,
        }
    }
}

struct AnyScalar;

impl<'de> DeserializeSeed<'de> for AnyScalar {
    type Value = Scalar;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyScalar {
    type Value = Scalar;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other("null"))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(value.into()))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar::Other("a number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an array"))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Scalar, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an object"))
    }
}
