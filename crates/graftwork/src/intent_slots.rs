//! What sentences want, and which of their words say more of that.

use std::ops::Range;

use graftwork_tensor::OnProgress;
use graftwork_text::Encoding;
use graftwork_train::metrics::Scheme;
use graftwork_train::predict::Rows;
use graftwork_train::predict_heads::predict_heads;
use graftwork_train::tasks::{Classification, Tagging, TaskInfo, intent_slot_classification};
use graftwork_train::{Error as TrainError, Warning};

use crate::predict::{TextOptions, reading};
use crate::{Adapter, Call, Result};

/// What a sentence wants, with its slots.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentSlots {
    /// Its intent.
    pub intent: Classification,
    /// Its words with their tags, and the slots that these mark.
    pub slots: Tagging,
}

impl Call<'_, TextOptions, Vec<IntentSlots>> {
    /// Below which probability an intent gets the warning [`Unsure`](Warning::Unsure), from 0 to 1. Default: what is kept in the
    /// adapter, or else none.
    pub fn threshold(self, probability: impl Into<Option<f64>>) -> Self {
        self.with(|options| options.threshold = probability.into())
    }
}

impl Adapter {
    /// Gives texts their intents and slots by both heads in one forward pass, in input order; spans are bytes of the text.
    ///
    /// # Errors
    /// If the adapter's heads are not those of [`intent_slot_classification`], or the device fails.
    pub fn intent_and_slots<'a, S: AsRef<str> + Sync>(
        &'a self,
        texts: &'a [S],
    ) -> Call<'a, TextOptions, Vec<IntentSlots>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let encodings = self.backbone().encode(texts, self.tagging_length(&options)?)?;
            let spans = self.spans_of_texts(texts, &encodings)?;
            self.intents_of(&encodings, &spans, options.threshold, &mut progress).await
        })
    }

    /// The same of texts that are already split into words; spans are bytes of the words with single spaces between.
    ///
    /// # Errors
    /// As [`Adapter::intent_and_slots`].
    pub fn intent_and_slots_of_words<'a, W: AsRef<[S]> + Sync, S: AsRef<str>>(
        &'a self,
        texts: &'a [W],
    ) -> Call<'a, TextOptions, Vec<IntentSlots>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let encodings = self.backbone().encode_words(texts, self.tagging_length(&options)?)?;
            let spans: Vec<_> = texts.iter().map(|words| crate::predict::spans_of_joined(words.as_ref())).collect();
            self.intents_of(&encodings, &spans, options.threshold, &mut progress).await
        })
    }

    async fn intents_of(
        &self,
        encodings: &[Encoding],
        spans: &[Vec<Range<usize>>],
        threshold: Option<f64>,
        progress: &mut OnProgress<'_>,
    ) -> Result<Vec<IntentSlots>> {
        let (task, file) = (&intent_slot_classification::INFO, self.description());
        let own = TaskInfo::of_adapter(file).ok_or(TrainError::NoHead)?;
        if own.name != task.name {
            return Err(TrainError::OtherTask { head: own.name, wanted: task.name }.into());
        }
        let mut labels = file.heads().map(graftwork_model::HeadConfig::label_names);
        let (intents, tags) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
        let reading = reading(&intents, file.metadata.knowledge.as_ref(), threshold)?;
        let scheme = Scheme::new(&tags);
        let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
        let read = |i: usize, rows: &[Rows<'_>]| {
            let features = rows.get(2).map_or(&[][..], |rows| rows.row(0));
            let warnings = || Warning::of(examples[i]);
            IntentSlots {
                intent: reading.answer(rows[0].row(0), features, warnings()),
                slots: Tagging::new(&tags, &scheme, &encodings[i], &spans[i], rows[1], warnings()),
            }
        };
        let (model, with_features) = (self.backbone().model(), reading.takes_features());
        Ok(predict_heads(model, self.model(), &examples, with_features, read, progress).await?)
    }
}
