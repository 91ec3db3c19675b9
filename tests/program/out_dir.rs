//! The directory that a training writes into: usable from the start, one training's alone, and tidy afterwards.

use std::fs;
use std::path::Path;
use std::process::Child;

use crate::input::names;
use crate::interruptions::start;
use crate::{fail, succeed, train};

/// A run that would take very long; what ends it early was noticed before the first step, which `--log` shows.
fn refused_before_training(out: &Path, log: &Path, problem: &str) {
    let (status, messages) = fail(train(out, 1000).arg("--log").arg(log), "");
    assert_eq!(status, 1, "{messages}");
    assert!(messages.contains(problem), "{problem}: {messages}");
    assert!(!log.exists(), "it trained before it noticed: {messages}");
}

/// More tokens than the backbone takes: that shows when it is loaded, and `--out` is there by then.
#[test]
fn a_run_that_cannot_begin_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (new, old) = (dir.path().join("new"), dir.path().join("old"));
    fs::create_dir(&old).unwrap();
    for (out, stays) in [(&new, false), (&old, true)] {
        let (_, messages) = fail(train(out, 1).args(["--max-length", "129"]), "");
        assert!(messages.contains("128 tokens"), "{messages}");
        assert_eq!(out.exists(), stays);
    }
    assert!(names(&old).is_empty());
}

#[test]
fn an_out_that_cannot_be_written_is_noticed_before_training() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log.jsonl");
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    refused_before_training(&file, &log, "file");
    for name in ["adapter.safetensors", "head_config.json", "checkpoint.safetensors"] {
        let out = dir.path().join(format!("in-the-way-{name}"));
        fs::create_dir_all(out.join(name)).unwrap();
        refused_before_training(&out, &log, name);
    }
    // AdapterHub would load these weights instead of the new ones.
    let out = dir.path().join("pickle");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("pytorch_adapter.bin"), "").unwrap();
    refused_before_training(&out, &log, "pytorch_adapter.bin");
    // A directory in which nobody may create a file, root neither.
    if cfg!(target_os = "linux") {
        refused_before_training(Path::new("/proc/self"), &log, "/proc/self");
    }
}

/// Ends a run without giving it a chance to tidy up.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn two_trainings_never_share_an_out() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let first = start(train(&out, 1000).args(["--checkpoint-every", "5"]), &out);
    for arguments in [&["--seed", "7"][..], &["--resume"]] {
        let (status, messages) = fail(train(&out, 1).args(arguments), "");
        assert!(status == 1 && messages.contains("another training"), "{status}: {messages}");
        assert!(messages.contains(&first.id().to_string()), "it says which: {messages}");
    }
    assert!(out.join("checkpoint.safetensors").exists());
    // The lock ends with the process, however that ends.
    kill(first);
    succeed(train(&out, 1).args(["--max-steps", "2"]), "");
}

#[test]
fn a_finished_run_leaves_the_adapter_alone() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    // What killed runs leave behind, and what is somebody else's.
    for left in [".checkpoint.safetensors.999999-0.tmp", ".adapter.safetensors.999999-17.tmp"] {
        fs::write(out.join(left), "half").unwrap();
    }
    fs::write(out.join(".notes.txt.1-2.tmp"), "mine").unwrap();
    fs::write(out.join(".adapter.safetensors.tmp"), "mine").unwrap();
    succeed(train(&out, 1).args(["--max-steps", "2"]), "");
    let expected = [
        ".adapter.safetensors.tmp",
        ".notes.txt.1-2.tmp",
        "adapter.safetensors",
        "adapter_config.json",
        "head_config.json",
        "model_head.safetensors",
    ];
    assert_eq!(names(&out), expected);
}
