//! What measuring found, as JSON and for people.

use graftwork::{Comparison, Evaluation, Kept, Knowledge, TradeOff};
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
    if let Some(calibration) = &evaluation.calibration {
        found.insert("calibration".to_owned(), knowledge_json(calibration));
    }
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

/// One line: the metric that chooses, in percent unless it is a correlation; the others, the loss.
pub fn summary(evaluation: &Evaluation) -> String {
    let named = |name: &str| name.replace('_', " ").replace("f1", "F1");
    let value = |(i, (name, value)): (usize, &(&str, f64))| match i {
        0 if *name != "pearson" => format!("{} {:.2} %  ", named(name), 100.0 * value),
        _ => format!("{} {value:.4}  ", named(name)),
    };
    let values: String = evaluation.metrics.values.iter().enumerate().map(value).collect();
    format!("{values}loss {:.4}", evaluation.loss)
}

/// What cross-validation found about a head alone and with its adapter.
pub fn comparison(found: &Comparison) -> String {
    let Comparison { head, adapter, scale, kept } = found;
    let kept = match kept {
        Kept::Head => "the head alone is kept",
        Kept::Adapter if *scale == 1.0 => "the adapter is kept",
        Kept::Adapter => "half of the adapter is kept",
    };
    format!(
        "cross-validation: {} of {} right by the head alone, {} with the adapter: {kept}",
        head.right, head.of, adapter.right
    )
}

/// A table with one row a label; the 20 most frequent where there are more. Nothing without labels.
pub fn table(evaluation: &Evaluation) -> Vec<String> {
    const ROWS: usize = 20;
    let metrics = &evaluation.metrics;
    if metrics.classes.is_empty() {
        return Vec::new();
    }
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

/// What is known of an adapter's answers, without the vectors of what is familiar.
pub fn knowledge_json(knowledge: &Knowledge) -> Value {
    let (before, after) = knowledge.calibration_error;
    let row = |row: &TradeOff| json!({"threshold": row.threshold, "answered": row.answered, "right": row.right});
    let familiar = knowledge.familiar.as_ref();
    json!({
        "temperature": knowledge.temperature,
        "examples": knowledge.held_out,
        "calibration_error": {"before": before, "after": after},
        "threshold": knowledge.threshold,
        "trade_offs": knowledge.trade_offs.iter().map(row).collect::<Vec<_>>(),
        "familiar": familiar.map(|familiar| {
            json!({"limit": familiar.limit, "centroids": familiar.centroids.len() / familiar.dim.max(1)})
        }),
    })
}

/// The same for people: how far probabilities may be trusted, and a table of thresholds.
pub fn knowledge(knowledge: &Knowledge) -> Vec<String> {
    let (before, after) = knowledge.calibration_error;
    let mut lines = vec![format!(
        "calibration error {:.1} %, at temperature {:.2} {:.1} %",
        100.0 * before,
        knowledge.temperature,
        100.0 * after
    )];
    if let Some(threshold) = knowledge.threshold {
        lines.push(format!("labels less probable than {threshold} are not sure"));
    }
    if let Some(familiar) = &knowledge.familiar {
        lines.push(format!("unfamiliar are texts at a distance over {:.3}", familiar.limit));
    }
    lines.push("threshold  answers            right              (95 % interval)".to_owned());
    lines.extend(knowledge.trade_offs.iter().map(|row| trade_off(row, knowledge.held_out)));
    lines
}

fn trade_off(row: &TradeOff, of: usize) -> String {
    let share = |part: usize, of: usize| {
        let percent = 100.0 * part as f64 / of.max(1) as f64;
        format!("{percent:3.0} % {:12}", format!("({part} of {of})"))
    };
    let (low, high) = row.right_interval();
    format!(
        "{:9.3}  {} {} ({:.0} to {:.0} %)",
        row.threshold,
        share(row.answered, of),
        share(row.right, row.answered),
        100.0 * low,
        100.0 * high
    )
}
