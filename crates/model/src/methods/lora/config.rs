//! LoRA's configuration: the keys of AdapterHub's `LoRAConfig` (library `adapters` 1.3.0).

use graftwork_formats::json::{Fields, shown};
use graftwork_formats::{Error, Result};
use serde_json::{Map, Value, json};

use crate::graft::Matrix;
use crate::methods::{take_leave_out, take_seed, whole_if_possible};

/// `architecture` of LoRA in AdapterHub's configurations.
pub(super) const ARCHITECTURE: &str = "lora";

/// The highest accepted rank; eight times the widest accepted hidden size.
const MAX_RANK: usize = 65_536;

/// The key that is not AdapterHub's.
const ATTN_OUTPUT: &str = "attn_output_lora";

/// How AdapterHub calls query, key and value in `attn_matrices`.
const LETTERS: [(&str, Matrix); 3] = [("q", Matrix::Query), ("k", Matrix::Key), ("v", Matrix::Value)];

/// A LoRA adapter's configuration. The default is AdapterHub's: rank 8 and alpha 8 on query and value.
#[derive(Debug, Clone, PartialEq)]
pub struct Lora {
    /// Whether [`Lora::attn_matrices`] change.
    pub selfattn_lora: bool,
    /// Which of query, key and value.
    pub attn_matrices: Vec<Matrix>,
    /// Whether attention's output projection changes. AdapterHub does not know this key.
    pub attn_output_lora: bool,
    /// Whether the matrix into the feed-forward half changes.
    pub intermediate_lora: bool,
    /// Whether the matrix out of it changes.
    pub output_lora: bool,
    /// Layers (from 0) where nothing changes; sorted.
    pub leave_out: Vec<usize>,
    /// r.
    pub rank: usize,
    /// The change is multiplied with `alpha / rank`.
    pub alpha: f64,
    /// The dropout probability before A while training.
    pub dropout: f64,
    /// How new weights are drawn.
    pub init_weights: LoraInit,
    /// If set, every module is drawn from this seed anew, as AdapterHub does.
    pub init_weights_seed: Option<i64>,
    /// Keys of the file that mean nothing here; written back as they were.
    pub extra: Map<String, Value>,
}

/// How new LoRA weights are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoraInit {
    /// A from U(-b, b) with `b = 1 / sqrt(in)` (Kaiming with a = sqrt 5), B zero: it starts as the backbone is.
    Lora,
    /// Both from N(0, 0.02).
    Bert,
}

impl Default for Lora {
    fn default() -> Self {
        Self {
            selfattn_lora: true,
            attn_matrices: vec![Matrix::Query, Matrix::Value],
            attn_output_lora: false,
            intermediate_lora: false,
            output_lora: false,
            leave_out: Vec::new(),
            rank: 8,
            alpha: 8.0,
            dropout: 0.0,
            init_weights: LoraInit::Lora,
            init_weights_seed: None,
            extra: Map::new(),
        }
    }
}

impl Lora {
    pub(super) fn from_fields(mut fields: Fields) -> Result<Self> {
        let file = fields.file().to_owned();
        refuse_unsupported(&mut fields)?;
        let base = Self::default();
        let config = Self {
            selfattn_lora: fields.take_bool("selfattn_lora")?.unwrap_or(base.selfattn_lora),
            attn_matrices: take_attn_matrices(&mut fields)?.unwrap_or(base.attn_matrices),
            attn_output_lora: fields.take_bool(ATTN_OUTPUT)?.unwrap_or(base.attn_output_lora),
            intermediate_lora: fields.take_bool("intermediate_lora")?.unwrap_or(base.intermediate_lora),
            output_lora: fields.take_bool("output_lora")?.unwrap_or(base.output_lora),
            leave_out: take_leave_out(&mut fields)?,
            rank: fields.take_usize_in("r", base.rank, 1, MAX_RANK)?,
            alpha: fields.take_f64("alpha")?.unwrap_or(base.alpha),
            dropout: fields.take_probability("dropout")?.unwrap_or(base.dropout),
            init_weights: match fields.take_text("init_weights")?.as_deref() {
                None | Some("lora") => LoraInit::Lora,
                Some("bert") => LoraInit::Bert,
                Some(_) => return Err(Error::config(&file, "init_weights", "must be \"lora\" or \"bert\"")),
            },
            init_weights_seed: take_seed(&mut fields)?,
            extra: fields.rest(),
        };
        config.check(&file)?;
        Ok(config)
    }

    pub(super) fn to_object(&self) -> Map<String, Value> {
        let letter = |matrix: &Matrix| LETTERS.iter().find(|(_, known)| known == matrix).map(|(letter, _)| *letter);
        let mut map = self.extra.clone();
        let known = json!({
            "architecture": ARCHITECTURE,
            "selfattn_lora": self.selfattn_lora,
            "attn_matrices": self.attn_matrices.iter().filter_map(letter).collect::<Vec<_>>(),
            "intermediate_lora": self.intermediate_lora,
            "output_lora": self.output_lora,
            "leave_out": self.leave_out,
            "r": self.rank,
            "alpha": whole_if_possible(self.alpha),
            "dropout": self.dropout,
            "init_weights": match self.init_weights {
                LoraInit::Lora => "lora",
                LoraInit::Bert => "bert",
            },
            "init_weights_seed": self.init_weights_seed,
            "composition_mode": "add",
            "use_gating": false,
            "use_dora": false,
            "vera_d": null,
            "vera_b": null,
            "dtype": null,
        });
        map.extend(known.as_object().cloned().unwrap_or_default());
        if self.attn_output_lora {
            map.insert(ATTN_OUTPUT.to_owned(), json!(true));
        }
        map
    }

    fn reaches(&self, matrix: Matrix) -> bool {
        match matrix {
            Matrix::Query | Matrix::Key | Matrix::Value => self.selfattn_lora && self.attn_matrices.contains(&matrix),
            Matrix::AttentionOutput => self.attn_output_lora,
            Matrix::FeedForwardUp => self.intermediate_lora,
            Matrix::FeedForwardDown => self.output_lora,
        }
    }

    /// Whether `matrix` of `layer` changes.
    #[must_use]
    pub fn changes(&self, layer: usize, matrix: Matrix) -> bool {
        self.reaches(matrix) && !self.leave_out.contains(&layer)
    }

    /// What B A is multiplied with.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.alpha / self.rank as f64
    }

    pub(super) fn check(&self, file: &str) -> Result<()> {
        if !Matrix::ALL.into_iter().any(|matrix| self.reaches(matrix)) {
            let problem = "is false, or `attn_matrices` is empty, and no other matrix changes: there is no adapter";
            return Err(Error::config(file, "selfattn_lora", problem));
        }
        if let Some(other) = self.attn_matrices.iter().find(|matrix| LETTERS.iter().all(|(_, known)| known != *matrix))
        {
            return Err(Error::config(file, "attn_matrices", format!("names {}", other.name())));
        }
        if !self.alpha.is_finite() {
            return Err(Error::config(file, "alpha", "must be a finite number"));
        }
        if !(1..=MAX_RANK).contains(&self.rank) {
            return Err(Error::config(file, "r", format!("is {}; it must be from 1 to {MAX_RANK}", self.rank)));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(Error::config(file, "dropout", "must be at least 0 and less than 1"));
        }
        Ok(())
    }
}

/// AdapterHub takes an "o" in `attn_matrices` too and does nothing with it, so it does nothing here.
fn take_attn_matrices(fields: &mut Fields) -> Result<Option<Vec<Matrix>>> {
    const KEY: &str = "attn_matrices";
    let Some(value) = fields.take(KEY) else { return Ok(None) };
    let known = |letter: &Value| {
        let letter = letter.as_str()?;
        let matrix = LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, matrix)| *matrix);
        (matrix.is_some() || letter == "o").then_some(matrix)
    };
    let matrices: Option<Vec<_>> = value.as_array().and_then(|letters| letters.iter().map(known).collect());
    matrices.map(|matrices| Some(matrices.into_iter().flatten().collect())).ok_or_else(|| {
        let problem = format!("is {}; it must be a list of \"q\", \"k\" and \"v\"", shown(&value));
        Error::config(fields.file(), KEY, problem)
    })
}

/// Refuses relatives of LoRA that share its keys, and options that would change the function unnoticed.
fn refuse_unsupported(fields: &mut Fields) -> Result<()> {
    const SUPPORTED: &str = "LoRA without it";
    let refuse = |fields: &Fields, what: String| Err(Error::unsupported(fields.file(), what, SUPPORTED));
    for key in ["use_gating", "use_dora"] {
        if fields.take_bool(key)? == Some(true) {
            return refuse(fields, format!("`{key}` = true"));
        }
    }
    for key in ["vera_d", "vera_b"] {
        if let Some(value) = fields.take(key) {
            return refuse(fields, format!("`{key}` = {}", shown(&value)));
        }
    }
    for (key, supported) in [("composition_mode", "add"), ("dtype", "float32")] {
        if let Some(value) = fields.take_text(key)?.filter(|value| value != supported) {
            return refuse(fields, format!("`{key}` = {}", shown(&Value::from(value))));
        }
    }
    Ok(())
}
