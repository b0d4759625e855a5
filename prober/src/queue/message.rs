//! What travels: JSON with a version. Addresses are in it, and so nothing here is ever printed.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::evidence::{DnsEvidence, ProbeReport, UnixMillis};

use super::Place;

/// The version that is written, and the only one that is read. In version 1 questions had no seal and answers no fate.
const VERSION: u8 = 2;
/// The longest body that is read: more than the largest task or its answers come to, which a test of the probes' walk reckons.
pub const MOST_OCTETS: usize = 6 << 20;
/// The most mailboxes in a task, so that whoever dies with one loses little.
pub const MOST_QUESTIONS: usize = 20;
/// How often a letter is handed out before it is taken for the cause that its takers die.
pub const MOST_DELIVERIES: u32 = 10;

/// Mailboxes of one host to ask about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The `rcpt serve` that wants the answers.
    pub from: String,
    /// The job they are for.
    pub job: String,
    /// An operator's id, or the MX hosts: the key of what is handed out in order.
    pub lane: String,
    /// When the asker will have put it anew, by the asker's clock; whoever takes it later says so, and asks nobody.
    pub expires: UnixMillis,
    /// What to ask.
    pub questions: Vec<Question>,
}

/// One mailbox to ask about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its number in the job's store.
    pub id: i64,
    /// Its address.
    pub address: String,
    /// What the DNS said of its domain.
    pub dns: DnsEvidence,
    /// How often it was asked about before.
    pub tries: u32,
    /// By which the asker knows an answer to this very question.
    pub seal: String,
}

/// What came of a task.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The job that asked.
    pub job: String,
    /// In any order.
    pub answers: Vec<Answer>,
}

/// What came of one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's number.
    pub id: i64,
    /// How often it had been asked about before, as the question said.
    pub tries: u32,
    /// As the question had it.
    pub seal: String,
    /// What became of it.
    pub fate: Fate,
    /// How long it took, in milliseconds, from the worker's hand to its answer.
    pub took_ms: u64,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fate {
    /// The hosts were asked.
    Asked {
        /// What they said, with addresses masked.
        report: Box<ProbeReport>,
    },
    /// They could not be asked at all.
    Unasked,
    /// Its task came when it was over by the worker's clock, and nobody was asked.
    Late {
        /// When it is over by the asker's.
        expires: UnixMillis,
    },
    /// Its task was handed out more than [`MOST_DELIVERIES`] times, and is set aside: whoever took it died.
    Lost,
}

impl Task {
    /// The same end for all of its questions.
    pub fn end_all(&self, fate: &Fate) -> Answers {
        let answer = |question: &Question| question.end(fate.clone(), 0);
        Answers { job: self.job.clone(), answers: self.questions.iter().map(answer).collect() }
    }
}

impl Question {
    /// Its answer.
    pub fn end(&self, fate: Fate, took_ms: u64) -> Answer {
        Answer { id: self.id, tries: self.tries, seal: self.seal.clone(), fate, took_ms }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("job", &self.job).field("questions", &self.questions.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("job", &self.job).field("answers", &self.answers.len()).finish()
    }
}

/// Why a letter is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It is longer than [`MOST_OCTETS`], or holds more than [`MOST_QUESTIONS`].
    TooLarge,
    /// It is no JSON of its kind.
    Unreadable,
    /// It is of a version that is not known here.
    UnknownVersion,
    /// It was handed out more than [`MOST_DELIVERIES`] times.
    TooOften,
}

impl Unfit {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::TooLarge, Self::Unreadable, Self::UnknownVersion, Self::TooOften];

    /// Its name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::UnknownVersion => "unknown_version",
            Self::TooOften => "too_often",
        }
    }
}

/// What is read of every letter first.
#[derive(Deserialize)]
struct Versioned {
    version: u8,
}

/// A letter as it travels.
#[derive(Serialize, Deserialize)]
struct Letter<M> {
    version: u8,
    message: M,
}

/// What a letter can say.
pub trait Message: Serialize + DeserializeOwned + Send {
    /// How many questions or answers it has.
    fn len(&self) -> usize;

    /// Whether its names can be anybody's. They become names in a broker, which are short there.
    fn is_fit(&self) -> bool;

    /// What is to be said, and to whom, where nobody will work on it; `None` where nobody waits for it.
    fn obituary(&self) -> Option<(Place, Vec<u8>)>;

    /// Whether it has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The letter's body.
    fn write(&self) -> Vec<u8> {
        // Nothing in a message has keys that are no texts, which is all that could fail.
        serde_json::to_vec(&Letter { version: VERSION, message: self }).unwrap_or_default()
    }

    /// Reads a letter's body.
    ///
    /// # Errors
    /// [`Unfit`], where it cannot be meant for us.
    fn read(body: &[u8]) -> Result<Self, Unfit> {
        if body.len() > MOST_OCTETS {
            return Err(Unfit::TooLarge);
        }
        let Versioned { version } = serde_json::from_slice(body).map_err(|_| Unfit::Unreadable)?;
        if version != VERSION {
            return Err(Unfit::UnknownVersion);
        }
        let letter: Letter<Self> = serde_json::from_slice(body).map_err(|_| Unfit::Unreadable)?;
        if letter.message.len() > MOST_QUESTIONS {
            return Err(Unfit::TooLarge);
        }
        if letter.message.is_fit() { Ok(letter.message) } else { Err(Unfit::Unreadable) }
    }
}

/// Names of askers and jobs are 32 hexadecimal digits, or a short word within one process.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_alphanumeric())
}

impl Message for Task {
    fn len(&self) -> usize {
        self.questions.len()
    }

    fn is_fit(&self) -> bool {
        is_name(&self.from) && is_name(&self.job)
    }

    fn obituary(&self) -> Option<(Place, Vec<u8>)> {
        Some((Place::Answers(self.from.clone()), self.end_all(&Fate::Lost).write()))
    }
}

impl Message for Answers {
    fn len(&self) -> usize {
        self.answers.len()
    }

    fn is_fit(&self) -> bool {
        is_name(&self.job)
    }

    fn obituary(&self) -> Option<(Place, Vec<u8>)> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(count: i64) -> Answers {
        let answer = |id| Answer { id, tries: 0, seal: "s".to_owned(), fate: Fate::Unasked, took_ms: 7 };
        Answers { job: "j".to_owned(), answers: (0..count).map(answer).collect() }
    }

    #[test]
    fn ok_as_it_was_written() {
        let body = answers(2).write();
        assert_eq!(Answers::read(&body), Ok(answers(2)));
        assert_eq!(
            String::from_utf8_lossy(&body),
            r#"{"version":2,"message":{"job":"j","answers":[{"id":0,"tries":0,"seal":"s","fate":{"kind":"unasked"},"took_ms":7},{"id":1,"tries":0,"seal":"s","fate":{"kind":"unasked"},"took_ms":7}]}}"#
        );
    }

    #[test]
    fn err_what_cannot_be_meant() {
        let many = answers(21).write();
        let long = vec![b' '; MOST_OCTETS + 1];
        let named = Answers { job: "j".repeat(300), answers: Vec::new() }.write();
        let cases: [(&[u8], Unfit); 9] = [
            (&named, Unfit::Unreadable),
            (b"", Unfit::Unreadable),
            (b"\xff\x00", Unfit::Unreadable),
            (br#"{"version":2}"#, Unfit::Unreadable),
            (br#"{"version":"2","message":{"job":"j","answers":[]}}"#, Unfit::Unreadable),
            (br#"{"version":1,"message":{"job":"j","answers":[{"id":0,"tries":0,"report":null,"took_ms":7}]}}"#, Unfit::UnknownVersion),
            (br#"{"version":3,"jobs":["j"]}"#, Unfit::UnknownVersion),
            (&many, Unfit::TooLarge),
            (&long, Unfit::TooLarge),
        ];
        for (body, expected) in cases {
            assert_eq!(Answers::read(body), Err(expected), "{}", String::from_utf8_lossy(body.get(..40).unwrap_or(body)));
        }
    }
}
