//! What a sentence wants, and which of its words say more of that: two heads on one adapter that share a forward pass, one for
//! the sentence (its intent) and one for its words (slots).

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_text::{Encoding, IntentDataset};

use super::{Examples, Labelled, LongReading, Task, TaskInfo, Tokenizing, text_classification, token_classification};
use crate::{Error, Result, TextClassification, TokenClassification};

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "intent-slot-classification",
    head: HeadKind::Classification,
    heads: &[(INTENT, &text_classification::INFO), (SLOTS, &token_classification::INFO)],
    new_head: |name, labels| HeadConfig::classifier(name, labels),
    fewest_labels: 2,
    lr: 2e-3,
    reads: LongReading::First,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(IntentDataset::from_path(path, options)?)),
};

/// The head for the sentence.
pub const INTENT: &str = "intent";
/// The head for its words.
pub const SLOTS: &str = "slots";

/// Sentences with an intent, and with a tag for each word: the same sequences twice, once with each truth.
#[derive(Debug)]
pub struct IntentSlotClassification {
    intents: TextClassification,
    slots: TokenClassification,
}

impl IntentSlotClassification {
    /// The same sequences with an intent each and with a slot for each word.
    ///
    /// # Errors
    /// If one of them has fewer examples than the other.
    pub fn new(intents: TextClassification, slots: TokenClassification) -> Result<Self> {
        let (known, all) = (intents.len(), slots.len());
        if known != all {
            return Err(Error::NoLabel { what: "intents and slots", index: known.min(all) });
        }
        Ok(Self { intents, slots })
    }
}

impl Labelled for IntentDataset {
    fn labels(&self) -> &[String] {
        &self.intent_labels
    }

    fn label_sets(&self) -> Vec<&[String]> {
        vec![&self.intent_labels, &self.tagged.labels]
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let Tokenizing { what, tokenizer, max_length, long_texts } = *how;
        INFO.check_long_texts(long_texts)?;
        let sentences = &self.tagged.sentences;
        let encodings = sentences.iter().map(|sentence| tokenizer.encode_words(&sentence.words, max_length));
        let encodings = encodings.collect::<graftwork_text::Result<Vec<_>>>()?;
        let tags = sentences.iter().map(|sentence| sentence.tags.clone());
        let intents = self.intents.iter().copied().map(Some);
        let intents = TextClassification::new(what, encodings.clone(), intents, &self.intent_labels)?;
        let slots = TokenClassification::new(what, encodings, tags, &self.tagged.labels)?;
        Ok(Box::new(IntentSlotClassification::new(intents, slots)?))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        self.tagged.digest(add);
        self.intent_labels.iter().for_each(|label| add(label.as_bytes()));
        self.intents.iter().for_each(|intent| add(&intent.to_le_bytes()));
    }
}

impl Examples for IntentSlotClassification {
    fn truth(&self) -> Option<Vec<usize>> {
        self.intents.truth()
    }

    fn subset(&self, what: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        let (intents, slots) = (self.intents.some(what, chosen), self.slots.some(what, chosen));
        Box::new(Self { intents, slots })
    }

    fn info(&self) -> &'static TaskInfo {
        &INFO
    }

    fn len(&self) -> usize {
        self.intents.len()
    }

    fn sequences(&self, example: usize) -> &[Encoding] {
        self.slots.sequences(example)
    }

    /// For the head of either.
    fn for_head(&self, head: &HeadConfig) -> Result<Box<dyn Task + '_>> {
        if head.kind == HeadKind::Tagging { self.slots.for_head(head) } else { self.intents.for_head(head) }
    }

    fn note(&self) -> Option<String> {
        self.slots.note()
    }
}
