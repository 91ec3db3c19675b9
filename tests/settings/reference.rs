//! `SETTINGS.md`, and the table in `web/README.md`.

use std::fmt::Write;

use graftwork::options::{OptionKind, camel_case, typed};
use graftwork::{METHODS, Preset, SETTINGS};

const BEGINNING: &str = "\
# Settings
<!-- Written by `cargo xtask settings` from the tables `SETTINGS` and `METHODS`. Changes belong there. -->

## Training
Options of `graftwork train`, keys of the options of `adapter.train()` in JavaScript, and, with underscores
(`max_steps`), fields of `TrainConfig` in Rust and names in an adapter's files. `--no-shuffle` and `--keep-last` are
switches of the program that turn off what is true elsewhere.

What concerns files and checkpoints is the program's alone (`graftwork train --help`), what concerns the page is JavaScript's
(`TrainOptions` of the [npm package](web/README.md)).

";

const METHODS_BEGIN: &str = "
## Adapter methods
`--method` on the command line, `method: { type }` of `createAdapter()` in JavaScript:

| name | also | |
|---|---|---|
";

const OPTIONS_BEGIN: &str = "
What can be chosen about them; a method refuses what belongs to another:

";

/// Around the table in the package's own description.
const MARKS: [&str; 2] = ["<!-- Written by `cargo xtask settings`: -->\n", "<!-- until here. -->\n"];

/// The text of `SETTINGS.md`.
pub fn whole() -> String {
    let mut text = BEGINNING.to_owned();
    text += &table(true, SETTINGS.iter().map(Row::of_setting));
    text += METHODS_BEGIN;
    for preset in METHODS.iter().flat_map(|method| method.presets) {
        let aliases: Vec<_> = preset.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let default = if preset.name == Preset::DEFAULT { " (the default)" } else { "" };
        writeln!(text, "| `{}` | {} | {}{default} |", preset.name, aliases.join(", "), preset.about).unwrap();
    }
    text += OPTIONS_BEGIN;
    text + &table(true, METHODS.iter().flat_map(|method| method.options).map(Row::of_option))
}

/// The package's description with its table as it should be.
pub fn within(text: &str) -> String {
    let parts = text.split_once(MARKS[0]).and_then(|(before, rest)| Some((before, rest.split_once(MARKS[1])?.1)));
    let (before, after) = parts.expect("web/README.md has the marks of the table");
    let table = table(false, SETTINGS.iter().map(Row::of_setting));
    format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1])
}

struct Row {
    name: &'static str,
    kind: OptionKind,
    default: Option<String>,
    help: &'static str,
}

impl Row {
    fn of_setting(setting: &graftwork::Setting) -> Self {
        let default = setting.default_value();
        let default = (!default.is_null()).then(|| typed(&default));
        Self { name: setting.name, kind: setting.kind, default, help: setting.help }
    }

    fn of_option(option: &graftwork::MethodOption) -> Self {
        let default = option.default_text().or_else(|| (option.kind == OptionKind::Switch).then(|| "false".to_owned()));
        Self { name: option.name, kind: option.kind, default, help: option.help }
    }

    /// The option on the command line, and what turns off what is on.
    fn option(&self) -> String {
        match self.kind {
            OptionKind::OnUnless { switch, .. } => format!("--{switch}"),
            _ => format!("--{}", self.name.replace('_', "-")),
        }
    }
}

fn table(with_program: bool, rows: impl Iterator<Item = Row>) -> String {
    let (head, line) = if with_program { ("| program ", "|---") } else { ("", "") };
    let mut text = format!("{head}| JavaScript | value | default | |\n{line}|---|---|---|---|\n");
    for row in rows {
        if with_program {
            write!(text, "| `{}` ", row.option()).unwrap();
        }
        let value = match row.kind {
            // Each front has its own word for it.
            OptionKind::NumberOrNone(range) if with_program => format!("{range}; none is `none`, in JavaScript 0"),
            OptionKind::NumberOrNone(range) => format!("{range}, or 0 for none"),
            kind => kind.to_string(),
        };
        let (name, default) = (camel_case(row.name), row.default.as_deref().unwrap_or("–"));
        writeln!(text, "| `{name}` | {value} | {default} | {} |", row.help).unwrap();
    }
    text
}
