//! What of the texts is not read, or hardly understood: said before anything is learned or measured, and after predicting.

use graftwork::{AdapterFile, Backbone, Examples, LongTexts, Survey, Warning};
use serde_json::{Value, json};

use crate::args::Common;

/// Says what of labelled data is not used.
pub fn on_examples(examples: &Examples, backbone: &Backbone, common: &Common) {
    if common.quiet {
        return;
    }
    let what = format!("{} ", examples.what());
    let Survey { texts, longer, longest, truncated, uncovered } = examples.survey();
    if longer > 0 {
        let (max_length, most) = (examples.max_length(), backbone.config().max_length());
        let long_texts = examples.limit().long_texts;
        let how = match long_texts {
            _ if truncated == 0 => format!("they are read in windows of {max_length}"),
            LongTexts::First if examples.task().reads_windows(long_texts) => {
                format!("they are read in windows of {max_length}, {truncated} of them with gaps")
            }
            LongTexts::First => format!("only their first {max_length} are read"),
            LongTexts::Ends => format!("only {max_length} are read, from their beginnings and ends"),
            LongTexts::Windows => format!("they are read in windows of {max_length}, {truncated} of them with gaps"),
        };
        let longer_limit = (max_length < most).then(|| format!("--max-length {}", longest.min(most)));
        let takes_windows =
            long_texts != LongTexts::Windows && examples.task().takes_windows() && !examples.has_pairs();
        let windows = takes_windows.then(|| "--long-texts windows".to_owned());
        let options: Vec<_> = longer_limit.into_iter().chain(windows).collect();
        let advice = match truncated {
            0 => String::new(),
            _ if options.is_empty() => "; split them to have all of them read".to_owned(),
            _ => format!("; {} reads more", options.join(" or ")),
        };
        let are = if longer == 1 { "is" } else { "are" };
        eprintln!(
            "note: {longer} of {texts} {what}texts {are} longer than {max_length} tokens (longest {longest}): {how}{advice}"
        );
    }
    say_uncovered(uncovered, texts, &what);
    if let Some(note) = examples.note() {
        eprintln!("note: {note}");
    }
}

/// Says what of a head AdapterHub's files cannot: there it would be one on the first token, without a word.
pub fn on_head(file: &AdapterFile, common: &Common) {
    if !common.quiet && file.heads().any(|head| !head.is_adapterhubs()) {
        eprintln!(
            "note: the head stands on means of hidden states, which AdapterHub has no key for: it reads the adapter, but answers \
             otherwise. For AdapterHub, train with --recipe standard"
        );
    }
}

/// The same as a script reads it.
pub fn to_json(survey: &Survey) -> Value {
    let Survey { texts, longer, longest, truncated, uncovered } = survey;
    json!({"texts": texts, "longer": longer, "longest": longest, "truncated": truncated, "uncovered": uncovered})
}

fn say_uncovered(uncovered: usize, texts: usize, what: &str) {
    if uncovered > 0 {
        let are = if uncovered == 1 { "is" } else { "are" };
        eprintln!(
            "note: {uncovered} of {texts} {what}texts {are} in words that the backbone's vocabulary hardly knows: in another \
             language or script? A backbone of that language understands more"
        );
    }
}

/// What was said of texts as they were predicted.
#[derive(Default)]
pub struct Tally {
    texts: usize,
    truncated: usize,
    longest: usize,
    uncovered: usize,
    /// Words without a token within the maximal length.
    pub left_out: usize,
}

impl Tally {
    /// Counts a text.
    pub fn add(&mut self, warnings: &[Warning]) {
        self.texts += 1;
        for warning in warnings {
            match warning {
                Warning::Truncated { tokens, .. } => {
                    self.truncated += 1;
                    self.longest = self.longest.max(*tokens);
                }
                Warning::Uncovered { .. } => self.uncovered += 1,
                _ => {}
            }
        }
    }

    /// Says it, once for all of them; `more` are the options that read more of a text.
    pub fn say(&self, more: &str, common: &Common) {
        if common.quiet {
            return;
        }
        let Self { texts, truncated, longest, uncovered, left_out } = self;
        if *truncated > 0 {
            let were = if *truncated == 1 { "was" } else { "were" };
            eprintln!(
                "note: {truncated} of {texts} texts {were} not read whole (longest {longest} tokens); {more} reads more"
            );
        }
        say_uncovered(*uncovered, *texts, "");
        if *left_out > 0 {
            eprintln!("note: {left_out} words have no token within the maximal length, and so no tag");
        }
    }
}
