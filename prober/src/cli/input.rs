//! What is asked about: arguments, or the lines of standard input.

use serde_json::{Map, Value};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader, Stdin, stdin};

use super::Fault;

/// The longest line that is read, in octets; nothing longer can be an address or a reply, and its rest is passed over.
const MAX_LINE: usize = 64 * 1024;

/// One thing that is asked about.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its text.
    pub(super) text: String,
    /// The JSON object that it came in, where it came in one.
    pub(super) fields: Option<Map<String, Value>>,
}

/// Arguments in order, or the lines of standard input.
pub(super) enum Entries {
    Arguments(std::vec::IntoIter<String>),
    Lines { lines: Lines<BufReader<Stdin>>, keys: &'static [&'static str] },
}

impl Entries {
    /// The arguments, or where the only one is `-` the lines of standard input. A line may be a JSON object that has its text under one of
    /// `keys`, for texts that hold line breaks.
    ///
    /// # Errors
    /// Where `-` stands beside others.
    pub(super) fn new(arguments: Vec<String>, keys: &'static [&'static str]) -> Result<Self, Fault> {
        match arguments.as_slice() {
            [only] if only == "-" => Ok(Self::Lines { lines: Lines::of(BufReader::new(stdin())), keys }),
            several if several.iter().any(|one| one == "-") => {
                Err(Fault::BadUse("expected either - or values on the command line, found both".into()))
            }
            _ => Ok(Self::Arguments(arguments.into_iter())),
        }
    }

    /// The next entry. Every line is one, an empty line too, so that answers can be laid beside lines. May be called off and called again.
    ///
    /// # Errors
    /// Where standard input cannot be read.
    pub(super) async fn next(&mut self) -> Result<Option<Entry>, Fault> {
        match self {
            Self::Arguments(arguments) => Ok(arguments.next().map(|text| Entry { text, fields: None })),
            Self::Lines { lines, keys } => {
                let line = lines.next().await.map_err(|error| Fault::Failed(format!("standard input: {error}")))?;
                Ok(line.map(|line| entry(line, keys)))
            }
        }
    }
}

/// Lines of bounded length. What was read of a line is kept here, so that waiting for the rest can be called off.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    begun: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    fn of(reader: R) -> Self {
        Self { reader, line: Vec::new(), begun: false }
    }

    async fn next(&mut self) -> std::io::Result<Option<String>> {
        loop {
            let held = self.reader.fill_buf().await?;
            if held.is_empty() {
                return Ok(std::mem::take(&mut self.begun).then(|| self.take_line()));
            }
            self.begun = true;
            let end = held.iter().position(|byte| *byte == b'\n');
            let part = held.get(..end.unwrap_or(held.len())).unwrap_or_default();
            let room = MAX_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            let length = end.map_or(held.len(), |end| end + 1);
            self.reader.consume(length);
            if end.is_some() {
                self.begun = false;
                return Ok(Some(self.take_line()));
            }
        }
    }

    fn take_line(&mut self) -> String {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        // What is not UTF-8 becomes U+FFFD, which no address may hold: it is answered, and said where.
        String::from_utf8_lossy(line).into_owned()
    }
}

fn entry(line: String, keys: &[&str]) -> Entry {
    let fields = line.starts_with('{').then(|| serde_json::from_str::<Map<String, Value>>(&line).ok()).flatten();
    let text = fields.as_ref().and_then(|fields| keys.iter().find_map(|key| fields.get(*key)?.as_str()));
    match text {
        Some(text) => Entry { text: text.to_owned(), fields },
        None => Entry { text: line, fields: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines_of(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::of(BufReader::with_capacity(3, bytes));
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.expect("memory can be read") {
            all.push(line);
        }
        all
    }

    #[tokio::test]
    async fn ok_every_line_is_an_entry() {
        assert_eq!(lines_of(b"a@b\r\n\n c \nlast").await, ["a@b", "", " c ", "last"]);
        assert_eq!(lines_of(b"a\n").await, ["a"]);
        assert!(lines_of(b"").await.is_empty());
        assert_eq!(lines_of(b"\xff@b\n").await, ["\u{fffd}@b"]);
    }

    #[tokio::test]
    async fn ok_an_endless_line_is_cut_and_the_next_one_is_whole() {
        let mut bytes = vec![b'a'; MAX_LINE + 10];
        bytes.extend_from_slice(b"\nnext\n");
        let lines = lines_of(&bytes).await;
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [MAX_LINE, 4]);
    }

    #[test]
    fn ok_json_lines_hold_what_plain_ones_cannot() {
        let of = |line: &str| entry(line.to_owned(), &["email", "address"]).text;
        assert_eq!(of(r#"{"address":"a\nb"}"#), "a\nb");
        assert_eq!(of(r#"{"email":"x","address":"y"}"#), "x");
        // No JSON, or without the key: the line itself is asked about.
        assert_eq!(of("{a}@accepts.example"), "{a}@accepts.example");
        assert_eq!(of(r#"{"other":"y"}"#), r#"{"other":"y"}"#);
    }
}
