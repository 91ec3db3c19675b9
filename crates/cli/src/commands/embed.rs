//! `graftwork embed`

use std::ops::ControlFlow;

use graftwork::{Adapter, Backbone, Input, LongTexts, Text, TextLimit, Warning, block_on};
use serde::Serialize;
use serde_json::Value;

use crate::args::{Common, Embed, Pooling};
use crate::engine::{load, read_adapter};
use crate::failure::{Failure, Kind, Result};
use crate::input;
use crate::notes::Tally;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// Turns texts into vectors, one line out for each text in.
pub fn run(args: &Embed, common: &Common) -> Result<()> {
    let file = args.adapter.as_ref().map(|path| read_adapter(path, args.any_backbone)).transpose()?;
    let backbone = load(&args.backbone, common)?;
    let adapter = file.as_ref().map(|file| backbone.attach(file)).transpose()?;
    // Windows have tokens in common: where each has its vector, they are only refused if they are asked for.
    let of_tokens = args.pooling == Pooling::None;
    let long_texts = args.texts.long_texts.or(of_tokens.then_some(LongTexts::First));
    let limit = match &adapter {
        Some(adapter) => adapter.limit(args.texts.max_length, long_texts)?,
        None => TextLimit { max_length: args.texts.max_length, long_texts: long_texts.unwrap_or_default() },
    };
    let mut out = Output::new();
    let mut progress = Progress::count("texts embedded:", common.quiet);
    let mut tally = Tally::default();
    input::texts(&args.texts, |inputs| {
        let count = inputs.len();
        let (backbone, adapter) = (&backbone, adapter.as_ref());
        match args.similarity {
            true => similarity_lines(backbone, adapter, limit, inputs, (&mut out, &mut tally))?,
            false => vector_lines(args, backbone, adapter, limit, inputs, (&mut out, &mut tally))?,
        }
        progress.add(count);
        Ok(match out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })?;
    tally.say(if of_tokens { "--max-length" } else { "--max-length or --long-texts windows" }, common);
    Ok(())
}

fn vector_lines(
    args: &Embed,
    backbone: &Backbone,
    adapter: Option<&Adapter>,
    limit: TextLimit,
    inputs: Vec<Input>,
    (out, tally): (&mut Output, &mut Tally),
) -> Result<()> {
    let texts = input::whole_texts(inputs, "embed")?;
    let found = embed(args, backbone, adapter, (&texts, limit))?;
    let sequences = backbone.encode_long(&texts, limit)?;
    for ((text, embedding), sequences) in texts.iter().zip(found).zip(sequences) {
        let warnings = Warning::of(&sequences);
        tally.add(&warnings);
        let warnings = warnings.iter().map(Warning::to_json).collect();
        out.json(&Line { text, embedding, warnings })?;
    }
    Ok(())
}

fn similarity_lines(
    backbone: &Backbone,
    adapter: Option<&Adapter>,
    limit: TextLimit,
    inputs: Vec<Input>,
    (out, tally): (&mut Output, &mut Tally),
) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        text: &'a str,
        text_pair: &'a str,
        similarity: f32,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let pair = |text: Text| match text.second {
        Some(second) => Ok((text.first, second)),
        None => {
            Err(Failure::new(Kind::Input, "--similarity takes pairs of texts, but a row of the input is a single one")
                .hint("give .tsv, .csv or .jsonl with text_a and text_b, or name the second with --text-pair-column"))
        }
    };
    let pairs = input::texts_or_pairs(inputs, "embed")?.into_iter().map(pair).collect::<Result<Vec<_>>>()?;
    let call = adapter.map_or_else(|| backbone.similarity(&pairs), |adapter| adapter.similarity(&pairs));
    let found = block_on(call.max_length(limit.max_length).long_texts(limit.long_texts))?;
    for ((first, second), similarity) in pairs.iter().zip(found) {
        let sequences = backbone.encode_long(&[first, second], limit)?;
        let warnings: Vec<Warning> = sequences.iter().flat_map(|text| Warning::of(text)).collect();
        tally.add(&warnings);
        let warnings = warnings.iter().map(Warning::to_json).collect();
        out.json(&Line { text: first, text_pair: second, similarity, warnings })?;
    }
    Ok(())
}

fn embed(
    args: &Embed,
    backbone: &Backbone,
    adapter: Option<&Adapter>,
    (texts, limit): (&[String], TextLimit),
) -> Result<Vec<Embedding>> {
    let TextLimit { max_length, long_texts } = limit;
    let pooling = match args.pooling {
        Pooling::Mean => graftwork::Pooling::Mean,
        Pooling::Cls => graftwork::Pooling::Cls,
        Pooling::Pooler => graftwork::Pooling::Pooler,
        Pooling::None => {
            let call = adapter.map_or_else(|| backbone.embed_tokens(texts), |adapter| adapter.embed_tokens(texts));
            let found = block_on(call.max_length(max_length).long_texts(long_texts).normalize(args.normalize))?;
            return Ok(found.into_iter().map(Embedding::OfTokens).collect());
        }
    };
    let call = adapter.map_or_else(|| backbone.embed(texts), |adapter| adapter.embed(texts));
    let found =
        block_on(call.pooling(pooling).max_length(max_length).long_texts(long_texts).normalize(args.normalize))?;
    Ok(found.into_iter().map(Embedding::OfText).collect())
}

/// One line of output. Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    embedding: Embedding,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Embedding {
    OfText(Vec<f32>),
    OfTokens(Vec<Vec<f32>>),
}
