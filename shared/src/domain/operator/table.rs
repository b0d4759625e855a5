//! Operators by the names of their mail hosts, and how some of them read local parts. Looked at on 2026-11-23.
//!
//! Exchanges: `MikkelScheike/email-provider-links` (78efe68, MIT), `jace/mxsniff` (ec26e90, BSD-2-Clause) and `davidhuser/mxmap` (1aa7738, MIT),
//! with the operators' own set-up pages beside; patterns were reduced to suffixes of whole labels.

use super::{Addressing, Operator};

const fn run_by(suffix: &'static str, id: &'static str, name: &'static str) -> (&'static str, Operator) {
    (suffix, Operator { id, name })
}

/// Suffix of an exchange's name, and who runs it.
pub(super) const EXCHANGES: &[(&str, Operator)] = &[
    // Mailbox providers.
    run_by("google.com", "google", "Google"),
    run_by("googlemail.com", "google", "Google"),
    run_by("psmtp.com", "google", "Google"),
    run_by("mail.protection.outlook.com", "microsoft365", "Microsoft 365"),
    run_by("mx.microsoft", "microsoft365", "Microsoft 365"),
    run_by("olc.protection.outlook.com", "outlook", "Outlook.com"),
    run_by("hotmail.com", "outlook", "Outlook.com"),
    run_by("yahoodns.net", "yahoo", "Yahoo"),
    run_by("mail.yahoo.com", "yahoo", "Yahoo"),
    run_by("mail.yahoo.co.jp", "yahoo_japan", "Yahoo! JAPAN"),
    run_by("mx.aol.com", "yahoo", "Yahoo"),
    run_by("mail.icloud.com", "icloud", "iCloud Mail"),
    run_by("protonmail.ch", "proton", "Proton Mail"),
    run_by("tutanota.de", "tuta", "Tuta"),
    run_by("messagingengine.com", "fastmail", "Fastmail"),
    run_by("zoho.com", "zoho", "Zoho Mail"),
    run_by("zoho.eu", "zoho", "Zoho Mail"),
    run_by("zoho.in", "zoho", "Zoho Mail"),
    run_by("zohomail.com", "zoho", "Zoho Mail"),
    run_by("mx.yandex.ru", "yandex", "Yandex"),
    run_by("mx.yandex.net", "yandex", "Yandex"),
    run_by("mail.ru", "mailru", "Mail.ru"),
    run_by("qq.com", "qq", "QQ Mail"),
    run_by("163mx00.mxmail.netease.com", "netease", "NetEase"),
    run_by("netease.com", "netease", "NetEase"),
    run_by("qiye.aliyun.com", "aliyun", "Alibaba Mail"),
    run_by("mxhichina.com", "aliyun", "Alibaba Mail"),
    run_by("naver.com", "naver", "Naver"),
    run_by("gmx.net", "gmx", "GMX"),
    run_by("gmx.com", "gmx", "GMX"),
    run_by("mx-ha.web.de", "gmx", "WEB.DE"),
    run_by("mail.com", "gmx", "mail.com"),
    run_by("t-online.de", "t_online", "T-Online"),
    run_by("orange.fr", "orange", "Orange"),
    run_by("mx.sfr.fr", "sfr", "SFR"),
    run_by("free.fr", "free", "Free"),
    run_by("laposte.net", "laposte", "La Poste"),
    run_by("libero.it", "libero", "Libero"),
    run_by("seznam.cz", "seznam", "Seznam"),
    run_by("mx.wp.pl", "wp", "WP"),
    run_by("mxs.ukr.net", "ukrnet", "ukr.net"),
    run_by("abv.bg", "abv", "abv.bg"),
    run_by("mx.comcast.net", "comcast", "Comcast"),
    run_by("mxge.comcast.net", "comcast", "Comcast"),
    run_by("rediff.akadns.net", "rediff", "Rediffmail"),
    run_by("mailbox.org", "mailbox_org", "mailbox.org"),
    run_by("posteo.de", "posteo", "Posteo"),
    run_by("runbox.com", "runbox", "Runbox"),
    run_by("migadu.com", "migadu", "Migadu"),
    run_by("startmail.com", "startmail", "StartMail"),
    run_by("mailinator.com", "mailinator", "Mailinator"),
    // Hosting.
    run_by("ionos.com", "ionos", "IONOS"),
    run_by("ionos.de", "ionos", "IONOS"),
    run_by("1and1.com", "ionos", "IONOS"),
    run_by("1and1.fr", "ionos", "IONOS"),
    run_by("1and1.co.uk", "ionos", "IONOS"),
    run_by("kundenserver.de", "ionos", "IONOS"),
    run_by("ovh.net", "ovh", "OVH"),
    run_by("gandi.net", "gandi", "Gandi"),
    run_by("infomaniak.ch", "infomaniak", "Infomaniak"),
    run_by("infomaniak.com", "infomaniak", "Infomaniak"),
    run_by("ikmail.com", "infomaniak", "Infomaniak"),
    run_by("secureserver.net", "godaddy", "GoDaddy"),
    run_by("registrar-servers.com", "namecheap", "Namecheap"),
    run_by("privateemail.com", "namecheap", "Namecheap"),
    run_by("web-hosting.com", "namecheap", "Namecheap"),
    run_by("emailsrvr.com", "rackspace", "Rackspace"),
    run_by("mail.dreamhost.com", "dreamhost", "DreamHost"),
    run_by("mailspamprotection.com", "siteground", "SiteGround"),
    run_by("hostinger.com", "hostinger", "Hostinger"),
    run_by("hostinger.in", "hostinger", "Hostinger"),
    run_by("titan.email", "titan", "Titan"),
    run_by("one.com", "one_com", "one.com"),
    run_by("hostedemail.com", "opensrs", "OpenSRS"),
    run_by("serverdata.net", "intermedia", "Intermedia"),
    run_by("intermedia.net", "intermedia", "Intermedia"),
    run_by("netsolmail.net", "network_solutions", "Network Solutions"),
    run_by("mxroute.com", "mxroute", "MXroute"),
    run_by("pobox.com", "pobox", "Pobox"),
    run_by("neo.space", "neo", "Neo"),
    // Machines that send and receive for programs.
    run_by("amazonaws.com", "aws", "Amazon Web Services"),
    run_by("awsapps.com", "aws", "Amazon Web Services"),
    run_by("mailgun.org", "mailgun", "Mailgun"),
    run_by("mx.sendgrid.net", "sendgrid", "SendGrid"),
    run_by("inbound.postmarkapp.com", "postmark", "Postmark"),
    run_by("mx.cloudflare.net", "cloudflare", "Cloudflare Email Routing"),
    run_by("improvmx.com", "improvmx", "ImprovMX"),
    run_by("forwardemail.net", "forward_email", "Forward Email"),
    // Gateways, which often accept for hosts that they do not ask first.
    run_by("mimecast.com", "mimecast", "Mimecast"),
    run_by("pphosted.com", "proofpoint", "Proofpoint"),
    run_by("ppe-hosted.com", "proofpoint_essentials", "Proofpoint Essentials"),
    run_by("barracudanetworks.com", "barracuda", "Barracuda"),
    run_by("messagelabs.com", "symantec", "Symantec.cloud"),
    run_by("iphmx.com", "cisco", "Cisco Secure Email"),
    run_by("mailcontrol.com", "forcepoint", "Forcepoint"),
    run_by("hydra.sophos.com", "sophos", "Sophos"),
    run_by("tmes.trendmicro.com", "trend_micro", "Trend Micro"),
    run_by("tmes.trendmicro.eu", "trend_micro", "Trend Micro"),
    run_by("hornetsecurity.com", "hornetsecurity", "Hornetsecurity"),
    run_by("fireeyecloud.com", "trellix", "Trellix"),
    run_by("mxlogic.net", "mcafee", "McAfee"),
    run_by("arsmtp.com", "appriver", "AppRiver"),
    run_by("spamexperts.com", "spamexperts", "SpamExperts"),
    run_by("spamexperts.eu", "spamexperts", "SpamExperts"),
    run_by("spamexperts.net", "spamexperts", "SpamExperts"),
    run_by("antispamcloud.com", "spamexperts", "SpamExperts"),
    run_by("expurgate.net", "expurgate", "eXpurgate"),
    run_by("seppmail.cloud", "seppmail", "SEPPmail"),
];

const PLUS: Addressing = Addressing { ignores_dots: false, separator: Some('+'), canonical_domain: None };
const GMAIL: Addressing = Addressing { ignores_dots: true, separator: Some('+'), canonical_domain: Some("gmail.com") };
/// Their disposable addresses have a base name of their own, which is not the mailbox's.
const NONE: Addressing = Addressing { ignores_dots: false, separator: None, canonical_domain: None };

/// Mail domain, and what its operator ignores, from the operator's own help pages. Where in doubt nothing is ignored: a false
/// match would merge two people.
pub(super) const ADDRESSING: &[(&str, Addressing)] = &[
    // Gmail Help: "Dots don't matter in Gmail addresses"; "Create task-specific email addresses"; googlemail.com is the same mailbox.
    ("gmail.com", GMAIL),
    ("googlemail.com", GMAIL),
    // Microsoft: "Plus addressing in Exchange Online" and Outlook.com.
    ("outlook.com", PLUS),
    ("hotmail.com", PLUS),
    ("live.com", PLUS),
    // Proton: "+aliases".
    ("proton.me", PLUS),
    ("protonmail.com", PLUS),
    ("pm.me", PLUS),
    // Fastmail: "Plus addressing and subdomain addressing".
    ("fastmail.com", PLUS),
    ("fastmail.fm", PLUS),
    // Yahoo: "Disposable email addresses" (base name and hyphen).
    ("yahoo.com", NONE),
    ("ymail.com", NONE),
    ("rocketmail.com", NONE),
    ("aol.com", NONE),
];
