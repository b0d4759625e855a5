//! Two forms of table, both sorted by octets and searched by halves.

use core::cmp::Ordering;

/// Whether a table of lines holds `word`.
pub(super) fn holds_line(table: &str, word: &str) -> bool {
    last_line_up_to(table, |line| line.cmp(word)) == Some(word)
}

/// Whether a table of `top-level name name …` lines, each name without its top-level domain, holds `domain`.
pub(super) fn holds_domain(table: &str, domain: &str) -> bool {
    let Some((name, top)) = domain.rsplit_once('.') else { return false };
    let by_first_name = |line: &str| {
        let mut words = line.split(' ');
        (words.next(), words.next()).cmp(&(Some(top), Some(name)))
    };
    let line = last_line_up_to(table, by_first_name).unwrap_or_default();
    let mut words = line.split(' ');
    words.next() == Some(top) && words.any(|word| word == name)
}

/// The last line that `order` does not call greater than what is sought.
fn last_line_up_to(table: &str, order: impl Fn(&str) -> Ordering) -> Option<&str> {
    let (mut low, mut high, mut found) = (0, table.len(), None);
    while low < high {
        let middle = low + (high - low) / 2;
        // Tables are ASCII and every line ends in a line feed, so that both ends are boundaries.
        let start = table.get(..middle)?.rfind('\n').map_or(0, |at| at + 1);
        let end = table.get(middle..)?.find('\n').map_or(table.len(), |at| middle + at);
        let line = table.get(start..end)?;
        if order(line) == Ordering::Greater {
            high = start;
        } else {
            found = Some(line);
            low = end + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn ok_every_entry_of_every_table_is_found() {
        for table in [super::super::DISPOSABLE, super::super::FREE] {
            let mut before: Option<(&str, &str)> = None;
            for line in table.lines() {
                let (top, names) = line.split_once(' ').expect("a top-level domain and names");
                for name in names.split(' ') {
                    assert!(before < Some((top, name)), "{name}.{top} is out of order");
                    before = Some((top, name));
                    let domain: String = [name, ".", top].concat();
                    assert!(holds_domain(table, &domain), "{domain}");
                    assert!(!holds_domain(table, &[name, "-.", top].concat()));
                }
            }
        }
        for table in [super::super::ROLE, super::super::TOP_LEVEL] {
            let lines: Vec<&str> = table.lines().collect();
            assert!(lines.is_sorted() && lines.iter().all(|line| holds_line(table, line)));
            assert!(!holds_line(table, "") && !holds_line(table, "~") && !holds_line(table, "\u{1}"));
        }
    }

    #[test]
    fn ok_counts_are_those_of_the_provenance() {
        let provenance: serde_json::Value = serde_json::from_str(include_str!("../../../tables/PROVENANCE.json")).expect("JSON");
        let domains = |table: &str| table.split_ascii_whitespace().count() - table.lines().count();
        for (file, count) in [
            ("disposable.txt", domains(super::super::DISPOSABLE)),
            ("free.txt", domains(super::super::FREE)),
            ("role.txt", super::super::ROLE.lines().count()),
            ("tld.txt", super::super::TOP_LEVEL.lines().count()),
        ] {
            assert_eq!(provenance[file]["count"].as_u64(), u64::try_from(count).ok(), "{file}");
        }
    }
}
