//! What a trainer holds of a data set: its examples, and the heads that they teach.

use std::ops::Range;
use std::sync::Arc;

use graftwork_model::{Adapter, AdapterFile, Backbone, Batch};
use graftwork_tensor::Device;
use graftwork_text::Encoding;

use crate::course::Part;
use crate::evaluate::{Evaluation, evaluate_on};
use crate::kept::{Kept, Place, Room};
use crate::optimizer::Asked;
use crate::predict::Counts;
use crate::tasks::{Draw, Examples, Targets, Task};
use crate::{Error, Lessons, Result, TrainConfig};

/// A data set of a run.
pub(crate) struct Taught<'a> {
    pub lessons: Lessons<'a>,
    dev: Option<Lessons<'a>>,
    heads: Vec<TaughtHead<'a>>,
}

/// A head that it teaches.
struct TaughtHead<'a> {
    /// The adapter with that head alone.
    adapter: Adapter,
    name: String,
    task: Box<dyn Task + 'a>,
    weight: f32,
}

impl<'a> Taught<'a> {
    /// Meets the data with the heads of an adapter whose file this is. What is kept shares `room`.
    ///
    /// # Errors
    /// If there is no such head, it is for another task or lacks a label of the data, or the settings cannot be followed.
    pub fn new(
        backbone: &'a Backbone,
        (file, adapter): (&AdapterFile, &Adapter),
        part: Part<'a>,
        (config, room): (&TrainConfig, &Room),
    ) -> Result<Self> {
        let Part { mut lessons, dev, heads } = part;
        check_lengths(config, [Some(lessons.examples), dev])?;
        let views = match heads.is_empty() {
            true => vec![(adapter.clone(), String::new(), 1.0)],
            false => heads
                .into_iter()
                .map(|(name, weight)| Ok((adapter.with_head(&name)?, name, check_weight(weight)?)))
                .collect::<Result<_>>()?,
        };
        let several = views.len() > 1;
        let mut taught = Vec::new();
        for (adapter, name, weight) in views {
            let head = adapter.description().head.as_ref().ok_or(Error::NoHead)?;
            let task = lessons.examples.for_head(head)?;
            if let Some(teacher) = &lessons.teacher {
                if several {
                    let problem =
                        "one of them speaks of one head, and here several learn from the same examples".to_owned();
                    return Err(Error::Teacher { problem });
                }
                let own = teacher.for_head(head, lessons.examples.len())?;
                lessons.teacher = Some(Arc::new(own));
            }
            dev.map_or(Ok(()), |dev| dev.for_head(head).map(drop))?;
            taught.push(TaughtHead { adapter, name, task, weight });
        }
        let mut dev = dev.map(Lessons::from);
        let all = [Some(&mut lessons).filter(|_| config.can_keep()), dev.as_mut()];
        for lessons in all.into_iter().flatten().filter(|lessons| lessons.kept.is_none() && lessons.examples.stay()) {
            let lowest = file.lowest_layer(backbone.config().num_hidden_layers);
            let place = match config.freeze_adapter {
                // What each of several heads stands on is something else.
                true if several => continue,
                true => Place::Head(Box::new(taught[0].adapter.clone())),
                false if lowest > 0 => Place::Layer(lowest),
                false => continue,
            };
            lessons.kept = Some(Arc::new(Kept::new(backbone, lessons.examples, place, room)));
        }
        if several && config.freeze_adapter && (config.dropout > 0.0 || file.config.dropout() > 0.0) {
            let must = "be 0, also the method's, where several heads learn together on a frozen adapter".to_owned();
            return Err(Error::Setting { setting: "dropout", must });
        }
        Ok(Self { lessons, dev, heads: taught })
    }

    /// Uploads some of the examples as one batch, with what each head should give.
    pub async fn batch(
        &self,
        backbone: &Backbone,
        examples: &[usize],
        draw: Draw,
    ) -> Result<(Batch, Vec<Box<dyn Targets + '_>>)> {
        let batch = self.lessons.batch(backbone, examples, draw).await?;
        Ok((batch, self.heads.iter().map(|head| self.targets(backbone.device(), head, examples)).collect()))
    }

    /// How many of the examples' tokens, sequences and examples those of a share have, each with how many are before it; and how
    /// much of each head's loss the share is.
    pub fn share(&self, examples: &[usize], share: &Range<usize>, draw: Draw) -> (Vec<(usize, usize)>, Vec<f32>) {
        let source = self.lessons.source().drawn(draw);
        let count = |some: &[usize]| Counts::sum(&source.counts(some));
        let (own, before) = (count(&examples[share.clone()]), count(&examples[..share.start]));
        let after = count(&examples[share.end..]);
        let rows = vec![(own.tokens, before.tokens), (own.sequences, before.sequences), (share.len(), share.start)];
        let masked = before.masked + own.masked + after.masked;
        let mut weights = Vec::new();
        for head in &self.heads {
            let [own, all] = match masked {
                0 => [&examples[share.clone()], examples].map(|some| head.task.positions(some)),
                all => [own.masked, all],
            };
            weights.push(own as f32 / all.max(1) as f32);
        }
        (rows, weights)
    }

    fn targets<'t>(&'t self, device: &Device, head: &'t TaughtHead<'a>, examples: &[usize]) -> Box<dyn Targets + 't> {
        let targets = head.task.targets(device, examples);
        match &self.lessons.teacher {
            Some(teacher) => teacher.targets(device, targets, examples),
            None => targets,
        }
    }

    /// The heads with their targets, for a step.
    pub fn asked<'t>(&'t self, targets: &'t [Box<dyn Targets + 't>]) -> Result<Vec<Asked<'t>>> {
        let pairs = self.heads.iter().zip(targets.iter().map(AsRef::as_ref));
        let asked = pairs.map(|(TaughtHead { adapter, weight, .. }, targets)| {
            Ok(Asked { head: adapter.head().ok_or(Error::NoHead)?, targets, weight: *weight })
        });
        asked.collect()
    }

    /// Whether there is something to measure on.
    pub fn has_dev(&self) -> bool {
        self.dev.is_some()
    }

    /// Measures each head on the dev data, if there is any: by the head's name, which is empty where none was named.
    pub async fn evaluate(&self, backbone: &Backbone) -> Result<Vec<(String, Evaluation)>> {
        let mut found = Vec::new();
        if let Some(dev) = &self.dev {
            for head in &self.heads {
                let data = (dev.examples, dev.source());
                let evaluation = evaluate_on(backbone, &head.adapter, data, &mut |_| {}).await?;
                found.push((head.name.clone(), evaluation));
            }
        }
        Ok(found)
    }
}

fn check_weight(weight: f64) -> Result<f32> {
    if weight > 0.0 && weight.is_finite() {
        return Ok(weight as f32);
    }
    Err(Error::Setting { setting: "loss_weight", must: "be a number above 0".to_owned() })
}

/// Examples come cut to `max_length`; it is an error rather than a setting without effect if they are not.
fn check_lengths(config: &TrainConfig, data: [Option<&dyn Examples>; 2]) -> Result<()> {
    let longest = |data: &dyn Examples| {
        (0..data.len()).filter_map(|i| data.sequences(i).iter().map(Encoding::len).max()).max().unwrap_or_default()
    };
    let longest = data.into_iter().flatten().map(longest).max().unwrap_or_default();
    if config.max_length.is_none_or(|most| longest <= most) {
        return Ok(());
    }
    let must =
        format!("be at least {longest}, the tokens of the longest example: examples are cut when they are encoded");
    Err(Error::Setting { setting: "max_length", must })
}
