//! Postfix, on four ports: plain, with STARTTLS offered, with STARTTLS demanded, and behind postgrey.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use stack::child::Kept;
use stack::place::{Scratch, free_port};

use crate::ask::{Account, Asker, USERS, is_root, make_certificate, many_in_few_sessions, read, users};
use crate::dns::Dns;

const SERVICES: &str = "\
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
";

struct Postfix {
    folder: Scratch,
    process: Kept,
    _postgrey: Option<Kept>,
    plain: u16,
    secure: u16,
    demanding: u16,
    greylisting: Option<u16>,
}

impl Postfix {
    /// `None` where it is not installed, or may not be started.
    fn start() -> Option<Self> {
        (Path::new("/usr/sbin/postfix").is_file() && is_root()).then(|| Self::launch().expect("Postfix starts"))
    }

    fn launch() -> io::Result<Self> {
        let folder = Scratch::new("postfix")?;
        let (config, queue, data) = (folder.path().join("etc"), folder.path().join("queue"), folder.path().join("data"));
        for part in [&config, &queue, &data] {
            fs::create_dir_all(part)?;
        }
        Command::new("chown").arg("postfix").arg(&data).status()?;
        make_certificate(folder.path(), "mx.postfix.example");
        let (plain, secure, demanding) = (free_port()?, free_port()?, free_port()?);
        let (postgrey, greylisting) = start_postgrey(folder.path())?.unzip();
        let mut master = String::new();
        let mut listen = |port: u16, options: &str| writeln!(master, "127.0.0.1:{port} inet n - n - - smtpd {options}");
        let listened = listen(plain, "")
            .and_then(|()| listen(secure, "-o smtpd_tls_security_level=may"))
            .and_then(|()| listen(demanding, "-o smtpd_tls_security_level=encrypt"))
            .and_then(|()| match greylisting {
                Some((port, policy)) => {
                    listen(port, &format!("-o smtpd_recipient_restrictions=check_policy_service,inet:127.0.0.1:{policy}"))
                }
                None => Ok(()),
            });
        listened.map_err(io::Error::other)?;
        fs::write(config.join("master.cf"), format!("{master}{SERVICES}"))?;
        fs::write(config.join("main.cf"), main_cf(folder.path()))?;
        let mut process = Kept::start(Command::new("/usr/sbin/postfix").arg("-c").arg(&config).arg("start-fg"), false)?;
        process.wait_until(Duration::from_secs(30), |_| TcpStream::connect(("127.0.0.1", plain)).is_ok())?;
        let greylisting = greylisting.map(|(port, _)| port);
        Ok(Self { folder, process, _postgrey: postgrey, plain, secure, demanding, greylisting })
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("mail.log")
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("postfix").arg("-c").arg(self.folder.path().join("etc")).arg("stop").output();
        self.process.stop();
    }
}

fn main_cf(folder: &Path) -> String {
    let root = folder.display();
    let many: String = users("postfix.example", 1..=USERS).iter().fold(String::new(), |many, user| many + ", " + user + "=u");
    format!(
        "compatibility_level = 3.6\nqueue_directory = {root}/queue\ndata_directory = {root}/data\n\
         command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\nsetgid_group = postdrop\n\
         maillog_file = {root}/mail.log\nmaillog_file_prefixes = {root}\ndisable_vrfy_command = yes\n\
         smtpd_tls_cert_file = {root}/cert.pem\nsmtpd_tls_key_file = {root}/key.pem\nsmtpd_tls_loglevel = 1\n\
         myhostname = mx.postfix.example\nmydestination =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 192.0.2.0/24\n\
         virtual_mailbox_domains = postfix.example, implicit.example\n\
         virtual_mailbox_maps = inline:{{ ada@postfix.example=ada, full@postfix.example=full, blocked@postfix.example=b, ada@implicit.example=ada{many} }}\n\
         smtpd_relay_restrictions = reject_unauth_destination\n\
         smtpd_recipient_restrictions = check_recipient_access inline:{{ \
         {{ full@postfix.example = 452 4.2.2 Mailbox full }}, \
         {{ blocked@postfix.example = 554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using zen.spamhaus.org }} }}\n"
    )
}

/// postgrey with its port, and the port of the smtpd before it.
fn start_postgrey(folder: &Path) -> io::Result<Option<(Kept, (u16, u16))>> {
    if !Path::new("/usr/sbin/postgrey").is_file() {
        println!("left out: postgrey (not installed)");
        return Ok(None);
    }
    let (policy, port, data) = (free_port()?, free_port()?, folder.join("postgrey"));
    fs::create_dir_all(&data)?;
    Command::new("chown").arg("postfix").arg(&data).status()?;
    let mut command = Command::new("/usr/sbin/postgrey");
    command.args([
        &format!("--inet=127.0.0.1:{policy}"),
        "--delay=5",
        "--greylist-text=Greylisted for %s seconds",
        "--user=postfix",
        "--group=postfix",
    ]);
    let mut process = Kept::start(command.arg(format!("--dbdir={}", data.display())), false)?;
    process.wait_until(Duration::from_secs(20), |_| TcpStream::connect(("127.0.0.1", policy)).is_ok())?;
    Ok(Some((process, (port, policy))))
}

#[test]
fn ok_postfix() {
    let (Some(dns), Some(postfix)) = (Dns::start(), Postfix::start()) else {
        println!("left out: Postfix (named and Postfix need root and apt)");
        return;
    };
    let asker = |smtp| Asker { dns: dns.port, smtp };
    verdicts(asker(postfix.plain));
    let log = postfix.log();
    let account = Account {
        log: &log,
        begin: "]: connect from ",
        end: " disconnect from ",
        quit: " quit=1 ",
        never: &["improper command pipelining", "too many errors", "lost connection", "data=", "unknown="],
    };
    let one = account.of(|| assert_eq!(asker(postfix.plain).verify("ada@postfix.example")["reason"], "mailbox_accepted"));
    println!("Postfix, one mailbox: {one:#?}");
    assert!(one.len() == 1 && one[0].contains("ehlo=1 mail=1 rcpt=1/2 quit=1"), "{one:?}");
    many_in_few_sessions(asker(postfix.plain), "postfix.example", &account);
    for (port, tls) in [(postfix.secure, true), (postfix.demanding, true), (postfix.plain, false)] {
        for (address, reason) in [("ada@postfix.example", "mailbox_accepted"), ("ghost@postfix.example", "mailbox_not_found")] {
            let found = asker(port).verify(address);
            assert_eq!((&found["reason"], &found["smtp"]["tls"]), (&reason.into(), &tls.into()), "{found}\n{}", read(&log));
        }
    }
    let secured = account.of(|| assert_eq!(asker(postfix.secure).reasons(&users("postfix.example", 1..=USERS)).len(), USERS));
    println!("Postfix, {USERS} mailboxes over STARTTLS: {secured:#?}");
    assert!(secured.len() == 1 && secured[0].contains("starttls=1"), "{secured:?}");
    if let Some(port) = postfix.greylisting {
        let first = asker(port).verify("ada@postfix.example");
        assert_eq!((&first["status"], &first["reason"]), (&"unknown".into(), &"greylisted".into()), "{first}");
        let patient = asker(port).verify_with("user1@postfix.example", &["--deadline-ms", "30000"]);
        assert_eq!(patient["reason"], "mailbox_accepted", "postgrey said: {first}\n{patient}\n{}", read(&log));
    }
}

fn verdicts(asker: Asker) {
    for (address, status, reason) in [
        ("ada@postfix.example", "deliverable", "mailbox_accepted"),
        ("ghost@postfix.example", "undeliverable", "mailbox_not_found"),
        ("full@postfix.example", "risky", "mailbox_full"),
        ("blocked@postfix.example", "unknown", "sender_blocked"),
        ("ada@not-hosted.example", "undeliverable", "domain_not_hosted"),
        ("ada@implicit.example", "deliverable", "mailbox_accepted"),
        ("ghost@implicit.example", "undeliverable", "mailbox_not_found"),
        // Postfix looks at the domain that was asked for, and the alias is none of its own.
        ("ada@alias.example", "undeliverable", "domain_not_hosted"),
        ("ada@bücher.example", "undeliverable", "domain_not_hosted"),
        ("ada@null-mx.example", "undeliverable", "domain_accepts_no_mail"),
        ("ada@no-mail.example", "undeliverable", "domain_accepts_no_mail"),
        ("ada@nowhere.example", "undeliverable", "domain_not_found"),
        ("ada@broken.example", "unknown", "dns_unavailable"),
        // named answers REFUSED for zones that are not its own.
        ("ada@elsewhere.com", "unknown", "dns_unavailable"),
    ] {
        let found = asker.verify(address);
        assert_eq!((found["status"].as_str(), found["reason"].as_str()), (Some(status), Some(reason)), "{address}: {found}");
    }
}
