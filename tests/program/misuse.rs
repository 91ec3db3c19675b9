//! What cannot be done ends with the documented exit status and a message that says why.

use crate::{backbone, fail, file, graftwork, run, train};

#[test]
fn usage_is_2() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    for wrong in [
        &["--lr", "fast"][..],
        &["--method", "magic"],
        &["--non-linearity", "magic"],
        &["--epochs", "0"],
        &["--batch-size", "8", "--batch-tokens", "512"],
        &["--max-length", "129"],
        &["--no-such-option"],
    ] {
        let mut command = graftwork(["train", "--backbone"]);
        command.arg(backbone()).arg("--out").arg(&out).args(wrong);
        command.arg("--train").arg(file("data/sms-spam/dev.tsv.gz"));
        command.arg("--dev").arg(file("data/sms-spam/dev.tsv.gz"));
        let (status, messages) = fail(&mut command, "");
        assert_eq!(status, 2, "{wrong:?}: {messages}");
        assert!(messages.contains("error: "), "{messages}");
    }
    assert_eq!(fail(&mut graftwork(["fly"]), "").0, 2);
    for (variable, hint) in [("GRAFTWORK_GEMM", "measured, guessed, registers"), ("GRAFTWORK_THREADS", "1, 2, 3")] {
        let mut command = graftwork(["embed", "--backbone"]);
        let (status, messages) = fail(command.arg(backbone()).env(variable, "magic"), "hello");
        assert_eq!(status, 2, "{messages}");
        assert!(messages.contains(hint), "{messages}");
    }
}

#[test]
fn bad_input_is_3() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], names: &str| {
        let (status, messages) = fail(&mut graftwork(arguments), "hello");
        assert_eq!(status, 3, "{arguments:?}: {messages}");
        assert!(messages.contains(names) && !messages.contains("panicked"), "{arguments:?}: {messages}");
    };
    let tiny = backbone();
    let (tiny, nowhere) = (tiny.to_str().unwrap(), dir.path().join("nowhere"));
    let nowhere = nowhere.to_str().unwrap();
    refused(&["embed", "--backbone", "nobody/nothing"], "huggingface.co/nobody/nothing");
    refused(&["embed", "--backbone", dir.path().to_str().unwrap()], "config.json");
    refused(&["predict", "--backbone", tiny, "--adapter", nowhere], nowhere);
    refused(&["embed", "--backbone", tiny, "--input", nowhere], nowhere);
    refused(&["eval", "--backbone", tiny, "--adapter", nowhere, "--data", "-"], nowhere);
    refused(&["inspect", nowhere], nowhere);
    refused(&["inspect", dir.path().to_str().unwrap()], "neither a backbone nor an adapter");

    // An adapter for a wider backbone.
    let other = file("golden/minilm-curve/init");
    refused(&["predict", "--backbone", tiny, "--adapter", other.to_str().unwrap()], "384");
    // A truncated one.
    let broken = dir.path().join("broken.safetensors");
    let whole = std::fs::read(file("golden/tiny-curve/init/adapter.safetensors")).unwrap();
    std::fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    refused(&["inspect", broken.to_str().unwrap()], "broken.safetensors");
}

#[test]
fn an_adapter_of_another_backbone_needs_the_users_word() {
    let dir = tempfile::tempdir().unwrap();
    let (out, twin) = (dir.path().join("out"), dir.path().join("twin"));
    assert!(run(train(&out, 1).args(["--max-steps", "1", "--quiet"]), "").status.success());
    std::fs::create_dir(&twin).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(backbone().join(name), twin.join(name)).unwrap();
    }
    // The last byte belongs to a weight.
    let mut weights = std::fs::read(twin.join("model.safetensors")).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    std::fs::write(twin.join("model.safetensors"), weights).unwrap();
    let predict = || {
        let mut command = graftwork(["predict", "--quiet", "--backbone"]);
        command.arg(&twin).arg("--adapter").arg(&out);
        command
    };
    let (status, messages) = fail(&mut predict(), "hello");
    assert!(status == 3 && messages.contains("--any-backbone"), "{messages}");
    assert!(run(predict().arg("--any-backbone"), "hello").status.success());
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let mut command = graftwork(["embed", "--quiet", "--backbone"]);
    command.arg(backbone()).arg("--input").arg(file("data/sms-spam/test.tsv.gz"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Somebody takes the column of ids for that of the labels: a matrix of all pairs of labels must not be built for it.
#[test]
fn labels_that_look_like_ids() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("ids.tsv");
    let rows: String = (0..400).map(|i| format!("row-{}\ttext {i}\n", i % 300)).collect();
    std::fs::write(&data, format!("label\ttext\n{rows}")).unwrap();
    let out = dir.path().join("out");
    let train = || {
        let mut command = graftwork(["train", "--max-steps", "1", "--json", "--backbone"]);
        command.arg(backbone()).arg("--out").arg(&out).arg("--train").arg(&data).arg("--dev").arg(&data);
        command
    };
    let (status, said) = fail(&mut train(), "");
    assert_eq!(status, 3);
    assert!(said.contains("\"label\" has 300 labels") && said.contains("--many-labels"), "{said}");
    assert!(!out.exists());
    let few: String = (0..20).map(|i| format!("row-{i}\ttext {i}\n")).collect();
    let many = std::fs::read(&data).unwrap();
    std::fs::write(&data, format!("label\ttext\n{few}")).unwrap();
    assert!(fail(&mut train(), "").1.contains("\"label\" has 20 labels"));
    std::fs::write(&data, many).unwrap();
    let found = &crate::json_lines(train().arg("--many-labels"), "")[0];
    assert_eq!(found["labels"].as_array().unwrap().len(), 300);
    let dev = &found["dev"];
    assert_eq!((dev["per_class"].as_array().unwrap().len(), dev["confusion"].is_null()), (300, true));
    let mistakes = dev["mistakes"].as_array().unwrap();
    assert!(mistakes.len() == 100 && mistakes[0]["count"].as_u64() >= mistakes[99]["count"].as_u64());
    assert!(mistakes[0]["truth"].as_str().unwrap().starts_with("row-"));
}
