//! Some values of a JSON object, as they stand in it. One reader for objects of every kind, of which the other values take no
//! memory. (A type with serde's derive for each would cost a browser more than a kilobyte each.)

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Result};

/// The values of the keys that are wanted.
pub(super) struct Object<'a> {
    keys: &'static [&'static str],
    /// Of each of them, if it is there.
    values: Vec<Option<&'a RawValue>>,
}

impl<'a> Object<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// If it is none, or has one of the keys twice.
    pub(super) fn read(json: &'a [u8], keys: &'static [&'static str]) -> Result<Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let object = Wanted(keys).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(object)
    }

    /// The value of a key as it stands there, be it `null`; `None` where the key is not there.
    pub(super) fn raw(&self, key: &str) -> Option<&'a RawValue> {
        let at = self.keys.iter().position(|known| *known == key)?;
        self.values[at]
    }

    /// The value of a key; `None` where it is not there.
    ///
    /// # Errors
    /// If it is of another type.
    pub(super) fn get<T: Deserialize<'a>>(&self, key: &str) -> Result<Option<T>> {
        self.raw(key).map(|value| serde_json::from_slice(value.get().as_bytes())).transpose()
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// If it is not, or is of another type.
    pub(super) fn need<T: Deserialize<'a>>(&self, key: &'static str) -> Result<T> {
        self.get(key)?.ok_or_else(|| Error::missing_field(key))
    }
}

struct Wanted(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Wanted {
    type Value = Object<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Object<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted {
    type Value = Object<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Object<'de>, M::Error> {
        let mut values = vec![None; self.0.len()];
        while let Some(key) = map.next_key::<String>()? {
            match self.0.iter().position(|known| *known == key) {
                Some(at) if values[at].is_some() => return Err(M::Error::duplicate_field(self.0[at])),
                Some(at) => values[at] = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Object { keys: self.0, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_and_nothing_else() {
        let json = br#"{"a": 1, "other": [{"a": 2}], "b": null, "c": "x"}"#;
        let object = Object::read(json, &["a", "b", "c", "d"]).unwrap();
        assert_eq!((object.need::<u64>("a").unwrap(), object.get::<Option<u64>>("b").unwrap()), (1, Some(None)));
        assert_eq!((object.raw("b").map(RawValue::get), object.raw("d").is_none()), (Some("null"), true));
        let said = |error: Error| error.to_string();
        assert!(said(object.need::<u64>("d").unwrap_err()).contains("missing field `d`"));
        assert!(said(object.get::<u64>("c").unwrap_err()).contains("invalid type: string"));
        let refused = |json: &'static str| said(Object::read(json.as_bytes(), &["a"]).err().unwrap());
        assert!(refused(r#"{"a": 1, "a": 2}"#).contains("duplicate field `a`"));
        assert!(refused("[1]").contains("expected an object"));
        assert!(refused("{} x").contains("trailing characters"));
    }
}
