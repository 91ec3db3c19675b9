//! Which choices there are: all combinations of the values, or some drawn at random.

use sha2::{Digest, Sha256};

use crate::args::Sweep;
use crate::failure::{Failure, Kind, Result};

/// An option of `graftwork train` and what it may be.
#[derive(Debug, PartialEq)]
pub struct Dimension {
    /// Without the two dashes.
    pub name: String,
    pub values: Values,
}

#[derive(Debug, PartialEq)]
pub enum Values {
    /// One of these, as they are typed.
    List(Vec<String>),
    /// Between two numbers above 0, both included, evenly by magnitude; whole numbers if both ends are.
    Range { from: f64, to: f64, whole: bool },
}

/// A value for each dimension, in their order.
pub type Choice = Vec<String>;

/// The dimensions, as they were typed.
///
/// # Errors
/// If one has no name or no values, comes twice, or is a range where nothing is drawn.
pub fn dimensions(args: &Sweep) -> Result<Vec<Dimension>> {
    let mut all: Vec<Dimension> = Vec::new();
    for text in &args.vary {
        let dimension = parse(text)?;
        let name = &dimension.name;
        if all.iter().any(|known| known.name == *name) {
            return refuse(format!("--vary {name} is given twice"), "give its values in one list");
        }
        if name == "seed" {
            return refuse("--vary seed: seeds are no choice".to_owned(), "give them with --seeds");
        }
        if args.trials.is_none() && matches!(dimension.values, Values::Range { .. }) {
            return refuse(
                format!("--vary {text}: a range has no end of values"),
                "say how many to draw with --trials, or list some",
            );
        }
        all.push(dimension);
    }
    Ok(all)
}

fn refuse<T>(message: String, hint: &str) -> Result<T> {
    Err(Failure::new(Kind::Usage, message).hint(hint))
}

fn parse(text: &str) -> Result<Dimension> {
    const HINT: &str = "write it as lr=1e-4,1e-3, with the name of an option of `graftwork train`";
    let (name, values) = text.split_once('=').unwrap_or((text, ""));
    let name = name.trim_start_matches('-').to_owned();
    if name.is_empty() || values.is_empty() {
        return refuse(format!("--vary {text} has no values"), HINT);
    }
    if let Some((from, to)) = values.split_once("..") {
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
        return match (number(from), number(to)) {
            (Some(low), Some(high)) if low < high => {
                let whole = [from, to].iter().all(|end| end.parse::<u64>().is_ok());
                Ok(Dimension { name, values: Values::Range { from: low, to: high, whole } })
            }
            _ => refuse(format!("--vary {text}: a range is from a number above 0 to a larger one"), HINT),
        };
    }
    let separator = if values.contains(';') { ';' } else { ',' };
    let values: Vec<String> = values.split(separator).map(|value| value.trim().to_owned()).collect();
    if let Some(value) = values.iter().enumerate().find(|(i, value)| value.is_empty() || values[..*i].contains(*value))
    {
        let problem = if value.1.is_empty() { "an empty value".to_owned() } else { format!("{} twice", value.1) };
        return refuse(format!("--vary {text} has {problem}"), HINT);
    }
    Ok(Dimension { name, values: Values::List(values) })
}

/// The most choices: more is a mistake.
const MOST: usize = 10_000;

/// What is tried: all, the last dimension fastest, or `trials` different ones drawn from a seed. There may be fewer than
/// those.
///
/// # Errors
/// If there are more than ten thousand.
pub fn choices(dimensions: &[Dimension], trials: Option<(usize, u64)>) -> Result<Vec<Choice>> {
    let count = |dimension: &Dimension| match &dimension.values {
        Values::List(values) => values.len(),
        Values::Range { .. } => usize::MAX,
    };
    let all = dimensions.iter().map(count).fold(1_usize, usize::saturating_mul);
    if trials.map_or(all, |(trials, _)| trials) > MOST {
        return refuse(format!("more than {MOST} choices"), "vary less, or draw some with --trials");
    }
    let Some((trials, seed)) = trials else { return Ok((0..all).map(|place| nth(dimensions, place)).collect()) };
    let mut drawn: Vec<Choice> = Vec::new();
    // Equal ones are drawn again, but not for ever.
    for draw in 0..100 * trials {
        if drawn.len() == trials.min(all) {
            break;
        }
        let choice = dimensions.iter().map(|dimension| dimension.draw(seed, draw)).collect();
        if !drawn.contains(&choice) {
            drawn.push(choice);
        }
    }
    Ok(drawn)
}

fn nth(dimensions: &[Dimension], mut place: usize) -> Choice {
    let mut choice = Vec::new();
    for dimension in dimensions.iter().rev() {
        let Values::List(values) = &dimension.values else { unreachable!("ranges are drawn") };
        choice.push(values[place % values.len()].clone());
        place /= values.len();
    }
    choice.reverse();
    choice
}

impl Dimension {
    /// The value of a draw: that of other dimensions and draws does not depend on it.
    fn draw(&self, seed: u64, draw: usize) -> String {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(draw.to_le_bytes());
        let digest = digest.chain_update(&self.name).finalize();
        let bits = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let share = (bits >> 11) as f64 / (1_u64 << 53) as f64;
        match &self.values {
            Values::List(values) => values[(share * values.len() as f64) as usize].clone(),
            Values::Range { from, to, whole } => {
                let number = from * (to / from).powf(share);
                if *whole { format!("{number:.0}") } else { format!("{number:.2e}") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str, values: &[&str]) -> Dimension {
        Dimension { name: name.to_owned(), values: Values::List(values.iter().map(|v| (*v).to_owned()).collect()) }
    }

    #[test]
    fn what_is_typed() {
        let parsed = |text| parse(text).map_err(|failure| failure.messages.join(" "));
        assert_eq!(parsed("lr=1e-4, 1e-3").unwrap(), list("lr", &["1e-4", "1e-3"]));
        assert_eq!(parsed("--leave-out=none;0,1;0-3").unwrap(), list("leave-out", &["none", "0,1", "0-3"]));
        let range = |from, to, whole| Values::Range { from, to, whole };
        assert_eq!(parsed("lr=1e-4..1e-2").unwrap().values, range(1e-4, 1e-2, false));
        assert_eq!(parsed("rank=2..64").unwrap().values, range(2.0, 64.0, true));
        for (text, message) in [
            ("lr", "no values"),
            ("=1", "no values"),
            ("lr=", "no values"),
            ("lr=1,,2", "an empty value"),
            ("lr=1,2,1", "1 twice"),
            ("lr=1..1", "to a larger one"),
            ("lr=0..1", "above 0"),
            ("lr=1..", "above 0"),
        ] {
            let found = parsed(text).unwrap_err();
            assert!(found.contains(message) && found.contains(text), "{found}");
        }
    }

    #[test]
    fn all_or_some() {
        let dimensions = [list("a", &["1", "2", "3"]), list("b", &["x", "y"])];
        let all = choices(&dimensions, None).unwrap();
        assert_eq!(all.len(), 6);
        assert_eq!(
            (&all[0], &all[1], &all[5]),
            (&vec!["1".into(), "x".into()], &vec!["1".into(), "y".into()], &vec!["3".into(), "y".into()])
        );
        let some = choices(&dimensions, Some((4, 1))).unwrap();
        assert!(some.len() == 4 && some.iter().all(|choice| all.contains(choice)));
        assert_eq!(some, choices(&dimensions, Some((4, 1))).unwrap());
        assert_ne!(some, choices(&dimensions, Some((4, 2))).unwrap());
        // More than there are: all of them, each once.
        let mut drawn = choices(&dimensions, Some((50, 1))).unwrap();
        drawn.sort();
        assert_eq!(drawn, all);
        let range = Dimension { name: "lr".into(), values: Values::Range { from: 1e-4, to: 1e-2, whole: false } };
        let drawn = choices(&[range], Some((200, 3))).unwrap();
        let numbers: Vec<f64> = drawn.iter().map(|choice| choice[0].parse().unwrap()).collect();
        assert!(numbers.iter().all(|v| (1e-4..=1e-2).contains(v)));
        let small = numbers.iter().filter(|v| **v < 1e-3).count();
        assert!((70..130).contains(&small), "{small} of 200 below the middle magnitude");
        assert!(choices(&[list("a", &vec!["x"; 200]), list("b", &vec!["x"; 200])], None).is_err());
    }
}
