//! Rows of CSV, and plain lines, as JSON objects: a member for each field, by the name of its column, and one more.

use std::collections::HashMap;
use std::io::{self, Write};

use super::super::dialect::{Dialect, Format};
use super::super::rows::{Cut, Field, Row, cut_csv};
use super::jsonl::Objects;
use super::{Form, Tail, end_line};

/// The member of an address whose column has no name.
const ADDRESS: &str = "email";

/// Rows as objects.
pub(super) struct Members<'a> {
    dialect: &'a Dialect,
    names: Names,
    fields: Vec<Field>,
    objects: Objects,
    /// The row goes on with the next piece.
    is_within: bool,
}

impl<'a> Members<'a> {
    pub(super) fn new(dialect: &'a Dialect) -> Self {
        let mut names = Names::default();
        for column in 0..if dialect.header { 0 } else { dialect.width } {
            names.add(if column == dialect.column { ADDRESS } else { "" });
        }
        Self { dialect, names, fields: Vec::new(), objects: Objects::default(), is_within: false }
    }

    /// The fields of a whole row; where it is broken, none.
    fn cut(&mut self, raw: &[u8]) -> bool {
        let cut = cut_csv(raw, true, self.dialect.delimiter, &mut self.fields);
        matches!(cut, Cut::Row { fault: None, .. })
    }

    /// A whole row as an object, unless it is broken.
    fn object(&mut self, raw: &[u8]) -> Option<String> {
        if self.dialect.format == Format::Lines {
            let name = self.names.get(0).unwrap_or(ADDRESS);
            return Some(format!("{{{}:{}}}", quoted(name), quoted(&String::from_utf8_lossy(raw))));
        }
        if !self.cut(raw) {
            return None;
        }
        while self.names.all.len() < self.fields.len() {
            self.names.add("");
        }
        let members = self.fields.iter().zip(&self.names.all);
        let members: Vec<String> = members.map(|(field, name)| format!("{}:{}", quoted(name), quoted(&field.text(raw)))).collect();
        Some(format!("{{{}}}", members.join(",")))
    }
}

fn quoted(text: &str) -> String {
    // A text always has a form in JSON.
    serde_json::to_string(text).unwrap_or_default()
}

impl Form for Members<'_> {
    fn begin(&mut self, _: &mut dyn Write, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn header(&mut self, _: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        if self.dialect.format == Format::Lines {
            self.names.add(&String::from_utf8_lossy(row.raw));
        } else if self.cut(row.raw) {
            self.fields.iter().for_each(|field| self.names.add(&field.text(row.raw)));
        }
        Ok(())
    }

    fn piece(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        let is_whole = !std::mem::replace(&mut self.is_within, row.goes_on) && !row.goes_on;
        match is_whole.then(|| self.object(row.raw)).flatten() {
            Some(object) => self.objects.object(out, object.as_bytes()),
            None => self.objects.line(out, row.raw),
        }
    }

    fn tail(&mut self, out: &mut dyn Write, fields: usize, tail: Tail<'_>) -> io::Result<()> {
        self.objects.tail(out, fields, tail)
    }

    fn end(&mut self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        end_line(out, row)
    }
}

/// The names of columns, each once.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    /// How often each was there.
    seen: HashMap<String, usize>,
}

impl Names {
    fn get(&self, column: usize) -> Option<&str> {
        self.all.get(column).map(String::as_str)
    }

    /// Adds the next column's: without one it is numbered, and one that is taken gets a number behind it.
    fn add(&mut self, name: &str) {
        let name = match name.trim_ascii() {
            "" => format!("column_{}", self.all.len() + 1),
            name => name.to_owned(),
        };
        // What is added to the object has that name.
        let mut count = *self.seen.entry(name.clone()).or_insert(usize::from(name == "rcpt"));
        let mut unique = name.clone();
        while count > 0 && self.seen.contains_key(&unique) {
            count += 1;
            unique = format!("{name}_{count}");
        }
        self.seen.insert(name, count.max(1));
        self.seen.entry(unique.clone()).or_insert(1);
        self.all.push(unique);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[&str]) -> Vec<String> {
        let mut names = Names::default();
        for name in given {
            names.add(name);
        }
        names.all
    }

    #[test]
    fn ok_each_column_has_a_name_of_its_own() {
        assert_eq!(names(&["id", " e-mail ", "", "id", "id"]), ["id", "e-mail", "column_3", "id_2", "id_3"]);
        assert_eq!(names(&["rcpt", "rcpt", "a_2", "a", "a"]), ["rcpt_2", "rcpt_3", "a_2", "a", "a_3"]);
        assert_eq!(names(&["column_2", ""]), ["column_2", "column_2_2"]);
    }

    #[test]
    fn ok_many_columns_of_one_name_take_no_time() {
        let found = names(&vec!["c"; 100_000]);
        assert_eq!(found.last().map(String::as_str), Some("c_100000"));
    }
}
