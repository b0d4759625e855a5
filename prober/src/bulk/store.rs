//! What a run knows so far, in one SQLite file: each domain and mailbox once, with the evidence of it.
//!
//! Evidence is kept, not verdicts; `status` and `reason` stand beside it for whoever counts. A process that is killed loses nothing that was
//! committed, a machine that loses power at most the last moment. The file holds addresses, since they were given; whoever ends a run removes it.

mod schema;

use std::path::Path;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, named_params, params};
use shared::evidence::{DnsEvidence, ProbeReport};
use shared::verdict::{Reason, Status, Verdict};

/// What notes on deaths are called, before the mailbox's number.
const DEATHS: &str = "deaths of ";

/// What went wrong with the file, in words.
pub type Trouble = String;

/// A domain to look up.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: i64,
    pub(super) name: String,
}

/// A domain that was looked up.
#[derive(Debug)]
pub(super) struct LookedUp {
    pub(super) id: i64,
    pub(super) evidence: DnsEvidence,
    /// Whose hosts take its mail; `None` where there is nobody to ask.
    pub(super) hosts: Option<String>,
    /// What it comes to as long as no host is asked.
    pub(super) verdict: Verdict,
}

/// A mailbox to ask about.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) id: i64,
    pub(super) address: String,
    /// The evidence of its domain, where it can be read.
    pub(super) dns: Option<Arc<Dns>>,
    /// Whose hosts take its mail.
    pub(super) hosts: String,
    /// How often it was asked about.
    pub(super) tries: u32,
}

/// The evidence of a domain, once for all of its mailboxes.
#[derive(Debug)]
pub(super) struct Dns {
    pub(super) evidence: DnsEvidence,
    /// As it is kept, by which questions are sealed.
    pub(super) text: String,
}

impl Dns {
    /// Where it can be read.
    pub(super) fn read(text: String) -> Option<Arc<Self>> {
        let evidence = serde_json::from_str(&text).ok()?;
        Some(Arc::new(Self { evidence, text }))
    }
}

/// A mailbox that was asked about.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: i64,
    pub(super) report: ProbeReport,
    pub(super) verdict: Verdict,
    pub(super) tries: u32,
    /// When to ask again, in milliseconds since the Unix epoch; `None` where this is its answer.
    pub(super) due_ms: Option<u64>,
}

/// How many of each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u64; 4]);

impl Counts {
    /// Every status, in the order of the counts.
    pub const ORDER: [Status; 4] = [Status::Deliverable, Status::Risky, Status::Undeliverable, Status::Unknown];

    /// One more.
    pub fn add(&mut self, status: Status, count: u64) {
        for (known, counted) in Self::ORDER.iter().zip(&mut self.0) {
            *counted += if *known == status { count } else { 0 };
        }
    }

    /// How many of a status.
    pub fn of(&self, status: Status) -> u64 {
        Self::ORDER.iter().zip(self.0).find(|(known, _)| **known == status).map_or(0, |(_, count)| count)
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// Who else may look into the file meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nobody: another run would not notice this one.
    Alone,
    /// Whoever reads it.
    WithReaders,
}

/// How far the mailboxes of some hosts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsStanding {
    /// An operator's id, or hosts of nobody in particular.
    pub hosts: String,
    /// How many mailboxes are theirs.
    pub all: u64,
    /// How many of these are answered.
    pub done: u64,
}

/// The file.
#[derive(Debug)]
pub(super) struct Store {
    db: Connection,
}

impl Store {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// Where it cannot be opened, or another run has it.
    pub(super) fn open(path: &Path, access: Access) -> Result<Self, Trouble> {
        drop(private(path)?);
        schema::prepare(path, access).map(|db| Self { db }).map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                format!("{}: another run is at it", path.display())
            }
            _ => format!("{}: {error}", path.display()),
        })
    }

    /// Opens the file beside the run that fills it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(super) fn read(path: &Path) -> Result<Self, Trouble> {
        schema::read(path).map(|db| Self { db }).map_err(trouble)
    }

    /// Closes the file, which is about to be removed: its log need not be written into it first, nor waited for.
    pub(super) fn discard(self) {
        // Where it is written all the same, that only takes longer.
        let _ = self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    fn change(&self, sql: &str, values: impl Params) -> Result<usize, Trouble> {
        self.db.prepare_cached(sql).and_then(|mut statement| statement.execute(values)).map_err(trouble)
    }

    fn one<T>(&self, sql: &str, values: impl Params, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<Option<T>, Trouble> {
        self.db.prepare_cached(sql).and_then(|mut statement| statement.query_row(values, read).optional()).map_err(trouble)
    }

    fn many<T>(&self, sql: &str, values: impl Params, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>, Trouble> {
        let mut statement = self.db.prepare_cached(sql).map_err(trouble)?;
        let rows = statement.query_map(values, read).map_err(trouble)?;
        rows.collect::<Result<_, _>>().map_err(trouble)
    }

    /// Everything that `act` changes is kept, or where it fails nothing.
    ///
    /// # Errors
    /// As `act`, or where it cannot be written.
    pub(super) fn at_once<T>(&self, act: impl FnOnce(&Self) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let transaction = self.db.unchecked_transaction().map_err(trouble)?;
        let value = act(self)?;
        transaction.commit().map_err(trouble)?;
        Ok(value)
    }

    /// A note about the run.
    pub(super) fn note(&self, name: &str) -> Result<Option<String>, Trouble> {
        self.one("SELECT value FROM run WHERE name = ?1", [name], |row| row.get(0))
    }

    /// Keeps a note about the run.
    pub(super) fn set_note(&self, name: &str, value: &str) -> Result<(), Trouble> {
        self.change("INSERT INTO run VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", [name, value]).map(drop)
    }

    /// The id of a domain, which is new or known.
    pub(super) fn domain(&self, name: &str) -> Result<i64, Trouble> {
        self.change("INSERT INTO domain (name) VALUES (?1) ON CONFLICT DO NOTHING", [name])?;
        let id = self.one("SELECT id FROM domain WHERE name = ?1", [name], |row| row.get(0))?;
        id.ok_or_else(|| "a domain that was kept is gone".to_owned())
    }

    /// Adds a mailbox, unless it is known.
    pub(super) fn add_mailbox(&self, domain: i64, address: &str) -> Result<(), Trouble> {
        self.change("INSERT INTO mailbox (domain, address) VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![domain, address]).map(drop)
    }

    /// These come first.
    pub(super) fn prefer(&self, address: &str, domain: &str) -> Result<(), Trouble> {
        self.change("UPDATE mailbox SET sampled = 1 WHERE address = ?1", [address])?;
        self.change("UPDATE domain SET sampled = 1 WHERE name = ?1", [domain]).map(drop)
    }

    /// Domains behind `after` that were not looked up.
    pub(super) fn open_domains(&self, after: i64, sampled: bool) -> Result<Vec<Open>, Trouble> {
        let sql = "SELECT id, name FROM domain WHERE id > ?1 AND evidence IS NULL AND sampled >= ?2 ORDER BY id LIMIT 500";
        self.many(sql, params![after, sampled], |row| Ok(Open { id: row.get(0)?, name: row.get(1)? }))
    }

    /// How many domains there are, and how many of them were looked up.
    pub(super) fn domains(&self) -> Result<(u64, u64), Trouble> {
        let found = self.one("SELECT count(*), count(evidence) FROM domain", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.unwrap_or_default())
    }

    /// Keeps what was looked up, and settles the mailboxes there that nobody can be asked about.
    pub(super) fn keep_domains(&self, found: &[LookedUp]) -> Result<(), Trouble> {
        self.at_once(|store| found.iter().try_for_each(|one| store.keep_domain(one)))
    }

    fn keep_domain(&self, one: &LookedUp) -> Result<(), Trouble> {
        let sql = "UPDATE domain SET evidence = ?2, hosts = ?3 WHERE id = ?1";
        self.change(sql, params![one.id, json(&one.evidence)?, one.hosts])?;
        if one.hosts.is_none() {
            let sql = "UPDATE mailbox SET state = 'answered', status = ?2, reason = ?3 WHERE domain = ?1";
            self.change(sql, params![one.id, one.verdict.status().as_str(), one.verdict.reason.as_str()])?;
        }
        Ok(())
    }

    /// The evidence of a domain, as text.
    pub(super) fn domain_evidence(&self, name: &str) -> Result<Option<String>, Trouble> {
        Ok(self.one("SELECT evidence FROM domain WHERE name = ?1", [name], |row| row.get(0))?.flatten())
    }

    /// Whose hosts come behind these.
    pub(super) fn hosts_after(&self, hosts: &str, sampled: bool) -> Result<Option<String>, Trouble> {
        let sql = "SELECT hosts FROM domain WHERE hosts > ?1 AND sampled >= ?2 ORDER BY hosts LIMIT 1";
        self.one(sql, params![hosts, sampled], |row| row.get(0))
    }

    /// The domain of these hosts that comes behind `after`, and its evidence.
    pub(super) fn domain_after(&self, hosts: &str, after: i64) -> Result<Option<(i64, String)>, Trouble> {
        let sql = "SELECT id, evidence FROM domain WHERE hosts = ?1 AND id > ?2 ORDER BY id LIMIT 1";
        self.one(sql, params![hosts, after], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Mailboxes of a domain behind `after` that were not asked about.
    pub(super) fn waiting(&self, domain: i64, after: i64, sampled: bool) -> Result<Vec<(i64, String)>, Trouble> {
        let sql =
            "SELECT id, address FROM mailbox WHERE domain = ?1 AND state = 'waiting' AND id > ?2 AND sampled >= ?3 ORDER BY id LIMIT 64";
        self.many(sql, params![domain, after, sampled], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Mailboxes that were put off until `now_ms` at the latest.
    pub(super) fn due(&self, now_ms: u64, most: usize) -> Result<Vec<Waiting>, Trouble> {
        let sql = "SELECT mailbox.id, address, domain.evidence, hosts, tries FROM mailbox JOIN domain ON domain.id = mailbox.domain
            WHERE state = 'put off' AND due_ms <= ?1 ORDER BY due_ms LIMIT ?2";
        self.many(sql, params![now_ms, most], read_waiting)
    }

    /// A mailbox that was asked about so often and has no answer.
    pub(super) fn open_mailbox(&self, id: i64, tries: u32) -> Result<Option<Waiting>, Trouble> {
        let sql = "SELECT mailbox.id, address, domain.evidence, hosts, tries FROM mailbox JOIN domain ON domain.id = mailbox.domain
            WHERE mailbox.id = ?1 AND tries = ?2 AND state <> 'answered' AND hosts IS NOT NULL";
        self.one(sql, params![id, tries], read_waiting)
    }

    /// One more died asking about a mailbox.
    pub(super) fn add_death(&self, id: i64) -> Result<(), Trouble> {
        let sql = "INSERT INTO run VALUES (?1, '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1";
        self.change(sql, [format!("{DEATHS}{id}")]).map(drop)
    }

    /// How many died asking about each mailbox where somebody did.
    pub(super) fn deaths(&self) -> Result<Vec<(i64, u32)>, Trouble> {
        let sql =
            "SELECT CAST(substr(name, length(?1) + 1) AS INTEGER), CAST(value AS INTEGER) FROM run WHERE substr(name, 1, length(?1)) = ?1";
        self.many(sql, [DEATHS], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// When the next mailbox is due that was put off.
    pub(super) fn next_due(&self) -> Result<Option<u64>, Trouble> {
        Ok(self.one("SELECT min(due_ms) FROM mailbox WHERE state = 'put off'", [], |row| row.get(0))?.flatten())
    }

    /// How many mailboxes are put off.
    pub(super) fn count_put_off(&self) -> Result<u64, Trouble> {
        Ok(self.one("SELECT count(*) FROM mailbox WHERE state = 'put off'", [], |row| row.get(0))?.unwrap_or_default())
    }

    /// Keeps answers; which of them were the first to this try of their mailbox.
    pub(super) fn keep_answers(&self, answers: &[Asked]) -> Result<Vec<bool>, Trouble> {
        self.at_once(|store| answers.iter().map(|one| store.keep_answer(one)).collect())
    }

    fn keep_answer(&self, one: &Asked) -> Result<bool, Trouble> {
        let sql =
            "UPDATE mailbox SET state = :state, due_ms = :due, tries = :tries, status = :status, reason = :reason, evidence = :evidence
            WHERE id = :id AND tries = :tries - 1 AND state <> 'answered'";
        let values = named_params! {
            ":id": one.id,
            ":state": if one.due_ms.is_some() { "put off" } else { "answered" },
            ":due": one.due_ms,
            ":tries": one.tries,
            ":status": one.verdict.status().as_str(),
            ":reason": one.verdict.reason.as_str(),
            ":evidence": json(&one.report)?,
        };
        self.change(sql, values).map(|changed| changed > 0)
    }

    /// What a mailbox's hosts said, as text.
    pub(super) fn report(&self, address: &str) -> Result<Option<String>, Trouble> {
        Ok(self.one("SELECT evidence FROM mailbox WHERE address = ?1", [address], |row| row.get(0))?.flatten())
    }

    /// What hosts said lately of mailboxes of a domain, as texts with the addresses.
    pub(super) fn latest_reports(&self, domain: i64) -> Result<Vec<(String, String)>, Trouble> {
        let sql = "SELECT address, evidence FROM mailbox WHERE domain = ?1 AND evidence IS NOT NULL ORDER BY id DESC LIMIT 20";
        self.many(sql, [domain], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// How far the mailboxes of each hosts are, those with most left first.
    pub(super) fn by_hosts(&self) -> Result<Vec<HostsStanding>, Trouble> {
        let sql = "SELECT hosts, count(*), sum(state = 'answered') FROM mailbox JOIN domain ON domain.id = mailbox.domain
            WHERE hosts IS NOT NULL GROUP BY hosts ORDER BY sum(state = 'answered') - count(*) LIMIT 50";
        self.many(sql, [], |row| Ok(HostsStanding { hosts: row.get(0)?, all: row.get(1)?, done: row.get(2)? }))
    }

    /// How many mailboxes there are, and of those that have an answer, how many of each status.
    pub(super) fn mailboxes(&self) -> Result<(u64, Counts), Trouble> {
        let (mut all, mut counts) = (0, Counts::default());
        let sql = "SELECT state, reason, count(*) FROM mailbox GROUP BY state, reason";
        let groups = self.many(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, u64>(2)?)))?;
        for (state, reason, count) in groups {
            all += count;
            if let Some(reason) = reason.as_deref().and_then(Reason::from_name).filter(|_| state == "answered") {
                counts.add(reason.status(), count);
            }
        }
        Ok((all, counts))
    }
}

fn read_waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting { id: row.get(0)?, address: row.get(1)?, dns: Dns::read(row.get(2)?), hosts: row.get(3)?, tries: row.get(4)? })
}

fn private(path: &Path) -> Result<std::fs::File, Trouble> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let opened = std::fs::File::options().append(true).create(true).mode(0o600).open(path);
    opened.map_err(|error| format!("{}: {error}", path.display()))
}

fn json(value: &impl serde::Serialize) -> Result<String, Trouble> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn trouble(error: rusqlite::Error) -> Trouble {
    format!("what the run knows could not be kept or read: {error}")
}

#[cfg(test)]
mod tests;
