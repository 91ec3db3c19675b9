//! Trains a classifier on texts that are in memory, measures it, saves it and uses it.
//!
//! ```sh
//! cargo run --release --example train -- sentence-transformers/all-MiniLM-L6-v2 adapters/orders
//! ```

use std::path::Path;

use graftwork::{Backbone, Dataset, Device, Event, Result, TrainConfig, block_on};

/// Five of each label to learn from.
const TRAINING: [(&str, &str); 10] = [
    ("where is my parcel", "delivery"),
    ("the courier never came", "delivery"),
    ("my order has not arrived yet", "delivery"),
    ("tracking says it is delivered but nothing is here", "delivery"),
    ("when will you ship it", "delivery"),
    ("I was charged twice", "payment"),
    ("my card was declined", "payment"),
    ("please send me an invoice", "payment"),
    ("the refund is not on my account", "payment"),
    ("can I pay by bank transfer", "payment"),
];
/// Four to decide which weights are kept.
const DEV: [(&str, &str); 4] = [
    ("the package is late", "delivery"),
    ("nobody rang the bell, where is my order", "delivery"),
    ("you took the money from my card two times", "payment"),
    ("I need a bill for my company", "payment"),
];

/// Trains on a backbone, saves the adapter to `out`, and gives the dev accuracy that the saved one reaches.
pub async fn train(backbone: &Backbone, out: &Path) -> Result<f64> {
    let train = backbone.examples("training", &Dataset::new(TRAINING)?, 64)?;
    let dev = backbone.examples("dev", &Dataset::new(DEV)?, 64)?;
    let file = backbone.new_adapter(&train)?;
    let config = TrainConfig { epochs: 20, lr: 2e-3, ..TrainConfig::default() };
    let mut trainer = backbone.trainer(&file, config, &train, &dev)?;
    trainer
        .run()
        .on_event(|event| match event {
            Event::Steps(steps, progress) => {
                let loss = steps.last().map_or(f32::NAN, |step| step.loss);
                println!("step {} of {}: loss {loss:.4}", progress.step, progress.total_steps);
            }
            Event::Evaluated { evaluation, best, .. } => {
                let accuracy = evaluation.metrics.score();
                println!("dev accuracy {accuracy:.2}{}", if best { ", the best so far" } else { "" });
            }
            // Of `Backbone::few_shot` alone.
            Event::Compared(_) => {}
        })
        .await?;
    let trained = trainer.to_file().await?;
    trained.save(out)?;

    let adapter = backbone.attach(&trained)?;
    for answer in adapter.classify(&["my parcel is lost", "I want my money back"]).await? {
        println!("{}: {:?}", answer.label, answer.scores);
    }
    Ok(adapter.evaluate(&dev).await?.metrics.score())
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(backbone), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: train BACKBONE OUT".into());
    };
    block_on(async {
        let backbone = Backbone::load(backbone, &Device::auto().await).await?;
        println!("dev accuracy of what was saved: {:.2}", train(&backbone, out.as_ref()).await?);
        Ok(())
    })
}
