//! Reading JSON objects key by key: typed, with a default, and with errors that name file and key.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json_survey::{self, Survey};
use crate::mistaken;

/// The greatest accepted length of a configuration file in bytes. Real ones have a few KiB; a model with very many
/// labels may reach MiBs.
pub const MAX_JSON_BYTES: usize = 16 << 20;

/// A JSON object of a file whose keys are taken out one after the other; what is left at the end is what nobody knew.
/// A `null` counts as absent.
#[derive(Debug, Clone)]
pub struct Fields {
    file: String,
    map: Map<String, Value>,
}

impl Fields {
    /// Parses `bytes` as one JSON object; see [`parse_object`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_JSON_BYTES {
            return Err(Error::TooLarge {
                file: file.to_owned(),
                what: "the JSON text",
                found: bytes.len() as u64,
                limit: MAX_JSON_BYTES as u64,
            });
        }
        Ok(Self { file: file.to_owned(), map: parse_object(file, bytes)? })
    }

    /// Wraps an object that was already parsed out of `file`.
    pub fn of(file: &str, map: Map<String, Value>) -> Self {
        Self { file: file.to_owned(), map }
    }

    /// The file's name, for messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether `key` is there and not `null`.
    pub fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    /// Takes `key` out, whatever it is.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        // `shift_remove`, not `remove`, which would reorder what is left.
        self.map.shift_remove(key).filter(|value| !value.is_null())
    }

    /// Takes a boolean.
    pub fn take_bool(&mut self, key: &str) -> Result<Option<bool>> {
        self.take_as(key, "true or false", |value| value.as_bool().ok_or(value))
    }

    /// Takes a whole number that is not negative.
    pub fn take_usize(&mut self, key: &str) -> Result<Option<usize>> {
        self.take_as(key, "a whole number that is not negative", |value| {
            value.as_u64().and_then(|number| usize::try_from(number).ok()).ok_or(value)
        })
    }

    /// Takes a whole number between `low` and `high`, both included; `default` if it is absent.
    pub fn take_usize_in(&mut self, key: &str, default: usize, low: usize, high: usize) -> Result<usize> {
        let number = self.take_usize(key)?.unwrap_or(default);
        if (low..=high).contains(&number) {
            return Ok(number);
        }
        Err(Error::config(&self.file, key, format!("is {number}; it must be from {low} to {high}")))
    }

    /// Takes a finite number.
    pub fn take_f64(&mut self, key: &str) -> Result<Option<f64>> {
        self.take_as(key, "a finite number", |value| value.as_f64().filter(|number| number.is_finite()).ok_or(value))
    }

    /// Takes a probability `0 <= p < 1`.
    pub fn take_probability(&mut self, key: &str) -> Result<Option<f64>> {
        self.take_as(key, "a probability, at least 0 and less than 1", |value| {
            value.as_f64().filter(|number| (0.0..1.0).contains(number)).ok_or(value)
        })
    }

    /// Takes a text.
    pub fn take_text(&mut self, key: &str) -> Result<Option<String>> {
        self.take_as(key, "a text", |value| match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        })
    }

    /// Takes an object.
    pub fn take_object(&mut self, key: &str) -> Result<Option<Map<String, Value>>> {
        self.take_as(key, "an object", |value| match value {
            Value::Object(map) => Ok(map),
            other => Err(other),
        })
    }

    /// The keys that nobody took.
    pub fn rest(self) -> Map<String, Value> {
        self.map
    }

    /// `convert` gives back what it cannot use.
    fn take_as<T>(
        &mut self,
        key: &str,
        wanted: &str,
        convert: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Result<Option<T>> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let refuse = |value| Error::config(&self.file, key, format!("is {}; it must be {wanted}", shown(&value)));
        convert(value).map(Some).map_err(refuse)
    }
}

/// Parses `bytes` as one JSON object. An object that names a key twice is refused: what reads the file next might take the
/// other value (two ids for one label, say). `file` is what messages call the place.
///
/// # Errors
/// If it is none, or would take more memory than 32 MiB and 7 times its length.
pub fn parse_object(file: &str, bytes: &[u8]) -> Result<Map<String, Value>> {
    let damaged = |problem: String| Error::Json { file: file.to_owned(), problem };
    let survey = Survey::of(bytes);
    if survey.is_too_heavy() {
        let (what, limit) = ("the memory that its values would take", json_survey::allowed(bytes.len()) as u64);
        return Err(Error::TooLarge { file: file.to_owned(), what, found: limit + 1, limit });
    }
    let map: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| {
        let begin = &bytes[..bytes.len().min(mistaken::BEGIN_BYTES)];
        damaged(mistaken::content(begin).map_or_else(|| error.to_string(), str::to_owned))
    })?;
    if survey.entries != map.len() + map.values().map(entries).sum::<usize>() {
        return Err(damaged("an object has the same key twice (two ids for one label, say)".to_owned()));
    }
    Ok(map)
}

/// A map of entries, if all are there. `collect` makes the same, but sorts first, and every type that is sorted brings a
/// kilobyte more for a browser to download.
pub fn map_of<K: Ord, V>(entries: impl IntoIterator<Item = Option<(K, V)>>) -> Option<BTreeMap<K, V>> {
    let mut map = BTreeMap::new();
    for entry in entries {
        let (key, value) = entry?;
        map.insert(key, value);
    }
    Some(map)
}

/// How many entries the objects in `value` have.
fn entries(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.len() + map.values().map(entries).sum::<usize>(),
        Value::Array(items) => items.iter().map(entries).sum(),
        _ => 0,
    }
}

/// `value` as JSON text, shortened so that a hostile file cannot fill the terminal.
pub fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// `map` as Python's `json.dump(..., indent=2, sort_keys=True)` lays it out, which is how AdapterHub writes its files.
pub fn to_sorted_text(map: &Map<String, Value>) -> Vec<u8> {
    let mut value = Value::Object(map.clone());
    value.sort_all_objects();
    format!("{value:#}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::parse("f.json", text.as_bytes()).unwrap()
    }

    #[test]
    fn values_of_the_wrong_kind_name_file_and_key() {
        let mut map =
            fields(r#"{"a": "x", "b": -1, "c": 1e400000000, "d": null}"#.replace("1e400000000", "1.5").as_str());
        assert_eq!(map.take_bool("a").unwrap_err().to_string(), "f.json: `a` is \"x\"; it must be true or false");
        assert!(map.take_usize("b").unwrap_err().to_string().contains("`b` is -1"));
        assert!(map.take_probability("c").unwrap_err().to_string().contains("1.5"));
        assert_eq!(map.take_text("d").unwrap(), None);
        assert!(map.rest().is_empty());
    }

    #[test]
    fn a_key_that_is_there_twice_is_refused() {
        for text in [r#"{"a": 1, "a": 1}"#, r#"{"config": [{"label2id": {"ham": 0, "\u0068am": 1}}]}"#] {
            let message = Fields::parse("f.json", text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains("twice") && message.contains("f.json"), "{message}");
        }
        fields(r#"{"a": {"b": null}, "b": {"b": [true, -1, 0.5, "b"]}}"#);
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for text in ["", "[1]", "{\"a\": NaN}", "{\"a\": 1e999}", "{\"a\": 1", "\u{feff}{}"] {
            assert!(matches!(Fields::parse("f.json", text.as_bytes()), Err(Error::Json { .. })), "{text}");
        }
        let deep = format!("{{\"a\": {}", "[".repeat(100_000));
        assert!(matches!(Fields::parse("f.json", deep.as_bytes()), Err(Error::Json { .. })));
        let long = vec![b' '; MAX_JSON_BYTES + 1];
        assert!(matches!(Fields::parse("f.json", &long), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn long_values_are_shortened_in_messages() {
        assert_eq!(shown(&Value::from("é".repeat(100))).chars().count(), 63);
    }

    #[test]
    fn text_is_laid_out_as_python_does() {
        let map = fields(r#"{"b": [], "a": {"z": 1.0, "y": [1, 2]}}"#).rest();
        let expected = "{\n  \"a\": {\n    \"y\": [\n      1,\n      2\n    ],\n    \"z\": 1.0\n  },\n  \"b\": []\n}";
        assert_eq!(String::from_utf8(to_sorted_text(&map)).unwrap(), expected);
    }
}
