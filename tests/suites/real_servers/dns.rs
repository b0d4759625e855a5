//! named, with the zone of all the servers here.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use stack::child::Kept;
use stack::place::{Scratch, free_port};

const ZONE: &str = "\
$TTL 60
@            SOA ns.example. hostmaster.example. 1 3600 600 86400 60
             NS  ns.example.
ns           A   127.0.0.1
postfix      MX  10 mx.postfix
mx.postfix   A   127.0.0.1
exim         MX  10 mx.exim
mx.exim      A   127.0.0.1
exim6        MX  10 mx.exim6
mx.exim6     AAAA ::1
exim46       MX  10 mx.exim46
mx.exim46    A   127.0.0.1
mx.exim46    AAAA ::1
opensmtpd    MX  10 mx.opensmtpd
mx.opensmtpd A   127.0.0.1
not-hosted   MX  10 mx.postfix
implicit     A   127.0.0.1
alias        CNAME postfix
null-mx      MX  0 .
no-mail      TXT \"nobody reads mail here\"
xn--bcher-kva MX 10 mx.postfix
";

/// A running name server.
pub(crate) struct Dns {
    pub(crate) port: u16,
    _process: Kept,
    _folder: Scratch,
}

impl Dns {
    /// `None` where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        Path::new("/usr/sbin/named").is_file().then(|| Self::launch().expect("named starts"))
    }

    fn launch() -> io::Result<Self> {
        let (scratch, port) = (Scratch::new("named")?, free_port()?);
        let folder = scratch.path();
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
        let mut process = Kept::start(Command::new("/usr/sbin/named").arg("-g").arg("-c").arg(&config), false)?;
        process.wait_until(Duration::from_secs(20), |named| named.output().contains("running"))?;
        Ok(Self { port, _process: process, _folder: scratch })
    }
}
