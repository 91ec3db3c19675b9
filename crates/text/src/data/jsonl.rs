//! One JSON object a line.

use std::borrow::Cow;
use std::io::BufRead;

use serde_json::{Map, Value};

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
    let object: Map<String, Value> = serde_json::from_str(utf8(line)?).map_err(|error| {
        let column = error.column();
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        format!("not a JSON object: {message} (column {column})")
    })?;
    let value = |key: &str| match object.get(key) {
        None => {
            let keys: Vec<&str> = object.keys().map(String::as_str).collect();
            Err(format!("no {key:?} (its keys: {})", super::labels::listed(&keys)))
        }
        Some(value) => Ok(value),
    };
    let key = &rows.options.text_column;
    let text = match value(key)? {
        Value::String(text) => text.clone(),
        other => return Err(format!("{key:?} is {}, not a string", kind_of(other))),
    };
    if !rows.options.read_labels {
        return Ok((text, None));
    }
    let key = &rows.options.label_column;
    let label = match value(key)? {
        Value::String(label) => Cow::Borrowed(label.as_str()),
        Value::Bool(label) => Cow::Borrowed(if *label { "true" } else { "false" }),
        Value::Number(number) if number.is_i64() || number.is_u64() => Cow::Owned(number.to_string()),
        other => return Err(format!("{key:?} is {}, not a string, an integer or a boolean", kind_of(other))),
    };
    Ok((text, Some(label.into_owned())))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
