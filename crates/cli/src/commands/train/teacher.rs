//! The teacher of `--teacher-logits`, for the training data.

use graftwork::{Predictions, Teacher, Text};

use super::data::DataSet;
use crate::args::TeacherArgs;
use crate::failure::{Failure, Kind, Result};

/// What the file says, if there is one: about the very texts of the first data set, in their order.
///
/// # Errors
/// If the file cannot be read, or is about other texts or labels.
pub fn read(args: &TeacherArgs, sets: &[DataSet]) -> Result<Option<Teacher>> {
    let Some(path) = &args.teacher_logits else { return Ok(None) };
    let DataSet { task, train, .. } = &sets[0];
    if sets.len() > 1 || !task.has_one_label_each() {
        let what = if sets.len() > 1 { "several data sets" } else { task.name };
        let message = format!("--teacher-logits is for texts with one label each, not for {what}");
        return Err(Failure::new(Kind::Usage, message).hint("leave it out"));
    }
    let refuse = |message: String| {
        let hint = "write it with `graftwork predict --input` and the file of --train";
        Err(Failure::new(Kind::Input, message).hint(hint))
    };
    let Predictions { labels, rows } = Predictions::from_path(path)?;
    let path = path.display();
    for (index, row) in rows.iter().enumerate() {
        let number = index + 1;
        match train.text(index) {
            Some(text) if *text == row.text => {}
            Some(text) => {
                let (line, found, text) = (row.line, start_of(&row.text), start_of(text));
                return refuse(format!(
                    "{path}:{line}: {found:?} is not the text of row {number} of --train, {text:?}"
                ));
            }
            None => return refuse(format!("{path}:{}: --train has no row {number} with a text", row.line)),
        }
    }
    if train.text(rows.len()).is_some() {
        return refuse(format!("{path}: it ends after {} rows, and --train has more", rows.len()));
    }
    let unknown = |known: &[String], label: &&String| !known.contains(label);
    if let Some(label) = labels.iter().find(|label| unknown(train.labels(), label)) {
        return refuse(format!("{path}: the teacher has the label {label:?}, which --train has not"));
    }
    if let Some(label) = train.labels().iter().find(|label| unknown(&labels, label)) {
        return refuse(format!("{path}: the teacher does not know the label {label:?} of --train"));
    }
    let teacher = Teacher::new(labels, rows.into_iter().map(|row| row.logits))?;
    Ok(Some(teacher.temperature(args.temperature)?.weight(args.distillation_weight)?))
}

/// Enough of a text to find it by.
fn start_of(text: &Text) -> String {
    const MOST: usize = 40;
    let whole = text.second.iter().fold(text.first.clone(), |first, second| first + " | " + second);
    let start: String = whole.chars().take(MOST).collect();
    if start.len() < whole.len() { start + "..." } else { start }
}
