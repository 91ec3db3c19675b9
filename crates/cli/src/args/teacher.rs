//! Options about a teacher.

use std::path::PathBuf;

use clap::Args;
use graftwork::options::{OptionKind, Range};
use serde_json::Value;

/// Whose answers are learned, beside the labels.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Distillation")]
pub struct TeacherArgs {
    /// Learn from a teacher's answers, too: what `graftwork predict` wrote about the texts of --train, in their order
    #[arg(long, value_name = "FILE")]
    pub teacher_logits: Option<PathBuf>,
    /// What the logits of both are divided by: the higher, the more the teacher's smaller probabilities count
    #[arg(long, value_name = "X", default_value = "2", requires = "teacher_logits", value_parser = above_zero)]
    pub temperature: f64,
    /// The teacher's part of the loss; the labels have the rest
    #[arg(long, value_name = "X", default_value = "0.5", requires = "teacher_logits", value_parser = share)]
    pub distillation_weight: f64,
}

fn above_zero(text: &str) -> Result<f64, String> {
    number(Range::Above(0.0), text)
}

fn share(text: &str) -> Result<f64, String> {
    number(Range::FromTo(0.0, 1.0), text)
}

fn number(range: Range, text: &str) -> Result<f64, String> {
    let kind = OptionKind::Number(range);
    kind.parse(text).ok().as_ref().and_then(Value::as_f64).ok_or_else(|| format!("must be {kind}"))
}
