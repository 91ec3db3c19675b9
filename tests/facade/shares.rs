//! A step's batch in shares: whoever computes their gradients, the bytes are the same, and the numbers those of the whole batch.

use graftwork::{Backbone, Dataset, Device, Examples, NewAdapter, Recipe, TrainConfig, Trainer, Turn, block_on, files};

use crate::{texts, tiny_bert};

/// Texts of two labels, on a backbone.
fn examples(backbone: &Backbone) -> Examples {
    let labelled = texts(3, 40).into_iter().enumerate().map(|(i, text)| (text, ["one", "two"][i % 2]));
    backbone.examples("training", &Dataset::new(labelled).unwrap(), None).unwrap()
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 2, batch_size: 20, dropout: 0.2, lr: 0.01, max_steps: Some(4), ..TrainConfig::default() }
}

fn trainer<'a>(backbone: &'a Backbone, train: &'a Examples, recipe: Recipe) -> Trainer<'a> {
    let file = backbone.new_adapter(NewAdapter::from(train).recipe(recipe).seed(3)).unwrap();
    match recipe {
        Recipe::Standard => backbone.trainer(&file, config(), train, None).unwrap(),
        _ => backbone.few_shot(&file, config(), train).unwrap(),
    }
}

/// Who computes a share, by its number; none is the trainer itself.
type Helping<'h, 'a> = Vec<Option<&'h mut Trainer<'a>>>;

/// Trains in at most `most` shares; the loss and the norm of each step, how many shares there were, and the file.
fn train(mut run: Trainer<'_>, most: usize, mut helping: Helping<'_, '_>) -> (Vec<[f32; 2]>, usize, Vec<u8>) {
    let (mut found, mut shares) = (Vec::new(), 0);
    loop {
        let orders = block_on(run.orders(most)).unwrap();
        shares += orders.len();
        let turn = if orders.is_empty() {
            block_on(run.turn(1)).unwrap()
        } else {
            // The last one first: the order of computing is not that of the sum.
            let mut gradients = Vec::new();
            for (index, order) in orders.iter().enumerate().rev() {
                gradients.push(match helping.get_mut(index) {
                    Some(Some(other)) => block_on(other.gradient(order)).unwrap(),
                    _ => block_on(run.gradient(order)).unwrap(),
                });
            }
            gradients.reverse();
            block_on(run.step_by(&gradients)).unwrap()
        };
        match turn {
            Turn::Steps(reports) => found.extend(reports.iter().map(|report| [report.loss, report.grad_norm])),
            Turn::Finished => break,
            _ => {}
        }
    }
    (found, shares, files::single_file::to_bytes(&block_on(run.to_file()).unwrap()).unwrap())
}

#[test]
fn whoever_computes_them_the_bytes_are_the_same() {
    let (backbone, elsewhere) = (tiny_bert(&Device::cpu()), tiny_bert(&Device::cpu()));
    for recipe in [Recipe::Standard, Recipe::FewShot] {
        let (own, theirs) = (examples(&backbone), examples(&elsewhere));
        let start = || trainer(&backbone, &own, recipe);
        let mut others = [trainer(&elsewhere, &theirs, recipe), trainer(&elsewhere, &theirs, recipe)];
        let whole = train(start(), 1, Vec::new());
        assert_eq!(whole.1, 0);
        let alone = train(start(), 3, Vec::new());
        let [second, third] = &mut others;
        let together = train(start(), 3, vec![None, Some(&mut *second), Some(&mut *third)]);
        assert!(alone.1 >= 3 * 4, "{recipe:?}: {} shares", alone.1);
        assert!(alone == together, "{recipe:?}: {:?}, not {:?}", together.0, alone.0);
        assert!(alone == train(start(), 3, vec![None, Some(third)]), "{recipe:?}: one is gone");
        // Dropout is that of the whole batch, so only the rounding differs.
        assert_eq!(alone.0.len(), whole.0.len());
        for (found, expected) in alone.0.iter().flatten().zip(whole.0.iter().flatten()) {
            assert!((found - expected).abs() < 2e-5 * expected.max(1.0), "{recipe:?}: {found}, not {expected}");
        }
    }
}

#[test]
fn orders_of_other_runs_are_refused() {
    let backbone = tiny_bert(&Device::cpu());
    let train = examples(&backbone);
    for recipe in [Recipe::Standard, Recipe::FewShot] {
        let mut run = trainer(&backbone, &train, recipe);
        if recipe == Recipe::FewShot {
            block_on(run.turn(1)).unwrap();
        }
        let orders = block_on(run.orders(2)).unwrap();
        assert_eq!(orders.len(), 2);
        let changed = |from_end: usize, value: f32| {
            let mut order = orders[1].clone();
            let at = order.len() - from_end;
            order[at] = value;
            order
        };
        let longer = [&[0.0], orders[1].as_slice()].concat();
        for wrong in [Vec::new(), vec![1.0; 3], longer, changed(2, 2.0), changed(3, 0.0), changed(3, 99.0)] {
            let error = block_on(run.gradient(&wrong)).unwrap_err().to_string();
            assert!(error.contains("another adapter or schedule"), "{error}");
        }
        let gradients = [block_on(run.gradient(&orders[0])).unwrap(), vec![0.0]];
        assert!(block_on(run.step_by(&gradients)).is_err());
        assert_eq!(run.progress().step, 0);
    }
}
