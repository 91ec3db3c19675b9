//! What is written from the library's tables of options (`SETTINGS`, `METHODS`): types for the npm package, and references.
//!
//! The test tells what is out of date. `cargo xtask settings` runs it so that it writes the files instead.

mod reference;
mod typescript;

use std::path::PathBuf;
use std::{env, fs};

/// Set where the files are to be written.
const WRITE: &str = "GRAFTWORK_WRITE_SETTINGS";

/// A committed file and what it should be.
struct Written {
    path: &'static str,
    text: String,
}

fn path(file: &str) -> PathBuf {
    graftwork_tests::golden::path("../..").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn all() -> [Written; 3] {
    [
        Written { path: "web/src/settings.ts", text: typescript::module() },
        Written { path: "SETTINGS.md", text: reference::whole() },
        Written { path: "web/README.md", text: reference::within(&read("web/README.md")) },
    ]
}

#[test]
fn what_is_written_from_the_tables_agrees_with_them() {
    let write = env::var_os(WRITE).is_some();
    for Written { path: file, text } in all() {
        if write {
            fs::write(path(file), text).unwrap_or_else(|error| panic!("{file}: {error}"));
        } else {
            let found = read(file);
            let line = found.lines().zip(text.lines()).take_while(|(found, right)| found == right).count() + 1;
            assert!(found == text, "{file} is out of date from line {line} on; `cargo xtask settings` writes it");
        }
    }
}
