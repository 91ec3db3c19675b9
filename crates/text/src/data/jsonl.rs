//! One JSON object a line.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::answers::read as read_answers;
use super::labels::{MOST_LISTED, listed};
use super::lines::{Lines, utf8};
use super::rows::{Column, MAX_MEMBERS, RawAnswer, Row, Rows, Shape};
use crate::Result;

pub(super) fn read(source: Box<dyn BufRead + '_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut lines = Lines::new(source);
    while let Some((number, line)) = lines.next(rows.name)? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let columns = std::mem::take(&mut rows.columns);
        match object(line, &columns) {
            Ok(object) => rows.offer(number, &object),
            Err(reason) => rows.reject(number, reason),
        }
        rows.columns = columns;
        if rows.full() {
            break;
        }
    }
    Ok(())
}

fn object<'c>(line: &[u8], columns: &'c [Column<'c>]) -> Result<Object<'c>, String> {
    let mut deserializer = serde_json::Deserializer::from_str(utf8(line)?);
    let object = Wanted(columns).deserialize(&mut deserializer);
    object.and_then(|object| deserializer.end().map(|()| object)).map_err(|error| {
        let column = error.column();
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        format!("not a JSON object: {message} (column {column})")
    })
}

/// What is kept of a line: of everything else a hostile one may be full.
struct Object<'c> {
    columns: &'c [Column<'c>],
    /// By column; of equal keys the last.
    values: Vec<Option<Found>>,
    /// The first keys, for a message, and how many there are.
    keys: Vec<String>,
    count: usize,
}

impl Object<'_> {
    fn value(&self, key: &str) -> Result<&Found, String> {
        let place = self.columns.iter().position(|column| column.name == key);
        let value = place.and_then(|place| self.values[place].as_ref());
        value.ok_or_else(|| format!("no {key:?} (its keys: {})", listed(&self.keys, self.count)))
    }
}

impl Row for Object<'_> {
    fn text(&self, key: &str) -> Result<Cow<'_, str>, String> {
        match self.value(key)? {
            Found::Text(text) => Ok(text.into()),
            other => Err(format!("{key:?} is {}, not a string", other.kind())),
        }
    }

    fn label(&self, key: &str) -> Result<Cow<'_, str>, String> {
        let value = self.value(key)?;
        value.label().ok_or_else(|| format!("{key:?} is {}, not a string, an integer or a boolean", value.kind()))
    }

    fn list(&self, key: &str) -> Result<Vec<String>, String> {
        match self.value(key)? {
            Found::List(Ok(members)) => Ok(members.clone()),
            Found::List(Err(reason)) => Err(format!("{key:?} {reason}")),
            other => Err(format!("{key:?} is {}, not a list", other.kind())),
        }
    }

    fn answers(&self, key: &str) -> Result<Vec<RawAnswer>, String> {
        match self.value(key)? {
            Found::Answers(answers) => answers.clone().map_err(|reason| format!("{key:?} {reason}")),
            other => Err(format!("{key:?} is {}, not a list", other.kind())),
        }
    }

    fn labels(&self, key: &str, _: &str) -> Result<Vec<String>, String> {
        self.list(key)
    }

    fn number(&self, key: &str) -> Result<f64, String> {
        match self.value(key)? {
            Found::Integer(number) => Ok(*number as f64),
            Found::Number(number) => Ok(*number),
            other => Err(format!("{key:?} is {}, not a number", other.kind())),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.value(key).is_ok()
    }
}

/// Reads the values of these keys.
struct Wanted<'c>(&'c [Column<'c>]);

impl<'de, 'c> DeserializeSeed<'de> for Wanted<'c> {
    type Value = Object<'c>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object<'c>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, 'c> Visitor<'de> for Wanted<'c> {
    type Value = Object<'c>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'c>, M::Error> {
        let values = self.0.iter().map(|_| None).collect();
        let mut row = Object { columns: self.0, values, keys: Vec::new(), count: 0 };
        while let Some(key) = map.next_key::<String>()? {
            match self.0.iter().position(|column| column.name == key) {
                Some(place) => row.values[place] = Some(map.next_value_seed(Any(self.0[place].shape))?),
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

/// A text, a number, a boolean, or a list of those where one is wanted; of anything else only what it is.
enum Found {
    Text(String),
    Integer(i128),
    Number(f64),
    Bool(bool),
    List(Result<Vec<String>, String>),
    Answers(Result<Vec<RawAnswer>, String>),
    Other(&'static str),
}

impl Found {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) | Self::Number(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::List(_) | Self::Answers(_) => "an array",
            Self::Other(kind) => kind,
        }
    }

    fn label(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(text.into()),
            Self::Integer(number) => Some(number.to_string().into()),
            Self::Bool(value) => Some(value.to_string().into()),
            Self::Number(_) | Self::List(_) | Self::Answers(_) | Self::Other(_) => None,
        }
    }
}

#[derive(Clone, Copy)]
struct Any(Shape);

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        if self.0 == Shape::Answers {
            return Ok(Found::Answers(read_answers(<&RawValue>::deserialize(deserializer)?.get())));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Found;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(Found::Other("null"))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Found, E> {
        Ok(Found::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Found, E> {
        Ok(Found::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Found, E> {
        Ok(Found::Integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Found, E> {
        Ok(Found::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Found, E> {
        Ok(Found::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        if self.0 != Shape::List {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Found::Other("an array"));
        }
        let mut members = Ok(Vec::new());
        while let Some(member) = list.next_element_seed(Self(Shape::One))? {
            let Ok(names) = &mut members else { continue };
            let place = names.len() + 1;
            match member.label() {
                Some(_) if place > MAX_MEMBERS => members = Err(format!("has more than {MAX_MEMBERS} members")),
                Some(name) => names.push(name.into_owned()),
                None => members = Err(format!("has {} at place {place}, not a string", member.kind())),
            }
        }
        Ok(Found::List(members))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Found, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::Other("an object"))
    }
}
