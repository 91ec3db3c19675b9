//! Progress on standard error: a bar on a terminal, a line now and then in a log, nothing with `--quiet`.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use graftwork::{Progress as TrainProgress, StepReport};
use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// One thing that takes its time.
pub struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
    what: String,
    last_line: Instant,
}

impl Progress {
    /// Something whose fraction done is known.
    pub fn fraction(what: &str, quiet: bool) -> Self {
        Self::new(what, quiet, 1000, "{msg} {bar:30} {percent:>3} %")
    }

    /// Something counted, without a known end.
    pub fn count(what: &str, quiet: bool) -> Self {
        Self::new(what, quiet, 0, "{msg} {human_pos} ({per_sec})")
    }

    /// Training steps.
    pub fn training(total_steps: usize, quiet: bool) -> Self {
        Self::new("", quiet, total_steps as u64, "{bar:24} step {pos}/{len}  {msg}  eta {eta}")
    }

    fn new(what: &str, quiet: bool, length: u64, template: &str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = (terminal && !quiet).then(|| {
            let bar = ProgressBar::new(length).with_style(style.progress_chars("=> ")).with_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, lines: !terminal && !quiet, what: what.to_owned(), last_line: Instant::now() }
    }

    /// How much is done, from 0 to 1.
    pub fn set_fraction(&mut self, done: f64) {
        if let Some(bar) = &self.bar {
            bar.set_position((done * 1000.0) as u64);
        } else if self.line_is_due() {
            eprintln!("{} {:.0} %", self.what, 100.0 * done);
        }
    }

    /// So many more are done.
    pub fn add(&mut self, count: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(count as u64);
        }
    }

    /// A step of training is done.
    pub fn step(&mut self, report: &StepReport, progress: &TrainProgress) {
        let speed = thousands(progress.tokens_per_second());
        let message = format!("loss {:.4}  lr {:.2e}  {speed} tokens/s", report.loss, report.lr);
        if let Some(bar) = &self.bar {
            bar.set_position(report.step as u64);
            bar.set_message(message);
        } else if self.line_is_due() {
            let left = progress.total_steps.saturating_sub(progress.step) as f64;
            let eta = progress.elapsed.as_secs_f64() / progress.step.max(1) as f64 * left;
            eprintln!("step {}/{}  {message}  eta {eta:.0} s", report.step, progress.total_steps);
        }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.suspend(|| eprintln!("{line}"));
        } else if self.lines {
            eprintln!("{line}");
        }
    }

    /// Starts counting where a resumed run does.
    pub fn start_at(&self, step: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(step as u64);
            bar.reset_eta();
        }
    }

    fn line_is_due(&mut self) -> bool {
        let due = self.lines && self.last_line.elapsed() >= LINE_EVERY;
        if due {
            self.last_line = Instant::now();
        }
        due
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A speed in three digits or so: 87, 4.2k, 310k.
pub fn thousands(x: f64) -> String {
    match x {
        x if x < 1e3 => format!("{x:.0}"),
        x if x < 1e4 => format!("{:.1}k", x / 1e3),
        x if x < 1e6 => format!("{:.0}k", x / 1e3),
        x => format!("{:.1}M", x / 1e6),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands() {
        let shown = [87.4, 4210.0, 310_200.0, 2_500_000.0].map(super::thousands);
        assert_eq!(shown, ["87", "4.2k", "310k", "2.5M"]);
    }
}
