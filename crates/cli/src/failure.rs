//! Errors as the user meets them: a sentence, its causes, a hint, and an exit status.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

use crate::output::printable;

/// Why the program ends without success; the numbers are documented in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything that is nobody's input: a file that cannot be written, a training that diverged, a bug.
    Failure = 1,
    /// The command line.
    Usage = 2,
    /// A file from outside: backbone, adapter, checkpoint, data.
    Input = 3,
    /// The device.
    Device = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

/// An error on its way to the user.
#[derive(Debug)]
pub struct Failure {
    /// What kind it is, and so the exit status.
    pub kind: Kind,
    /// What went wrong, then why, then why that.
    pub messages: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// `Result` with [`Failure`].
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A failure with one message.
    pub fn new(kind: Kind, message: impl Display) -> Self {
        Self { kind, messages: vec![message.to_string()], hint: None }
    }

    /// A failure with an error's message and those of its causes.
    pub fn of(kind: Kind, error: &dyn Error) -> Self {
        let mut messages = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            let message = error.to_string();
            // Many messages already quote their cause.
            if !messages.iter().any(|known| known.contains(&message)) {
                messages.push(message);
            }
            cause = error.source();
        }
        Self { kind, messages, hint: None }
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same about something: a message in front of the others.
    pub fn about(mut self, message: impl Display) -> Self {
        self.messages.insert(0, message.to_string());
        self
    }

    /// Tells the user, on standard error.
    pub fn print(&self) {
        let mut messages = self.messages.iter();
        if let Some(message) = messages.next() {
            eprintln!("error: {}", printable(message));
        }
        for cause in messages {
            eprintln!("  because: {}", printable(cause));
        }
        if let Some(hint) = &self.hint {
            eprintln!("hint: {}", printable(hint));
        }
    }

    /// The exit status.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::of(Kind::Failure, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        #[derive(Debug)]
        struct Outer(std::io::Error);
        impl Display for Outer {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(out, "cannot read x")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let failure = Failure::of(Kind::Input, &Outer(std::io::Error::other("no disk"))).about("loading y");
        assert_eq!(failure.messages, ["loading y", "cannot read x", "no disk"]);
        assert_eq!(Failure::of(Kind::Input, &std::io::Error::other("no disk")).messages, ["no disk"]);
        assert_eq!(failure.kind as u8, 3);
    }
}
