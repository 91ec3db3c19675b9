//! Weights of new adapters and heads, from a seed: the same on every machine.

use std::f64::consts::PI;

use graftwork_formats::{BackboneConfig, HostTensor, Result, TensorSpec};

use crate::AdapterFile;
use crate::adapter_file::heads::is_of_head;
use crate::methods::Sizes;

/// The standard deviation of new heads: transformers' default `initializer_range`.
const HEAD_STD: f64 = 0.02;

impl AdapterFile {
    /// Draws every tensor that adapter and head ask for. Adapters as their method says, heads from N(0, 0.02) with biases
    /// of zero and norms that change nothing.
    ///
    /// # Errors
    /// If the configuration says nothing about a layer.
    pub fn initialise(&mut self, backbone: &BackboneConfig, seed: u64) -> Result<()> {
        for (i, spec) in self.tensor_specs(&Sizes::of(backbone))?.into_iter().enumerate() {
            let values = if is_of_head(&spec.name) {
                fresh_head(&spec, &mut Random::new(seed, i as u64))
            } else {
                let method = self.config.method();
                let (seed, stream) = method.own_seed(&spec.name).unwrap_or((seed, i as u64));
                method.fresh(&spec, &mut Random::new(seed, stream))
            };
            self.tensors.insert(spec.name, HostTensor::new(spec.shape, values));
        }
        Ok(())
    }
}

fn fresh_head(spec: &TensorSpec, random: &mut Random) -> Vec<f32> {
    let n = spec.shape.iter().product();
    if spec.name.ends_with("norm.weight") {
        return vec![1.0; n];
    }
    if spec.name.ends_with("bias") { vec![0.0; n] } else { random.normals(n, HEAD_STD) }
}

/// SplitMix64, one stream a tensor.
pub(crate) struct Random(u64);

impl Random {
    fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed);
        let start = random.next();
        Self(start ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// n numbers from N(0, std).
    pub fn normals(&mut self, n: usize, std: f64) -> Vec<f32> {
        (0..n).map(|_| (std * self.normal()) as f32).collect()
    }

    /// n numbers from N(0, std), none beyond two standard deviations.
    pub fn truncated_normals(&mut self, n: usize, std: f64) -> Vec<f32> {
        let mut draw = || {
            loop {
                let z = self.normal();
                if z.abs() <= 2.0 {
                    return (std * z) as f32;
                }
            }
        };
        (0..n).map(|_| draw()).collect()
    }

    /// n weights of a layer with `fan_in` inputs: Kaiming with a = sqrt 5, which is uniform below `1 / sqrt(fan_in)`.
    pub fn kaiming(&mut self, n: usize, fan_in: usize) -> Vec<f32> {
        let bound = 1.0 / (fan_in as f64).sqrt();
        (0..n).map(|_| (bound * (2.0 * self.uniform() - 1.0)) as f32).collect()
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
    use crate::methods::bottleneck::{Bottleneck, InitWeights, Scaling};
    use crate::{AdapterConfig, HeadConfig};

    fn adapter(init_weights: InitWeights, seed: u64) -> AdapterFile {
        let backbone = BackboneConfig { hidden_size: 384, num_hidden_layers: 6, ..BackboneConfig::default() };
        let double = Bottleneck::preset("double_seq_bn").unwrap();
        let config = Bottleneck { init_weights, ln_after: true, scaling: Scaling::Learned, ..double };
        let head = HeadConfig::classifier("a", vec!["x".to_owned(), "y".to_owned()]);
        let mut file = AdapterFile::new("a", AdapterConfig::Bottleneck(config), Some(head), &backbone);
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

    /// PyTorch's `kaiming_uniform_(a=sqrt(5))`, as AdapterHub draws A; B is zero, so a new adapter changes nothing.
    #[test]
    fn lora_starts_as_the_backbone_is() {
        let backbone = BackboneConfig { hidden_size: 384, num_hidden_layers: 6, ..BackboneConfig::default() };
        let mut file = AdapterFile::new("a", AdapterConfig::preset("lora").unwrap(), None, &backbone);
        file.initialise(&backbone, 1).unwrap();
        let (mean, std, largest) = statistics(&file, ".a");
        assert!(mean.abs() < 1e-3 && (std - 0.029_46).abs() < 3e-4 && largest <= 0.051_04, "{mean} {std} {largest}");
        assert_eq!(statistics(&file, ".b"), (0.0, 0.0, 0.0));
        let mut seeded = file.clone();
        seeded.config = file.config.clone().with("init_weights_seed", 5).unwrap();
        seeded.initialise(&backbone, 1).unwrap();
        assert_eq!(seeded.tensors["layer.0.query.a"], seeded.tensors["layer.5.value.a"]);
        assert_ne!(file.tensors["layer.0.query.a"], file.tensors["layer.5.value.a"]);
    }

    #[test]
    fn seeds_decide() {
        let first = adapter(InitWeights::Bert, 1);
        assert_eq!(first, adapter(InitWeights::Bert, 1));
        assert_ne!(first.tensors["head.0.weight"], adapter(InitWeights::Bert, 2).tensors["head.0.weight"]);
        assert_ne!(first.tensors["layer.0.output.down.weight"], first.tensors["layer.1.output.down.weight"]);
    }
}
