//! What is known of operators' manners, each with its source; dates are those of the statements, so anything older than two years is a
//! hypothesis. Collected on 2026-11-23. Who is not here is asked carefully.

use super::Conduct;
use super::DecoyPolicy::{self, Never, OtherSession, SameSession};
use super::PacingClass::{self, Careful, Generous, Ordinary, Strict};

const fn row(operator: &'static str, decoy: DecoyPolicy, pacing: PacingClass) -> Conduct {
    Conduct { operator, decoy, pacing, greylists: false, source: "", date: "" }
}

impl Conduct {
    const fn greylists(mut self) -> Self {
        self.greylists = true;
        self
    }

    const fn seen(mut self, source: &'static str, date: &'static str) -> Self {
        self.source = source;
        self.date = date;
        self
    }
}

pub(super) static CONDUCTS: &[Conduct] = &[
    row("barracuda", SameSession, Careful).greylists().seen("ActiveCampaign, SMTP field manual: 451 4.7.1 Greylisted (5 min); 550 No such user where recipient verification is on", "2024"),
    row("cloudflare", SameSession, Ordinary).seen("Cloudflare Email Routing API, catch-all rule (in alchemy's docs): each zone sets what becomes of unknown names", "2026"),
    row("comcast", SameSession, Careful).seen("ActiveCampaign, SMTP field manual: 550 5.1.1 Not our Customer; a PTR is demanded", "2024"),
    row("docomo", SameSession, Strict).seen("sisimai set-of-emails, Reason/Filtered: `Unknown user` is said for the user's own filters too, partly after DATA", "2025"),
    row("gmx", SameSession, Careful).seen("Reacher #794; EmailVerify/email-verify #48; GMX and WEB.DE postmaster pages: PTR, block lists and rate limits at connect", "2021"),
    row("godaddy", SameSession, Strict).seen("sisimai Rhost/GoDaddy: IB1xx to IB9xx, hourly limits by address, a rate limit under 5.1.1", "2025"),
    row("google", SameSession, Generous).seen("zytzagoo/smtp-validate-email #84; Google Workspace Help 3726730: 550 5.1.1, 452 4.2.2, 450 4.2.1", "2024-08-19"),
    row("icloud", SameSession, Careful).seen("Reacher #1065, #1410, #1468; sisimai Rhost/Apple: 550 5.1.1 when let in, 550 5.7.1 by Proofpoint and Spamhaus", "2024-05-17"),
    row("laposte", SameSession, Careful).seen("sisimai Rhost/FrancePTT; zone-mta bounces.txt: 550 5.1.1 LPN 416; few connections an address", "2025"),
    row("mailbox_org", SameSession, Careful).seen("Reacher #1110: a block list speaks at RCPT", "2022-06-01"),
    row("mailru", SameSession, Ordinary).seen("Reacher #771 (2021): 550 invalid mailbox; #1208: 250 Go ahead for any name. They contradict each other, so a decoy must tell", "2022-10-23"),
    row("microsoft365", SameSession, Ordinary).seen("Microsoft Learn, Directory-Based Edge Blocking; karolyi/py3-validate-email PR #63: 550 5.4.1, or all accepted in hybrid tenants", "2025"),
    row("mimecast", SameSession, Careful).greylists().seen("Mimecast support 34000546468371, 34000799597459, 34000823077139: recipient validation by domain, unknown ones deferred by 451; greylists for 60 s", "2024"),
    row("netease", SameSession, Strict).seen("NetEase help, 421 HL:REP: the address sent to many recipients that do not exist", "2024"),
    row("orange", SameSession, Careful).seen("sisimai Rhost/FrancePTT; zone-mta bounces.txt: 550 5.1.1 OFR_416; 421 Trop de connexions", "2025"),
    row("outlook", OtherSession, Strict).seen("AfterShip/email-verifier #55, #72; Reacher #569, #756, #1334: 452 4.5.3 at the second recipient, 550 SC-002 for namespace mining", "2023"),
    row("ovh", SameSession, Careful).seen("zytzagoo/smtp-validate-email #23: the greeting takes 6 s; bulk verification is watched for", "2017"),
    row("proofpoint", SameSession, Careful).seen("ActiveCampaign, SMTP field manual; sisimai: Dynamic Reputation refuses addresses by 421, 550 and 554", "2025"),
    row("proofpoint_essentials", SameSession, Careful).greylists().seen("Proofpoint Essentials help, SMTP Discovery Management: asks the destination, and says 450 4.1.1 meanwhile", "2024"),
    row("proton", SameSession, Careful).seen("jeremydumais/CPP-SMTPClient-library #57: 550 5.5.1 Protocol error at RCPT after EHLO localhost", "2026-03-19"),
    row("qq", SameSession, Careful).seen("QQ Mail help centre; ActiveCampaign, SMTP field manual: 550 Mailbox not found; limits by address", "2024"),
    row("siteground", Never, Careful).seen("Reacher, core/src/rules.json: SpamExperts' hosts; 30 s at RCPT", "2026-03-09"),
    row("spamexperts", Never, Careful).seen("Reacher, core/src/rules.json: 30 s at RCPT, at times an answer only to the second try", "2026-03-09"),
    row("symantec", SameSession, Careful).seen("ActiveCampaign, SMTP field manual: 550 Invalid recipient (#5.1.1) where addresses are registered", "2024"),
    row("t_online", SameSession, Careful).seen("zone-mta bounces.txt: unfamiliar addresses are refused at connect, 554 IP=… A problem occurred", "2024"),
    row("yahoo", Never, Strict).seen("truemail-rb/truemail-go #91; AfterShip/email-verifier #57; badoux/checkmail #2: 554 delivery error: dd after DATA; 421 VS1-IP Excessive unknown recipients", "2026"),
    row("yandex", SameSession, Careful).greylists().seen("ActiveCampaign, SMTP field manual: 550 5.7.1 No such user!; 451 4.7.1 come back later", "2024"),
    row("zoho", SameSession, Ordinary).seen("Reacher #487; sisimai Rhost/Zoho: 250 Recipient OK, 550 5.1.1 User does not exist", "2021"),
];
