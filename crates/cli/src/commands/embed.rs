//! `graftwork embed`

use std::ops::ControlFlow;

use graftwork::EmbedOptions;
use pollster::block_on;
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
    let options = EmbedOptions {
        adapter: adapter.as_ref(),
        max_length: args.texts.max_length.or(adapter.as_ref().and_then(graftwork::Adapter::max_length)),
        pooling: match args.pooling {
            Pooling::Mean => graftwork::Pooling::Mean,
            Pooling::Cls => graftwork::Pooling::Cls,
            Pooling::Pooler => graftwork::Pooling::Pooler,
            Pooling::None => graftwork::Pooling::None,
        },
        normalize: args.normalize,
    };
    let mut out = Output::new();
    let mut progress = Progress::count("texts embedded:", common.quiet);
    input::texts(&args.texts, |inputs| {
        let texts = input::whole_texts(inputs, "embed")?;
        let found = block_on(backbone.embed(&texts, options, &mut |_| {}))?;
        for (text, vectors) in texts.iter().zip(&found) {
            let embedding = match args.pooling {
                Pooling::None => Embedding::OfTokens(vectors),
                _ => Embedding::OfText(vectors.first().map_or(&[][..], Vec::as_slice)),
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
