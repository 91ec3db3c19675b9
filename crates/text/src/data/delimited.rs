//! Tables with a header: `.tsv` (a tab is a column's end, always) and `.csv` (RFC 4180).

use std::io::BufRead;

use super::csv_row::CsvRow;
use super::labels::listed;
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
    fn of_header(header: &[&str], rows: &Rows<'_>) -> Result<Self> {
        let place = |what: &str, column: &str| {
            let mut places = header.iter().enumerate().filter(|(_, name)| **name == column).map(|(place, _)| place);
            match (places.next(), places.next()) {
                (Some(place), None) => Ok(place),
                (Some(_), Some(_)) => Err(Error::file(rows.name, format!("the column {column:?} is there twice"))),
                (None, _) => Err(Error::file(
                    rows.name,
                    format!(
                        "no column {column:?} in the header (its columns: {}): say which column holds the {what}",
                        listed(header)
                    ),
                )),
            }
        };
        let text = place("text", &rows.options.text_column)?;
        let label = match rows.options.read_labels {
            true => Some(place("label", &rows.options.label_column)?),
            false => None,
        };
        Ok(Self { text, label, count: header.len() })
    }

    /// Puts one row's fields where they belong.
    fn push<'f>(&self, line: u64, count: usize, field: impl Fn(usize) -> &'f [u8], rows: &mut Rows<'_>) {
        if count != self.count {
            let (columns, header) = (plural(count, "column"), self.count);
            return rows.reject(line, format!("{columns}, but the header has {header}"));
        }
        match (utf8(field(self.text)), self.label.map(|label| utf8(field(label))).transpose()) {
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
    let header: Vec<&str> = header_text(header, rows)?.split('\t').collect();
    let columns = Columns::of_header(&header, rows)?;
    while let Some((number, line)) = lines.next(rows.name)? {
        if line.is_empty() {
            continue;
        }
        let fields: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
        columns.push(number, fields.len(), |place| fields[place], rows);
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
    let header: Vec<&str> = row.fields().map(|field| header_text(field, rows)).collect::<Result<_>>()?;
    let columns = Columns::of_header(&header, rows)?;
    while row.read(&mut lines, rows.name)? {
        columns.push(row.line, row.len(), |place| row.field(place), rows);
        if rows.full() {
            break;
        }
    }
    Ok(())
}
