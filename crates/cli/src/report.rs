//! What measuring found, as JSON and for people.

use graftwork::Evaluation;
use serde_json::{Map, Value, json};

/// The most mistakes that JSON names where there are too many labels for a whole matrix.
const MISTAKES: usize = 100;

/// The metrics by name, and the loss.
pub fn brief(evaluation: &Evaluation) -> Map<String, Value> {
    let values = evaluation.metrics.values.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    values.chain([("loss".to_owned(), json!(evaluation.loss))]).collect()
}

/// [`brief`] with `examples`, `per_class` and, where there are single labels, `confusion` (rows: truth, columns:
/// prediction; null for more than 256 labels) or the most frequent `mistakes`.
pub fn to_json(evaluation: &Evaluation, labels: &[String]) -> Value {
    let metrics = &evaluation.metrics;
    let per_class = metrics.classes.iter().map(|class| {
        json!({
            "label": class.label,
            "precision": class.precision,
            "recall": class.recall,
            "f1": class.f1,
            "support": class.support,
        })
    });
    let mut found = brief(evaluation);
    found.insert("examples".to_owned(), json!(evaluation.answers.len()));
    found.insert("per_class".to_owned(), per_class.collect());
    if let Some(confusion) = &metrics.confusion {
        let dense = confusion.dense();
        if dense.is_none() {
            let mistakes = confusion.mistakes(MISTAKES).into_iter().map(|(truth, prediction, count)| {
                json!({"truth": labels[truth], "prediction": labels[prediction], "count": count})
            });
            found.insert("mistakes".to_owned(), mistakes.collect());
        }
        found.insert("confusion".to_owned(), json!(dense));
    }
    found.into()
}

/// One line: the metric that chooses in percent, the others, the loss.
pub fn summary(evaluation: &Evaluation) -> String {
    let named = |name: &str| name.replace('_', " ").replace("f1", "F1");
    let value = |(i, (name, value)): (usize, &(&str, f64))| match i {
        0 => format!("{} {:.2} %  ", named(name), 100.0 * value),
        _ => format!("{} {value:.4}  ", named(name)),
    };
    let values: String = evaluation.metrics.values.iter().enumerate().map(value).collect();
    format!("{values}loss {:.4}", evaluation.loss)
}

/// A table with one row a label; the 20 most frequent where there are more.
pub fn table(evaluation: &Evaluation) -> Vec<String> {
    const ROWS: usize = 20;
    let metrics = &evaluation.metrics;
    let mut rows: Vec<_> = metrics.classes.iter().collect();
    if rows.len() > ROWS {
        rows.sort_by_key(|class| std::cmp::Reverse(class.support));
        rows.truncate(ROWS);
    }
    let width = rows.iter().map(|class| class.label.chars().count()).max().unwrap_or(0).max(5);
    let counted = metrics.counted;
    let mut lines = vec![format!("{:width$}  precision  recall      F1  {counted}", "label")];
    lines.extend(rows.iter().map(|class| {
        format!(
            "{:width$}  {:9.4}  {:6.4}  {:6.4}  {:>places$}",
            class.label,
            class.precision,
            class.recall,
            class.f1,
            class.support,
            places = counted.len()
        )
    }));
    if metrics.classes.len() > ROWS {
        lines.push(format!("and {} more labels; --json has them all", metrics.classes.len() - ROWS));
    }
    lines
}
