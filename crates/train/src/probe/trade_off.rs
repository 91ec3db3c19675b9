//! What a threshold costs and brings: below it, nothing is answered.

use super::calibration::Outcome;

/// The shares of outcomes, in percent, that the rows of a table are to answer.
const SHARES: [usize; 12] = [100, 97, 94, 90, 85, 80, 70, 60, 50, 40, 30, 20];

/// What happens at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradeOff {
    /// Answers of at least this confidence are given.
    pub threshold: f64,
    /// How many are.
    pub answered: usize,
    /// How many of those are right.
    pub right: usize,
}

impl TradeOff {
    /// At a threshold.
    pub fn at(threshold: f64, outcomes: &[Outcome]) -> Self {
        let answered = outcomes.iter().filter(|outcome| outcome.confidence >= threshold);
        let (answered, right) = answered.fold((0, 0), |(n, right), one| (n + 1, right + usize::from(one.right)));
        Self { threshold, answered, right }
    }

    /// At a dozen thresholds or fewer, from 0 on, each of which answers less than the one before. They are rounded down to
    /// thousandths.
    pub fn table(outcomes: &[Outcome]) -> Vec<Self> {
        let mut sorted: Vec<f64> = outcomes.iter().map(|outcome| outcome.confidence).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let mut table = vec![Self::at(0.0, outcomes)];
        for share in SHARES {
            let Some(last) = (sorted.len() * share).div_ceil(100).checked_sub(1) else { continue };
            let row = Self::at((sorted[last] * 1000.0).floor() / 1000.0, outcomes);
            if table.last().is_some_and(|before| row.answered < before.answered) {
                table.push(row);
            }
        }
        table
    }

    /// Where the true share of right answers lies with a probability of 95 %: Wilson's interval ("Probable Inference, the
    /// Law of Succession, and Statistical Inference", 1927). 0 to 1 without answers.
    pub fn right_interval(&self) -> (f64, f64) {
        const Z: f64 = 1.959_963_984_540_054;
        if self.answered == 0 {
            return (0.0, 1.0);
        }
        let n = self.answered as f64;
        let p = self.right as f64 / n;
        let (middle, scale) = (p + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((middle - half) / scale, (middle + half) / scale)
    }
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
        let table = TradeOff::table(&outcomes(&mixed));
        assert_eq!(table.len(), 12);
        assert_eq!(table[0], TradeOff { threshold: 0.0, answered: 100, right: 70 });
        // Those from 0.205 on.
        assert_eq!(table[5], TradeOff { threshold: 0.205, answered: 80, right: 70 });
        assert!(table.windows(2).all(|pair| pair[1].answered < pair[0].answered));
        // Answers that are all alike cannot be told apart.
        assert_eq!(TradeOff::table(&outcomes(&[(0.7, true); 9])), [TradeOff { threshold: 0.0, answered: 9, right: 9 }]);
        assert_eq!(TradeOff::table(&[])[0].answered, 0);
    }

    /// The limits that scipy's `binomtest(..).proportion_ci(method="wilson")` gives.
    #[test]
    fn intervals_are_wilsons() {
        for (right, answered, low, high) in WILSON {
            let found = TradeOff { threshold: 0.0, answered, right }.right_interval();
            assert!((found.0 - low).abs() < 1e-9 && (found.1 - high).abs() < 1e-9, "{right} of {answered}: {found:?}");
        }
    }
    const WILSON: [(usize, usize, f64, f64); 4] = [
        (5, 5, 0.565_517_535_216_825_1, 1.0),
        (48, 60, 0.682_181_941_943_721, 0.881_714_946_771_025),
        (0, 3, 0.0, 0.561_497_031_755_045_4),
        (59, 60, 0.911_448_702_724_099_4, 0.997_051_840_205_213_8),
    ];
}
