//! The tables, which anyone may query once a run has stopped: `sqlite3 OUT.rcpt-progress 'SELECT reason, count(*) FROM mailbox GROUP BY reason'`.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Access;

/// The version of the tables; a file of another one is not touched.
const VERSION: i64 = 1;

/// How long a reader and a run wait for each other.
const PATIENCE: Duration = Duration::from_secs(5);

const TABLES: &str = "
    -- Notes about the run: what it was asked, and how far it is.
    CREATE TABLE IF NOT EXISTS run (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- Every domain once. evidence: what the DNS said, as JSON. hosts: who takes its mail, where anybody can be asked.
    CREATE TABLE IF NOT EXISTS domain (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, evidence TEXT, hosts TEXT, sampled INTEGER NOT NULL DEFAULT 0
    );
    -- Every mailbox once. state: 'waiting', 'put off' until due_ms (Unix milliseconds), or 'answered'. evidence: what hosts said, as JSON.
    CREATE TABLE IF NOT EXISTS mailbox (
        id INTEGER PRIMARY KEY, domain INTEGER NOT NULL REFERENCES domain, address TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL DEFAULT 'waiting', due_ms INTEGER, tries INTEGER NOT NULL DEFAULT 0,
        status TEXT, reason TEXT, evidence TEXT, sampled INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS domain_hosts ON domain (hosts, id) WHERE hosts IS NOT NULL;
    CREATE INDEX IF NOT EXISTS domain_sampled ON domain (hosts) WHERE sampled = 1;
    CREATE INDEX IF NOT EXISTS mailbox_domain ON mailbox (domain);
    CREATE INDEX IF NOT EXISTS mailbox_due ON mailbox (due_ms) WHERE state = 'put off';
";

/// Opens the file with its tables.
pub(super) fn prepare(path: &Path, access: Access) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    match access {
        Access::WithReaders => db.busy_timeout(PATIENCE)?,
        // Before anything else: the log is then kept without a file of shared memory, and nobody comes between.
        Access::Alone => {
            db.busy_timeout(Duration::ZERO)?;
            db.pragma_update(None, "locking_mode", "exclusive")?;
        }
    }
    db.pragma_update(None, "secure_delete", "on")?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "normal")?;
    // In KiB. It bounds what a list of any length takes.
    db.pragma_update(None, "cache_size", -32_768)?;
    db.set_prepared_statement_cache_capacity(64);
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        db.execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))?;
    } else if version != VERSION {
        return Err(rusqlite::Error::InvalidParameterName(format!("expected tables of version {VERSION}, found {version}")));
    }
    Ok(db)
}

/// Opens the file to read it. A run that has not come so far as to make it knows nothing yet.
pub(super) fn read(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = if path.exists() { Connection::open_with_flags(path, flags)? } else { Connection::open_in_memory()? };
    db.busy_timeout(PATIENCE)?;
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        let empty = Connection::open_in_memory()?;
        empty.execute_batch(TABLES)?;
        return Ok(empty);
    }
    db.pragma_update(None, "query_only", "on")?;
    Ok(db)
}
