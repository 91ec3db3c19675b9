use clap::CommandFactory;
use clap::error::ErrorKind;

use graftwork::{LongTexts, Schedule, TrainConfig};

use super::train::Task;
use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("graftwork").chain(line.split_whitespace()))
}

fn train(line: &str) -> Train {
    let line = format!("train --backbone b --train t.tsv --dev d.tsv --out o {line}");
    match parse(&line).unwrap_or_else(|e| panic!("{e}")).command {
        Command::Train(train) => *train,
        other => panic!("{other:?}"),
    }
}

fn refused(line: &str) -> ErrorKind {
    parse(&format!("train --backbone b --train t --dev d --out o {line}")).expect_err(line).kind()
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_option_of_train() {
    let all = train(
        "--test e.tsv --task text-classification --method par_bn --reduction-factor 8 --non-linearity relu --epochs 2 \
         --max-steps 7 --lr 1e-3 --schedule constant --warmup-ratio 0.06 --weight-decay 0 --clip none --batch-tokens 512 \
         --max-length 128 --long-texts windows --dropout 0.1 --no-shuffle --seed 7 --eval-every 5 --patience 2 --keep-last --checkpoint-every 9 --resume --log s.jsonl --labels ham,spam \
         --text-column sentence --text-pair-column other --label-column y --labels-column z --label-separator | \
         --score-column s --choose-thresholds per-label --json --device cpu --quiet",
    );
    let config = all.adapter.method.config.to_json();
    assert_eq!((all.adapter.method.name, &config["reduction_factor"]), ("par_bn", &8.into()));
    let expected = TrainConfig {
        epochs: 2,
        max_steps: Some(7),
        lr: 1e-3,
        schedule: Schedule::Constant,
        warmup_ratio: 0.06,
        weight_decay: 0.0,
        clip: None,
        batch_size: 32,
        batch_tokens: Some(512),
        max_length: Some(128),
        long_texts: Some(LongTexts::Windows),
        dropout: 0.1,
        shuffle: false,
        seed: 7,
        eval_every: Some(5),
        patience: Some(2),
        keep_best: false,
    };
    assert_eq!((all.run.settings.over(TrainConfig::default()), all.run.checkpoint_every), (expected, 9));
    assert_eq!(all.labels, Some(vec!["ham".to_owned(), "spam".to_owned()]));
    assert!(all.resume);
}

#[test]
fn defaults_of_train() {
    let default = train("");
    assert_eq!((default.adapter.method.name, default.adapter.task), ("double_seq_bn", Task::TextClassification));
    // That the values are right, `what_tells_runs_apart_stays` shows.
    assert_eq!(
        (default.run.settings.over(TrainConfig::default()), default.run.checkpoint_every),
        (TrainConfig::default(), 200)
    );
}

#[test]
fn options_of_the_methods() {
    let lora =
        train("--method lora --rank 4 --alpha 16 --attn-matrices q,k --output-lora --adapter-dropout 0.1").adapter;
    let config = lora.method.config.to_json();
    assert_eq!((&config["r"], &config["alpha"], &config["dropout"]), (&4.into(), &16.into(), &0.1.into()));
    assert_eq!((&config["attn_matrices"], &config["output_lora"]), (&vec!["q", "k"].into(), &true.into()));
    assert_eq!(config["intermediate_lora"], false);
    for (alias, name) in [("houlsby", "double_seq_bn"), ("par-bn", "par_bn")] {
        assert_eq!(train(&format!("--method {alias}")).adapter.method.name, name);
    }
}

#[test]
fn general_options_stand_anywhere() {
    for line in ["--json --device gpu devices", "devices --json --device gpu"] {
        let cli = parse(line).unwrap();
        assert!(cli.common.json && !cli.common.quiet && cli.common.device == DeviceArg::Gpu);
    }
}

#[test]
fn commands_that_use_an_adapter() {
    parse("eval --backbone b --adapter a --data d.csv.gz --json").unwrap();
    parse("predict --backbone b --adapter a --input - --max-length 16").unwrap();
    parse("embed --backbone b --pooling none --normalize --adapter a").unwrap();
    parse("inspect some/path").unwrap();
    parse("merge --backbone b --adapter a --out o").unwrap();
    let Command::Predict(predict) = parse("predict --backbone b --adapter a").unwrap().command else { panic!() };
    assert_eq!(predict.texts.input.to_str(), Some("-"));
}

#[test]
fn senseless_values_are_refused() {
    for line in [
        "--lr fast",
        "--lr=-1",
        "--lr -1",
        "--lr nan",
        "--epochs 0",
        "--warmup-ratio 1.5",
        "--clip 0",
        "--dropout 1",
        "--reduction-factor 0",
        "--batch-size 0",
        "--batch-size 2.5",
        "--batch-tokens 0",
        "--max-steps 0",
        "--eval-every 0",
        "--patience 0",
        "--checkpoint-every 0",
        "--weight-decay inf",
        "--seed=-1",
        "--max-length 2",
    ] {
        assert_eq!(refused(line), ErrorKind::ValueValidation, "{line}");
    }
    for line in ["--method magic", "--schedule cosine"] {
        assert_eq!(refused(line), ErrorKind::InvalidValue, "{line}");
    }
    assert_eq!(refused("--method lora --rank 0"), ErrorKind::ValueValidation);
    assert_eq!(refused("--rank 8"), ErrorKind::ValueValidation);
    assert_eq!(refused("--batch-size 8 --batch-tokens 512"), ErrorKind::ArgumentConflict);
    assert_eq!(refused("--init a --method seq_bn"), ErrorKind::ArgumentConflict);
    assert_eq!(parse("train --backbone b").unwrap_err().kind(), ErrorKind::MissingRequiredArgument);
}
