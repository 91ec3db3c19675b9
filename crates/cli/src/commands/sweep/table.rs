//! What is told at the end: the choices, best first, and the command line of the winner.

use serde_json::{Value, json};

use super::results::Group;

/// A line a choice.
pub fn lines(groups: &[Group], metric: &str) -> Vec<String> {
    let names: Vec<&str> =
        groups.first().map_or(Vec::new(), |group| group.values.iter().map(|(name, _)| name.as_str()).collect());
    let width = |place: usize| {
        let values = groups.iter().map(|group| group.values[place].1.chars().count());
        values.chain([names[place].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let row = |cells: &[&str]| -> String {
        cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}  ")).collect()
    };
    let has_test = groups.iter().any(|group| group.test().is_some());
    let test = if has_test { "    test" } else { "" };
    let mut lines = vec![format!("{}  mean  spread  runs{test}  ({metric})", row(&names))];
    lines.extend(groups.iter().map(|group| {
        let cells: Vec<&str> = group.values.iter().map(|(_, value)| value.as_str()).collect();
        let spread = group.spread().map_or("     -".to_owned(), |spread| format!("{spread:.4}"));
        let test = group.test().map_or(String::new(), |test| format!("  {test:.4}"));
        format!("{}{:.4}  {spread}  {:4}{test}", row(&cells), group.mean(), group.runs.len())
    }));
    lines
}

/// The same for scripts.
pub fn json(groups: &[Group]) -> Value {
    let one = |group: &Group| {
        let values: serde_json::Map<_, _> =
            group.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "values": values,
            "mean": group.mean(),
            "spread": group.spread(),
            "scores": group.scores(),
            "seeds": group.runs.iter().map(|(seed, _)| seed).collect::<Vec<_>>(),
            "test": group.test(),
        })
    };
    groups.iter().map(one).collect()
}

/// A command line that a shell reads as these words.
pub fn command_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+@%".contains(c);
    let quoted = |word: &'a str| match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        let words = ["graftwork", "--lr=1e-3", "--train", "my data/it's.tsv", "", "--leave-out=0-3", "$HOME"];
        let line = command_line(words);
        assert_eq!(line, r"graftwork --lr=1e-3 --train 'my data/it'\''s.tsv' '' --leave-out=0-3 '$HOME'");
        if cfg!(unix) {
            let script = format!("printf '%s\\n' {line}");
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap().lines().collect::<Vec<_>>(), words);
        }
    }
}
