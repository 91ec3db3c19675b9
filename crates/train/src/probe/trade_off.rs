//! What a threshold costs and brings: below it, nothing is answered.

use graftwork_model::TradeOff;

use super::calibration::Outcome;
use super::familiarity::sorted;

/// The shares of outcomes, in percent, that the rows of a table are to answer.
const SHARES: [usize; 12] = [100, 97, 94, 90, 85, 80, 70, 60, 50, 40, 30, 20];

/// What happens at a threshold.
pub fn trade_off(threshold: f64, outcomes: &[Outcome]) -> TradeOff {
    let answered = outcomes.iter().filter(|outcome| outcome.confidence >= threshold);
    let (answered, right) = answered.fold((0, 0), |(n, right), one| (n + 1, right + usize::from(one.right)));
    TradeOff { threshold, answered, right }
}

/// What happens at a dozen thresholds or fewer, from 0 on, each of which answers less than the one before. They are rounded
/// down to thousandths.
pub fn trade_offs(outcomes: &[Outcome]) -> Vec<TradeOff> {
    let mut sorted = sorted(&outcomes.iter().map(|outcome| outcome.confidence).collect::<Vec<_>>());
    sorted.reverse();
    let mut table = vec![trade_off(0.0, outcomes)];
    for share in SHARES {
        let Some(last) = (sorted.len() * share).div_ceil(100).checked_sub(1) else { continue };
        let row = trade_off((sorted[last] * 1000.0).floor() / 1000.0, outcomes);
        if table.last().is_some_and(|before| row.answered < before.answered) {
            table.push(row);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(confidences: &[(f64, bool)]) -> Vec<Outcome> {
        confidences.iter().map(|(confidence, right)| Outcome { confidence: *confidence, right: *right }).collect()
    }

    #[test]
    fn every_row_answers_less_and_counts_what_it_says() {
        let mixed: Vec<_> = (0..100).map(|i| (f64::from(i) / 100.0 + 0.005, i >= 30)).collect();
        let table = trade_offs(&outcomes(&mixed));
        assert_eq!(table.len(), 12);
        assert_eq!(table[0], TradeOff { threshold: 0.0, answered: 100, right: 70 });
        // Those from 0.205 on.
        assert_eq!(table[5], TradeOff { threshold: 0.205, answered: 80, right: 70 });
        assert!(table.windows(2).all(|pair| pair[1].answered < pair[0].answered));
        // Answers that are all alike cannot be told apart.
        let alike = trade_offs(&outcomes(&[(0.7, true); 9]));
        assert_eq!(alike, [TradeOff { threshold: 0.0, answered: 9, right: 9 }]);
        assert_eq!(trade_offs(&[])[0].answered, 0);
    }
}
