//! Domains that many people mean. Order decides between equally near ones.

/// The very largest: near misses of these are corrected without asking the DNS.
pub(super) const LARGEST: &[&str] = &["gmail.com", "hotmail.com", "yahoo.com", "outlook.com", "icloud.com"];

/// Large providers, by the lists of npm `mailcheck` 1.1.1 and the free-mail table; the largest first.
pub(super) const POPULAR: &[&str] = &[
    "gmail.com", "hotmail.com", "yahoo.com", "outlook.com", "icloud.com", "aol.com", "live.com", "msn.com", "comcast.net", "googlemail.com",
    "protonmail.com", "proton.me", "gmx.de", "gmx.net", "web.de", "t-online.de", "freenet.de", "hotmail.de", "yahoo.de", "hotmail.co.uk",
    "yahoo.co.uk", "btinternet.com", "virginmedia.com", "ntlworld.com", "sky.com", "talktalk.net", "hotmail.fr", "yahoo.fr", "orange.fr",
    "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "hotmail.it", "yahoo.it", "libero.it", "hotmail.es", "yahoo.es", "yahoo.com.br",
    "hotmail.com.br", "uol.com.br", "bol.com.br", "terra.com.br", "hotmail.com.ar", "yahoo.com.ar", "yahoo.com.mx", "yahoo.ca", "shaw.ca",
    "rogers.com", "sympatico.ca", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "earthlink.net",
    "optonline.net", "juno.com", "mac.com", "me.com", "ymail.com", "rocketmail.com", "mail.com", "zoho.com", "fastmail.com", "yandex.ru",
    "mail.ru", "rambler.ru", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "seznam.cz", "centrum.cz", "bluewin.ch", "telenet.be", "skynet.be",
    "ziggo.nl", "planet.nl", "home.nl", "live.nl", "hotmail.nl", "bigpond.com", "optusnet.com.au", "yahoo.com.au", "xtra.co.nz",
    "rediffmail.com", "yahoo.co.in", "yahoo.in", "yahoo.co.jp", "docomo.ne.jp", "qq.com", "163.com", "126.com", "sina.com", "naver.com",
    "hanmail.net", "daum.net",
];

/// Typos that no rule of nearness would dare to correct without asking the DNS. All are in the published test data of `mailgun/flanker`
/// (c7f70c4), found in real sign-ups.
pub(super) const KNOWN_TYPOS: &[(&str, &str)] = &[
    ("gimal.com", "gmail.com"),
    ("gmaall.com", "gmail.com"),
    ("gmall.com", "gmail.com"),
    ("gml.com", "gmail.com"),
    ("qmail.com", "gmail.com"),
    ("ygmail.com", "gmail.com"),
    ("hodmil.com", "hotmail.com"),
    ("notmail.com", "hotmail.com"),
];
