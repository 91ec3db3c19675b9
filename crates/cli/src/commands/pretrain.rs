//! `graftwork pretrain`: `graftwork train` on texts without labels.

use graftwork::masked_lm;

use super::train::{DataSet, learn, start};
use crate::args::{Common, Pretrain};
use crate::failure::Result;
use crate::input;

/// Trains an adapter by masked language modelling.
pub fn run(args: &Pretrain, common: &Common) -> Result<()> {
    let (train, read) = (args.to_train(), args.read());
    let init = start::init(&train.adapter)?;
    let dev = if args.dev.is_empty() { None } else { Some(input::corpus(&args.dev, &read)?) };
    let data = DataSet {
        head: None,
        task: &masked_lm::INFO,
        train: Box::new(input::corpus(&args.train, &read)?),
        dev: dev.map(|dev| Box::new(dev) as _),
        test: None,
    };
    learn(&train, common, init, vec![data])
}
