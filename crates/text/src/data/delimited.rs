//! Tables with a header: `.tsv` (a tab is a column's end, always) and `.csv` (RFC 4180).

use std::borrow::Cow;
use std::io::BufRead;

use super::csv_row::CsvRow;
use super::labels::{MOST_LISTED, listed};
use super::lines::{Lines, utf8};
use super::rows::{Column, Row, Rows};
use crate::{Error, Result};

/// Where the columns of interest are.
struct Columns<'a> {
    /// The names that a data set has for them, with their places if the header has them.
    places: Vec<(&'a str, Option<usize>)>,
    count: usize,
}

impl<'a> Columns<'a> {
    /// Where they are in a header. Nothing is kept of it: a hostile one is nothing but columns.
    fn of_header<'h>(header: impl Iterator<Item = Result<&'h str>> + Clone, rows: &Rows<'a>) -> Result<Self> {
        let mut places: Vec<_> = rows.columns.iter().map(|column| (column.name, None)).collect();
        let mut count = 0;
        for name in header.clone() {
            let name = name?;
            for (_, place) in places.iter_mut().filter(|(wanted, _)| *wanted == name) {
                if place.replace(count).is_some() {
                    return Err(Error::file(rows.name, format!("the column {name:?} is there twice")));
                }
            }
            count += 1;
        }
        let is_there = |name: &&str| places.iter().any(|(known, place)| known == name && place.is_some());
        let stood_in = |column: &Column<'_>| !column.stand_ins.is_empty() && column.stand_ins.iter().all(is_there);
        let is_missing = |column: &Column<'_>| column.required && !is_there(&column.name) && !stood_in(column);
        let missing = rows.columns.iter().find(|column| is_missing(column));
        if let Some(Column { name: column, what, .. }) = missing {
            let names: Vec<&str> = header.clone().flatten().take(MOST_LISTED + 1).collect();
            let columns = listed(&names, count);
            let reason = format!(
                "no column {column:?} in the header (its columns: {columns}): say which column holds the {what}"
            );
            return Err(Error::file(rows.name, reason));
        }
        Ok(Self { places, count })
    }

    /// Puts one row's fields where they belong.
    fn offer<'f>(&'f self, line: u64, fields: impl Iterator<Item = &'f [u8]>, rows: &mut Rows<'_>) {
        let mut values = vec![None; self.places.len()];
        let mut count = 0;
        for field in fields {
            for (value, (_, place)) in values.iter_mut().zip(&self.places) {
                if *place == Some(count) {
                    *value = Some(field);
                }
            }
            count += 1;
        }
        if count != self.count {
            let (columns, header) = (plural(count, "column"), self.count);
            return rows.reject(line, format!("{columns}, but the header has {header}"));
        }
        rows.offer(line, &Fields { places: &self.places, values });
    }
}

/// One row of a table.
struct Fields<'f> {
    places: &'f [(&'f str, Option<usize>)],
    values: Vec<Option<&'f [u8]>>,
}

impl Fields<'_> {
    fn value(&self, column: &str) -> Option<&[u8]> {
        self.values[self.places.iter().position(|(name, _)| *name == column)?]
    }
}

impl Row for Fields<'_> {
    fn text(&self, column: &str) -> Result<Cow<'_, str>, String> {
        utf8(self.value(column).ok_or_else(|| format!("no column {column:?}"))?).map(Cow::Borrowed)
    }

    fn label(&self, column: &str) -> Result<Cow<'_, str>, String> {
        self.text(column)
    }

    fn has(&self, column: &str) -> bool {
        self.value(column).is_some()
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
        columns.offer(number, line.split(|&byte| byte == b'\t'), rows);
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
        columns.offer(row.line, row.fields(), rows);
        if rows.full() {
            break;
        }
    }
    Ok(())
}
