//! Exim, which is particular about synchronisation.

use std::fs;
use std::io;
use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use stack::child::Kept;
use stack::place::{Scratch, free_port};

use crate::ask::{Account, Asker, USERS, make_certificate, many_in_few_sessions, read, unpacked, users};
use crate::dns::Dns;

struct Exim {
    folder: Scratch,
    _process: Kept,
    port: u16,
}

impl Exim {
    /// `None` where it is not unpacked. `tls` says whether it offers STARTTLS.
    fn start(tls: bool) -> Option<Self> {
        unpacked("usr/sbin/exim4").map(|program| Self::launch(&program, tls).expect("Exim starts"))
    }

    fn launch(program: &PathBuf, tls: bool) -> io::Result<Self> {
        let (folder, port) = (Scratch::new("exim")?, free_port()?);
        let root = folder.path().display();
        for part in ["spool", "log"] {
            fs::create_dir_all(folder.path().join(part))?;
        }
        make_certificate(folder.path(), "mx.exim.example");
        let locals: Vec<String> =
            users("exim.example", 1..=USERS).iter().filter_map(|user| user.split('@').next().map(str::to_owned)).collect();
        fs::write(folder.path().join("users"), format!("ada\n{}\n", locals.join("\n")))?;
        let offers = if tls {
            format!("tls_advertise_hosts = *\ntls_certificate = {root}/cert.pem\ntls_privatekey = {root}/key.pem\n")
        } else {
            "tls_advertise_hosts =\n".to_owned()
        };
        let config = folder.path().join("exim.conf");
        fs::write(
            &config,
            format!(
                "primary_hostname = mx.exim.example\nspool_directory = {root}/spool\nlog_file_path = {root}/log/%s.log\n\
                 log_selector = +smtp_connection +smtp_protocol_error +smtp_syntax_error +smtp_no_mail\n{offers}\
                 exim_user = Debian-exim\nexim_group = Debian-exim\ndomainlist local = exim.example : exim6.example : exim46.example\nacl_smtp_rcpt = check\nhost_lookup =\n\
                 begin acl\ncheck:\n  deny message = relay not permitted\n       !domains = +local\n\
                 \x20 accept local_parts = lsearch;{root}/users\n  deny message = Unknown user\n\
                 begin routers\nhere:\n  driver = accept\n  domains = +local\n  transport = drop\nbegin transports\ndrop:\n  driver = appendfile\n  file = /dev/null\n"
            ),
        )?;
        Command::new("chown").args(["-R", "Debian-exim:Debian-exim"]).arg(folder.path()).status()?;
        Command::new("chown").arg("root").arg(&config).status()?;
        let mut command = Command::new(program);
        let interfaces = if has_ipv6() { format!("<; 127.0.0.1.{port} ; [::1]:{port}") } else { format!("127.0.0.1.{port}") };
        command.arg("-C").arg(&config).args(["-bdf", "-oX", &interfaces, "-oP"]).arg(folder.path().join("pid"));
        let mut process = Kept::start(&command, false)?;
        process.wait_until(Duration::from_secs(20), |_| TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        Ok(Self { folder, _process: process, port })
    }
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// One host with an IPv6 address alone, and one with both.
fn both_families(asker: Asker) {
    if !has_ipv6() {
        println!("left out: Exim over IPv6 (this machine has none)");
        return;
    }
    for (domain, family, ip) in
        [("exim6", "v4-first", "::1"), ("exim46", "v4-first", "127.0.0.1"), ("exim46", "v6-first", "::1"), ("exim46", "v6-only", "::1")]
    {
        for (user, reason) in [("ada", "mailbox_accepted"), ("ghost", "mailbox_not_found")] {
            let found = asker.verify_with(&format!("{user}@{domain}.example"), &["--family", family]);
            assert_eq!((&found["reason"], &found["smtp"]["ip"]), (&reason.into(), &ip.into()), "{domain} {family}: {found}");
        }
    }
}

#[test]
fn ok_exim() {
    for tls in [false, true] {
        let (Some(dns), Some(exim)) = (Dns::start(), Exim::start(tls)) else {
            println!("left out: Exim (named and Exim need root and apt)");
            return;
        };
        let asker = Asker { dns: dns.port, smtp: exim.port };
        let log = exim.folder.path().join("log/main.log");
        for (address, reason) in [
            ("ada@exim.example", "mailbox_accepted"),
            ("ghost@exim.example", "mailbox_not_found"),
            ("ada@not-hosted.example", "domain_not_hosted"),
        ] {
            let found = asker.verify(address);
            assert_eq!((&found["reason"], &found["smtp"]["tls"]), (&reason.into(), &tls.into()), "{found}\n{}", read(&log));
        }
        both_families(asker);
        let account = Account {
            log: &log,
            begin: "(TCP/IP connection count = ",
            end: " closed by ",
            quit: " closed by QUIT",
            never: &["synchronization", "unexpected disconnection", "SMTP syntax error", "SMTP protocol", "lost", "TLS error", "too many"],
        };
        many_in_few_sessions(asker, "exim.example", &account);
    }
}
