//! Texts with masks in, words for them out; and adapters that know words.

use std::ops::Range;

use graftwork_model::{AdapterConfig, AdapterFile};
use graftwork_text::Encoding;
use graftwork_train::Warning;
use graftwork_train::fill_mask::fill_masks;
use graftwork_train::tasks::masked_lm;

use crate::predict::{TextOptions, labels_of};
use crate::{Adapter, Backbone, Call, Error, Result};

/// How many words are named for a mask, as Hugging Face's pipeline has it.
const TOP_K: usize = 5;

/// What may stand for the masks of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct FilledText {
    /// Each mask within the maximal length, in order.
    pub masks: Vec<FilledMask>,
    /// Why to take it with care.
    pub warnings: Vec<Warning>,
}

/// A mask, and what may stand for it.
#[derive(Debug, Clone, PartialEq)]
pub struct FilledMask {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The most probable first.
    pub fills: Vec<Fill>,
}

/// A token that may stand for a mask, as Hugging Face's `fill-mask` pipeline gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fill {
    /// Its id.
    pub token: u32,
    /// Its text.
    pub token_str: String,
    /// Its probability among all tokens.
    pub score: f32,
    /// The tokens of the whole text as text again, with this one in place: without special tokens if it is the only mask.
    pub sequence: String,
}

impl Call<'_, TextOptions, Vec<FilledText>> {
    /// How many words are named for each mask. Default 5.
    pub fn top_k(self, count: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.top_k = count.into())
    }
}

impl Adapter {
    /// Says what may stand for the masks in texts ([`Backbone::mask`]), in input order.
    ///
    /// # Errors
    /// If a text has no mask within the maximal length, the adapter's head knows no words, or the device fails.
    pub fn fill_mask<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, TextOptions, Vec<FilledText>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            labels_of(self, &masked_lm::INFO)?;
            let limit = self.limit(options.max_length, options.long_texts)?;
            masked_lm::INFO.check_long_texts(limit.long_texts)?;
            let tokenizer = self.backbone().tokenizer();
            let mask = tokenizer.special_tokens().mask.ok_or(graftwork_train::Error::NoMask)?;
            let mut encodings = self.backbone().encode(texts, limit.max_length)?;
            for (index, encoding) in encodings.iter_mut().enumerate() {
                let places = (0..).zip(&encoding.ids).filter(|(_, id)| **id == mask).map(|(place, _)| place);
                encoding.masked.places = places.collect();
                if encoding.masked.places.is_empty() {
                    let mask = tokenizer.id_to_token(mask).unwrap_or_default();
                    return Err(Error::Unmasked {
                        index,
                        mask,
                        tokens: encoding.of.is_truncated().then_some(encoding.len()),
                    });
                }
            }
            let top_k = options.top_k.unwrap_or(TOP_K);
            let found = fill_masks(self.backbone().model(), self.model(), &encodings, top_k, &mut progress).await?;
            let text = |(encoding, masks): (&Encoding, Vec<Vec<(u32, f32)>>)| {
                let alone = masks.len() == 1;
                let places = encoding.masked.places.iter().map(|place| *place as usize);
                let mask = |(place, fills): (usize, Vec<(u32, f32)>)| {
                    let fill = |(token, score)| {
                        let mut ids = encoding.ids.clone();
                        ids[place] = token;
                        let (token_str, sequence) = (tokenizer.decode(&[token], false), tokenizer.decode(&ids, alone));
                        Fill { token, token_str, score, sequence }
                    };
                    let span = encoding.origins[place].map_or(0..0, |at| at.start as usize..at.end as usize);
                    FilledMask { span, fills: fills.into_iter().map(fill).collect() }
                };
                let masks = places.zip(masks).map(mask).collect();
                FilledText { masks, warnings: Warning::of(std::slice::from_ref(encoding)) }
            };
            Ok(encodings.iter().zip(found).map(text).collect())
        })
    }
}

impl Backbone {
    /// The token that stands for a hidden one, such as `[MASK]`, if the vocabulary has one.
    pub fn mask(&self) -> Option<String> {
        self.tokenizer().id_to_token(self.tokenizer().special_tokens().mask?)
    }

    /// What the backbone's own files know of words: an adapter that changes no layer, with their head for masked tokens. `None`
    /// if they have no such head.
    ///
    /// # Errors
    /// Never: the configuration is one of the table's.
    ///
    /// # Panics
    /// Never: the method is one of the table.
    pub fn language_model(&self) -> Result<Option<AdapterFile>> {
        let Some(head) = self.model().language_head() else { return Ok(None) };
        let all: Vec<usize> = (0..self.config().num_hidden_layers).collect();
        let config = AdapterConfig::preset("seq_bn").expect("a method of the table").with("leave_out", all)?;
        let mut file = AdapterFile::new("language", config, Some(head.config.clone()), self.config());
        file.tensors = head.tensors.clone();
        file.metadata.backbone_fingerprint = Some(self.fingerprint());
        file.validate(&file.name)?;
        Ok(Some(file))
    }
}
