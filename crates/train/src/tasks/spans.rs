//! Between logits of where an answer begins and ends and pieces of a context.

use std::ops::Range;

use graftwork_text::{Encoding, Origin, order};

use crate::predict::{Rows, softmax};

/// How answers are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanOptions {
    /// The most tokens of an answer. Default 30, as SQuAD's.
    pub max_answer_length: usize,
    /// How many of the best are compared with each other. Default 20, as transformers'.
    pub n_best: usize,
}

impl Default for SpanOptions {
    fn default() -> Self {
        Self { max_answer_length: 30, n_best: 20 }
    }
}

/// A piece of a context.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerSpan {
    /// Bytes of the context.
    pub span: Range<usize>,
    /// Its probability among the best of them, and no answer, where there may be none.
    pub score: f32,
}

/// What a context's windows say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Spans {
    /// The best pieces, each once, with the sums of their two logits.
    best: Vec<(Range<usize>, f64)>,
    /// The score of no answer: the least that a window has at its first token.
    none: f64,
}

impl Spans {
    /// Of the logits [T, 2] of all tokens of a question's windows.
    pub fn of(windows: &[Encoding], output: Rows<'_>, options: SpanOptions) -> Self {
        let (mut found, mut none, mut first) = (Vec::new(), f64::INFINITY, 0);
        for window in windows {
            let cols = output.cols;
            let own = Rows { values: &output.values[first * cols..][..window.len() * cols], cols };
            first += window.len();
            none = none.min(sum(own, 0, 0));
            let bytes = |(begin, end, score)| (bytes(window, begin, end), score);
            found.extend(best_spans(own, context(window), options).into_iter().map(bytes));
        }
        // Windows overlap: what two of them find is one answer.
        let mut best: Vec<(Range<usize>, f64)> = Vec::new();
        for place in order(found.len(), &|a, b| found[b].1.total_cmp(&found[a].1)) {
            let one: &(Range<usize>, f64) = &found[place];
            if best.len() < options.n_best && best.iter().all(|(known, _)| *known != one.0) {
                best.push(one.clone());
            }
        }
        Self { best, none }
    }

    /// The best piece.
    pub fn first(&self) -> Option<Range<usize>> {
        self.best.first().map(|(span, _)| span.clone())
    }

    /// The probability of no answer beside the best one alone: 1 where there is nothing to answer with.
    pub fn doubt(&self) -> f64 {
        let more = self.best.first().map_or(f64::NEG_INFINITY, |(_, score)| *score) - self.none;
        1.0 / (1.0 + more.exp())
    }

    /// All with probabilities, and that of no answer if there may be none.
    pub fn probabilities(self, with_none: bool) -> (Vec<AnswerSpan>, Option<f32>) {
        let scores = self.best.iter().map(|(_, score)| *score as f32);
        let mut probabilities = softmax(&scores.chain(with_none.then_some(self.none as f32)).collect::<Vec<_>>());
        let none = if with_none { probabilities.pop() } else { None };
        let spans = self.best.into_iter().zip(probabilities);
        (spans.map(|((span, _), score)| AnswerSpan { span, score }).collect(), none)
    }
}

/// The tokens of the context, which is the second text of a pair.
fn context(window: &Encoding) -> Range<usize> {
    let is_context = |origin: &Option<Origin>| origin.is_some_and(|origin| origin.sequence == 1);
    let first = window.origins.iter().position(is_context).unwrap_or(0);
    let last = window.origins.iter().rposition(is_context).map_or(first, |last| last + 1);
    first..last
}

/// Bytes of the context from one token to another.
fn bytes(window: &Encoding, begin: usize, end: usize) -> Range<usize> {
    let at = |token: usize| window.origins[token].expect("a token of the context");
    let (start, end) = (at(begin).start as usize, at(end).end as usize);
    start..end.max(start)
}

fn sum(output: Rows<'_>, begin: usize, end: usize) -> f64 {
    f64::from(output.row(begin)[0]) + f64::from(output.row(end)[1])
}

/// The spans of tokens with the largest sums of logits, best first: of all that end where they begin or later, within
/// `context` and no longer than an answer may be.
pub fn best_spans(output: Rows<'_>, context: Range<usize>, options: SpanOptions) -> Vec<(usize, usize, f64)> {
    let mut best: Vec<(usize, usize, f64)> = Vec::with_capacity(options.n_best + 1);
    for begin in context.clone() {
        for end in begin..context.end.min(begin.saturating_add(options.max_answer_length)) {
            let score = sum(output, begin, end);
            let is_full = best.len() == options.n_best;
            if is_full && best.last().is_none_or(|(_, _, least)| score <= *least) {
                continue;
            }
            let place = best.partition_point(|(_, _, known)| *known >= score);
            best.insert(place, (begin, end, score));
            best.truncate(options.n_best);
        }
    }
    best
}

/// The first and last token of an answer in a window, as in transformers' `prepare_train_features`; `None` if the window does
/// not have all of it.
pub fn answer_tokens(window: &Encoding, answer: &Range<usize>) -> Option<[u32; 2]> {
    let context = context(window);
    let at = |token: usize| window.origins[token].map_or(0..0, |origin| origin.start as usize..origin.end as usize);
    let is_inside =
        !context.is_empty() && at(context.start).start <= answer.start && at(context.end - 1).end >= answer.end;
    if !is_inside {
        return None;
    }
    let first = context.clone().rfind(|token| at(*token).start <= answer.start)?;
    let last = context.clone().find(|token| at(*token).end >= answer.end)?;
    // Where several tokens share a character, an answer of one character has them in this order.
    Some([first.min(last) as u32, first.max(last) as u32])
}
