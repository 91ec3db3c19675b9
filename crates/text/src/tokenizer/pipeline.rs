//! Text to token ids, from parts of the `tokenizers` crate.
//!
//! The crate has a pipeline of its own, for every kind of tokenizer there is. What could be in it is linked whether it
//! is or not, half of what a browser would have to download; so the parts that are let in are put together here.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use tokenizers::models::wordpiece::{PipelineWordPiece, WordPieceScratch};
use tokenizers::pipeline::{Model, Normalizer, PipelineToken, Segment, SpecialSegmentIterator, normalize_all};
use tokenizers::vocab::bucket_added_vocabulary::AddedVocabulary;

use super::words::{Split, words};

/// One step of the normalizer.
pub(super) struct Step(Box<dyn Normalizer + Send + Sync>);

impl Step {
    pub(super) fn new(normalizer: impl Normalizer + Send + Sync + 'static) -> Self {
        Self(Box::new(normalizer))
    }
}

impl Normalizer for Step {
    fn normalize<'a>(&self, input: &'a str, offset: usize) -> tokenizers::Result<Cow<'a, str>> {
        self.0.normalize(input, offset)
    }
}

/// All steps, one after the other.
pub(super) struct Steps(pub Vec<Step>);

impl Normalizer for Steps {
    fn normalize<'a>(&self, input: &'a str, offset: usize) -> tokenizers::Result<Cow<'a, str>> {
        normalize_all(&self.0, input, offset)
    }
}

/// What stands around every text: ids with their token types.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub prefix: Vec<(u32, u32)>,
    pub suffix: Vec<(u32, u32)>,
    /// Token type of the text itself.
    pub type_id: u32,
}

/// The whole way from text to ids.
pub(super) struct Pipeline {
    pub added: AddedVocabulary,
    pub steps: Steps,
    pub splits: Vec<Split>,
    pub model: PipelineWordPiece,
    pub frame: Frame,
    /// The model's buffers, one for each thread that is encoding; a buffer remembers the words it has met.
    pub scratches: Mutex<Vec<WordPieceScratch>>,
}

impl Pipeline {
    /// Token ids of `text`, without what stands around it.
    pub(super) fn encode(&self, text: &str) -> tokenizers::Result<Vec<PipelineToken>> {
        let kept = self.scratches.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = kept.unwrap_or_else(|| self.model.init_scratch());
        let mut tokens = Vec::with_capacity(text.len() / 4);
        // Added tokens are looked for twice, those to be matched as written and then those to be matched normalized.
        for segment in SpecialSegmentIterator::new(text, &self.added, false, false) {
            let (chunk, offset) = match segment {
                Segment::SpecialToken(id) => {
                    tokens.push(id.into());
                    continue;
                }
                Segment::Text { text, input_offset } => (text, input_offset),
            };
            let normalized = self.steps.normalize(chunk, offset)?;
            for segment in SpecialSegmentIterator::new(&normalized, &self.added, true, false) {
                match segment {
                    Segment::SpecialToken(id) => tokens.push(id.into()),
                    Segment::Text { text, .. } => {
                        for word in words(&self.splits, text)? {
                            self.model.tokenize_pipeline(word, &mut scratch, &mut tokens)?;
                        }
                    }
                }
            }
        }
        self.scratches.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        Ok(tokens)
    }
}
