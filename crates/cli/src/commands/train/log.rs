//! `--log`: one JSON line a step.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;

use graftwork::{Progress, StepReport};
use serde::Serialize;
use serde_json::Value;

use super::cannot;
use crate::failure::Result;

/// One line of the log.
#[derive(Serialize)]
struct Line {
    step: usize,
    loss: f32,
    lr: f64,
    grad_norm: f32,
    tokens_per_second: f64,
}

/// The log of a run.
pub struct StepLog {
    file: BufWriter<File>,
}

impl StepLog {
    /// Starts the log of a run that has done `done` steps: the lines of an interrupted run up to there stay, later ones
    /// (which will be done again) and everything else goes.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn open(path: &Path, done: usize) -> Result<Self> {
        let kept = if done == 0 { String::new() } else { lines_up_to(path, done) };
        fs::write(path, kept).map_err(|e| cannot("write", path, &e))?;
        let file = OpenOptions::new().append(true).open(path).map_err(|e| cannot("write", path, &e))?;
        Ok(Self { file: BufWriter::new(file) })
    }

    /// Writes the lines of some steps.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&mut self, reports: &[StepReport], progress: &Progress) -> std::io::Result<()> {
        for report in reports {
            let line = Line {
                step: report.step,
                loss: report.loss,
                lr: report.lr,
                grad_norm: report.grad_norm,
                tokens_per_second: progress.tokens_per_second().round(),
            };
            serde_json::to_writer(&mut self.file, &line)?;
            self.file.write_all(b"\n")?;
        }
        self.file.flush()
    }
}

fn lines_up_to(path: &Path, done: usize) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let step = |line: &str| serde_json::from_str::<Value>(line).ok()?["step"].as_u64();
    let kept = text.lines().take_while(|line| step(line).is_some_and(|step| step <= done as u64));
    kept.fold(String::new(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_log_has_every_step_once() {
        let path = std::env::temp_dir().join(format!("graftwork-log-{}.jsonl", std::process::id()));
        let report = |step| StepReport { step, loss: 0.5, grad_norm: 1.0, lr: 1e-3 };
        let progress = Progress { step: 1, total_steps: 4, tokens: 10, elapsed: std::time::Duration::from_secs(1) };
        let write = |done: usize, steps: &[usize]| {
            let reports: Vec<_> = steps.iter().map(|step| report(*step)).collect();
            StepLog::open(&path, done).unwrap().write(&reports, &progress).unwrap();
        };
        write(0, &[1, 2, 3]);
        fs::write(&path, fs::read_to_string(&path).unwrap() + "{\"step\": 4, \"lo").unwrap();
        write(2, &[3, 4]);
        let steps: Vec<u64> = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["step"].as_u64().unwrap())
            .collect();
        assert_eq!(steps, [1, 2, 3, 4]);
        write(0, &[1]);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
        fs::remove_file(&path).unwrap();
    }
}
