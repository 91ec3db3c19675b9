//! Ctrl-C, kill -9, and going on after them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{fail, run, succeed, train};

/// Every file of a finished run.
fn bytes(out: &Path) -> BTreeMap<String, Vec<u8>> {
    crate::input::names(out).into_iter().map(|name| (name.clone(), std::fs::read(out.join(name)).unwrap())).collect()
}

/// A run of several epochs with many checkpoints.
fn long(out: &Path) -> Command {
    let mut command = train(out, 3);
    command.args(["--checkpoint-every", "7", "--quiet", "--dropout", "0.1", "--log"]).arg(out.with_extension("jsonl"));
    command
}

/// Starts a run and waits until it has written a checkpoint.
fn start(command: &mut Command, out: &Path) -> Child {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    let checkpoint = out.join("checkpoint.safetensors");
    let before = std::fs::metadata(&checkpoint).and_then(|meta| meta.modified()).ok();
    while std::fs::metadata(&checkpoint).and_then(|meta| meta.modified()).ok() == before {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it wrote a checkpoint");
        assert!(started.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_run_ends_with_the_same_bytes_whatever_happened() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    succeed(&mut long(&whole), "");

    for _ in 0..2 {
        let mut child = start(long(&killed).arg("--resume"), &killed);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut child = start(long(&killed).arg("--resume"), &killed);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(killed.join("checkpoint.safetensors").exists() && !killed.join("adapter.safetensors").exists());

    // A checkpoint is not continued by another run.
    let (status, messages) = fail(long(&killed).args(["--resume", "--seed", "7"]), "");
    assert!(status == 3 && messages.contains("another run"), "{messages}");

    succeed(long(&killed).arg("--resume"), "");
    assert_eq!(bytes(&whole), bytes(&killed));
    let losses = |out: &Path| -> Vec<(u64, f64)> {
        let text = std::fs::read_to_string(out.with_extension("jsonl")).unwrap();
        let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        text.lines().map(line).map(|l| (l["step"].as_u64().unwrap(), l["loss"].as_f64().unwrap())).collect()
    };
    assert_eq!(losses(&whole), losses(&killed));

    // Asked to go on once more, a finished run says so and changes nothing.
    let again = run(long(&killed).args(["--resume", "--json"]), "");
    assert!(again.status.success() && bytes(&whole) == bytes(&killed));
}

#[test]
fn an_interrupted_run_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut command = train(&out, 50);
    command.args(["--json", "--checkpoint-every", "5"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = {
        let child = command.spawn().unwrap();
        while !out.join("checkpoint.safetensors").exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(&child, "-TERM");
        child
    };
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["interrupted"], true);
    assert!(found["steps"].as_u64().unwrap() >= 5);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--resume goes on from there"));
}
