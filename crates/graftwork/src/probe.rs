//! A classifier that learns while examples come in.

use std::fmt;
use std::sync::OnceLock;

use graftwork_formats::HostTensor;
use graftwork_model::{AdapterConfig, AdapterFile, HeadConfig, Knowledge, Metadata, is_of_head};
use graftwork_train::probe::{Learner, familiar, knowledge, leave_one_out};
use graftwork_train::tasks::Classification;

use crate::predict::{TextOptions, reading};
use crate::{Adapter, Backbone, Call, Error, Reader, Result, TextLimit, TextVector, VERSION};

/// A classifier that has learned a new example within milliseconds: regularised logistic regression on the means of a text's
/// hidden states after half and all of the layers of a frozen backbone, perhaps with a frozen adapter in it. Each example goes through
/// the backbone once. How strongly to regularise is chosen by cross-validation, again and again while examples come
/// ([`Learner`] says when); the held-out answers calibrate its probabilities and tell what is familiar.
///
/// What it says depends on the examples and their order alone, not on when or how they came.
///
/// ```no_run
/// # async fn example(backbone: graftwork::Backbone) -> graftwork::Result<()> {
/// let mut probe = backbone.probe();
/// probe.add(&[("the parcel never came", "delivery"), ("I was charged twice", "payment")]).await?;
/// let answers = probe.classify(&["where is my order?"]).await?;
/// probe.add(&[("where is my order?", "delivery")]).await?;
/// probe.to_file().await?.save("adapters/support")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Probe {
    reader: Reader,
    name: String,
    /// The label of each example.
    truth: Vec<String>,
    /// In the order in which they first occur.
    labels: Vec<String>,
    learner: Learner,
    /// Computed when it is first asked for.
    knowledge: OnceLock<Option<Knowledge>>,
}

impl Backbone {
    /// A classifier that learns while examples come in, on the bare backbone.
    pub fn probe(&self) -> Probe {
        Probe::new(self, None)
    }
}

impl Adapter {
    /// A classifier that learns while examples come in, on the backbone with this adapter's modules in it, which stay as
    /// they are. The adapter's head has no part in it.
    pub fn probe(&self) -> Probe {
        Probe::new(self.backbone(), Some(self))
    }
}

impl Probe {
    fn new(backbone: &Backbone, adapter: Option<&Adapter>) -> Self {
        let name = adapter.map_or("probe", |adapter| &adapter.description().name).to_owned();
        let head = HeadConfig::linear_on_layers(&name, Vec::new(), backbone.config());
        Self {
            reader: Reader::new(backbone, adapter, &head),
            name,
            truth: Vec::new(),
            labels: Vec::new(),
            learner: Learner::new(head.features(backbone.config().hidden_size)),
            knowledge: OnceLock::new(),
        }
    }

    /// The name of the adapter that [`Probe::to_file`] gives. Default `probe`, or that of the adapter below.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How much of each text is read, from now on. Default: as in the training of the adapter below, or else the first tokens,
    /// as many as the backbone takes.
    #[must_use]
    pub fn limit(mut self, limit: impl Into<TextLimit>) -> Self {
        self.reader.limit = Some(limit.into());
        self
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// The labels in the order of the logits: in which they first occur in the examples.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The label of each example.
    pub fn examples(&self) -> &[String] {
        &self.truth
    }

    /// Learns examples, each a text and its label, which may be new. Dropped before its end, it has learned none.
    ///
    /// # Errors
    /// If the limit is none that the backbone takes, or the device fails.
    pub fn add<'a, T: AsRef<str> + Sync, L: AsRef<str> + Sync>(
        &'a mut self,
        examples: &'a [(T, L)],
    ) -> Call<'a, (), ()> {
        Call::new((), move |(), progress| async move {
            let texts: Vec<&str> = examples.iter().map(|(text, _)| text.as_ref()).collect();
            let vectors = self.reader.read(&texts).progress(progress).await?;
            self.learn(vectors.iter().zip(examples).map(|(vector, (_, label))| (vector, label.as_ref())));
            Ok(())
        })
    }

    /// What reads texts for it: [`Probe::add`] is this and [`Probe::learn`], [`Probe::classify`] is this and
    /// [`Probe::answer`].
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Lets another reader read from now on, that of a probe on the same backbone: a lost device takes only that with it.
    ///
    /// # Errors
    /// If it is on another backbone.
    pub fn read_with(&mut self, reader: &Reader) -> Result<()> {
        if reader.backbone.fingerprint() != self.reader.backbone.fingerprint() {
            return Err(Error::OtherExamples { what: "probe's" });
        }
        let limit = self.reader.limit.or(reader.limit);
        self.reader = reader.clone();
        self.reader.limit = limit;
        Ok(())
    }

    /// Learns examples, each a text that its [reader](Probe::reader) has read and its label, which may be new.
    pub fn learn<'a>(&mut self, examples: impl IntoIterator<Item = (&'a TextVector, impl Into<String>)>) {
        let mut features = Vec::new();
        for (vector, label) in examples {
            features.extend(&vector.values);
            self.truth.push(label.into());
        }
        let ids = self.ids();
        self.learner.add(&features, &ids[self.learner.len()..]);
        self.knowledge = OnceLock::new();
    }

    /// Forgets an example, by its place in the order in which they came: as if it had never been there. The later ones move
    /// up.
    ///
    /// # Errors
    /// If there is no such example.
    pub fn remove(&mut self, example: usize) -> Result<()> {
        self.check(example)?;
        self.truth.remove(example);
        let ids = self.ids();
        self.learner.remove(example, &ids);
        self.knowledge = OnceLock::new();
        Ok(())
    }

    /// Gives an example another label.
    ///
    /// # Errors
    /// If there is no such example.
    pub fn relabel(&mut self, example: usize, label: impl Into<String>) -> Result<()> {
        self.check(example)?;
        self.truth[example] = label.into();
        let ids = self.ids();
        self.learner.relabel(&ids);
        self.knowledge = OnceLock::new();
        Ok(())
    }

    /// Classifies texts, in input order.
    ///
    /// # Errors
    /// If the examples have fewer than two labels, or the device fails.
    pub fn classify<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, TextOptions, Vec<Classification>> {
        Call::new(TextOptions::default(), move |options: TextOptions, progress| async move {
            // What cannot be answered is not read.
            self.answer(&[], options.threshold)?;
            let call = self.reader.read(texts).max_length(options.max_length).long_texts(options.long_texts);
            self.answer(&call.progress(progress).await?, options.threshold)
        })
    }

    /// The answers about texts that its [reader](Probe::reader) has read; `threshold` as in [`Probe::classify`].
    ///
    /// # Errors
    /// If the examples have fewer than two labels.
    pub fn answer(&self, texts: &[TextVector], threshold: impl Into<Option<f64>>) -> Result<Vec<Classification>> {
        let linear = self.learner.linear().ok_or_else(|| self.too_few_labels())?;
        let reading = reading(&self.labels, self.knowledge(), threshold.into())?;
        let answer =
            |text: &TextVector| reading.answer(&linear.logits(&text.values), &text.values, text.warnings.clone());
        Ok(texts.iter().map(answer).collect())
    }

    /// What it knows about its own answers, from those to examples that were held out; `None` while there are too few.
    pub fn knowledge(&self) -> Option<&Knowledge> {
        self.knowledge.get_or_init(|| self.learned()).as_ref()
    }

    /// An adapter that answers the same wherever adapters are used: the modules of the adapter below, or none at all, with
    /// one dense layer on the means of a text's hidden states ([`HeadConfig::linear_on_layers`]).
    ///
    /// # Errors
    /// If the examples have fewer than two labels, the name cannot be that of an adapter, or the device fails.
    ///
    /// # Panics
    /// Never: the method is one of the table.
    pub async fn to_file(&self) -> Result<AdapterFile> {
        let linear = self.learner.linear().ok_or_else(|| self.too_few_labels())?;
        let config = self.reader.backbone.config();
        let mut file = match &self.reader.adapter {
            Some(adapter) => adapter.to_file().await?,
            None => {
                let all: Vec<usize> = (0..config.num_hidden_layers).collect();
                let nothing = AdapterConfig::preset("seq_bn").expect("a method of the table").with("leave_out", all)?;
                AdapterFile::new("", nothing, None, config)
            }
        };
        file.name.clone_from(&self.name);
        file.head = Some(HeadConfig::linear_on_layers(&self.name, self.labels.clone(), config));
        file.further.clear();
        file.tensors.retain(|name, _| !is_of_head(name));
        let (classes, dim) = (linear.classes, linear.dim);
        let weight = HostTensor { shape: vec![classes, dim], data: linear.weight.clone() };
        let bias = HostTensor { shape: vec![classes], data: linear.bias.clone() };
        file.tensors.extend([("head.0.weight".to_owned(), weight), ("head.0.bias".to_owned(), bias)]);
        let limit = self.reader.limit_of(None, None)?;
        file.metadata = Metadata {
            backbone_fingerprint: Some(self.reader.backbone.fingerprint()),
            max_length: Some(self.reader.backbone.max_length(limit.max_length)?),
            long_texts: limit.recorded().map(|choice| choice.name().to_owned()),
            tool_version: Some(format!("graftwork {VERSION}")),
            knowledge: self.knowledge().cloned(),
            ..Metadata::default()
        };
        file.validate(&file.name)?;
        Ok(file)
    }

    /// The label of each example as its place among the labels, which are counted anew.
    fn ids(&mut self) -> Vec<usize> {
        self.labels.clear();
        let id = |label: &String| match self.labels.iter().position(|known| known == label) {
            Some(id) => id,
            None => {
                self.labels.push(label.clone());
                self.labels.len() - 1
            }
        };
        self.truth.iter().map(id).collect()
    }

    fn learned(&self) -> Option<Knowledge> {
        let (chosen, labels) = self.learner.chosen()?;
        let classes = chosen.held_out.len() / labels.len().max(1);
        let judged: Vec<usize> = chosen.judged().collect();
        let logits: Vec<f32> =
            judged.iter().flat_map(|example| &chosen.held_out[example * classes..][..classes]).copied().collect();
        let truth: Vec<usize> = judged.iter().map(|example| labels[*example]).collect();
        let (features, dim, labels) = (self.learner.features(), self.learner.dim(), self.learner.labels());
        let familiar = leave_one_out(features, dim, labels).and_then(|usual| familiar(features, dim, labels, usual));
        knowledge(&logits, classes, &truth, familiar)
    }

    fn check(&self, example: usize) -> Result<()> {
        if example < self.truth.len() {
            return Ok(());
        }
        Err(Error::Setting { setting: "the example", must: format!("be below {}, as many as there are", self.len()) })
    }

    fn too_few_labels(&self) -> Error {
        Error::too_few_labels(2, self.labels.len())
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("examples", &self.len()).field("labels", &self.labels).finish_non_exhaustive()
    }
}
