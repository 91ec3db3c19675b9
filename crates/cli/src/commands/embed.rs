//! `graftwork embed`

use std::ops::ControlFlow;

use graftwork::{Adapter, Backbone, block_on};
use serde::Serialize;

use crate::args::{Common, Embed, Pooling};
use crate::engine::{load, read_adapter};
use crate::failure::Result;
use crate::input;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// Turns texts into vectors, one line out for each text in.
pub fn run(args: &Embed, common: &Common) -> Result<()> {
    let file = args.adapter.as_ref().map(|path| read_adapter(path, args.any_backbone)).transpose()?;
    let backbone = load(&args.backbone, common)?;
    let adapter = file.as_ref().map(|file| backbone.attach(file)).transpose()?;
    let mut out = Output::new();
    let mut progress = Progress::count("texts embedded:", common.quiet);
    input::texts(&args.texts, |inputs| {
        let texts = input::whole_texts(inputs, "embed")?;
        let found = embed(args, &backbone, adapter.as_ref(), &texts)?;
        for (text, embedding) in texts.iter().zip(found) {
            out.json(&Line { text, embedding })?;
        }
        progress.add(texts.len());
        Ok(match out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })
}

fn embed(args: &Embed, backbone: &Backbone, adapter: Option<&Adapter>, texts: &[String]) -> Result<Vec<Embedding>> {
    let pooling = match args.pooling {
        Pooling::Mean => graftwork::Pooling::Mean,
        Pooling::Cls => graftwork::Pooling::Cls,
        Pooling::Pooler => graftwork::Pooling::Pooler,
        Pooling::None => {
            let call = adapter.map_or_else(|| backbone.embed_tokens(texts), |adapter| adapter.embed_tokens(texts));
            let found = block_on(call.max_length(args.texts.max_length).normalize(args.normalize))?;
            return Ok(found.into_iter().map(Embedding::OfTokens).collect());
        }
    };
    let call = adapter.map_or_else(|| backbone.embed(texts), |adapter| adapter.embed(texts));
    let found = block_on(call.pooling(pooling).max_length(args.texts.max_length).normalize(args.normalize))?;
    Ok(found.into_iter().map(Embedding::OfText).collect())
}

/// One line of output. Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    embedding: Embedding,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Embedding {
    OfText(Vec<f32>),
    OfTokens(Vec<Vec<f32>>),
}
