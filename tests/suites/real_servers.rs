//! A real name server (named) and a real mail server (Postfix), started here on loopback with their own folders and free ports.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use stack::child::Kept;
use stack::place::{Scratch, eventually, free_port};
use stack::whole::rcpt;

const ZONE: &str = "\
$TTL 60
@            SOA ns.example. hostmaster.example. 1 3600 600 86400 60
             NS  ns.example.
ns           A   127.0.0.1
postfix      MX  10 mx.postfix
mx.postfix   A   127.0.0.1
not-hosted   MX  10 mx.postfix
implicit     A   127.0.0.1
alias        CNAME postfix
null-mx      MX  0 .
no-mail      TXT \"nobody reads mail here\"
xn--bcher-kva MX 10 mx.postfix
";

const MASTER: &str = "\
127.0.0.1:PORT inet n - n - - smtpd
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
postlog   unix-dgram n - n - 1 postlogd
";

struct Servers {
    folder: Scratch,
    named: Kept,
    postfix: Kept,
    dns: u16,
    smtp: u16,
}

impl Servers {
    /// `None` where they are not installed, or may not be started; the suite then says what it left out.
    fn start() -> Option<Self> {
        let present = |program: &str| Path::new(program).is_file();
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        if !present("/usr/sbin/named") || !present("/usr/sbin/postfix") || !is_root {
            println!("left out: real servers (named and Postfix need root and apt)");
            return None;
        }
        Some(Self::start_installed().expect("named and Postfix start"))
    }

    fn start_installed() -> io::Result<Self> {
        let folder = Scratch::new("servers")?;
        let (dns, smtp) = (free_port()?, free_port()?);
        let named = start_named(folder.path(), dns)?;
        let postfix = start_postfix(folder.path(), smtp)?;
        Ok(Self { folder, named, postfix, dns, smtp })
    }

    fn rcpt(&self) -> Command {
        let mut command = rcpt().expect("rcpt");
        command.env("RCPT_DNS", format!("127.0.0.1:{}", self.dns)).env("RCPT_SMTP_PORT", self.smtp.to_string());
        command.env("RCPT_ALLOW_PRIVATE", "127.0.0.0/8");
        command.env("RCPT_HELO", "prober.lab.example").env("RCPT_MAIL_FROM", "probe@lab.example");
        command
    }

    fn verify(&self, address: &str) -> Value {
        let output = self.rcpt().args(["verify", "--format", "jsonl", address]).output().expect("rcpt runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn mail_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("mail.log")).unwrap_or_default()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = Command::new("postfix").arg("-c").arg(self.folder.path().join("postfix")).arg("stop").output();
        self.postfix.stop();
        self.named.stop();
    }
}

fn start_named(folder: &Path, port: u16) -> io::Result<Kept> {
    let zone = folder.join("example.zone");
    fs::write(&zone, ZONE)?;
    let text = format!(
        "options {{ directory \"{0}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; pid-file none; \
         session-keyfile none; }};\ncontrols {{}};\nzone \"example\" {{ type primary; file \"{1}\"; }};\n\
         zone \"broken.example\" {{ type primary; file \"{0}/no-such-file\"; }};\n",
        folder.display(),
        zone.display()
    );
    let config = folder.join("named.conf");
    fs::write(&config, text)?;
    let mut named = Kept::start(Command::new("/usr/sbin/named").arg("-g").arg("-c").arg(&config), false)?;
    named.wait_until(Duration::from_secs(20), |named| named.output().contains("running"))?;
    Ok(named)
}

fn start_postfix(folder: &Path, port: u16) -> io::Result<Kept> {
    let (config, queue, data) = (folder.join("postfix"), folder.join("queue"), folder.join("data"));
    for part in [&config, &queue, &data] {
        fs::create_dir_all(part)?;
    }
    Command::new("chown").arg("postfix").arg(&data).status()?;
    fs::write(config.join("master.cf"), MASTER.replace("PORT", &port.to_string()))?;
    let root = folder.display();
    fs::write(
        config.join("main.cf"),
        format!(
            "compatibility_level = 3.6\nqueue_directory = {root}/queue\ndata_directory = {root}/data\n\
             command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\nsetgid_group = postdrop\n\
             maillog_file = {root}/mail.log\nmaillog_file_prefixes = {root}\n\
             myhostname = mx.postfix.example\nmydestination =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 192.0.2.0/24\n\
             virtual_mailbox_domains = postfix.example, implicit.example\n\
             virtual_mailbox_maps = inline:{{ ada@postfix.example=ada, full@postfix.example=full, blocked@postfix.example=b, ada@implicit.example=ada }}\n\
             smtpd_relay_restrictions = reject_unauth_destination\n\
             smtpd_recipient_restrictions = check_recipient_access inline:{{ \
             {{ full@postfix.example = 452 4.2.2 Mailbox full }}, \
             {{ blocked@postfix.example = 554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using zen.spamhaus.org }} }}\n"
        ),
    )?;
    let mut postfix = Kept::start(Command::new("/usr/sbin/postfix").arg("-c").arg(&config).arg("start-fg"), false)?;
    let is_up = |_: &Kept| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    postfix.wait_until(Duration::from_secs(30), is_up)?;
    Ok(postfix)
}

#[test]
fn ok_postfix_and_named() {
    let Some(servers) = Servers::start() else { return };
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
        let found = servers.verify(address);
        assert_eq!(
            (found["status"].as_str(), found["reason"].as_str()),
            (Some(status), Some(reason)),
            "{address}: {found}\n{}",
            servers.mail_log()
        );
    }
    one_connection_each_and_quit(&servers);
}

/// What Postfix itself writes down of a guest: one connection for a mailbox, in order, ended by QUIT, and never DATA.
fn one_connection_each_and_quit(servers: &Servers) {
    let lines = |log: &str, word: &str| log.lines().filter(|line| line.contains(word)).map(str::to_owned).collect::<Vec<_>>();
    // The log is written behind the server's back; `connect` lines of the start-up's own check say no word and are not counted.
    let ends = || {
        eventually(|| {
            Some(lines(&servers.mail_log(), " disconnect from "))
                .filter(|ends| ends.iter().filter(|end| end.contains("quit=1")).count() >= 9)
        })
    };
    let before = ends().expect("nine sessions in the log");
    assert_eq!(before.iter().filter(|end| end.contains("ehlo=1")).count(), 9, "{}", servers.mail_log());
    assert!(before.iter().filter(|end| end.contains("ehlo=1")).all(|end| end.contains("quit=1") && !end.contains("data=")), "{before:?}");

    let known = before.len();
    assert_eq!(servers.verify("ada@postfix.example")["reason"], "mailbox_accepted");
    let after = eventually(|| Some(lines(&servers.mail_log(), " disconnect from ")).filter(|ends| ends.len() > known)).expect("a session");
    assert_eq!(after.len(), known + 1, "one connection");
    println!("Postfix writes: {}", after.last().map_or("", String::as_str));
    // The target was accepted and the decoy refused: that is how it is known that the host does not accept everything.
    assert!(after.last().is_some_and(|end| end.contains("ehlo=1 mail=1 rcpt=1/2 quit=1")), "{:?}", after.last());
}
