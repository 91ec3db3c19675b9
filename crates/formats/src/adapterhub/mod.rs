//! An adapter as AdapterHub stores it: a JSON object and a set of tensors under the library's names, and as much for each head.
//! Directory and single file differ only in where these [`Parts`] lie; what they mean is not known here.

pub mod directory;
mod heads;
pub mod single_file;

use std::path::Path;

use serde_json::{Map, Value};

use crate::atomic_file::read_capped;
use crate::error::{Error, Result};
use crate::json::shown;
pub use crate::torch::file::Tensors;
pub use heads::{HEADS, HeadParts, check_head_name};

/// The key of our section in `adapter_config.json`.
pub const SECTION: &str = "graftwork";

/// The longest accepted weights file of an adapter or head in bytes; BERT-large with the widest double adapter that
/// makes sense (reduction factor 2) has about 200 MB.
pub(crate) const MAX_WEIGHTS_BYTES: u64 = 2 << 30;

/// The parts of an adapter under AdapterHub's names.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// What `adapter_config.json` holds.
    pub adapter_config: Map<String, Value>,
    /// The adapter's tensors.
    pub adapter_tensors: Tensors,
    /// What `head_config.json` holds, if there is a head.
    pub head_config: Option<Map<String, Value>>,
    /// The head's tensors.
    pub head_tensors: Tensors,
    /// The heads beside it.
    pub heads: Vec<HeadParts>,
}

/// What messages call the places that the parts come from.
#[derive(Debug, Clone)]
pub struct Names {
    /// All of them together.
    pub place: String,
    /// Where the adapter's configuration is.
    pub adapter_config: String,
    /// Where the adapter's tensors are.
    pub adapter_tensors: String,
    /// Where the head's configuration is.
    pub head_config: String,
    /// Where the head's tensors are.
    pub head_tensors: String,
}

impl Names {
    /// All parts in one place.
    pub fn all(place: &str) -> Self {
        let place = place.to_owned();
        Self {
            adapter_config: place.clone(),
            adapter_tensors: place.clone(),
            head_config: place.clone(),
            head_tensors: place.clone(),
            place,
        }
    }

    /// Where the configuration and the tensors of a head beside the first one are.
    #[must_use]
    pub fn of_head(&self, name: &str) -> [String; 2] {
        if self.head_config == self.place {
            return [self.place.clone(), self.place.clone()];
        }
        let [config, tensors, _] = heads::files_of(name);
        [config, tensors].map(|file| format!("{}/{file}", self.place))
    }
}

/// Reads the parts from a directory as AdapterHub's or from a single file as [`single_file`] writes it, whichever
/// `path` is.
///
/// # Errors
/// If nothing is there, or what is there is damaged or of another library.
pub fn read(path: &Path) -> Result<(Names, Parts)> {
    if path.is_dir() {
        return directory::read_dir(path);
    }
    let place = path.display().to_string();
    if !path.is_file() {
        let problem = "there is no such file or directory; an adapter is a directory with adapter_config.json and \
                       adapter.safetensors, or one .safetensors file";
        return Err(Error::MissingFile { place, problem: problem.to_owned() });
    }
    single_file::from_bytes(&place, &read_capped(path, MAX_WEIGHTS_BYTES, "the adapter")?)
}

/// Says what the configuration of another library is, rather than which of AdapterHub's keys it lacks.
fn refuse_peft(file: &str, config: &Map<String, Value>) -> Result<()> {
    match config.get("peft_type") {
        Some(method) => {
            let what = format!("a PEFT adapter (peft_type {})", shown(method));
            Err(Error::unsupported(file, what, "adapters that AdapterHub's library `adapters` saved, LoRA among them"))
        }
        None => Ok(()),
    }
}
