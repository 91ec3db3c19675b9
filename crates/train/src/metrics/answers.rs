//! Answers in words, measured as SQuAD's script `evaluate-v2.0.py` does (Rajpurkar et al. 2018), which on data whose
//! questions all have an answer gives the numbers of the first script.

use graftwork_text::order;

use super::Metrics;

/// An answer as a question's decoding gives it, without regard to a threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The best of the texts.
    pub text: String,
    /// The probability of no answer beside this one.
    pub doubt: f64,
}

/// `exact_match` and `f1` of answers beside those of the truth, any of which is right; none means that there is no
/// answer. An answer whose doubt is above `threshold` counts as none given. Where some questions have no answer, both kinds
/// are also measured apart.
pub fn of_answers(truth: &[Vec<String>], said: &[Said], threshold: f64) -> Metrics {
    let given = |(golds, said): (&Vec<String>, &Said)| match said.doubt > threshold {
        true => [f64::from(u8::from(golds.is_empty())); 2],
        false => score(golds, &said.text),
    };
    let scores: Vec<[f64; 2]> = truth.iter().zip(said).map(given).collect();
    let mean = |keep: &dyn Fn(&[String]) -> bool, measure: usize| {
        let kept = truth.iter().zip(&scores).filter(|(golds, _)| keep(golds)).map(|(_, scores)| scores[measure]);
        let (count, sum) = kept.fold((0, 0.0), |(count, sum), score| (count + 1, sum + score));
        if count == 0 { 0.0 } else { sum / f64::from(count) }
    };
    let mut values = vec![("f1", mean(&|_| true, 1)), ("exact_match", mean(&|_| true, 0))];
    if truth.iter().any(Vec::is_empty) {
        values.push(("has_answer_f1", mean(&|golds| !golds.is_empty(), 1)));
        values.push(("has_answer_exact", mean(&|golds| !golds.is_empty(), 0)));
        values.push(("no_answer_exact", mean(&|golds| golds.is_empty(), 0)));
    }
    Metrics { values, classes: Vec::new(), counted: "questions", confusion: None }
}

/// The doubt above which an answer is better not given: where F1 is best, as the script's `best_f1_thresh`, but in the
/// middle between that doubt and the next, so that it holds for others too. Of equally good ones it is the lowest; if it is
/// best to answer nothing, it lies just below the least doubt. `None` if every question has an answer.
pub fn best_threshold(truth: &[Vec<String>], said: &[Said]) -> Option<f64> {
    truth.iter().any(Vec::is_empty).then(|| {
        // What each answer adds to what is right if nothing is answered.
        let gain = |(golds, said): (&Vec<String>, &Said)| match golds.is_empty() {
            true => -f64::from(u8::from(!said.text.is_empty())),
            false => score(golds, &said.text)[1],
        };
        let sorted = order(said.len(), &|a, b| said[a].doubt.total_cmp(&said[b].doubt));
        let step = |place: &usize| (said[*place].doubt, gain((&truth[*place], &said[*place])));
        let steps: Vec<(f64, f64)> = sorted.iter().map(step).collect();
        let (mut best, mut sum, mut threshold) = (0.0, 0.0, steps[0].0.next_down());
        for (place, (doubt, gain)) in steps.iter().enumerate() {
            sum += gain;
            let next = steps.get(place + 1).map_or(f64::INFINITY, |(next, _)| *next);
            if next > *doubt && sum > best {
                let between = doubt.midpoint(next);
                (best, threshold) = (sum, if between < next { between } else { *doubt });
            }
        }
        threshold
    })
}

/// Exact match and F1 against the most similar of the right answers: of those that something is left of when they are
/// normalised, or of none.
fn score(golds: &[String], said: &str) -> [f64; 2] {
    let mut golds: Vec<&str> = golds.iter().map(String::as_str).filter(|gold| !normalized(gold).is_empty()).collect();
    if golds.is_empty() {
        golds.push("");
    }
    let best = |measure: fn(&str, &str) -> f64| golds.iter().map(|gold| measure(gold, said)).fold(0.0, f64::max);
    [best(exact_match), best(f1)]
}

/// 1 if both are the same when normalised, else 0.
pub fn exact_match(gold: &str, said: &str) -> f64 {
    f64::from(u8::from(normalized(gold) == normalized(said)))
}

/// The harmonic mean of precision and recall of words.
pub fn f1(gold: &str, said: &str) -> f64 {
    let (gold, said) = (normalized(gold), normalized(said));
    if gold.is_empty() || said.is_empty() {
        return f64::from(u8::from(gold == said));
    }
    let mut left: Vec<&String> = gold.iter().collect();
    for word in &said {
        if let Some(place) = left.iter().position(|known| *known == word) {
            left.swap_remove(place);
        }
    }
    let common = gold.len() - left.len();
    if common == 0 {
        return 0.0;
    }
    let (precision, recall) = (common as f64 / said.len() as f64, common as f64 / gold.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

/// The words of a text: lower case, without ASCII punctuation, without articles.
fn normalized(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let bare: String = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    // Python's `\b(a|an|the)\b`: an article stands between characters that are no part of words, whatever those are.
    let mut kept = String::with_capacity(bare.len());
    let mut word = String::new();
    for c in bare.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_alphanumeric() => word.push(c),
            other => {
                kept.push_str(if matches!(&*word, "a" | "an" | "the") { " " } else { &word });
                word.clear();
                kept.extend(other);
            }
        }
    }
    // Python's `str.split` knows four control characters as spaces that Unicode does not.
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    kept.split(is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
