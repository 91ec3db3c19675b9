//! `graftwork embed`

use std::ops::ControlFlow;

use serde::Serialize;

use super::load;
use crate::args::{Common, Embed, Pooling};
use crate::cache::backbone_dir;
use crate::engine::Engine;
use crate::failure::Result;
use crate::input;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// Turns texts into vectors, one line out for each text in.
pub fn run(args: &Embed, common: &Common) -> Result<()> {
    let file = args.adapter.as_ref().map(|path| Engine::read_adapter(path, args.any_backbone)).transpose()?;
    let engine = load(&backbone_dir(&args.backbone)?, common)?;
    let adapter = file.as_ref().map(|file| engine.attach(file)).transpose()?;
    let max_length = engine.max_length(args.texts.max_length, file.as_ref())?;
    let mut out = Output::new();
    let mut progress = Progress::count("texts embedded:", common.quiet);
    input::texts(&args.texts, |texts| {
        let found = engine.embed(adapter.as_ref(), &texts, max_length, args.pooling)?;
        for (text, mut vectors) in texts.iter().zip(found) {
            if args.normalize {
                vectors.iter_mut().for_each(|vector| normalize(vector));
            }
            let embedding = match (args.pooling, &vectors[..]) {
                (Pooling::None, vectors) => Embedding::OfTokens(vectors),
                (_, vectors) => Embedding::OfText(vectors.first().map_or(&[][..], Vec::as_slice)),
            };
            out.json(&Line { text, embedding })?;
        }
        progress.add(texts.len());
        Ok(match out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })
}

/// One line of output. Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    embedding: Embedding<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Embedding<'a> {
    OfText(&'a [f32]),
    OfTokens(&'a [Vec<f32>]),
}

/// Scales to length 1, as `torch.nn.functional.normalize` does (lengths below 1e-12 count as 1e-12).
fn normalize(vector: &mut [f32]) {
    let square: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    let length = square.sqrt().max(1e-12);
    vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
}

#[cfg(test)]
mod tests {
    #[test]
    fn length_one() {
        let (mut vector, mut zero) = ([3.0, 4.0], [0.0, 0.0]);
        super::normalize(&mut vector);
        super::normalize(&mut zero);
        assert_eq!((vector, zero), ([0.6, 0.8], [0.0, 0.0]));
    }
}
