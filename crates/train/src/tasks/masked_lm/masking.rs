//! Which tokens a masked language model is asked about, and what stands in their places: as BERT was trained (Devlin et al.
//! 2019), anew in every epoch.

use graftwork_text::{Draws, Encoding, Masked};

use crate::{Error, Result, TrainConfig};

/// How tokens are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Masking {
    /// The share of a sequence's tokens, special tokens left out, that are asked for; of any sequence at least one.
    pub rate: f64,
    /// The share of those that any token of the vocabulary stands for.
    pub random: f64,
    /// The share of those that stay; the mask stands for the others.
    pub kept: f64,
    /// Whether words are chosen rather than tokens: all tokens of a word, or none.
    pub whole_words: bool,
}

impl Default for Masking {
    fn default() -> Self {
        Self { rate: 0.15, random: 0.1, kept: 0.1, whole_words: false }
    }
}

/// What is drawn anew in every epoch is a function of this and of the example alone.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Draw {
    /// The seed of the run.
    pub seed: u64,
    /// From 0.
    pub epoch: u64,
    /// How tokens are chosen.
    pub masking: Masking,
}

impl Draw {
    /// That of an epoch of a run. Measuring takes [`Draw::default`], whatever the run's settings: so its numbers compare.
    ///
    /// # Errors
    /// If the shares are together more than all.
    pub fn of(config: &TrainConfig, epoch: usize) -> Result<Self> {
        let usual = Masking::default();
        let masking = Masking {
            rate: config.mask_rate.unwrap_or(usual.rate),
            random: config.mask_random.unwrap_or(usual.random),
            kept: config.mask_kept.unwrap_or(usual.kept),
            whole_words: config.whole_word.unwrap_or(usual.whole_words),
        };
        if masking.random + masking.kept > 1.0 {
            return Err(Error::Setting {
                setting: "mask_random",
                must: "be at most 1 together with mask_kept".to_owned(),
            });
        }
        Ok(Self { seed: config.seed, epoch: epoch as u64, masking })
    }
}

/// The ids that masking needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vocabulary {
    pub mask: u32,
    /// Ids are below.
    pub size: u32,
}

/// A sequence with some of its tokens masked; `example` is its number.
pub(super) fn masked(original: &Encoding, vocabulary: Vocabulary, draw: &Draw, example: usize) -> Encoding {
    let mut draws = Draws::new(draw.seed, &[draw.epoch, example as u64]);
    let places = chosen(original, &draw.masking, &mut draws);
    let mut ids = original.ids.clone();
    let truths = places.iter().map(|place| ids[*place as usize]).collect();
    let Masking { random, kept, .. } = draw.masking;
    for place in &places {
        let id = &mut ids[*place as usize];
        match draws.uniform() {
            at if at < kept => {}
            at if at < kept + random => *id = draws.below(vocabulary.size.into()) as u32,
            _ => *id = vocabulary.mask,
        }
    }
    let (type_ids, of) = (original.type_ids.clone(), original.of);
    Encoding { ids, type_ids, origins: Vec::new(), of, masked: Masked { places, truths } }
}

/// The places that are asked about, ascending.
fn chosen(original: &Encoding, masking: &Masking, draws: &mut Draws) -> Vec<u32> {
    // Tokens by their words, or each for itself.
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut before = None;
    for (place, origin) in (0..).zip(&original.origins) {
        let word = origin.map(|origin| origin.word);
        match groups.last_mut() {
            Some(group) if masking.whole_words && word.is_some() && before == word => group.push(place),
            _ if word.is_some() => groups.push(vec![place]),
            _ => {}
        }
        before = word;
    }
    let tokens: usize = groups.iter().map(Vec::len).sum();
    let most = ((masking.rate * tokens as f64).round() as usize).max(1);
    let mut places: Vec<u32> = Vec::with_capacity(most);
    for next in 0..groups.len() {
        if places.len() >= most {
            break;
        }
        let other = next + draws.below((groups.len() - next) as u64) as usize;
        groups.swap(next, other);
        // A word that is too long for what is left is passed over, unless there is no other yet.
        if places.is_empty() || places.len() + groups[next].len() <= most {
            places.extend(&groups[next]);
        }
    }
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use graftwork_text::Origin;

    use super::*;

    const VOCABULARY: Vocabulary = Vocabulary { mask: 4, size: 1000 };

    /// `[CLS]`, words of one, two, three tokens in turns, `[SEP]`.
    fn sequence(tokens: u32) -> Encoding {
        let word = |token: u32| token / 6 * 3 + [0, 1, 1, 2, 2, 2][token as usize % 6];
        let origin = |token| Some(Origin { start: 0, end: 0, word: word(token), sequence: 0 });
        let origins = [None].into_iter().chain((0..tokens).map(origin)).chain([None]).collect::<Vec<_>>();
        let ids = [2].into_iter().chain((0..tokens).map(|token| 10 + token)).chain([3]).collect::<Vec<_>>();
        Encoding { type_ids: vec![0; ids.len()], ids, origins, ..Encoding::default() }
    }

    fn draw(seed: u64, epoch: u64, masking: Masking) -> Draw {
        Draw { seed, epoch, masking }
    }

    #[test]
    fn shares_are_those_of_bert() {
        let original = sequence(200);
        let (mut asked, mut mask, mut random, mut kept) = (0, 0, 0, 0);
        let mut often = [0; 202];
        for epoch in 0..1000 {
            let found = masked(&original, VOCABULARY, &draw(1, epoch, Masking::default()), 5);
            let Masked { places, truths } = &found.masked;
            assert_eq!((places.len(), places.is_sorted_by(|a, b| a < b)), (30, true));
            for (place, truth) in places.iter().zip(truths) {
                let (now, was) = (found.ids[*place as usize], original.ids[*place as usize]);
                assert_eq!(*truth, was);
                asked += 1;
                often[*place as usize] += 1;
                match now {
                    4 => mask += 1,
                    id if id == was => kept += 1,
                    _ => random += 1,
                }
            }
            let same = |place: usize| found.ids[place] == original.ids[place];
            assert!((0..202).all(|place| same(place) || places.contains(&(place as u32))));
        }
        // Of 30,000 draws a share differs by 0.7 percent points at four standard deviations.
        let share = |count: usize| f64::from(count as u32) / f64::from(asked as u32);
        assert_eq!(asked, 30_000);
        assert!((share(mask) - 0.8).abs() < 0.01, "{}", share(mask));
        assert!((share(random) - 0.1).abs() < 0.007 && (share(kept) - 0.1).abs() < 0.007);
        // Special tokens never; every other about as often: 150 times, give or take four standard deviations.
        assert_eq!((often[0], often[201]), (0, 0));
        assert!(often[1..201].iter().all(|count| (100..200).contains(count)), "{often:?}");
    }

    #[test]
    fn other_shares() {
        let original = sequence(60);
        let all = Masking { rate: 1.0, random: 0.0, kept: 0.0, whole_words: false };
        let found = masked(&original, VOCABULARY, &draw(1, 0, all), 0);
        assert_eq!(found.masked.places, (1..61).collect::<Vec<_>>());
        assert_eq!(found.ids[1..61], [4; 60]);
        let none = masked(&original, VOCABULARY, &draw(1, 0, Masking { kept: 1.0, rate: 0.0, random: 0.0, ..all }), 0);
        assert_eq!((none.masked.places.len(), none.ids), (1, original.ids.clone()));
        let random = masked(&original, VOCABULARY, &draw(1, 0, Masking { random: 1.0, ..all }), 0);
        assert!(random.ids.iter().filter(|id| **id == 4).count() <= 1 && random.ids.iter().all(|id| *id < 1000));
    }

    #[test]
    fn words_are_whole() {
        let original = sequence(60);
        let masking = Masking { whole_words: true, ..Masking::default() };
        let mut several = 0;
        for epoch in 0..200 {
            let found = masked(&original, VOCABULARY, &draw(3, epoch, masking), 1);
            let is_chosen = |place: usize| found.masked.places.contains(&(place as u32));
            assert!((7..=9).contains(&found.masked.places.len()), "{:?}", found.masked.places);
            for place in 1..60 {
                let word = |place: usize| original.origins[place].map(|origin| origin.word);
                if word(place) == word(place + 1) {
                    assert_eq!(is_chosen(place), is_chosen(place + 1), "epoch {epoch}, token {place}");
                    several += usize::from(is_chosen(place));
                }
            }
        }
        assert!(several > 500);
        // A word longer than its share is taken all the same.
        let long =
            Encoding { origins: vec![None, sequence(1).origins[1], sequence(1).origins[1], None], ..sequence(2) };
        assert_eq!(masked(&long, VOCABULARY, &draw(3, 0, masking), 1).masked.places, [1, 2]);
    }

    #[test]
    fn seed_epoch_and_example_decide_and_nothing_else() {
        let original = sequence(100);
        let of = |seed, epoch, example| masked(&original, VOCABULARY, &draw(seed, epoch, Masking::default()), example);
        assert_eq!(of(7, 2, 3), of(7, 2, 3));
        let all = [of(7, 2, 3), of(8, 2, 3), of(7, 3, 3), of(7, 2, 4), of(7, 3, 2)];
        for (i, one) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other.masked != one.masked));
        }
    }
}
