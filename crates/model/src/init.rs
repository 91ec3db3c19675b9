//! Weights of new adapters and heads, from a seed: the same on every machine.

use std::f64::consts::PI;

use graftwork_formats::{BackboneConfig, HostTensor, Result, TensorSpec};

use crate::{AdapterFile, InitWeights};

/// The standard deviation of new heads: transformers' default `initializer_range`.
const HEAD_STD: f64 = 0.02;

impl AdapterFile {
    /// Draws every tensor that adapter and head ask for. Adapters as their `init_weights` says, heads from N(0, 0.02);
    /// biases are zero, norms and learned scalings one.
    ///
    /// # Errors
    /// If a layer has no bottleneck width.
    pub fn initialise(&mut self, backbone: &BackboneConfig, seed: u64) -> Result<()> {
        let init = self.config.init_weights;
        for (i, spec) in self.tensor_specs(backbone.num_hidden_layers)?.into_iter().enumerate() {
            // AdapterHub's `init_weights_seed` makes all modules equal; heads are not modules.
            let is_head = spec.name.starts_with("head.");
            let mut random = match self.config.init_weights_seed {
                Some(own) if !is_head => Random::new(own as u64, u64::from(spec.name.contains(".up."))),
                _ => Random::new(seed, i as u64),
            };
            let values = fresh(&spec, if is_head { InitWeights::Bert } else { init }, &mut random);
            self.tensors.insert(spec.name, HostTensor::new(spec.shape, values));
        }
        Ok(())
    }
}

fn fresh(spec: &TensorSpec, init: InitWeights, random: &mut Random) -> Vec<f32> {
    let n = spec.shape.iter().product();
    let mut draw = |f: &mut dyn FnMut(&mut Random) -> f64| (0..n).map(|_| f(random) as f32).collect();
    if spec.name.ends_with("scaling") || (spec.name.contains("norm_") && spec.name.ends_with("weight")) {
        return vec![1.0; n];
    }
    if spec.name.ends_with("bias") {
        return vec![0.0; n];
    }
    match init {
        InitWeights::Bert => draw(&mut |random| HEAD_STD * random.normal()),
        InitWeights::MamAdapter if spec.name.contains(".up.") => vec![0.0; n],
        InitWeights::MamAdapter => {
            // Kaiming with a = sqrt 5 is uniform below 1 / sqrt(fan in).
            let bound = 1.0 / (spec.shape[1] as f64).sqrt();
            draw(&mut |random| bound * (2.0 * random.uniform() - 1.0))
        }
        InitWeights::Houlsby => draw(&mut |random| {
            loop {
                let z = random.normal();
                if z.abs() <= 2.0 {
                    return 0.01 * z;
                }
            }
        }),
    }
}

/// SplitMix64, one stream a tensor.
struct Random(u64);

impl Random {
    fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed);
        let start = random.next();
        Self(start ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From N(0, 1), by Box and Muller. `libm` gives the same digits on every platform.
    fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        libm::sqrt(-2.0 * libm::log(u)) * libm::cos(2.0 * PI * v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AdapterConfig, HeadConfig};

    fn adapter(init_weights: InitWeights, seed: u64) -> AdapterFile {
        let backbone = BackboneConfig { hidden_size: 384, num_hidden_layers: 6, ..BackboneConfig::default() };
        let config = AdapterConfig {
            init_weights,
            ln_after: true,
            scaling: crate::Scaling::Learned,
            ..AdapterConfig::preset("double_seq_bn").unwrap()
        };
        let head = HeadConfig::flex("a", vec!["x".to_owned(), "y".to_owned()]);
        let mut file = AdapterFile::new("a", config, Some(head), &backbone);
        file.initialise(&backbone, seed).unwrap();
        file.validate("a").unwrap();
        file
    }

    /// Mean, standard deviation and largest magnitude over all tensors whose name contains a word.
    fn statistics(file: &AdapterFile, word: &str) -> (f64, f64, f64) {
        let tensors = file.tensors.iter().filter(|(name, _)| name.contains(word));
        let values: Vec<f64> = tensors.flat_map(|(_, t)| t.data.iter().map(|v| f64::from(*v))).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
        (mean, variance.sqrt(), values.iter().fold(0.0, |a, v| a.max(v.abs())))
    }

    /// AdapterHub's own draws are measured in tests/golden/init.json.
    #[test]
    fn distributions_are_adapterhubs() {
        let close = |found: f64, expected: f64| (found - expected).abs() < 0.01 * expected;
        let bert = adapter(InitWeights::Bert, 1);
        for word in ["down.weight", "up.weight", "head.0.weight"] {
            let (mean, std, largest) = statistics(&bert, word);
            assert!(mean.abs() < 2e-4 && close(std, 0.02) && largest > 0.06 && largest < 0.12, "{word} {std}");
        }
        assert_eq!(statistics(&bert, "down.bias"), (0.0, 0.0, 0.0));
        assert_eq!(statistics(&bert, "norm_after.weight"), (1.0, 0.0, 1.0));
        assert_eq!(statistics(&bert, "scaling"), (1.0, 0.0, 1.0));
        let mam = adapter(InitWeights::MamAdapter, 1);
        let (_, std, largest) = statistics(&mam, "down.weight");
        assert!(close(std, 0.029_46) && largest <= 0.051_04, "{std} {largest}");
        assert_eq!(statistics(&mam, "up.weight"), (0.0, 0.0, 0.0));
        let (_, std, largest) = statistics(&adapter(InitWeights::Houlsby, 1), "up.weight");
        assert!(close(std, 0.0088) && largest <= 0.02, "{std} {largest}");
    }

    #[test]
    fn seeds_decide() {
        let first = adapter(InitWeights::Bert, 1);
        assert_eq!(first, adapter(InitWeights::Bert, 1));
        assert_ne!(first.tensors["head.0.weight"], adapter(InitWeights::Bert, 2).tensors["head.0.weight"]);
        assert_ne!(first.tensors["layer.0.output.down.weight"], first.tensors["layer.1.output.down.weight"]);
    }
}
