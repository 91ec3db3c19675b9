//! What measuring found, as JSON and for people.

use graftwork::Evaluation;
use serde_json::{Value, json};

/// `accuracy`, `macro_f1`, `loss`, `examples`, `per_class` and `confusion` (rows: truth, columns: prediction).
pub fn to_json(evaluation: &Evaluation, labels: &[String]) -> Value {
    let metrics = &evaluation.metrics;
    let per_class = labels.iter().zip(&metrics.classes).map(|(label, class)| {
        json!({
            "label": label,
            "precision": class.precision,
            "recall": class.recall,
            "f1": class.f1,
            "support": class.support,
        })
    });
    json!({
        "accuracy": metrics.accuracy,
        "macro_f1": metrics.macro_f1,
        "loss": evaluation.loss,
        "examples": evaluation.predictions.len(),
        "per_class": per_class.collect::<Vec<_>>(),
        "confusion": metrics.confusion,
    })
}

/// One line: accuracy, F1, loss.
pub fn summary(evaluation: &Evaluation) -> String {
    let metrics = &evaluation.metrics;
    format!("accuracy {:.2} %  macro F1 {:.4}  loss {:.4}", 100.0 * metrics.accuracy, metrics.macro_f1, evaluation.loss)
}

/// A table with one row a label; the 20 most frequent where there are more.
pub fn table(evaluation: &Evaluation, labels: &[String]) -> Vec<String> {
    const ROWS: usize = 20;
    let mut rows: Vec<_> = labels.iter().zip(&evaluation.metrics.classes).collect();
    if rows.len() > ROWS {
        rows.sort_by_key(|(_, class)| std::cmp::Reverse(class.support));
        rows.truncate(ROWS);
    }
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).max(5);
    let mut lines = vec![format!("{:width$}  precision  recall      F1  examples", "label")];
    lines.extend(rows.iter().map(|(label, class)| {
        format!("{label:width$}  {:9.4}  {:6.4}  {:6.4}  {:8}", class.precision, class.recall, class.f1, class.support)
    }));
    if labels.len() > ROWS {
        lines.push(format!("and {} more labels; --json has them all", labels.len() - ROWS));
    }
    lines
}
