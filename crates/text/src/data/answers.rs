//! The answers of a row, as JSON has them.

use serde::Deserialize;

use super::rows::RawAnswer;

/// Longer JSON is none of a question's few answers.
const MOST_BYTES: usize = 1 << 20;

/// An answer of a list.
#[derive(Deserialize)]
struct One {
    text: String,
    #[serde(alias = "answer_start")]
    start: usize,
}

/// Answers as the rows of Hugging Face's `squad` have them: one list a property.
#[derive(Deserialize)]
struct Columns {
    text: Vec<String>,
    answer_start: Vec<usize>,
}

/// Reads `[{"text": .., "start": ..}, ..]`, with `answer_start` as well, or `{"text": [..], "answer_start": [..]}`; null is
/// none.
pub(super) fn read(json: &str) -> Result<Vec<RawAnswer>, String> {
    if json.len() > MOST_BYTES {
        return Err(format!("has {} bytes of answers; at most {MOST_BYTES} are read", json.len()));
    }
    let refuse = |error: serde_json::Error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        format!("is not a list of {{\"text\": .., \"start\": ..}}: {message}")
    };
    match json.as_bytes().first() {
        Some(b'[') => {
            let answers: Vec<One> = serde_json::from_str(json).map_err(refuse)?;
            Ok(answers.into_iter().map(|answer| (answer.text, answer.start)).collect())
        }
        Some(b'{') => {
            let Columns { text, answer_start } = serde_json::from_str(json).map_err(refuse)?;
            if text.len() != answer_start.len() {
                return Err(format!("has {} texts, but {} starts", text.len(), answer_start.len()));
            }
            Ok(text.into_iter().zip(answer_start).collect())
        }
        _ if json == "null" => Ok(Vec::new()),
        _ => Err("is not a list of answers".to_owned()),
    }
}
