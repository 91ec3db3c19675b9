//! Training an adapter.

mod shared;

use graftwork_model::AdapterFile;
use graftwork_tensor::{MaybeSend, give_way};
use graftwork_train::checkpoint::{Best, RunState};
use graftwork_train::few_shot::{Comparison, FewShot, Stage};
use graftwork_train::{Ending, Event, Progress, Sampling, TrainConfig, Turn};

use crate::course::{self, CoursePart};
use crate::{Adapter, Backbone, Call, Error, Examples, Recipe, Result, VERSION};

/// Trains one adapter on its backbone: to the end by [`run`](Trainer::run), or [a few steps](Trainer::turn) at a time.
pub struct Trainer<'a> {
    backbone: &'a Backbone,
    inner: Inner<'a>,
    /// The one that is trained now.
    adapter: Adapter,
}

enum Inner<'a> {
    Standard(Box<graftwork_train::Trainer<'a>>),
    FewShot(Box<FewShot<'a>>),
}

/// How a training runs.
#[derive(Default)]
pub struct RunOptions<'a> {
    observer: Option<Box<Observer<'a>>>,
}

#[cfg(not(target_arch = "wasm32"))]
type Observer<'a> = dyn FnMut(Event<'_>) + Send + 'a;
#[cfg(target_arch = "wasm32")]
type Observer<'a> = dyn FnMut(Event<'_>) + 'a;

impl Backbone {
    /// Plans the training of an adapter and uploads it. `dev` data is evaluated after every epoch and decides which weights
    /// are kept. Training leaves `file` as it is.
    ///
    /// # Errors
    /// If a setting makes no sense, the adapter does not fit the backbone or was trained on another one, its head is of
    /// another task or lacks a label of the data, or the data was tokenised for another backbone.
    pub fn trainer<'a>(
        &'a self,
        file: &AdapterFile,
        config: TrainConfig,
        train: &'a Examples,
        dev: impl Into<Option<&'a Examples>>,
    ) -> Result<Trainer<'a>> {
        self.course(file, config, &[CoursePart::new(train).dev(dev)], Sampling::default())
    }

    /// The same over data sets, each of which teaches one head of the adapter or several. Every step's batch comes from one of
    /// them; the mean of all heads' dev scores decides which weights are kept.
    ///
    /// # Errors
    /// As [`Backbone::trainer`], and if there is no data set, two teach the same head, or the adapter lacks one that is taught.
    pub fn course<'a>(
        &'a self,
        file: &AdapterFile,
        config: TrainConfig,
        parts: &[CoursePart<'a>],
        sampling: Sampling,
    ) -> Result<Trainer<'a>> {
        let (mut file, config) =
            self.to_be_trained(file, config, parts.iter().map(|part| part.train), Recipe::Standard)?;
        let course = course::of(self, parts, sampling)?;
        file.metadata.training.extend(course.record());
        let inner = graftwork_train::Trainer::of_course(self.model(), &file, config, course)?;
        let adapter = Adapter::new(self, inner.adapter().clone());
        Ok(Trainer { backbone: self, inner: Inner::Standard(Box::new(inner)), adapter })
    }

    /// Plans the training of a [new adapter](crate::NewAdapter::recipe) by [`Recipe::FewShot`]. Cross-validation stands in for dev
    /// data: it decides whether the adapter is kept or the head alone, and says how sure the answers may be.
    ///
    /// # Errors
    /// As [`Backbone::trainer`], and if the examples do not have one label each, or the adapter's head has several layers.
    pub fn few_shot<'a>(&'a self, file: &AdapterFile, config: TrainConfig, train: &'a Examples) -> Result<Trainer<'a>> {
        self.head_first(file, config, train, Recipe::FewShot)
    }

    /// The same by [`Recipe::Probe`]: it ends with the head. [`Backbone::probe`] is for examples that come one by one.
    ///
    /// # Errors
    /// As [`Backbone::few_shot`].
    pub fn head_alone<'a>(
        &'a self,
        file: &AdapterFile,
        config: TrainConfig,
        train: &'a Examples,
    ) -> Result<Trainer<'a>> {
        self.head_first(file, config, train, Recipe::Probe)
    }

    fn head_first<'a>(
        &'a self,
        file: &AdapterFile,
        config: TrainConfig,
        train: &'a Examples,
        recipe: Recipe,
    ) -> Result<Trainer<'a>> {
        if train.teacher().is_some() {
            let problem = format!("the recipe {} learns from labels alone; take the standard recipe", recipe.name());
            return Err(graftwork_train::Error::Teacher { problem }.into());
        }
        let (file, config) = self.to_be_trained(file, config, [train], recipe)?;
        let head_only = recipe == Recipe::Probe;
        let inner = FewShot::new(self.model(), &file, config, train.for_backbone(self)?, head_only)?;
        let adapter = Adapter::new(self, inner.adapter().clone());
        Ok(Trainer { backbone: self, inner: Inner::FewShot(Box::new(inner)), adapter })
    }

    /// An adapter as it will be saved, but for its weights.
    fn to_be_trained<'a>(
        &self,
        file: &AdapterFile,
        mut config: TrainConfig,
        data: impl IntoIterator<Item = &'a Examples>,
        recipe: Recipe,
    ) -> Result<(AdapterFile, TrainConfig)> {
        file.check_backbone(self.config(), Some(&self.fingerprint()))?;
        let data: Vec<&Examples> = data.into_iter().collect();
        let longest = data.iter().max_by_key(|data| data.max_length()).ok_or_else(course::nothing)?;
        let mut file = file.clone();
        let metadata = &mut file.metadata;
        metadata.backbone_fingerprint = Some(self.fingerprint());
        metadata.max_length = Some(longest.max_length());
        metadata.tool_version = Some(format!("graftwork {VERSION}"));
        // What was said of the weights before is no longer true.
        metadata.metrics.clear();
        metadata.knowledge = None;
        metadata.thresholds.clear();
        metadata.long_texts = longest.limit().recorded().map(|choice| choice.name().to_owned());
        config.max_length = Some(longest.max_length());
        config.long_texts = longest.limit().recorded();
        metadata.training = config.to_json();
        for teacher in data.iter().filter_map(|data| data.teacher()) {
            metadata.training.insert("teacher".to_owned(), teacher.digest().into());
        }
        if recipe != Recipe::Standard {
            metadata.training.insert("recipe".to_owned(), recipe.name().into());
        }
        for head in &mut file.further {
            *head = head.config.clone().into();
        }
        Ok((file, config))
    }
}

impl<'a> Trainer<'a> {
    /// The adapter, as far as it is trained: it can be used between two turns.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// Reads the weights back and gives the adapter as it is saved, with the weights that it has now: after the end, those
    /// of the best evaluation.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn to_file(&self) -> Result<AdapterFile> {
        let mut file = self.adapter.to_file().await?;
        if let Inner::FewShot(run) = &self.inner {
            file.metadata.knowledge = run.knowledge().cloned();
            let found = run.comparison().map(|found| ("cross_validation".to_owned(), found.to_json()));
            file.metadata.metrics.extend(found);
        }
        Ok(file)
    }

    /// What cross-validation found, of a run for few examples that is past it.
    pub fn comparison(&self) -> Option<&Comparison> {
        match &self.inner {
            Inner::Standard(_) => None,
            Inner::FewShot(run) => run.comparison(),
        }
    }

    /// What the next turn of a run for few examples does; of others it is always [`Stage::Training`].
    pub fn stage(&self) -> Stage {
        match &self.inner {
            Inner::Standard(_) => Stage::Training,
            Inner::FewShot(run) => run.stage(),
        }
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress {
        match &self.inner {
            Inner::Standard(run) => run.progress(),
            Inner::FewShot(run) => run.progress(),
        }
    }

    /// The best evaluation so far.
    pub fn best(&self) -> Option<Best> {
        match &self.inner {
            Inner::Standard(run) => run.best(),
            Inner::FewShot(_) => None,
        }
    }

    /// Whether the next turn evaluates the dev data. What the steps before it have learned may be saved first, as the
    /// [`state`](Trainer::state) of a run.
    pub fn is_evaluation_due(&self) -> bool {
        matches!(&self.inner, Inner::Standard(run) if run.is_evaluation_due())
    }

    /// Steps whose reports are best waited for together: on a CPU they are there as soon as the step is.
    pub fn steps_per_turn(&self) -> usize {
        match &self.inner {
            Inner::Standard(run) => run.steps_per_turn(),
            Inner::FewShot(run) => run.steps_per_turn(),
        }
    }

    /// Runs to the end, from wherever it is. Cancelled, it ends as [`Ending::Stopped`], and may be run again.
    ///
    /// # Errors
    /// If the device fails, or the loss is no longer a number.
    pub fn run<'r>(&'r mut self) -> Call<'r, RunOptions<'r>, Ending> {
        Call::new(RunOptions::default(), move |options: RunOptions<'r>, mut progress| async move {
            let mut observer = options.observer;
            loop {
                let turn = self.turn(self.steps_per_turn()).await?;
                let now = self.progress();
                progress(now.step as f64 / now.total_steps.max(1) as f64);
                let Some(event) = turn.event(now) else { return Ok(Ending::Finished) };
                if let Some(observer) = &mut observer {
                    observer(event);
                }
                give_way().await;
            }
        })
        .or_cancelled(|| Ok(Ending::Stopped))
    }

    /// One piece of [`Trainer::run`], for callers that have something to do in between: takes at most `most` steps (from 1
    /// to 16, and none past an evaluation), or evaluates if that is due, or ends. How the steps are cut into turns changes
    /// nothing of the result. An evaluation may be given up by dropping the future: it stays due.
    ///
    /// # Errors
    /// As [`Trainer::run`].
    pub async fn turn(&mut self, most: usize) -> Result<Turn> {
        match &mut self.inner {
            Inner::Standard(run) => Ok(run.turn(most).await?),
            Inner::FewShot(run) => {
                let turn = run.turn(most, &mut |_| {}).await?;
                self.adapter = Adapter::new(self.backbone, run.adapter().clone());
                Ok(turn)
            }
        }
    }

    /// Everything that [`Trainer::resume`] needs, to be [saved](RunState::save); `run` names the run: its settings and
    /// data.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn state(&self, run: &str) -> Result<RunState> {
        match &self.inner {
            Inner::Standard(trainer) => Ok(trainer.state(run).await?),
            Inner::FewShot(trainer) => Ok(trainer.state(run).await?),
        }
    }

    /// Goes on where a state of this run was taken, as [`Adapter::load_state`] reads it, and ends with the bytes of an
    /// uninterrupted run of the same settings and data. `run` is the name that the state was taken with.
    ///
    /// # Errors
    /// If the state is of another run or adapter, or beyond the end of the run.
    pub fn resume(&mut self, state: RunState, run: &str) -> Result<()> {
        if state.run != run {
            let problem = format!("it is of the run {:?}, not of {run:?}", state.run);
            return Err(Error::from(graftwork_train::Error::OtherRun { file: "state".to_owned(), problem }));
        }
        match &mut self.inner {
            Inner::Standard(run) => Ok(run.resume(state)?),
            Inner::FewShot(run) => Ok(run.resume(state)?),
        }
    }
}

impl<'a, T> Call<'a, RunOptions<'a>, T> {
    /// Hears of every few steps, and of every evaluation.
    pub fn on_event(self, observer: impl FnMut(Event<'_>) + MaybeSend + 'a) -> Self {
        self.with(|options| options.observer = Some(Box::new(observer)))
    }
}
