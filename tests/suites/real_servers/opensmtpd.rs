//! OpenSMTPD. Its folders are fixed, so it runs in a mount namespace of its own.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use stack::child::Kept;
use stack::place::{Scratch, free_port};

use crate::ask::{Account, Asker, USERS, make_certificate, many_in_few_sessions, read, unpacked, users};
use crate::dns::Dns;

/// Its spool and socket are this namespace's alone.
const APART: &str = "\
mkdir -p /var/lib/opensmtpd/empty && mount -t tmpfs none /var/spool && mount -t tmpfs none /run
mkdir -m 711 /var/spool/smtpd && cd /var/spool/smtpd
mkdir -m 700 corrupt incoming purge queue temporary && mkdir -m 770 offline
chown opensmtpq corrupt incoming purge queue temporary && chgrp opensmtpq offline
exec \"$0\" -d -v -f \"$1\" > \"$2\" 2>&1
";

struct OpenSmtpd {
    folder: Scratch,
    _process: Kept,
    plain: u16,
    secure: u16,
}

impl OpenSmtpd {
    /// `None` where it is not unpacked, or namespaces are not to be had.
    fn start() -> Option<Self> {
        let apart = Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success());
        unpacked("usr/sbin/smtpd").filter(|_| apart).map(|program| Self::launch(&program).expect("OpenSMTPD starts"))
    }

    fn launch(program: &PathBuf) -> io::Result<Self> {
        let (folder, plain, secure) = (Scratch::new("opensmtpd")?, free_port()?, free_port()?);
        let root = folder.path().display();
        make_certificate(folder.path(), "mx.opensmtpd.example");
        Command::new("chmod").arg("600").arg(folder.path().join("key.pem")).status()?;
        let known: Vec<String> = users("opensmtpd.example", 1..=USERS).iter().map(|user| format!("{user}: root")).collect();
        fs::write(folder.path().join("virtual"), format!("ada@opensmtpd.example: root\n{}\n", known.join("\n")))?;
        let config = folder.path().join("smtpd.conf");
        fs::write(
            &config,
            format!(
                "pki here cert \"{root}/cert.pem\"\npki here key \"{root}/key.pem\"\ntable known file:{root}/virtual\n\
                 listen on 127.0.0.1 port {plain} hostname mx.opensmtpd.example\n\
                 listen on 127.0.0.1 port {secure} tls pki here hostname mx.opensmtpd.example\n\
                 action \"here\" maildir \"{root}/mail\" virtual <known>\nmatch from any for domain \"opensmtpd.example\" action \"here\"\n"
            ),
        )?;
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", APART]).arg(program).arg(&config).arg(folder.path().join("log"));
        let mut process = Kept::start(&command, false)?;
        let up = process.wait_until(Duration::from_secs(20), |_| TcpStream::connect(("127.0.0.1", secure)).is_ok());
        up.map_err(|error| io::Error::other(format!("{error}{}", read(&folder.path().join("log")))))?;
        Ok(Self { folder, _process: process, plain, secure })
    }
}

/// Whether the server's TLS works at all: Debian 12's does not, whoever asks.
fn shakes_hands(port: u16) -> bool {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-brief", "-starttls", "smtp", "-connect", &format!("127.0.0.1:{port}")]).stdin(std::process::Stdio::null());
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn ok_opensmtpd() {
    let (Some(dns), Some(server)) = (Dns::start(), OpenSmtpd::start()) else {
        println!("left out: OpenSMTPD (named and OpenSMTPD need root, apt and namespaces)");
        return;
    };
    let log = server.folder.path().join("log");
    let secures = shakes_hands(server.secure);
    for (port, tls) in [(server.plain, false), (server.secure, secures)] {
        let asker = Asker { dns: dns.port, smtp: port };
        // It says the same of mailboxes that it does not know and, by its rules, of domains that are not its own. Where its handshake fails, it is
        // asked without.
        for (address, reason) in [
            ("ada@opensmtpd.example", "mailbox_accepted"),
            ("ghost@opensmtpd.example", "mailbox_not_found"),
            ("ada@not-hosted.example", "mailbox_not_found"),
        ] {
            let found = asker.verify(address);
            assert_eq!((&found["reason"], &found["smtp"]["tls"]), (&reason.into(), &tls.into()), "{found}\n{}", read(&log));
        }
        if port == server.secure && !secures {
            println!("left out: OpenSMTPD over STARTTLS (its handshake fails with openssl s_client too)");
            return;
        }
        let never = &["io-error", "bad-input", "pipelining", "too many"];
        let account = Account { log: &log, begin: " smtp connected ", end: " smtp disconnected ", quit: " reason=quit", never };
        many_in_few_sessions(asker, "opensmtpd.example", &account);
    }
}
