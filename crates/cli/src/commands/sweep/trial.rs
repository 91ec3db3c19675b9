//! One run: `graftwork train` in a process and a directory of its own, so that it ends, is interrupted and goes on as any
//! other, and one that fails takes nothing with it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::Value;

use super::grid::{Choice, Dimension};
use crate::args::{Cli, Command as Asked, Common};
use crate::failure::{Failure, Kind, Result};
use crate::interrupt::Interrupt;

/// How long a run may take to save what is done, once it is interrupted.
const PATIENCE: Duration = Duration::from_secs(10);

/// A choice with a seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// By option, in the order of the dimensions.
    pub values: Vec<(String, String)>,
    pub seed: Option<u64>,
    /// Options of `graftwork train`, but for its directory.
    pub args: Vec<String>,
}

/// How a run ended.
pub enum Ended {
    /// With what `graftwork train --json` tells.
    Finished(Value),
    /// Without an adapter: why.
    Failed(String),
    /// By the user.
    Interrupted,
}

impl Trial {
    /// A choice, where all runs have `common` options.
    pub fn new(dimensions: &[Dimension], choice: &Choice, seed: Option<u64>, common: &[String]) -> Self {
        let values: Vec<_> = dimensions.iter().map(|d| d.name.clone()).zip(choice.iter().cloned()).collect();
        let mut args = common.to_vec();
        for (name, value) in &values {
            match is_switch(name) {
                true if value == "on" => args.push(format!("--{name}")),
                true if value == "off" => {}
                _ => args.push(format!("--{name}={value}")),
            }
        }
        args.extend(seed.map(|seed| format!("--seed={seed}")));
        Self { values, seed, args }
    }

    /// What it is called, and its directory.
    pub fn name(&self) -> String {
        let seed = self.seed.map(|seed| ("seed".to_owned(), seed.to_string()));
        let parts = self.values.iter().chain(&seed).map(|(name, value)| format!("{name}={value}"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "=+-.,_".contains(c);
        let name = parts.collect::<Vec<_>>().join(",");
        name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
    }

    /// The options with a directory.
    pub fn line(&self, out: &Path) -> Vec<String> {
        let mut line = vec!["train".to_owned()];
        line.extend(self.args.iter().cloned());
        line.extend(["--out".to_owned(), out.display().to_string()]);
        line
    }

    /// Checks the options, before any run begins.
    ///
    /// # Errors
    /// If `graftwork train` would refuse them, or they name what is the sweep's to say.
    pub fn check(&self) -> Result<()> {
        let refuse = |message: String| Err(Failure::new(Kind::Usage, format!("the run {}: {message}", self.name())));
        let line = ["graftwork".to_owned()].into_iter().chain(self.line(Path::new("out")));
        let parsed = match Cli::try_parse_from(line) {
            Ok(Cli { command: Asked::Train(args), common }) => (args, common),
            Ok(_) => return refuse("what stands behind -- is no training".to_owned()),
            Err(error) => {
                let text = error.render().to_string();
                let message = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
                return refuse(message.trim_end().replace('\n', " "));
            }
        };
        let (args, common) = parsed;
        if args.resume || args.log.is_some() || common.json || common.quiet {
            return refuse(
                "--resume, --log, --json and --quiet are the sweep's own; leave them out behind --".to_owned(),
            );
        }
        Ok(())
    }

    /// Runs it in `out`, from its checkpoint if there is one.
    ///
    /// # Errors
    /// If it cannot be started, or its options or data are none for any run.
    pub fn run(&self, out: &Path, common: &Common, interrupt: &Interrupt) -> Result<Ended> {
        let program = std::env::current_exe().map_err(|error| Failure::of(Kind::Failure, &error))?;
        let mut command = Command::new(program);
        command.args(self.line(out)).args(["--resume", "--json", "--quiet"]).args(device(common));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Failure::of(Kind::Failure, &error))?;
        let (told, said) = (reader(child.stdout.take()), reader(child.stderr.take()));
        let status = wait(&mut child, interrupt)?;
        let (told, said) = (told.join().unwrap_or_default(), said.join().unwrap_or_default());
        match status {
            Some(0) => {
                let told = serde_json::from_str(&told).map_err(|error| Failure::of(Kind::Failure, &error))?;
                Ok(Ended::Finished(told))
            }
            Some(status) if status == Kind::Usage as i32 || status == Kind::Input as i32 => {
                let kind = if status == Kind::Usage as i32 { Kind::Usage } else { Kind::Input };
                let said = said.trim().trim_start_matches("error: ");
                Err(Failure::new(kind, said).about(format!("the run {} cannot begin", self.name())))
            }
            _ if interrupt.is_set() => Ok(Ended::Interrupted),
            Some(status) if status == Kind::Interrupted as i32 => Ok(Ended::Interrupted),
            _ => Ok(Ended::Failed(said.trim().trim_start_matches("error: ").to_owned())),
        }
    }

    /// Where it runs.
    pub fn dir(&self, out: &Path) -> PathBuf {
        out.join(self.name())
    }
}

/// The options of every command that a run is given, too.
pub fn device(common: &Common) -> Vec<String> {
    use clap::ValueEnum;
    let device = common.device.to_possible_value().map(|value| value.get_name().to_owned());
    let device = device.filter(|name| name != "auto").map(|name| ["--device".to_owned(), name]);
    let dtype = common.dtype.map(|dtype| ["--dtype".to_owned(), dtype.name().to_owned()]);
    device.into_iter().chain(dtype).flatten().collect()
}

fn is_switch(name: &str) -> bool {
    use clap::CommandFactory;
    let cli = Cli::command();
    let train = cli.find_subcommand("train").expect("the command");
    let arg = train.get_arguments().find(|arg| arg.get_long() == Some(name));
    arg.is_some_and(|arg| !arg.get_action().takes_values())
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        // What cannot be read is missing from a message.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// The status that it ends with; `None` if it was killed. Ctrl-C reaches the run as well; if it does not end by that, it is
/// killed, and goes on from its last checkpoint the next time.
fn wait(child: &mut Child, interrupt: &Interrupt) -> Result<Option<i32>> {
    let mut asked = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if interrupt.is_set() && asked.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
            child.kill()?;
        }
        sleep(Duration::from_millis(20));
    }
}
