//! `rcpt reply`: what raw replies mean, for whoever reads a log or a bounce.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;
use shared::smtp::{About, EnhancedStatus, FindingKind, Reply, ReplyCode, Stage, classify};

use super::Fault;
use super::input::{Entries, Entry};

/// Say what raw replies of mail servers mean.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The step of the session that the replies answer [default: rcpt]
    #[arg(long, value_parser = stage)]
    stage: Option<Stage>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Replies such as "550 5.1.1 User unknown", or - to read them from standard input, one a line. A line may also be a JSON object with
    /// "reply", and "stage" where it is not rcpt
    #[arg(required = true, value_name = "TEXT")]
    replies: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON object a line
    Jsonl,
}

fn stage(text: &str) -> Result<Stage, String> {
    text.parse().map_err(|error: shared::smtp::stage::UnknownStage| error.to_string())
}

/// One classified reply.
#[derive(Debug, Serialize)]
struct Classified {
    finding: FindingKind,
    about: About,
    code: Option<ReplyCode>,
    enhanced: Option<EnhancedStatus>,
    text: String,
    rule: &'static str,
}

impl Classified {
    fn of(raw: &str, stage: Stage) -> Self {
        match Reply::parse(raw) {
            Ok(reply) => {
                let finding = classify(stage, &reply);
                Self {
                    finding: finding.kind,
                    about: finding.about(),
                    code: Some(reply.code),
                    enhanced: reply.enhanced,
                    text: reply.text,
                    rule: finding.rule,
                }
            }
            // A text without a code is no reply, so it says nothing for sure.
            Err(_) => Self {
                finding: FindingKind::Unsure,
                about: FindingKind::Unsure.about(),
                code: None,
                enhanced: None,
                text: raw.to_owned(),
                rule: "not-a-reply",
            },
        }
    }
}

/// Classifies every reply, in order.
pub(super) async fn run(args: Args) -> Result<(), Fault> {
    let mut entries = Entries::new(args.replies, &["reply"])?;
    let mut out: Box<dyn io::Write> = match args.format {
        Format::Human => Box::new(anstream::AutoStream::auto(io::stdout())),
        // Octet for octet: what strips colours strips other control characters too.
        Format::Jsonl => Box::new(io::stdout()),
    };
    while let Some(entry) = entries.next().await? {
        let stage = args.stage.or_else(|| stage_of(&entry)).unwrap_or(Stage::Rcpt);
        let classified = Classified::of(&entry.text, stage);
        match args.format {
            Format::Human => print_human(&mut out, &classified, stage)?,
            Format::Jsonl => writeln!(out, "{}", serde_json::to_string(&classified).unwrap_or_default())?,
        }
    }
    Ok(out.flush()?)
}

fn stage_of(entry: &Entry) -> Option<Stage> {
    entry.fields.as_ref()?.get("stage")?.as_str()?.parse().ok()
}

fn print_human(out: &mut impl io::Write, one: &Classified, stage: Stage) -> io::Result<()> {
    let bold = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
    let about = match one.about {
        About::Mailbox => "the mailbox",
        About::Domain => "the domain",
        About::Us => "us, not the mailbox",
        About::Transient => "a passing state, not the mailbox",
    };
    writeln!(out, "{bold}{}{bold:#}  about {about} (at {stage}, rule {})", one.finding, one.rule)?;
    writeln!(out, "  {}", one.text.replace('\n', "\n  "))
}
