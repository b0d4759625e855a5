//! How a list is written: as CSV of what delimiter, as JSON lines or plain lines; whether it has a header; and where its addresses stand.

mod document;

use super::rows::{Cut, Field, cut_csv};

/// How much of a list is looked at, in octets.
pub(super) const SAMPLE: usize = 1024 * 1024;
/// How many of its rows.
const ROWS: usize = 500;
/// What may stand between fields.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// How columns of addresses are named, with everything but letters and digits left out; the more certain first.
const NAMES: [&str; 20] = [
    "email",
    "emailaddress",
    "mail",
    "mailaddress",
    "emailid",
    "useremail",
    "contactemail",
    "customeremail",
    "primaryemail",
    "workemail",
    "businessemail",
    "personalemail",
    "toemail",
    "recipient",
    "emailadresse",
    "adresseemail",
    "courriel",
    "correo",
    "correoelectronico",
    "epost",
];

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Fields with delimiters between them
    Csv,
    /// One JSON object a line
    Jsonl,
    /// One address a line
    Lines,
}

/// What is known of a list beforehand.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// How it is written.
    pub format: Option<Format>,
    /// What stands between fields.
    pub delimiter: Option<u8>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// The column of the addresses, by name or by number counted from one.
    pub column: Option<String>,
}

/// Reads what stands between fields.
///
/// # Errors
/// What was expected, in words.
pub fn read_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" || text == "\\t" => Ok(b'\t'),
        [octet] if octet.is_ascii() && !matches!(octet, b'"' | b'\n' | b'\r') => Ok(*octet),
        _ => Err(format!("expected one ASCII character or \"tab\", found {text:?}")),
    }
}

/// How a list is written, found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) format: Format,
    pub(super) delimiter: u8,
    pub(super) header: bool,
    /// How many fields a row has.
    pub(super) width: usize,
    /// Which of them is the address, counted from zero.
    pub(super) column: usize,
    /// Under which member of objects it stands, where that is named.
    pub(super) key: Option<String>,
}

impl Dialect {
    /// Finds out how the list is written that begins with `sample`.
    ///
    /// # Errors
    /// Where no addresses are found, or one JSON document, in words.
    pub(super) fn find(sample: &[u8], wishes: &Wishes) -> Result<Self, String> {
        document::refuse(sample, wishes)?;
        let sample = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample);
        let delimiter = wishes.delimiter.or_else(|| delimiter_of(sample));
        let format = wishes.format.unwrap_or_else(|| format_of(sample, delimiter));
        let plain = Self { format, delimiter: delimiter.unwrap_or(b','), header: false, width: 1, column: 0, key: None };
        match format {
            Format::Jsonl => Ok(Self { key: wishes.column.clone(), ..plain }),
            Format::Lines => Ok(Self { header: wishes.header.unwrap_or(false), ..plain }),
            Format::Csv => plain.with_columns(sample, wishes),
        }
    }

    fn with_columns(self, sample: &[u8], wishes: &Wishes) -> Result<Self, String> {
        let rows = rows_of(sample, self.delimiter);
        let Some((first, others)) = rows.split_first() else { return Ok(self) };
        let header = wishes.header.unwrap_or_else(|| !first.iter().any(|text| text.contains('@')));
        let column = match &wishes.column {
            Some(wanted) => named(wanted, first, header)?,
            None => found(first, others, header)?,
        };
        Ok(Self { header, width: first.len(), column, ..self })
    }
}

/// Whether a column or member of this name holds addresses.
pub(super) fn is_named_like_an_address(name: &str) -> bool {
    NAMES.contains(&letters(name).as_str())
}

fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The rows that are whole and sound.
fn rows_of(sample: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let (mut rows, mut fields, mut at) = (Vec::new(), Vec::<Field>::new(), 0);
    // A sample that is not the whole list ends somewhere within a row.
    let ended = sample.len() < SAMPLE;
    while rows.len() < ROWS {
        let rest = sample.get(at..).unwrap_or_default();
        let Cut::Row { length, end, fault } = cut_csv(rest, ended, delimiter, &mut fields) else { break };
        let raw = rest.get(..length).unwrap_or_default();
        if fault.is_none() && !raw.is_empty() {
            rows.push(fields.iter().map(|field| field.text(raw).trim_ascii().to_owned()).collect());
        }
        if length + end == 0 || at + length + end >= sample.len() {
            break;
        }
        at += length + end;
    }
    rows
}

/// The delimiter by which most rows have the same number of fields, and more than one.
fn delimiter_of(sample: &[u8]) -> Option<u8> {
    let share = |delimiter: u8| {
        let widths: Vec<usize> = rows_of(sample, delimiter).iter().map(Vec::len).collect();
        let width = *widths.first()?;
        let same = widths.iter().filter(|other| **other == width).count();
        // In thousandths, so that the share counts before the number of fields.
        (width > 1 && 2 * same >= widths.len()).then_some((1000 * same / widths.len(), width))
    };
    DELIMITERS
        .into_iter()
        .filter_map(|delimiter| Some((share(delimiter)?, delimiter)))
        .max_by_key(|(share, _)| *share)
        .map(|(_, found)| found)
}

fn format_of(sample: &[u8], delimiter: Option<u8>) -> Format {
    let lines = || sample.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).take(ROWS);
    let is_object = |line: &&[u8]| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok();
    match lines().next() {
        Some(first) if is_object(&first) => Format::Jsonl,
        // A first row that is broken must not have all others read as addresses.
        Some(_) if 2 * lines().filter(is_object).count() > lines().count() => Format::Jsonl,
        // A quotation mark right before an @ is an address's own, and no field's.
        _ if delimiter.is_none() && sample.windows(2).any(|pair| pair == b"\"@") => Format::Lines,
        _ => Format::Csv,
    }
}

/// The column that the caller names.
fn named(wanted: &str, first: &[String], header: bool) -> Result<usize, String> {
    let by_name: Vec<usize> = first.iter().enumerate().filter(|(_, name)| header && *name == wanted).map(|(n, _)| n).collect();
    match (by_name.as_slice(), wanted.parse::<usize>()) {
        ([one], _) => Ok(*one),
        ([one, other, ..], _) => {
            Err(format!("--column: expected one column {wanted:?}, found the {} and the {}; name it by its number", one + 1, other + 1))
        }
        ([], Ok(number)) if (1..=first.len()).contains(&number) => Ok(number - 1),
        _ => Err(format!("--column: expected {}, found {wanted:?}", choice(first, header))),
    }
}

/// The column that is named like one of addresses, else the one that mostly holds them.
fn found(first: &[String], others: &[Vec<String>], header: bool) -> Result<usize, String> {
    let by_name = NAMES.iter().find_map(|name| first.iter().position(|column| header && letters(column) == *name));
    let rows = || others.iter().chain((!header).then(|| first.to_vec()).as_ref().into_iter().map(|first| first as &Vec<String>)).count();
    let holds = |column: usize| {
        let own = if header { None } else { first.get(column) };
        own.into_iter().chain(others.iter().filter_map(|row| row.get(column))).filter(|text| text.contains('@')).count()
    };
    let by_content = || (0..first.len()).map(|column| (holds(column), std::cmp::Reverse(column))).max();
    let mostly = || by_content().filter(|(count, _)| *count > 0 && 2 * count >= rows()).map(|(_, column)| column.0);
    let alone = (first.len() == 1).then_some(0);
    by_name
        .or_else(mostly)
        .or(alone)
        .ok_or_else(|| format!("no column of addresses was found; name it by --column: {}", choice(first, header)))
}

/// What there is to choose from. A row that is no header may hold addresses, which have no place in a fault.
fn choice(first: &[String], header: bool) -> String {
    const SHOWN: usize = 12;
    let number = format!("a number of 1 to {}", first.len());
    let names: Vec<String> = first.iter().filter(|name| header && !name.contains('@')).map(|name| format!("{name:?}")).collect();
    match names.get(..SHOWN) {
        _ if names.is_empty() => number,
        Some(some) if names.len() > SHOWN => format!("one of {} and others, or {number}", some.join(", ")),
        _ => format!("one of {}, or {number}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(list: &str) -> Dialect {
        Dialect::find(list.as_bytes(), &Wishes::default()).expect(list)
    }

    #[test]
    fn ok_delimiters_headers_and_columns() {
        for (list, delimiter, header, width, column) in [
            ("id,Email Address\n1,a@x.example\n", b',', true, 2, 1),
            ("a@x.example;Ada, Countess\nb@x.example;Bob, Jr\n", b';', false, 2, 0),
            ("id\tnote\twhere\n1\tx\ta@x.example\n2\ty\tb@x.example\n", b'\t', true, 3, 2),
            ("a@x.example\nb@x.example\n", b',', false, 1, 0),
            ("email\na@x.example\n", b',', true, 1, 0),
            ("n|mail\n\"a|b\"|c@x.example", b'|', true, 2, 1),
        ] {
            let found = find(list);
            assert_eq!((found.delimiter, found.header, found.width, found.column), (delimiter, header, width, column), "{list}");
            assert_eq!(found.format, Format::Csv);
        }
        assert_eq!(find("{\"email\":1}\n").format, Format::Jsonl);
        assert_eq!(find("{\"email\":\n{\"email\":1}\n{\"email\":2}\n").format, Format::Jsonl);
        assert_eq!(find("a@x.example\n{}\n").format, Format::Csv);
        assert_eq!(find("").format, Format::Csv);
    }

    #[test]
    fn err_columns_that_are_not_there() {
        let wish = |column: &str| Wishes { column: Some(column.to_owned()), ..Wishes::default() };
        let list = b"id,email,email\n1,a@x.example,b@x.example\n";
        let fault = |column: &str| Dialect::find(list, &wish(column)).expect_err(column);
        assert!(fault("email").contains("found the 2 and the 3"), "{}", fault("email"));
        assert!(fault("mail").contains("\"id\""), "{}", fault("mail"));
        assert!(fault("4").contains("1 to 3"), "{}", fault("4"));
        assert_eq!(Dialect::find(list, &wish("3")).map(|found| found.column), Ok(2));
        let nothing = Dialect::find(b"id,name\n1,Ada\n", &Wishes::default()).expect_err("no addresses");
        assert!(nothing.contains("--column"), "{nothing}");
        let header = Wishes { header: Some(true), column: Some("mail".to_owned()), ..Wishes::default() };
        let fault = Dialect::find(b"1,ada@x.example\n2,bob@x.example\n", &header).expect_err("no such column");
        assert_eq!(fault, "--column: expected one of \"1\", or a number of 1 to 2, found \"mail\"");
    }
}
