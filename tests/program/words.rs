//! Masked language modelling: phase 1, measuring, masks filled, phase 2.

use std::path::Path;

use serde_json::Value;

use crate::{backbone, fail, file, graftwork, json_lines, run, succeed};

/// Real text messages without their labels, as plain texts.
fn corpus(path: &Path, from: usize, count: usize) {
    let data = file("data/sms-spam/dev.tsv.gz");
    let mut unpack = std::process::Command::new("gzip");
    let unpacked = unpack.arg("-dc").arg(data).output().unwrap().stdout;
    let texts = String::from_utf8(unpacked).unwrap();
    let texts = texts.lines().skip(1 + from).take(count).map(|line| line.split_once('\t').unwrap().1);
    std::fs::write(path, texts.collect::<Vec<_>>().join("\n\n") + "\n").unwrap();
}

fn pretrain(out: &Path, corpora: &[&Path]) -> std::process::Command {
    let mut command = graftwork(["pretrain", "--json", "--max-length", "48", "--batch-tokens", "512", "--lr", "1e-2"]);
    command.arg("--backbone").arg(backbone()).arg("--out").arg(out).arg("--train").args(corpora);
    command
}

#[test]
fn the_life_of_a_language_adapter() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (out, one, two, dev) = (at("phase1"), at("one.txt"), at("two.txt"), at("dev.txt"));
    corpus(&one, 0, 150);
    corpus(&two, 150, 150);
    corpus(&dev, 300, 100);
    let long = |out: &Path| {
        let mut command = pretrain(out, &[&one, &two]);
        command.arg("--dev").arg(&dev).args(["--epochs", "6", "--whole-word", "--name", "messages"]);
        command
    };
    let log = at("log.jsonl");
    let found = &json_lines(long(&out).arg("--log").arg(&log), "")[0];
    assert_eq!((found["task"].as_str(), found["recipe"].as_str()), (Some("fill-mask"), Some("standard")));
    let losses: Vec<f64> = std::fs::read_to_string(&log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["loss"].as_f64().unwrap())
        .collect();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    assert!(mean(&losses[losses.len() - 5..]) < mean(&losses[..5]) - 1.0, "{losses:?}");
    let perplexity = found["dev"]["perplexity"].as_f64().unwrap();
    assert!((perplexity.ln() - found["dev"]["loss"].as_f64().unwrap()).abs() < 1e-9, "{found}");
    // The table of words is not in the files.
    let size = std::fs::metadata(out.join("model_head.safetensors")).unwrap().len();
    assert!(size < 4 * (64 * 64 + 3 * 64 + 1000) + 1000, "{size} bytes");

    // The same command once more gives the same bytes.
    let again = at("again");
    succeed(&mut long(&again), "");
    for name in ["adapter.safetensors", "model_head.safetensors"] {
        assert_eq!(std::fs::read(out.join(name)).unwrap(), std::fs::read(again.join(name)).unwrap(), "{name}");
    }

    let using = |command: &str, adapter: &Path| {
        let mut command = graftwork([command, "--backbone"]);
        command.arg(backbone()).arg("--adapter").arg(adapter);
        command
    };
    let measured = &json_lines(using("eval", &out).arg("--data").arg(&dev).arg("--json"), "")[0];
    for metric in ["masked_accuracy", "perplexity", "loss"] {
        assert_eq!(measured[metric], found["dev"][metric], "{metric}");
    }
    let said = succeed(using("eval", &out).arg("--data").arg(&dev), "");
    assert!(said.starts_with("masked accuracy ") && said.contains("perplexity") && said.lines().count() == 1, "{said}");
    assert!(succeed(graftwork(["inspect"]).arg(&out), "").contains("masked_lm"));

    let answers = json_lines(using("predict", &out).args(["--top-k", "3"]), "caf\u{e9} [MASK] you\n[MASK] [MASK]\n");
    let masks = answers[0]["masks"].as_array().unwrap();
    assert_eq!((masks.len(), masks[0]["start"].as_u64(), masks[0]["end"].as_u64()), (1, Some(5), Some(11)));
    let fills = masks[0]["fills"].as_array().unwrap();
    let scores: Vec<f64> = fills.iter().map(|fill| fill["score"].as_f64().unwrap()).collect();
    assert!(scores.len() == 3 && scores.is_sorted_by(|a, b| a >= b) && scores.iter().sum::<f64>() < 1.0);
    for fill in fills {
        let (word, sequence) = (fill["token_str"].as_str().unwrap(), fill["sequence"].as_str().unwrap());
        assert!(sequence.contains(word.trim_start_matches("##")) && !sequence.contains("MASK"), "{fill}");
    }
    assert_eq!(answers[1]["masks"].as_array().unwrap().len(), 2);

    // Phase 2: the adapter goes on, under a new head; so it does without --task.
    let second = at("phase2");
    let mut train = graftwork(["train", "--json", "--epochs", "1", "--max-length", "32", "--lr", "0", "--backbone"]);
    train.arg(backbone()).arg("--init").arg(&out).arg("--out").arg(&second);
    train.arg("--train").arg(file("data/sms-spam/dev.tsv.gz"));
    let found = &json_lines(&mut train, "")[0];
    assert_eq!(
        (&found["task"], &found["labels"]),
        (&"text-classification".into(), &serde_json::json!(["ham", "spam"]))
    );
    let name = "adapter.safetensors";
    assert_eq!(std::fs::read(out.join(name)).unwrap(), std::fs::read(second.join(name)).unwrap(), "at a rate of 0");
    let (status, said) = fail(&mut using("predict", &second), "[MASK]\n");
    assert_eq!((status, said.as_str()), (0, ""), "it labels texts");
}

#[test]
fn an_interrupted_run_ends_with_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (whole, killed, texts) = (at("whole"), at("killed"), at("texts.txt"));
    corpus(&texts, 0, 300);
    let long = |out: &Path| {
        let mut command = pretrain(out, &[&texts]);
        command.args(["--epochs", "4", "--checkpoint-every", "5", "--quiet"]);
        command
    };
    succeed(&mut long(&whole), "");
    #[cfg(unix)]
    for _ in 0..2 {
        let mut child = crate::interruptions::start(long(&killed).arg("--resume"), &killed);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    succeed(long(&killed).arg("--resume"), "");
    for name in ["adapter.safetensors", "model_head.safetensors"] {
        assert_eq!(std::fs::read(whole.join(name)).unwrap(), std::fs::read(killed.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn misuse() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (out, empty, blank) = (at("out"), at("empty.txt"), at("blank.txt"));
    std::fs::write(&empty, "").unwrap();
    std::fs::write(&blank, "\n  \n\n").unwrap();
    let good = at("good.txt");
    corpus(&good, 0, 40);
    for (bad, says) in [(&empty, "empty.txt: there are no rows"), (&blank, "blank.txt: there are no rows")] {
        let (status, said) = fail(&mut pretrain(&out, &[&good, bad]), "");
        assert!(status == 3 && said.contains(says), "{said}");
    }
    let broken = at("broken.txt");
    std::fs::write(&broken, b"good\n\xff\xfe\n").unwrap();
    let (status, said) = fail(&mut pretrain(&out, &[&broken]), "");
    assert!(status == 3 && said.contains("broken.txt:2") && said.contains("UTF-8"), "{said}");
    let (status, said) = fail(&mut pretrain(&out, &[&at("nowhere.txt")]), "");
    assert!(status == 3 && said.contains("nowhere.txt"), "{said}");
    let (status, said) = fail(pretrain(&out, &[&good]).args(["--mask-rate", "2"]), "");
    assert!(status == 2 && said.contains("from 0 to 1"), "{said}");
    let (status, said) = fail(pretrain(&out, &[&good]).args(["--mask-random", "0.7", "--mask-kept", "0.7"]), "");
    assert!(status == 2 && said.contains("at most 1 together"), "{said}");
    assert!(!out.exists(), "nothing half-written");

    // A vocabulary without a mask.
    let unmasked = at("unmasked");
    std::fs::create_dir(&unmasked).unwrap();
    for name in ["config.json", "model.safetensors"] {
        std::fs::copy(backbone().join(name), unmasked.join(name)).unwrap();
    }
    let vocab = std::fs::read_to_string(backbone().join("vocab.txt")).unwrap();
    let tokenizer = std::fs::read_to_string(backbone().join("tokenizer.json")).unwrap();
    assert!(vocab.contains("[MASK]\n"));
    std::fs::write(unmasked.join("tokenizer.json"), tokenizer.replace("[MASK]", "[MUSK]")).unwrap();
    let mut command = graftwork(["pretrain", "--backbone"]);
    command.arg(&unmasked).arg("--out").arg(&out).arg("--train").arg(&good);
    let (status, said) = fail(&mut command, "");
    assert!(status == 3 && said.contains("no [MASK] or <mask>") && !out.exists(), "{said}");

    // Texts without a mask, and a backbone that knows no words.
    let fill = |backbone: &Path| {
        let mut command = graftwork(["predict", "--backbone"]);
        command.arg(backbone);
        command
    };
    let (status, said) = fail(&mut fill(&backbone()), "[MASK]\n");
    assert!(status == 3 && said.contains("no head for words") && said.contains("--adapter"), "{said}");
    succeed(pretrain(&out, &[&good]).args(["--epochs", "1", "--quiet"]), "");
    let output = run(fill(&backbone()).arg("--adapter").arg(&out), "a [MASK]\nnone\n");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(3) && said.contains("text 1 (counted from 0) has no [MASK]"), "{said}");
    assert!(output.stdout.is_empty());
    let labelled = file("golden/tiny-curve/init");
    let mut command = graftwork(["eval", "--backbone"]);
    command.arg(backbone()).arg("--adapter").arg(labelled).arg("--data").arg(&good);
    assert_eq!(fail(&mut command, "").0, 3);
}
