//! The order in which an epoch visits its examples.

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): the state is a counter,
/// and each output is a mix of it. Only 64-bit wrapping arithmetic, so wasm32 and 64-bit machines agree.
struct SplitMix64(u64);

/// 2^64 divided by the golden ratio, made odd: SplitMix64's increment.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// Uniform in `0..bound`, without bias (Lemire, "Fast Random Integer Generation in an Interval", 2019).
    fn below(&mut self, bound: u64) -> u64 {
        let mut wide = u128::from(self.next()) * u128::from(bound);
        if (wide as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (wide as u64) < threshold {
                wide = u128::from(self.next()) * u128::from(bound);
            }
        }
        (wide >> 64) as u64
    }
}

/// Numbers that depend on a seed and a few counters alone: the same on every machine.
pub struct Draws(SplitMix64);

impl Draws {
    /// A stream of its own for each seed and each row of counters.
    #[must_use]
    pub fn new(seed: u64, counters: &[u64]) -> Self {
        let fold = |state: u64, counter: &u64| mix(state.wrapping_add(GOLDEN)) ^ mix(counter.wrapping_mul(GOLDEN));
        Self(SplitMix64(counters.iter().fold(mix(seed.wrapping_add(GOLDEN)), fold)))
    }

    /// Uniform in `0..bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.0.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// SplitMix64's output function.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A permutation of `0..n` that depends on `seed` and `epoch` alone: the same on every machine, 32-bit WebAssembly
/// included, so a resumed or repeated run sees its data in the same order.
///
/// Fisher-Yates from the end (`for i in (1..n).rev() { swap(i, below(i + 1)) }`) over SplitMix64 started at
/// `mix(seed + GOLDEN) ^ mix(epoch * GOLDEN)`. This is part of the contract "same seed, same adapter": changing it
/// changes what every seed means.
#[must_use]
pub fn shuffled(n: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut random = SplitMix64(mix(seed.wrapping_add(GOLDEN)) ^ mix(epoch.wrapping_mul(GOLDEN)));
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, random.below(last as u64 + 1) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_generator() {
        // The reference C code's first outputs for seed 1234567.
        let mut random = SplitMix64(1_234_567);
        let outputs: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(outputs, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn is_a_permutation_that_depends_on_seed_and_epoch() {
        let order = shuffled(1000, 7, 0);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_eq!(order, shuffled(1000, 7, 0));
        assert_ne!(order, shuffled(1000, 7, 1));
        assert_ne!(order, shuffled(1000, 8, 0));
        assert!(shuffled(0, 1, 1).is_empty());
        assert_eq!(shuffled(1, 1, 1), [0]);
    }

    #[test]
    fn stays_what_it_is() {
        // Computed by an independent implementation; a change here changes every published run.
        assert_eq!(shuffled(10, 0, 0), SEED_0_EPOCH_0);
        assert_eq!(shuffled(10, 42, 3), SEED_42_EPOCH_3);
    }
    const SEED_0_EPOCH_0: [usize; 10] = [1, 2, 5, 7, 0, 8, 4, 3, 9, 6];
    const SEED_42_EPOCH_3: [usize; 10] = [5, 0, 1, 6, 7, 2, 3, 9, 8, 4];

    #[test]
    fn every_place_is_equally_likely() {
        let mut counts = [[0u32; 5]; 5];
        for seed in 0..20_000 {
            for (place, &item) in shuffled(5, seed, 0).iter().enumerate() {
                counts[place][item] += 1;
            }
        }
        // Expected 4000 each, standard deviation 57: five of them either way.
        assert!(counts.iter().flatten().all(|&n| (3715..=4285).contains(&n)), "{counts:?}");
    }
}
