//! How much memory the values of a JSON text would take, found out without building them.
//!
//! A value of `serde_json` has 72 bytes, however short it is in the text: `[0,0,0,...]` takes 36 times its length and more.
//! Real configurations are mostly texts, which take what they have.

use std::fmt;
use std::mem::size_of;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// An entry of a map: its hash, key and value, and its place in the table.
const ENTRY: usize = size_of::<(u64, String, Value)>() + 10;

/// What the values of a text of `length` bytes may take: no less than a hundred thousand labels need.
pub(crate) fn allowed(length: usize) -> usize {
    (7 * length).max(32 << 20)
}

/// What a JSON text holds.
pub(crate) struct Survey {
    /// How many more bytes its values may take; `None` if they take too many.
    left: Option<usize>,
    /// How many entries its objects have, those that a map would drop included.
    pub(crate) entries: usize,
}

impl Survey {
    /// Walks through `json`. What is not JSON ends the walk; the parser will say so.
    pub(crate) fn of(json: &[u8]) -> Self {
        let mut survey = Self { left: Some(allowed(json.len())), entries: 0 };
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let _ = Weigh(&mut survey).deserialize(&mut deserializer);
        survey
    }

    /// Whether its values would take more than [`allowed`].
    pub(crate) fn is_too_heavy(&self) -> bool {
        self.left.is_none()
    }

    fn add<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.left = self.left.and_then(|left| left.checked_sub(bytes));
        self.left.map(drop).ok_or_else(|| E::custom("too heavy"))
    }

    /// The `count`-th element of a list or map has come; they grow by doubling.
    fn add_element<E: Error>(&mut self, count: usize, size: usize) -> Result<(), E> {
        match count {
            1 => self.add(4 * size),
            5.. if (count - 1).is_power_of_two() => self.add((count - 1) * size),
            _ => Ok(()),
        }
    }
}

struct Weigh<'a>(&'a mut Survey);

impl<'de> DeserializeSeed<'de> for Weigh<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Weigh<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.add(text.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut count = 0;
        while list.next_element_seed(Weigh(self.0))?.is_some() {
            count += 1;
            self.0.add_element(count, size_of::<Value>())?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut count = 0;
        while map.next_key_seed(Weigh(self.0))?.is_some() {
            count += 1;
            self.0.entries += 1;
            self.0.add_element(count, ENTRY)?;
            map.next_value_seed(Weigh(self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_heavy(json: &[u8]) -> bool {
        Survey::of(json).is_too_heavy()
    }

    #[test]
    fn values_are_weighed_and_texts_are_light() {
        let list = |values: usize| format!("[{}0]", "0,".repeat(values));
        assert!(!is_too_heavy(list(60_000).as_bytes()));
        assert!(is_too_heavy(list(600_000).as_bytes()));
        assert!(is_too_heavy(format!("[{}0]", "[],".repeat(600_000)).as_bytes()));
        assert!(!is_too_heavy(format!("[\"{}\"]", "x".repeat(20 << 20)).as_bytes()));
        // Not JSON, which is for the parser to say.
        assert!(!is_too_heavy(b"[1,") && !is_too_heavy("[".repeat(100_000).as_bytes()));
    }

    #[test]
    fn a_hundred_thousand_labels_are_not_too_many() {
        let labels: Vec<String> = (0..100_000).map(|id| format!("\"{id}\": \"LABEL_{id}\"")).collect();
        assert!(!is_too_heavy(format!("{{\"id2label\": {{{}}}}}", labels.join(",")).as_bytes()));
    }
}
