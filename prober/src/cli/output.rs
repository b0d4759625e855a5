//! Verdicts on standard output: for people, as one JSON document, or one object a line.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::Value;
use shared::verdict::Status;
use shared::wire::VerifyResponse;

/// How verdicts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// One JSON document: an object for one address, an array for several or for standard input
    Json,
    /// One JSON object a line
    Jsonl,
}

impl Format {
    /// Standard output as this format needs it: with colours on a terminal for people, and octet for octet for programs.
    pub(super) fn stdout(self) -> Box<dyn Write> {
        match self {
            Self::Human => Box::new(anstream::AutoStream::auto(io::stdout())),
            Self::Json | Self::Jsonl => Box::new(io::stdout()),
        }
    }
}

/// Prints verdicts as they come, in order.
pub(super) struct Printer<W: Write> {
    out: W,
    format: Format,
    in_array: bool,
    count: usize,
}

impl<W: Write> Printer<W> {
    /// A printer for one verdict, or for `several`.
    pub(super) fn new(out: W, format: Format, several: bool) -> Self {
        Self { out, format, in_array: several && format == Format::Json, count: 0 }
    }

    /// Prints one verdict.
    pub(super) fn print(&mut self, verdict: &VerifyResponse) -> io::Result<()> {
        match self.format {
            Format::Human => self.print_human(verdict)?,
            Format::Jsonl => writeln!(self.out, "{}", verdict.to_json())?,
            Format::Json => self.print_json(verdict)?,
        }
        self.count += 1;
        self.out.flush()
    }

    /// Ends the document.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.in_array {
            self.out.write_all(if self.count == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        self.out.flush()
    }

    fn print_json(&mut self, verdict: &VerifyResponse) -> io::Result<()> {
        if self.in_array {
            self.out.write_all(if self.count == 0 { b"[\n" } else { b",\n" })?;
        }
        let value: Value = serde_json::from_str(&verdict.to_json()).map_err(io::Error::other)?;
        serde_json::to_writer_pretty(&mut self.out, &value).map_err(io::Error::from)?;
        if self.in_array { Ok(()) } else { self.out.write_all(b"\n") }
    }

    fn print_human(&mut self, verdict: &VerifyResponse) -> io::Result<()> {
        let colour = match verdict.status() {
            Status::Deliverable => AnsiColor::Green,
            Status::Risky => AnsiColor::Yellow,
            Status::Undeliverable => AnsiColor::Red,
            Status::Unknown => AnsiColor::Blue,
        };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        let (email, status, reason) = (printable(verdict.email()), verdict.status(), verdict.reason());
        writeln!(self.out, "{email}  {style}{status}{style:#} ({reason})")?;
        writeln!(self.out, "  {}", verdict.explanation())?;
        if let Some(reply) = verdict.reply_line() {
            writeln!(self.out, "  {reply}")?;
        }
        match verdict.suggestion() {
            Some(meant) => writeln!(self.out, "  Did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

/// The text with what could command a terminal shown as U+FFFD.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
