//! A run in stages, with a table of seconds at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// What ran so far.
#[derive(Default)]
pub struct Stages {
    rows: Vec<(&'static str, bool, Duration)>,
}

impl Stages {
    /// Runs a stage and goes on after a failure, so that one run shows everything that is wrong.
    pub fn stage(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) -> bool {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let done = work();
        if let Err(error) = &done {
            eprintln!("error: {name}: {error:#}");
        }
        self.rows.push((name, done.is_ok(), start.elapsed()));
        done.is_ok()
    }

    /// Prints the table; an error when a stage failed.
    pub fn finish(self) -> Result<()> {
        let width = self.rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
        eprintln!("\n{:width$}  result   seconds", "stage");
        for (name, passed, time) in &self.rows {
            let result = if *passed { "ok" } else { "FAILED" };
            eprintln!("{name:width$}  {result:6}  {:8.1}", time.as_secs_f64());
        }
        let total: Duration = self.rows.iter().map(|row| row.2).sum();
        eprintln!("{:width$}          {:8.1}", "total", total.as_secs_f64());
        let failed: Vec<_> = self.rows.iter().filter(|row| !row.1).map(|row| row.0).collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}
