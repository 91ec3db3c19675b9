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
