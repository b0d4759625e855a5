//! Asking `rcpt` about the mailboxes of a server, and what every server's suite shares.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stack::child;
use stack::place::{eventually, root};
use stack::whole::rcpt;

/// How many mailboxes named `user1`, `user2` … each server has.
pub(crate) const USERS: usize = 200;

/// Who asks, and whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) dns: u16,
    pub(crate) smtp: u16,
}

impl Asker {
    fn rcpt(self) -> Command {
        let mut command = rcpt().expect("rcpt");
        command.env("RCPT_DNS", format!("127.0.0.1:{}", self.dns)).env("RCPT_SMTP_PORT", self.smtp.to_string());
        command.env("RCPT_ALLOW_PRIVATE", "127.0.0.0/8,::1/128");
        command.env("RCPT_HELO", "prober.lab.example").env("RCPT_MAIL_FROM", "probe@lab.example");
        command
    }

    pub(crate) fn verify(self, address: &str) -> Value {
        self.verify_with(address, &[])
    }

    pub(crate) fn verify_with(self, address: &str, flags: &[&str]) -> Value {
        let output = self.rcpt().args(["verify", "--format", "jsonl"]).args(flags).arg(address).output().expect("rcpt runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// The reasons for a list of addresses, asked about in one process.
    pub(crate) fn reasons(self, addresses: &[String]) -> Vec<String> {
        let mut command = self.rcpt();
        command.args(["verify", "--format", "jsonl", "-"]);
        let output = child::run(&mut command, addresses.join("\n").as_bytes()).expect("rcpt runs");
        let reason = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["reason"].as_str().unwrap_or_default().to_owned();
        String::from_utf8(output.stdout).expect("UTF-8").lines().map(reason).collect()
    }
}

pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// A program that is unpacked beside the build, where it is.
pub(crate) fn unpacked(program: &str) -> Option<PathBuf> {
    Some(root().join("target/servers").join(program)).filter(|path| path.is_file() && is_root())
}

pub(crate) fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// A throwaway certificate, as one file of key and one of certificate.
pub(crate) fn make_certificate(folder: &Path, name: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &format!("/CN={name}"), "-keyout"])
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .output();
    assert!(made.is_ok_and(|made| made.status.success()), "openssl makes a certificate");
}

/// `user1@DOMAIN` and so on.
pub(crate) fn users(domain: &str, numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|n| format!("user{n}@{domain}")).collect()
}

/// Ten known mailboxes among thirty unknown ones, well mixed.
pub(crate) fn mostly_unknown(domain: &str) -> Vec<String> {
    (0..40).map(|n| if n % 4 == 0 { format!("user{}@{domain}", n / 4 + 1) } else { format!("ghost{n}@{domain}") }).collect()
}

/// A server's own account of its guests.
pub(crate) struct Account<'a> {
    /// Where it writes.
    pub(crate) log: &'a Path,
    /// What stands in the line of a session that begins.
    pub(crate) begin: &'static str,
    /// What stands in the line of a session that ended.
    pub(crate) end: &'static str,
    /// What stands in the line of one that was ended by QUIT, beside that.
    pub(crate) quit: &'static str,
    /// What no line may say.
    pub(crate) never: &'static [&'static str],
}

impl Account<'_> {
    /// What it writes of `act`: the sessions that ended since, all by QUIT, and no complaint.
    pub(crate) fn of(&self, act: impl FnOnce()) -> Vec<String> {
        let ends = |log: &str| log.lines().filter(|line| line.contains(self.end)).map(str::to_owned).collect::<Vec<_>>();
        let begun = |log: &str| log.lines().filter(|line| line.contains(self.begin)).count();
        // What was asked before is written to its end first.
        let settled = eventually(|| Some(read(self.log)).filter(|log| begun(log) == ends(log).len()));
        let before = settled.unwrap_or_else(|| read(self.log)).len();
        act();
        let since = || read(self.log).split_off(before);
        // Written behind the server's back: the account is closed when as many sessions have ended as were begun.
        let whole = eventually(|| Some(since()).filter(|log| begun(log) > 0 && begun(log) == ends(log).len()));
        let log = whole.unwrap_or_else(since);
        let ends = ends(&log);
        assert!(!ends.is_empty() && ends.iter().all(|end| end.contains(self.quit)), "{ends:#?}\n{log}");
        for complaint in self.never {
            assert!(!log.contains(complaint), "{complaint}:\n{log}");
        }
        ends
    }
}

/// What every server is asked: one connection for all who are there; and where most are not, no more than eight refusals a session.
pub(crate) fn many_in_few_sessions(asker: Asker, domain: &str, account: &Account<'_>) {
    let all = account.of(|| {
        let reasons = asker.reasons(&users(domain, 1..=USERS));
        assert!(reasons.len() == USERS && reasons.iter().all(|reason| reason == "mailbox_accepted"), "{reasons:?}");
    });
    println!("{domain}, {USERS} mailboxes: {all:#?}");
    assert_eq!(all.len(), 1, "one connection: {all:#?}");
    let few = account.of(|| {
        for (address, reason) in mostly_unknown(domain).iter().zip(asker.reasons(&mostly_unknown(domain))) {
            assert_eq!(reason, if address.starts_with("user") { "mailbox_accepted" } else { "mailbox_not_found" }, "{address}");
        }
    });
    println!("{domain}, 30 of 40 unknown: {} connections", few.len());
    assert!(few.len() <= 5, "{few:#?}");
}
