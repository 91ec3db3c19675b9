//! A tag for each word (named entities, parts of speech): a row of logits a token, cross-entropy at the first token of
//! each word, F1 of whole entities or, where tags mark no entities, accuracy of words.

use std::ops::Range;
use std::slice;

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::Device;
use graftwork_tensor::ops::cross_entropy::IGNORED;
use graftwork_text::{Encoding, TaggedDataset};

use super::labels::{LabelTargets, cross_entropy_of, ids_for};
use super::{Answer, Examples, Judged, Labelled, LongReading, Targets, Task, TaskInfo, Tokenizing, texts};
use crate::metrics::{Entity, Metrics, Scheme, of_classes, of_entities};
use crate::predict::{Rows, argmax, softmax};
use crate::{Error, Result, Warning};

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "token-classification",
    head: HeadKind::Tagging,
    heads: &[],
    new_head: |name, labels| HeadConfig::flex(HeadKind::Tagging, name, labels),
    fewest_labels: 2,
    lr: 2e-3,
    reads: LongReading::First,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(TaggedDataset::from_path(path, options)?)),
};

/// Sentences, split into words, with a tag for each word.
#[derive(Debug, Clone)]
pub struct TokenClassification {
    what: &'static str,
    encodings: Vec<Encoding>,
    /// By example: the first token of each word, and its tag.
    places: Vec<Vec<(usize, u32)>>,
    names: Vec<String>,
    /// Words without a token within the maximal length.
    left_out: usize,
}

/// A text with its words tagged.
#[derive(Debug, Clone, PartialEq)]
pub struct Tagging {
    /// Its words in order, but for those that the maximal length cut off and those without any token.
    pub words: Vec<TaggedWord>,
    /// What the tags mark; `None` where they mark no entities but parts of speech, say.
    pub entities: Option<Vec<TaggedEntity>>,
    /// Words that got no tag.
    pub left_out: usize,
    /// Why to take it with care.
    pub warnings: Vec<Warning>,
}

/// A word and its most probable tag.
#[derive(Debug, Clone, PartialEq)]
pub struct TaggedWord {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The tag.
    pub tag: String,
    /// Its probability.
    pub score: f32,
}

/// Words that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct TaggedEntity {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// Its type: the tags without their prefixes.
    pub kind: String,
    /// The mean probability of its words' tags.
    pub score: f32,
}

impl Labelled for TaggedDataset {
    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let Tokenizing { what, tokenizer, max_length, long_texts } = *how;
        INFO.check_long_texts(long_texts)?;
        let encodings = self.sentences.iter().map(|sentence| tokenizer.encode_words(&sentence.words, max_length));
        let tags = self.sentences.iter().map(|sentence| sentence.tags.clone());
        let encodings = encodings.collect::<graftwork_text::Result<_>>()?;
        Ok(Box::new(TokenClassification::new(what, encodings, tags, &self.labels)?))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        self.labels.iter().for_each(|label| add(label.as_bytes()));
        for sentence in &self.sentences {
            add(&sentence.words.len().to_le_bytes());
            sentence.words.iter().for_each(|word| add(word.as_bytes()));
            sentence.tags.iter().for_each(|tag| add(&tag.to_le_bytes()));
        }
    }
}

impl TokenClassification {
    /// Pairs encodings of pre-split words with tags, one a word and each an index into `names`; `what` names the data
    /// in messages.
    ///
    /// # Errors
    /// If there are none, or a word lacks its tag.
    pub fn new(
        what: &'static str,
        encodings: Vec<Encoding>,
        tags: impl IntoIterator<Item = Vec<usize>>,
        names: &[String],
    ) -> Result<Self> {
        if encodings.is_empty() {
            return Err(Error::NoExamples { what });
        }
        let mut tags = tags.into_iter();
        let (mut places, mut left_out) = (Vec::with_capacity(encodings.len()), 0);
        for (index, encoding) in encodings.iter().enumerate() {
            let tags = tags.next().ok_or(Error::NoLabel { what, index })?;
            let place = |(token, word): (usize, usize)| match tags.get(word) {
                Some(tag) if *tag < names.len() => Ok((token, *tag as u32)),
                _ => Err(Error::NoLabel { what, index }),
            };
            let own = first_tokens(encoding).map(place).collect::<Result<Vec<_>>>()?;
            left_out += tags.len() - own.len();
            places.push(own);
        }
        if places.iter().all(Vec::is_empty) {
            return Err(Error::NoExamples { what });
        }
        Ok(Self { what, encodings, places, names: names.to_vec(), left_out })
    }
}

impl TokenClassification {
    /// Some of them.
    pub(super) fn some(&self, what: &'static str, chosen: &[usize]) -> Self {
        let (encodings, places) = (texts::some(&self.encodings, chosen), texts::some(&self.places, chosen));
        // Which examples lack how many words is not known, and was said of all of them.
        Self { what, encodings, places, names: self.names.clone(), left_out: 0 }
    }
}

impl Examples for TokenClassification {
    fn subset(&self, what: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        Box::new(self.some(what, chosen))
    }

    fn info(&self) -> &'static TaskInfo {
        &INFO
    }

    fn len(&self) -> usize {
        self.encodings.len()
    }

    fn sequences(&self, example: usize) -> &[Encoding] {
        slice::from_ref(&self.encodings[example])
    }

    fn for_head(&self, head: &HeadConfig) -> Result<Box<dyn Task + '_>> {
        let ids = ids_for(head, &INFO, self.what, &self.names)?;
        Ok(Box::new(ForHead { data: self, ids, names: head.label_names() }))
    }

    fn note(&self) -> Option<String> {
        let words = self.places.iter().map(Vec::len).sum::<usize>() + self.left_out;
        (self.left_out > 0).then(|| {
            format!(
                "{} of the {words} words of the {} data have no token within the maximal length: they are neither \
                 learned nor measured",
                self.left_out, self.what
            )
        })
    }
}

/// With tags as a head counts them.
struct ForHead<'a> {
    data: &'a TokenClassification,
    ids: Vec<u32>,
    names: Vec<String>,
}

impl ForHead<'_> {
    /// The first token of each word of an example, and the word's tag.
    fn places(&self, example: usize) -> impl ExactSizeIterator<Item = (usize, u32)> {
        self.data.places[example].iter().map(|(token, tag)| (*token, self.ids[*tag as usize]))
    }
}

impl Task for ForHead<'_> {
    fn targets(&self, device: &Device, examples: &[usize]) -> Box<dyn Targets> {
        let mut labels = Vec::new();
        for example in examples {
            let start = labels.len();
            labels.resize(start + self.data.encodings[*example].len(), IGNORED);
            self.places(*example).for_each(|(token, tag)| labels[start + token] = tag);
        }
        Box::new(LabelTargets::new(device, &labels))
    }

    fn positions(&self, examples: &[usize]) -> usize {
        examples.iter().map(|example| self.places(*example).len()).sum()
    }

    fn judge(&self, example: usize, output: Rows<'_>) -> Judged {
        Judged {
            answer: Answer::Tags(self.places(example).map(|(token, _)| argmax(output.row(token))).collect()),
            loss: self.places(example).map(|(token, tag)| cross_entropy_of(output.row(token), tag)).sum(),
            positions: self.places(example).len(),
        }
    }

    fn metrics(&self, answers: &[Answer]) -> Metrics {
        let tags = |example| self.places(example).map(|(_, tag)| tag as usize).collect();
        let truth: Vec<Vec<usize>> = (0..self.data.len()).map(tags).collect();
        let predictions: Vec<Vec<usize>> = answers.iter().map(|answer| answer.labels().to_vec()).collect();
        let scheme = Scheme::new(&self.names);
        if scheme.marks_entities() {
            return of_entities(&truth, &predictions, &scheme);
        }
        of_classes(&truth.concat(), &predictions.concat(), &self.names, "words")
    }
}

impl Tagging {
    /// Of the head's output for a text whose words stand at `spans`, in bytes.
    pub fn new(
        labels: &[String],
        scheme: &Scheme,
        encoding: &Encoding,
        spans: &[Range<usize>],
        output: Rows<'_>,
        warnings: Vec<Warning>,
    ) -> Self {
        let tagged = |(token, word): (usize, usize)| {
            let probabilities = softmax(output.row(token));
            let tag = argmax(&probabilities);
            (tag, TaggedWord { span: spans[word].clone(), tag: labels[tag].clone(), score: probabilities[tag] })
        };
        let (tags, words): (Vec<usize>, Vec<TaggedWord>) = first_tokens(encoding).map(tagged).unzip();
        let entity = |entity: Entity| {
            let words = &words[entity.start..entity.end];
            TaggedEntity {
                span: words[0].span.start..words[words.len() - 1].span.end,
                kind: scheme.type_name(entity.kind).to_owned(),
                score: words.iter().map(|word| word.score).sum::<f32>() / words.len() as f32,
            }
        };
        let entities = scheme.marks_entities().then(|| scheme.entities(&tags).into_iter().map(entity).collect());
        Self { left_out: spans.len() - words.len(), words, entities, warnings }
    }
}

/// The first token of each word that has one, with the word's number.
fn first_tokens(encoding: &Encoding) -> impl Iterator<Item = (usize, usize)> {
    let mut before = None;
    let words = encoding.origins.iter().enumerate();
    words.filter_map(move |(token, origin)| {
        let word = origin.as_ref()?.word as usize;
        (before.replace(word) != Some(word)).then_some((token, word))
    })
}
