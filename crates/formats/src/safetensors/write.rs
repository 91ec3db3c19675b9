//! Tensors to the bytes of a safetensors file.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::View;

use crate::error::{Error, Result};
use crate::host_tensor::HostTensor;

/// The bytes of a safetensors file with these tensors as F32. The same tensors always give the same bytes, as long as
/// `metadata` has at most one key.
///
/// # Errors
/// If the tensors cannot be laid out as a file.
pub fn serialize<'a>(
    tensors: impl IntoIterator<Item = (&'a String, &'a HostTensor)>,
    metadata: Option<HashMap<String, String>>,
) -> Result<Vec<u8>> {
    let views = tensors.into_iter().map(|(name, tensor)| (name, F32View(tensor)));
    safetensors::serialize(views, metadata).map_err(|error| Error::safetensors("the weights", error.to_string()))
}

/// A tensor as the `safetensors` crate wants to see it.
struct F32View<'a>(&'a HostTensor);

impl View for F32View<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.0.to_le_bytes().into()
    }

    fn data_len(&self) -> usize {
        4 * self.0.len()
    }
}
