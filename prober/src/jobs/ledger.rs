//! What is known of every job, in one SQLite file that holds no address.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use serde::{Deserialize, Serialize};
use shared::evidence::UnixMillis;
use shared::verdict::Level;

use super::delivery::{Delivery, Hook};
use crate::bulk::{Format, Trouble};

const TABLES: &str = "
    -- wish: how the list is to be read and followed, as JSON. once: the key by which the same job, given twice, is one. list: what tells its
    -- list from another, by a digest that is nobody else's. level: how far it is followed in truth.
    CREATE TABLE IF NOT EXISTS job (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, once TEXT, state TEXT NOT NULL, wish TEXT NOT NULL,
        created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, fault TEXT, hook TEXT, hook_every INTEGER, list TEXT, level TEXT,
        UNIQUE (owner, once)
    );
    -- News of jobs. state: 'waiting' until due_ms, 'delivered', or 'dead' where it cannot be.
    CREATE TABLE IF NOT EXISTS delivery (
        id TEXT PRIMARY KEY, job TEXT NOT NULL REFERENCES job, owner TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting', due_ms INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, fault TEXT
    );
    CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_ms) WHERE state = 'waiting';
";

/// The version of the tables.
const VERSION: i64 = 2;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its list is coming.
    Receiving,
    /// It is under way, or waits for its turn.
    Running,
    /// It was told to wait.
    Paused,
    /// Every row has its answer.
    Done,
    /// It was told to end.
    Cancelled,
    /// It cannot be done.
    Failed,
}

impl State {
    /// Every state.
    const ALL: [Self; 6] = [Self::Receiving, Self::Running, Self::Paused, Self::Done, Self::Cancelled, Self::Failed];

    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will be asked.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed)
    }
}

/// How a list is to be read and followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// How far.
    #[serde(default = "smtp")]
    pub level: Level,
    /// How it is written.
    pub format: Option<Format>,
    /// What stands between fields.
    pub delimiter: Option<char>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// The column of the addresses.
    pub column: Option<String>,
    /// The list's encoding.
    pub encoding: Option<String>,
}

fn smtp() -> Level {
    Level::Smtp
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id, which nobody guesses.
    pub id: String,
    /// Whose it is.
    pub owner: String,
    /// Where it stands.
    pub state: State,
    /// What is wished.
    pub wish: Wish,
    /// When it was given.
    pub created: UnixMillis,
    /// When it is removed.
    pub expires: UnixMillis,
    /// Why it cannot be done.
    pub fault: Option<String>,
    /// Where its news goes.
    pub hook: Option<Hook>,
    /// The digest of its list, once that is there whole.
    pub list: Option<String>,
    /// How far its addresses are followed, as it was decided when it was given; `None` where it was given before that was kept.
    pub level: Option<Level>,
}

impl Job {
    /// How far its addresses are followed.
    pub fn level(&self) -> Level {
        self.level.unwrap_or(self.wish.level)
    }
}

/// The file.
#[derive(Debug)]
pub(super) struct Ledger {
    db: Connection,
}

/// How much news of one job is kept, what was delivered and what is dead among it.
pub(super) const MAX_NEWS: usize = 50;

const COLUMNS: &str = "id, owner, state, wish, created_ms, expires_ms, fault, hook, hook_every, list, level";

impl Ledger {
    pub(super) fn open(path: &Path) -> Result<Self, Trouble> {
        let open = || {
            let db = Connection::open(path)?;
            // Two services with one folder would do every job twice.
            db.pragma_update(None, "locking_mode", "exclusive")?;
            db.pragma_update(None, "secure_delete", "on")?;
            db.pragma_update(None, "journal_mode", "wal")?;
            db.execute_batch(TABLES)?;
            // Before version 1 of the tables jobs had no digest, before version 2 no level of their own.
            if db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? < VERSION {
                for column in ["list", "level"] {
                    if db.prepare(&format!("SELECT {column} FROM job")).is_err() {
                        db.execute_batch(&format!("ALTER TABLE job ADD COLUMN {column} TEXT"))?;
                    }
                }
                db.pragma_update(None, "user_version", VERSION)?;
            }
            Ok(Self { db })
        };
        open().map_err(|error: rusqlite::Error| format!("RCPT_DATA: {}: {error}", path.display()))
    }

    fn change(&self, sql: &str, values: impl Params) -> Result<usize, Trouble> {
        self.db.execute(sql, values).map_err(trouble)
    }

    fn many(&self, condition: &str, values: impl Params) -> Result<Vec<Job>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM job {condition} ORDER BY created_ms DESC, id");
        let mut statement = self.db.prepare(&sql).map_err(trouble)?;
        let rows = statement.query_map(values, job).map_err(trouble)?;
        rows.collect::<Result<_, _>>().map_err(trouble)
    }

    fn one(&self, condition: &str, values: impl Params) -> Result<Option<Job>, Trouble> {
        self.db.query_row(&format!("SELECT {COLUMNS} FROM job {condition}"), values, job).optional().map_err(trouble)
    }

    pub(super) fn all(&self) -> Result<Vec<Job>, Trouble> {
        self.many("", [])
    }

    pub(super) fn find(&self, id: &str) -> Result<Option<Job>, Trouble> {
        self.one("WHERE id = ?1", [id])
    }

    /// The job that a caller has given under this key.
    pub(super) fn given(&self, owner: &str, once: &str) -> Result<Option<Job>, Trouble> {
        self.one("WHERE owner = ?1 AND once = ?2", [owner, once])
    }

    pub(super) fn add(&self, job: &Job, once: Option<&str>) -> Result<(), Trouble> {
        let wish = serde_json::to_string(&job.wish).map_err(|error| error.to_string())?;
        let sql = "INSERT INTO job (id, owner, once, state, wish, created_ms, expires_ms, hook, hook_every, level)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let (hook, every) = (job.hook.as_ref().map(|hook| &hook.url), job.hook.as_ref().and_then(|hook| hook.every));
        let level = job.level.map(|level| serde_json::to_string(&level)).transpose().map_err(|error| error.to_string())?;
        let values = params![job.id, job.owner, once, job.state.as_str(), wish, job.created.0, job.expires.0, hook, every, level];
        self.change(sql, values).map(drop)
    }

    /// A job's list is there whole, and has this digest.
    pub(super) fn set_list(&self, id: &str, digest: &str) -> Result<(), Trouble> {
        self.change("UPDATE job SET list = ?2 WHERE id = ?1", [id, digest]).map(drop)
    }

    /// Changes the state of a job that is in the state `from`; whether it was.
    pub(super) fn turn(&self, id: &str, from: State, to: State, fault: Option<&str>) -> Result<bool, Trouble> {
        let sql = "UPDATE job SET state = ?3, fault = ?4 WHERE id = ?1 AND state = ?2";
        self.change(sql, params![id, from.as_str(), to.as_str(), fault]).map(|changed| changed > 0)
    }

    /// The ids of jobs whose time is over.
    pub(super) fn expired(&self, now: UnixMillis) -> Result<Vec<String>, Trouble> {
        Ok(self.many("WHERE expires_ms <= ?1", params![now.0])?.into_iter().map(|job| job.id).collect())
    }

    pub(super) fn remove(&self, id: &str) -> Result<(), Trouble> {
        let removed = self.change("DELETE FROM delivery WHERE job = ?1", [id])? + self.change("DELETE FROM job WHERE id = ?1", [id])?;
        // What was deleted still stands in the log, which begins anew.
        if removed > 0 { self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(trouble) } else { Ok(()) }
    }

    /// Keeps news of a batch, unless other news of the job is still on its way: what comes later says it too. Whether it was kept.
    pub(super) fn add_batch(&self, id: &str, job: &Job, url: &str, body: &str, now: UnixMillis) -> Result<bool, Trouble> {
        let waits = "SELECT 1 FROM delivery WHERE job = ?1 AND state = 'waiting'";
        if self.db.query_row(waits, [&job.id], |_| Ok(())).optional().map_err(trouble)?.is_some() {
            return Ok(false);
        }
        self.add_delivery(id, job, url, body, now)?;
        let sql =
            "DELETE FROM delivery WHERE job = ?1 AND rowid NOT IN (SELECT rowid FROM delivery WHERE job = ?1 ORDER BY rowid DESC LIMIT ?2)";
        self.change(sql, params![job.id, MAX_NEWS]).map(|_| true)
    }

    /// Keeps news, unless it is kept already.
    pub(super) fn add_delivery(&self, id: &str, job: &Job, url: &str, body: &str, now: UnixMillis) -> Result<(), Trouble> {
        let sql = "INSERT INTO delivery (id, job, owner, url, body, due_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
        self.change(sql, params![id, job.id, job.owner, url, body, now.0]).map(drop)
    }

    fn news(&self, condition: &str, values: impl Params) -> Result<Vec<Delivery>, Trouble> {
        let sql = format!("SELECT id, url, owner, body, tries, state, fault FROM delivery {condition}");
        let mut statement = self.db.prepare(&sql).map_err(trouble)?;
        let rows = statement.query_map(values, |row| {
            Ok(Delivery {
                id: row.get(0)?,
                url: row.get(1)?,
                owner: row.get(2)?,
                body: row.get(3)?,
                tries: row.get(4)?,
                state: row.get(5)?,
                fault: row.get(6)?,
            })
        });
        rows.map_err(trouble)?.collect::<Result<_, _>>().map_err(trouble)
    }

    /// The news that is due, by turns: who has much of it must not keep the others waiting.
    pub(super) fn due(&self, now: UnixMillis, most: usize) -> Result<Vec<Delivery>, Trouble> {
        let turns = "WHERE state = 'waiting' AND due_ms <= ?1
            ORDER BY row_number() OVER (PARTITION BY owner ORDER BY due_ms), due_ms LIMIT ?2";
        self.news(turns, params![now.0, most])
    }

    /// All news of a job.
    pub(super) fn deliveries(&self, job: &str) -> Result<Vec<Delivery>, Trouble> {
        self.news("WHERE job = ?1 ORDER BY rowid", [job])
    }

    /// Nothing more will become of a delivery.
    pub(super) fn settle(&self, id: &str, state: &str, tries: u32, fault: Option<&str>) -> Result<(), Trouble> {
        self.change("UPDATE delivery SET state = ?2, tries = ?3, fault = ?4 WHERE id = ?1", params![id, state, tries, fault]).map(drop)
    }

    /// A delivery is tried again then.
    pub(super) fn put_off(&self, id: &str, due_ms: u64, tries: u32, fault: &str) -> Result<(), Trouble> {
        self.change("UPDATE delivery SET due_ms = ?2, tries = ?3, fault = ?4 WHERE id = ?1", params![id, due_ms, tries, fault]).map(drop)
    }
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let wrong = |column| rusqlite::Error::InvalidColumnType(column, "job".to_owned(), rusqlite::types::Type::Text);
    let (state, wish): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(Job {
        id: row.get(0)?,
        owner: row.get(1)?,
        state: State::ALL.into_iter().find(|known| known.as_str() == state).ok_or_else(|| wrong(2))?,
        wish: serde_json::from_str(&wish).map_err(|_| wrong(3))?,
        created: UnixMillis(row.get(4)?),
        expires: UnixMillis(row.get(5)?),
        fault: row.get(6)?,
        hook: row.get::<_, Option<String>>(7)?.map(|url| Ok::<_, rusqlite::Error>(Hook { url, every: row.get(8)? })).transpose()?,
        list: row.get(9)?,
        level: row.get::<_, Option<String>>(10)?.map(|level| serde_json::from_str(&level).map_err(|_| wrong(10))).transpose()?,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn trouble(error: rusqlite::Error) -> Trouble {
    format!("the ledger of jobs cannot be read or written: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_job_is_over_when_its_time_is() {
        let folder = std::env::temp_dir().join(format!("rcpt-ledger-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let ledger = Ledger::open(&folder.join("jobs.sqlite")).expect("a file");
        let wish = Wish { level: Level::Smtp, format: None, delimiter: None, header: None, column: None, encoding: None };
        let hook = Some(Hook { url: "https://hooks.example.com/".to_owned(), every: Some(7) });
        let (created, expires) = (UnixMillis(1_000), UnixMillis(5_000));
        let job = Job {
            id: "a".into(),
            owner: "o".into(),
            state: State::Receiving,
            wish,
            created,
            expires,
            fault: None,
            hook,
            list: None,
            level: Some(Level::Dns),
        };
        ledger.add(&job, Some("once")).expect("kept");
        assert!(ledger.add(&Job { id: "b".into(), ..job.clone() }, Some("once")).is_err(), "the same key stands for one job");
        assert_eq!((ledger.find("a"), ledger.given("o", "once")), (Ok(Some(job.clone())), Ok(Some(job.clone()))));
        assert_eq!(
            (ledger.turn("a", State::Running, State::Done, None), ledger.turn("a", State::Receiving, State::Running, None)),
            (Ok(false), Ok(true))
        );
        assert_eq!((ledger.expired(UnixMillis(4_999)), ledger.expired(UnixMillis(5_000))), (Ok(vec![]), Ok(vec!["a".to_owned()])));
        ledger.add_delivery("d", &job, "https://hooks.example.com/", "{}", UnixMillis(10)).expect("kept");
        ledger.add_delivery("d", &job, "https://hooks.example.com/", "{}", UnixMillis(20)).expect("kept once");
        assert_eq!(ledger.due(UnixMillis(10), 5).map(|due| due.len()), Ok(1));
        let other = Job { id: "c".into(), owner: "p".into(), ..job.clone() };
        ledger.add(&other, None).expect("kept");
        for n in 0..5 {
            ledger.add_delivery(&format!("d{n}"), &job, "https://hooks.example.com/", "{}", UnixMillis(11)).expect("kept");
        }
        ledger.add_delivery("e", &other, "https://hooks.example.org/", "{}", UnixMillis(12)).expect("kept");
        let due = ledger.due(UnixMillis(12), 2).expect("read");
        assert_eq!(due.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["d", "e"], "each owner in turn");
        let batch = |n: usize| ledger.add_batch(&format!("b{n}"), &other, "https://hooks.example.org/", "{}", UnixMillis(20));
        assert_eq!(batch(0), Ok(false), "other news of the job is on its way");
        ledger.settle("e", "delivered", 1, None).expect("kept");
        for n in 0..2 * MAX_NEWS {
            assert_eq!((batch(n), batch(n + 1)), (Ok(true), Ok(false)));
            ledger.settle(&format!("b{n}"), if n % 2 == 0 { "delivered" } else { "dead" }, 1, None).expect("kept");
        }
        let kept = ledger.deliveries("c").expect("read");
        assert_eq!((kept.len(), kept.last().map(|one| one.id.as_str())), (MAX_NEWS, Some("b99")), "the latest are kept");
        assert_eq!(ledger.deliveries("a").map(|news| news.len()), Ok(6), "another job's are not touched");
        ledger.remove("a").expect("removed");
        assert_eq!((ledger.all(), ledger.deliveries("a")), (Ok(vec![other]), Ok(vec![])));
        let _ = std::fs::remove_dir_all(folder);
    }

    #[test]
    fn ok_a_ledger_of_before_there_were_digests() {
        let folder = std::env::temp_dir().join(format!("rcpt-ledger-old-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("jobs.sqlite");
        let db = Connection::open(&path).expect("a file");
        let old = TABLES.replace(", list TEXT, level TEXT", "");
        assert!(!old.contains("list TEXT") && !old.contains("level TEXT"));
        db.execute_batch(&old).expect("tables");
        let wish = "{\"level\":\"dns\",\"format\":null,\"delimiter\":null,\"header\":null,\"column\":null,\"encoding\":null}";
        let sql = "INSERT INTO job (id, owner, state, wish, created_ms, expires_ms) VALUES ('a', 'o', 'done', ?1, 1, 2)";
        db.execute(sql, [wish]).expect("kept");
        drop(db);
        for _ in 0..2 {
            let ledger = Ledger::open(&path).expect("the same file");
            let all = ledger.all().expect("read");
            assert_eq!((&all[0].list, all[0].level, all[0].level()), (&None, None, Level::Dns));
            drop(ledger);
        }
        let _ = std::fs::remove_dir_all(folder);
    }
}
