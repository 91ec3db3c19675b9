//! `web/src/settings.ts`.

use std::fmt::Write;

use graftwork::options::{OptionKind, camel_case, typed};
use graftwork::{METHODS, Preset, SETTINGS};
use serde_json::Value;

const BEGINNING: &str = "\
// Written by `cargo xtask settings` from the engine's tables `SETTINGS` and `METHODS`. Changes belong there.

/** How an adapter is trained; the defaults are those of the program `graftwork`. */
export interface TrainSettings {
";

const BETWEEN: &str = "\
}

/** How a new adapter is built. */
export interface MethodOptions {
";

/// The module's text.
pub fn module() -> String {
    let mut text = BEGINNING.to_owned();
    for setting in SETTINGS {
        let default = setting.default_value();
        let default = (!default.is_null()).then(|| literal(setting.kind, &typed(&default)));
        let other = setting.instead_of.map(|other| format!(" Not with `{}`.", camel_case(other))).unwrap_or_default();
        let help = format!("{}.{}{other}{}", setting.help, values(setting.kind), default_is(default));
        let names = match setting.kind {
            OptionKind::OneOf(names) => names.iter().map(|(name, about)| (*name, lowered(about))).collect(),
            _ => Vec::new(),
        };
        field(&mut text, setting.name, &help, names, &type_of(setting.kind));
    }
    text.push_str(BETWEEN);
    let presets: Vec<_> = METHODS.iter().flat_map(|method| method.presets).collect();
    let help = format!("The method. Default `{}`.", Preset::DEFAULT);
    // Other names that the engine knows are texts too, but an editor offers these.
    let kind = format!("{} | (string & {{}})", union(presets.iter().map(|preset| preset.name)));
    let names = presets.iter().map(|preset| (preset.name, preset.about.to_owned()));
    field(&mut text, "type", &help, names.collect(), &kind);
    for option in METHODS.iter().flat_map(|method| method.options) {
        let default = option.default_text().map(|text| literal(option.kind, &text));
        let default = default.or_else(|| (option.kind == OptionKind::Switch).then(|| "false".to_owned()));
        let help = format!("{}.{}{}", option.help, values(option.kind), default_is(default));
        field(&mut text, option.name, &help, Vec::new(), &type_of(option.kind));
    }
    text.push_str("}\n");
    text
}

/// An optional property, with `names` as a list in its comment.
fn field(text: &mut String, name: &str, help: &str, names: Vec<(&str, String)>, kind: &str) {
    let mut lines = wrapped(help);
    lines.extend(names.iter().map(|(name, about)| format!("- `{name}`: {about}")));
    match lines.as_slice() {
        [line] => writeln!(text, "  /** {line} */"),
        lines => writeln!(text, "  /**\n   * {}\n   */", lines.join("\n   * ")),
    }
    .unwrap();
    writeln!(text, "  {}?: {kind};", camel_case(name)).unwrap();
}

/// Lines of at most 115 characters.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= 115 => *line += &format!(" {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn default_is(text: Option<String>) -> String {
    text.map(|text| format!(" Default {text}.")).unwrap_or_default()
}

/// A default as it stands in a comment.
fn literal(kind: OptionKind, text: &str) -> String {
    match kind {
        OptionKind::OneOf(_) => format!("`{text}`"),
        OptionKind::SomeOf(_) => {
            let names: Vec<_> = text.split(',').map(|name| format!("'{name}'")).collect();
            format!("`[{}]`", names.join(", "))
        }
        OptionKind::Layers => "`[]`".to_owned(),
        _ => text.to_owned(),
    }
}

/// What the type does not say.
fn values(kind: OptionKind) -> String {
    let sentence = |text: String| format!(" {}{}.", text[..1].to_uppercase(), &text[1..]);
    match kind {
        OptionKind::Whole { .. } | OptionKind::Number(_) | OptionKind::Layers => sentence(kind.to_string()),
        OptionKind::NumberOrNone(range) => sentence(format!("{range}, or 0 for none")),
        _ => String::new(),
    }
}

fn lowered(text: &str) -> String {
    text[..1].to_lowercase() + &text[1..]
}

fn type_of(kind: OptionKind) -> String {
    match kind {
        OptionKind::Whole { .. } | OptionKind::Number(_) | OptionKind::NumberOrNone(_) => "number".to_owned(),
        OptionKind::OneOf(names) => union(names.iter().map(|(name, _)| *name)),
        OptionKind::SomeOf(names) => format!("readonly ({})[]", union(names.iter().copied())),
        OptionKind::Layers => "readonly number[]".to_owned(),
        OptionKind::Name => "string".to_owned(),
        OptionKind::Switch | OptionKind::OnUnless { .. } => "boolean".to_owned(),
    }
}

fn union<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| Value::from(name).to_string().replace('"', "'")).collect::<Vec<_>>().join(" | ")
}
