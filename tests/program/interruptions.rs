//! Ctrl-C, kill -9, and going on after them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{fail, run, succeed, train, train_with_dev};

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
pub fn start(command: &mut Command, out: &Path) -> Child {
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

/// Data that takes seconds to measure on.
fn much_data(dir: &Path) -> PathBuf {
    let path = dir.join("much.tsv");
    let row = |i: usize| {
        format!("{}\twhat is said in message {i}, at some length: {}\n", ["ham", "spam"][i % 2], "word ".repeat(i % 90))
    };
    std::fs::write(&path, (0..3_000).fold("label\ttext\n".to_owned(), |text, i| text + &row(i))).unwrap();
    path
}

/// Starts a command and waits until `is_there`.
fn start_until(command: &mut Command, is_there: impl Fn() -> bool) -> Child {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !is_there() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended too soon");
        assert!(started.elapsed() < Duration::from_secs(120), "it takes too long");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn measuring_can_be_interrupted() {
    let dir = tempfile::tempdir().unwrap();
    let much = much_data(dir.path());
    let out = |name: &str| dir.path().join(name);
    // The last of three steps is followed by a long measuring on --dev, the end by one on --test.
    let long_dev = |out: &Path| {
        let mut command = train_with_dev(out, 1, &much);
        command.args(["--max-steps", "3", "--quiet"]);
        command
    };
    let long_test = |out: &Path| {
        let mut command = train(out, 1);
        command.args(["--max-steps", "3", "--quiet", "--test"]).arg(&much);
        command
    };
    let is_interrupted = |mut child: Child| {
        let asked = Instant::now();
        assert_eq!(child.wait().unwrap().code(), Some(130), "not interrupted");
        assert!(asked.elapsed() < Duration::from_secs(2), "it took {:?}", asked.elapsed());
    };

    for (name, command) in [("dev", &long_dev as &dyn Fn(&Path) -> Command), ("test", &long_test)] {
        let whole = out(&format!("{name}-whole"));
        succeed(&mut command(&whole), "");
        // Two of them at once, and the second only if the first is not heeded.
        for pause in [0, 300] {
            let broken = out(&format!("{name}-broken-{pause}"));
            let safe = match name {
                "dev" => broken.join("checkpoint.safetensors"),
                _ => broken.join("adapter.safetensors"),
            };
            let child = start_until(&mut command(&broken), || safe.exists());
            signal(&child, "-INT");
            std::thread::sleep(Duration::from_millis(pause));
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status();
            is_interrupted(child);
            assert!(safe.exists(), "{name}: what was trained is lost");
            succeed(command(&broken).arg("--resume"), "");
            assert_eq!(bytes(&whole), bytes(&broken), "{name}");
        }
    }
}

#[test]
fn epochs_are_planned_when_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let (status, messages) = fail(&mut train(&out, 1_000_000_000), "");
    assert!(status == 2 && messages.contains("epochs must be fewer"), "{status}: {messages}");
    let mut child = start(train(&out, 30_000_000).args(["--checkpoint-every", "3"]), &out);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
