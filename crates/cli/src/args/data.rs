//! Options about files of data.

use std::path::PathBuf;

use clap::Args;
use graftwork::{LongTexts, ReadOptions};

use super::train::InputFormat;

/// How labelled data is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// Column (or JSON key) that holds the text
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub text_column: String,
    /// Column (or JSON key) that holds the second of two texts that belong together [default: text_pair, if it is there;
    /// without a column `text`, pairs are read from text_a and text_b]
    #[arg(long, value_name = "NAME")]
    pub text_pair_column: Option<String>,
    /// Column (or JSON key) that holds the label
    #[arg(long, value_name = "NAME", default_value = "label")]
    pub label_column: String,
    /// Column (or JSON key) that holds all labels of a text (multi-label classification)
    #[arg(long, value_name = "NAME", default_value = "labels")]
    pub labels_column: String,
    /// What stands between the labels of a text in .tsv and .csv (multi-label classification)
    #[arg(long, value_name = "TEXT", default_value = ",")]
    pub label_separator: String,
    /// Column (or JSON key) that holds the number of a text (regression)
    #[arg(long, value_name = "NAME", default_value = "score")]
    pub score_column: String,
    /// JSON key that holds a sentence's words (token classification)
    #[arg(long, value_name = "NAME", default_value = "tokens")]
    pub tokens_column: String,
    /// JSON key that holds the words' tags (token classification)
    #[arg(long, value_name = "NAME", default_value = "tags")]
    pub tags_column: String,
    /// JSON key that holds a sentence's intent (intent and slots)
    #[arg(long, value_name = "NAME", default_value = "intent")]
    pub intent_column: String,
    /// Where questions and choices stand.
    #[command(flatten)]
    pub asked: AskedArgs,
    /// JSON key that holds a question's answers: [{"text": .., "start": ..}] in code points (question answering)
    #[arg(long, value_name = "NAME", default_value = "answers")]
    pub answers_column: String,
    /// Take each text of a corpus as a sequence of its own (fill-mask) [default: sequences as full as whole texts make them]
    #[arg(long)]
    pub line_by_line: bool,
    /// Format of the data, where a file's name does not tell it
    #[arg(long, value_enum)]
    pub format: Option<InputFormat>,
}

impl Default for DataArgs {
    fn default() -> Self {
        let of = ReadOptions::default();
        Self {
            text_column: of.text_column,
            text_pair_column: of.text_pair_column,
            label_column: of.label_column,
            labels_column: of.labels_column,
            label_separator: of.label_separator,
            score_column: of.score_column,
            tokens_column: of.tokens_column,
            tags_column: of.tags_column,
            intent_column: of.intent_column,
            asked: AskedArgs {
                question_column: of.question_column,
                context_column: of.context_column,
                choices_column: of.choices_column,
            },
            answers_column: of.answers_column,
            line_by_line: of.line_by_line,
            format: None,
        }
    }
}

/// Where questions and choices stand.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub struct AskedArgs {
    /// Column (or JSON key) that holds what is asked (question answering, multiple choice)
    #[arg(long, value_name = "NAME", default_value = "question")]
    pub question_column: String,
    /// Column (or JSON key) that holds the passage that is asked about (question answering), or what goes before the question
    /// (multiple choice)
    #[arg(long, value_name = "NAME", default_value = "context")]
    pub context_column: String,
    /// JSON key that holds the texts to choose from (multiple choice)
    #[arg(long, value_name = "NAME", default_value = "choices")]
    pub choices_column: String,
}

/// How unlabelled texts are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub struct TextArgs {
    /// The texts: one a line, or .jsonl/.tsv/.csv with a text column; - is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
    /// Format of the texts, where the file's name does not tell it [default: txt]
    #[arg(long, value_enum)]
    pub format: Option<InputFormat>,
    /// Column (or JSON key) that holds the text
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub text_column: String,
    /// Column (or JSON key) that holds the second of two texts that belong together [default: text_pair, if it is there;
    /// without a column `text`, pairs are read from text_a and text_b]
    #[arg(long, value_name = "NAME")]
    pub text_pair_column: Option<String>,
    /// JSON key that holds a list of words, for texts that are already split
    #[arg(long, value_name = "NAME", default_value = "tokens")]
    pub tokens_column: String,
    /// Cut texts to this many tokens, special tokens included [default: what the adapter was trained with, or else
    /// the backbone's maximum]
    #[arg(long, value_name = "TOKENS", value_parser = super::values::max_length)]
    pub max_length: Option<usize>,
    /// What is read of a longer text [default: what the adapter was trained with, or else first]
    #[arg(long, value_name = "LONG_TEXTS", value_parser = super::values::long_texts())]
    pub long_texts: Option<LongTexts>,
}
