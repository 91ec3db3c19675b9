//! Runs a parser on one input after the other and says what went wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::memory::{bound, peak};
use crate::mutate::mutate;
use crate::random::Random;
use crate::targets::Target;

/// Longer for one input is a failure. Inputs are small: they take microseconds.
const SLOWEST: Duration = Duration::from_secs(5);

/// An input that a parser does not survive.
#[derive(Debug)]
pub struct Failure {
    /// What was fed.
    pub input: Vec<u8>,
    /// What happened: a panic, too much memory, too much time.
    pub what: String,
}

/// Feeds one input.
///
/// # Errors
/// If the parser panics, or takes more memory or time than it may. What it answers does not matter.
pub fn feed(target: &Target, input: &[u8]) -> Result<(), String> {
    let start = Instant::now();
    let (done, bytes) = peak(|| catch_unwind(AssertUnwindSafe(|| (target.run)(input))));
    if let Err(panic) = done {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        return Err(format!("it panics: {}", text.unwrap_or("without a text")));
    }
    if bytes > bound(input.len()) {
        return Err(format!("it takes {bytes} bytes of memory for an input of {}", input.len()));
    }
    if start.elapsed() > SLOWEST {
        return Err(format!("it takes {:.1} s for an input of {} bytes", start.elapsed().as_secs_f64(), input.len()));
    }
    Ok(())
}

/// Feeds changed copies of `corpus` for as long as `go_on` says, called with how many there were. The same seed makes the
/// same inputs. Each is written to `last` before it is fed: an abort or an endless loop leaves no other trace.
///
/// Inputs that reach new code are changed further. How many inputs were fed, and how many places in the code they reached.
///
/// # Errors
/// At the first input that fails.
pub fn fuzz(
    target: &Target,
    mut corpus: Vec<Vec<u8>>,
    seed: u64,
    last: Option<&Path>,
    mut go_on: impl FnMut(usize) -> bool,
) -> Result<(usize, usize), Failure> {
    let mut random = Random(seed);
    let mut coverage = crate::coverage::Coverage::default();
    let mut count = 0;
    while go_on(count) {
        let input = mutate(&mut random, &corpus, target.dictionary, target.longest);
        if let Some(last) = last {
            let _ = std::fs::write(last, &input);
        }
        feed(target, &input).map_err(|what| Failure { input: input.clone(), what })?;
        if coverage.is_new() {
            corpus.push(input);
        }
        count += 1;
    }
    Ok((count, coverage.places()))
}

/// The file with the input that was fed last, beside the build's other output.
#[must_use]
pub fn last_input(target: &Target) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.ancestors().nth(2)?.join("fuzz");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join(format!("{}.last", target.name)))
}

/// The committed inputs of a target: its seeds among the goldens, and `tests/fuzz/corpus/<name>`.
///
/// # Panics
/// If a file cannot be read.
#[must_use]
pub fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = target.seeds.iter().map(|seed| here.join("..").join(seed)).collect();
    let regressions = here.join("corpus").join(target.name);
    if let Ok(entries) = std::fs::read_dir(regressions) {
        let mut found: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        found.sort();
        files.append(&mut found);
    }
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path.display().to_string(), bytes)
    };
    files.into_iter().map(read).collect()
}
