//! What an adapter knows about its own answers: how sure it may be, what a threshold costs, and what it has never seen.
//! It is kept in the section `graftwork` of `adapter_config.json`, under `knowledge`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use graftwork_formats::json::Fields;
use graftwork_formats::{Error, Result};
use half::f16;
use serde_json::{Map, Value, json};

/// The most rows of a table that are read.
const MOST_ROWS: usize = 100;
/// The most values of all centroids together: a thousand classes of a large backbone.
const MOST_VALUES: usize = 1 << 20;

/// What examples that it had not learned from said about an adapter's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Knowledge {
    /// T: logits are divided by it before the softmax, so that probabilities can be taken at their word. Above 0.
    pub temperature: f64,
    /// How many held-out examples said so.
    pub held_out: usize,
    /// Their expected calibration error, without the temperature and with it.
    pub calibration_error: (f64, f64),
    /// Below which probability an answer is not sure, where nobody says otherwise.
    pub threshold: Option<f64>,
    /// What thresholds cost and bring, of all held-out examples in the first row.
    pub trade_offs: Vec<TradeOff>,
    /// What was learned, to tell what was not.
    pub familiar: Option<Familiar>,
}

/// What happens at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradeOff {
    /// Answers of at least this confidence are given.
    pub threshold: f64,
    /// How many are.
    pub answered: usize,
    /// How many of those are right.
    pub right: usize,
}

/// Where the texts that were learned lie, and how far from them is too far.
///
/// The distance of a text is 1 less its cosine to the nearest class: its vector is what the head's first dense layer stands
/// on, a class is the mean of such vectors of length 1. Means rather than the vectors themselves: they are small, and a
/// text can be guessed from its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Familiar {
    /// Farther is unfamiliar.
    pub limit: f64,
    /// D, elements of a vector.
    pub dim: usize,
    /// The classes' centroids, row-major [C, D], each of length 1. In files they are f16, base64.
    pub centroids: Vec<f32>,
}

impl Knowledge {
    /// Takes it out of the section.
    pub(crate) fn take(section: &mut Fields) -> Result<Option<Self>> {
        let Some(map) = section.take_object("knowledge")? else { return Ok(None) };
        let mut fields = Fields::of(section.file(), map);
        let temperature = fields.take_f64("temperature")?.unwrap_or(1.0);
        if temperature <= 0.0 {
            return Err(Error::config(fields.file(), "temperature", format!("is {temperature}; it must be above 0")));
        }
        let familiar = fields.take_object("familiar")?.map(|map| Familiar::from_json(Fields::of(fields.file(), map)));
        let error = fields.take_object("calibration_error")?.unwrap_or_default();
        let mut error = Fields::of(fields.file(), error);
        let mut error = |key| Ok::<_, Error>(error.take_f64(key)?.unwrap_or(0.0));
        Ok(Some(Self {
            temperature,
            held_out: fields.take_usize("held_out")?.unwrap_or(0),
            calibration_error: (error("before")?, error("after")?),
            threshold: fields.take_probability("threshold")?,
            trade_offs: TradeOff::take_table(&mut fields)?,
            familiar: familiar.transpose()?,
        }))
    }

    /// As files have it. Absent values are left out.
    pub fn to_json(&self) -> Value {
        let (before, after) = self.calibration_error;
        let row = |row: &TradeOff| json!([row.threshold, row.answered, row.right]);
        let mut map = Map::new();
        let mut add = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
        add("temperature", json!(self.temperature));
        add("held_out", json!(self.held_out));
        add("calibration_error", json!({"before": before, "after": after}));
        add("trade_offs", self.trade_offs.iter().map(row).collect());
        self.threshold.into_iter().for_each(|threshold| add("threshold", json!(threshold)));
        self.familiar.iter().for_each(|familiar| add("familiar", familiar.to_json()));
        map.into()
    }
}

impl TradeOff {
    /// Rows of `[threshold, answered, right]`.
    fn take_table(fields: &mut Fields) -> Result<Vec<Self>> {
        const KEY: &str = "trade_offs";
        let refuse = |file: &str| Error::config(file, KEY, "must be rows of [threshold, answered, right], 100 at most");
        let rows = match fields.take(KEY) {
            None => return Ok(Vec::new()),
            Some(Value::Array(rows)) if rows.len() <= MOST_ROWS => rows,
            Some(_) => return Err(refuse(fields.file())),
        };
        let count = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let row = |row: &Value| match row.as_array()?.as_slice() {
            [threshold, answered, right] => {
                let (threshold, answered, right) = (threshold.as_f64()?, count(answered)?, count(right)?);
                (right <= answered).then_some(Self { threshold, answered, right })
            }
            _ => None,
        };
        rows.iter().map(row).collect::<Option<_>>().ok_or_else(|| refuse(fields.file()))
    }

    /// Where the true share of right answers lies with a probability of 95 %: Wilson's interval ("Probable Inference, the
    /// Law of Succession, and Statistical Inference", 1927). 0 to 1 without answers.
    #[must_use]
    pub fn right_interval(&self) -> (f64, f64) {
        const Z: f64 = 1.959_963_984_540_054;
        if self.answered == 0 {
            return (0.0, 1.0);
        }
        let n = self.answered as f64;
        let p = self.right as f64 / n;
        let (middle, scale) = (p + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((middle - half) / scale, (middle + half) / scale)
    }
}

impl Familiar {
    /// Of the mean vectors of some classes, row-major [C, D], of whatever length.
    #[must_use]
    pub fn new(limit: f64, dim: usize, means: &[f32]) -> Self {
        let unit = |mean: &[f32]| {
            let length = length(mean);
            // As it is read from a file: a probe and its file say the same.
            mean.iter().map(|v| f16::from_f32((f64::from(*v) / length) as f32).to_f32()).collect::<Vec<_>>()
        };
        Self { limit, dim, centroids: means.chunks(dim.max(1)).flat_map(unit).collect() }
    }

    /// The distance of a vector `[D]`, of whatever length, from 0 to 2.
    #[must_use]
    pub fn distance(&self, vector: &[f32]) -> f64 {
        let cosine = |centroid: &[f32]| -> f64 {
            let product: f64 = centroid.iter().zip(vector).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            product / (length(centroid) * length(vector))
        };
        1.0 - self.centroids.chunks(self.dim.max(1)).map(cosine).fold(-1.0, f64::max)
    }

    /// Refuses vectors that are not as wide as what the head stands on.
    pub(crate) fn check_width(&self, file: &str, width: usize) -> Result<()> {
        if self.dim == width {
            return Ok(());
        }
        let problem = format!("of `familiar` is {}, but what the head stands on has {width} numbers", self.dim);
        Err(Error::config(file, "dim", problem))
    }

    fn from_json(mut fields: Fields) -> Result<Self> {
        let file = fields.file().to_owned();
        let refuse = |key: &str, problem: String| Error::config(&file, key, problem);
        let missing = |key: &'static str| move || refuse(key, "is missing".to_owned());
        let limit = fields.take_f64("limit")?.ok_or_else(missing("limit"))?;
        let dim = fields.take_usize_in("dim", 0, 1, MOST_VALUES)?;
        let text = fields.take_text("centroids")?.ok_or_else(missing("centroids"))?;
        if text.len() > 3 * MOST_VALUES {
            return Err(refuse("centroids", format!("has {} bytes; at most {} are read", text.len(), 3 * MOST_VALUES)));
        }
        let bytes = STANDARD.decode(&text).map_err(|error| refuse("centroids", format!("is not base64: {error}")))?;
        let value = |pair: &[u8]| f16::from_le_bytes([pair[0], pair[1]]).to_f32();
        let centroids: Vec<f32> = bytes.chunks_exact(2).map(value).collect();
        if bytes.is_empty() || bytes.len() % (2 * dim) != 0 {
            return Err(refuse("centroids", format!("has {} bytes; it must be rows of {dim} f16", bytes.len())));
        }
        if centroids.iter().any(|v| !v.is_finite()) {
            return Err(refuse("centroids", "has values that are not numbers".to_owned()));
        }
        Ok(Self { limit, dim, centroids })
    }

    fn to_json(&self) -> Value {
        let bytes: Vec<u8> = self.centroids.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        json!({"limit": self.limit, "dim": self.dim, "centroids": STANDARD.encode(bytes)})
    }
}

/// Never 0.
fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Knowledge {
        pub(crate) fn sample() -> Self {
            let row = |threshold, answered, right| TradeOff { threshold, answered, right };
            Self {
                temperature: 0.37,
                held_out: 60,
                calibration_error: (0.25, 0.03),
                threshold: Some(0.8),
                trade_offs: vec![row(0.0, 60, 48), row(0.731, 40, 39)],
                familiar: Some(Familiar::new(0.6, 4, &[3.0, 0.0, 4.0, 0.0, 0.0, -2.0, 0.0, 0.0])),
            }
        }
    }

    fn read(knowledge: Value) -> Result<Option<Knowledge>> {
        let section = Map::from_iter([("knowledge".to_owned(), knowledge)]);
        Knowledge::take(&mut Fields::of("f", section))
    }

    #[test]
    fn it_survives_writing_and_reading() {
        let bare = Knowledge { threshold: None, familiar: None, trade_offs: Vec::new(), ..Knowledge::sample() };
        for knowledge in [Knowledge::sample(), bare] {
            assert_eq!(read(knowledge.to_json()).unwrap(), Some(knowledge));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refusal = |key: &str, value: Value| {
            let mut knowledge = Knowledge::sample().to_json();
            knowledge[key] = value;
            read(knowledge).unwrap_err().to_string()
        };
        assert!(refusal("temperature", json!(0)).contains("`temperature` is 0"));
        assert!(refusal("threshold", json!(1.5)).contains("`threshold` is 1.5"));
        for table in
            [json!({}), json!([[0.1, 3]]), json!([[0.1, 3, 4]]), json!([["x", 3, 3]]), json!(vec![[0, 1, 1]; 101])]
        {
            assert!(refusal("trade_offs", table).contains("rows of [threshold, answered, right]"));
        }
        let refusal = |key: &str, value: Value| {
            let mut knowledge = Knowledge::sample().to_json();
            knowledge["familiar"][key] = value;
            read(knowledge).unwrap_err().to_string()
        };
        assert!(refusal("limit", Value::Null).contains("`limit` is missing"));
        assert!(refusal("dim", json!(0)).contains("`dim` is 0"));
        assert!(refusal("dim", json!(3)).contains("rows of 3 f16"));
        assert!(refusal("centroids", json!("%")).contains("not base64"));
        assert!(refusal("centroids", json!("")).contains("has 0 bytes"));
        assert!(refusal("centroids", json!("AHwAAAAAAAA=")).contains("not numbers"));
        assert!(refusal("centroids", json!("A".repeat(3 * MOST_VALUES + 1))).contains("at most"));
    }

    #[test]
    fn the_distance_is_to_the_nearest_class() {
        let familiar = Knowledge::sample().familiar.unwrap();
        assert!(familiar.distance(&[0.6, 0.0, 0.8, 0.0]).abs() < 1e-3);
        assert!(familiar.distance(&[0.0, -7.0, 0.0, 0.0]).abs() < 1e-12, "whatever the length");
        assert!((familiar.distance(&[0.0, 0.0, 0.0, 1.0]) - 1.0).abs() < 1e-12);
        assert!((familiar.distance(&[0.6, 0.0, 0.0, 0.8]) - 0.64).abs() < 1e-3);
    }

    /// The limits that scipy's `binomtest(..).proportion_ci(method="wilson")` gives.
    #[test]
    fn intervals_are_wilsons() {
        for (right, answered, low, high) in [
            (5, 5, 0.565_517_535_216_825_1, 1.0),
            (48, 60, 0.682_181_941_943_721, 0.881_714_946_771_025),
            (0, 3, 0.0, 0.561_497_031_755_045_4),
            (59, 60, 0.911_448_702_724_099_4, 0.997_051_840_205_213_8),
        ] {
            let found = TradeOff { threshold: 0.0, answered, right }.right_interval();
            assert!((found.0 - low).abs() < 1e-9 && (found.1 - high).abs() < 1e-9, "{right} of {answered}: {found:?}");
        }
    }
}
