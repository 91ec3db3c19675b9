//! Tables with a header: `.tsv` (a tab is a column's end, always) and `.csv` (RFC 4180).

use std::io::BufRead;

use super::csv_row::CsvRow;
use super::labels::{MOST_LISTED, listed};
use super::lines::{Lines, utf8};
use super::rows::Rows;
use crate::{Error, Result};

/// Where the columns of interest are.
struct Columns {
    text: usize,
    label: Option<usize>,
    count: usize,
}

impl Columns {
    /// Where they are in a header. Nothing is kept of it: a hostile one is nothing but columns.
    fn of_header<'h>(header: impl Iterator<Item = Result<&'h str>> + Clone, rows: &Rows<'_>) -> Result<Self> {
        let (mut text, mut label, mut count) = (None, None, 0);
        for name in header.clone() {
            let name = name?;
            let label_column = rows.options.read_labels.then_some(&rows.options.label_column);
            for (wanted, place) in [(Some(&rows.options.text_column), &mut text), (label_column, &mut label)] {
                if Some(name) == wanted.map(String::as_str) && place.replace(count).is_some() {
                    return Err(Error::file(rows.name, format!("the column {name:?} is there twice")));
                }
            }
            count += 1;
        }
        let needed = |what: &str, column: &str, place: Option<usize>| {
            place.ok_or_else(|| {
                let names: Vec<&str> = header.clone().flatten().take(MOST_LISTED + 1).collect();
                let columns = listed(&names, count);
                let reason = format!(
                    "no column {column:?} in the header (its columns: {columns}): say which column holds the {what}"
                );
                Error::file(rows.name, reason)
            })
        };
        let text = needed("text", &rows.options.text_column, text)?;
        let label = match rows.options.read_labels {
            true => Some(needed("label", &rows.options.label_column, label)?),
            false => None,
        };
        Ok(Self { text, label, count })
    }

    /// Puts one row's fields where they belong.
    fn push<'f>(&self, line: u64, fields: impl Iterator<Item = &'f [u8]>, rows: &mut Rows<'_>) {
        let (mut text, mut label, mut count) = (&b""[..], None, 0);
        for field in fields {
            if count == self.text {
                text = field;
            }
            if Some(count) == self.label {
                label = Some(field);
            }
            count += 1;
        }
        if count != self.count {
            let (columns, header) = (plural(count, "column"), self.count);
            return rows.reject(line, format!("{columns}, but the header has {header}"));
        }
        match (utf8(text), label.map(utf8).transpose()) {
            (Ok(text), Ok(label)) => rows.push(line, text, label),
            (Err(reason), _) | (_, Err(reason)) => rows.reject(line, reason),
        }
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A header line as text, or why it is none.
fn header_text<'h>(header: &'h [u8], rows: &Rows<'_>) -> Result<&'h str> {
    utf8(header).map_err(|reason| Error::file(rows.name, format!("the header is {reason}")))
}

fn no_header(rows: &Rows<'_>) -> Error {
    Error::file(rows.name, "it is empty: a header with the names of the columns is expected")
}

pub(super) fn read_tsv(source: Box<dyn BufRead + '_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut lines = Lines::new(source);
    let Some((_, header)) = lines.next(rows.name)? else { return Err(no_header(rows)) };
    let columns = Columns::of_header(header_text(header, rows)?.split('\t').map(Ok), rows)?;
    while let Some((number, line)) = lines.next(rows.name)? {
        if line.is_empty() {
            continue;
        }
        columns.push(number, line.split(|&byte| byte == b'\t'), rows);
        if rows.full() {
            break;
        }
    }
    Ok(())
}

pub(super) fn read_csv(source: Box<dyn BufRead + '_>, rows: &mut Rows<'_>) -> Result<()> {
    let mut lines = Lines::new(source);
    let mut row = CsvRow::default();
    if !row.read(&mut lines, rows.name)? {
        return Err(no_header(rows));
    }
    let columns = Columns::of_header(row.fields().map(|field| header_text(field, rows)), rows)?;
    while row.read(&mut lines, rows.name)? {
        columns.push(row.line, row.fields(), rows);
        if rows.full() {
            break;
        }
    }
    Ok(())
}
