//! A tensor in host memory.

/// A dense row-major `f32` tensor in host memory: what files are read into and written from.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// The extent of each dimension, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    /// `shape.iter().product()` values, row-major.
    pub data: Vec<f32>,
}

impl HostTensor {
    /// A tensor of `shape` over `data`.
    ///
    /// # Panics
    /// If `data` does not hold exactly the values of `shape`: a bug of the caller, never a property of a file.
    #[must_use]
    pub fn new(shape: impl Into<Vec<usize>>, data: Vec<f32>) -> Self {
        let shape = shape.into();
        assert_eq!(shape.iter().product::<usize>(), data.len(), "data of a tensor of shape {shape:?}");
        Self { shape, data }
    }

    /// A tensor of `shape` that holds `value` everywhere.
    #[must_use]
    pub fn filled(shape: impl Into<Vec<usize>>, value: f32) -> Self {
        let shape = shape.into();
        let data = vec![value; shape.iter().product()];
        Self { shape, data }
    }

    /// How many values it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether it holds no value at all (some dimension is zero).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The values as little-endian bytes, as files store them.
    #[must_use]
    pub fn to_le_bytes(&self) -> Vec<u8> {
        self.data.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_little_endian_and_row_major() {
        let tensor = HostTensor::new([1, 2], vec![1.0, -2.0]);
        assert_eq!(tensor.to_le_bytes(), [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
        assert_eq!((tensor.len(), tensor.is_empty()), (2, false));
        assert_eq!(HostTensor::filled([2, 0], 1.0).len(), 0);
    }

    #[test]
    #[should_panic(expected = "shape [2, 2]")]
    fn data_of_another_length_is_refused() {
        let _ = HostTensor::new([2, 2], vec![0.0; 3]);
    }
}
