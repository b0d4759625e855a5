//! Every finding at every stage, for every class of operator, and what the judge makes of it: printed in shared/MATRIX.md, and held to the laws.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};

use shared::dns::{DnsFailure, MailRoute, MxHost};
use shared::domain::host_name::HostName;
use shared::domain::operator::{Answers, Operator};
use shared::evidence::{
    Attempt, DnsEvidence, Evidence, Observation, Outcome, ProbeReport, Probing, Recipient, RouteFact, SessionEnd, SessionFacts, UnixMillis,
};
use shared::smtp::parser::ReplyError;
use shared::smtp::{About, FindingKind, Reply, Stage, classify};
use shared::verdict::{Level, Reason, Status, Step, judge, next_step};
use stack::place::root;

const FILE: &str = "shared/MATRIX.md";
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

/// Replies that stand for a finding: at each stage the first that is read so, or else the first.
const REPLIES: &[(FindingKind, &[&str])] = &[
    (FindingKind::Accepted, &["250 2.1.5 Ok"]),
    (FindingKind::MailboxNotFound, &["550 5.1.1 User unknown"]),
    (FindingKind::MailboxFull, &["452 4.2.2 The email account that you tried to reach is over quota"]),
    (FindingKind::MailboxDisabled, &["550 5.2.1 The email account that you tried to reach is disabled"]),
    (FindingKind::DomainNotHosted, &["554 5.7.1 Relay access denied", "521 5.3.2 System not accepting network messages"]),
    (FindingKind::Greylisted, &["450 4.2.0 Greylisted, see the postgrey help"]),
    (FindingKind::RateLimited, &["421 4.7.0 Error: too many connections from 192.0.2.1"]),
    (FindingKind::SenderBlocked, &["554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"]),
    (FindingKind::PolicyRefused, &["530 5.7.0 Must issue a STARTTLS command first"]),
    (FindingKind::SenderRejected, &["550 5.1.8 Sender address rejected: Domain not found"]),
    (FindingKind::ServerError, &["451 4.3.0 Error: queue file write error"]),
    (FindingKind::Unsure, &["550 no", "554 5.5.9 no", "354 go on"]),
];

const BLOCKED: &str = "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org";

/// A host of an operator of each class.
fn exchange(answers: Answers) -> &'static str {
    match answers {
        Answers::Truthfully => "aspmx.l.google.com",
        Answers::AsCustomersSet => "a-example.mail.protection.outlook.com",
        Answers::AfterData => "mta5.am0.yahoodns.net",
        Answers::Guarded => "mx01.mail.icloud.com",
        Answers::Unrecorded => "mx.a.example",
    }
}

/// What one cell rests on, for the laws.
struct Cell {
    answers: Option<Answers>,
    /// The last stage that was answered or waited at.
    stage: Option<Stage>,
    /// How the reply is read that it rests on.
    read: Option<FindingKind>,
    reason: Reason,
}

/// The page as it grows, and every cell of it.
#[derive(Default)]
struct Matrix {
    page: String,
    cells: Vec<Cell>,
}

fn host(name: &str) -> MailRoute {
    MailRoute::Hosts { hosts: vec![MxHost { preference: 10, exchange: HostName::new(name) }] }
}

fn routed(outcome: Result<MailRoute, DnsFailure>) -> Evidence {
    let outcome = outcome.map(|route| RouteFact { route, authenticated: false, ttl_s: 60 });
    Evidence { dns: Some(DnsEvidence { at: NOW, outcome }), ..Evidence::of_text("ada@a.example", NOW) }
}

/// A report of one attempt at a host of this class.
fn reported(answers: Answers, complete: bool, outcome: Outcome) -> Evidence {
    let host_name = HostName::new(exchange(answers));
    let attempt = Attempt { host: host_name, ip: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))), outcome };
    let report = ProbeReport {
        at: NOW,
        elapsed_ms: 1,
        complete,
        attempts: vec![attempt],
        decoy_at: None,
        greylist_delay_s: None,
        transcript: Vec::new(),
    };
    Evidence { probing: Probing::Reported(report), ..routed(Ok(host(exchange(answers)))) }
}

fn seen(stage: Stage, recipient: Option<Recipient>, raw: &str) -> Observation {
    Observation { stage, recipient, reply: Reply::parse(raw).expect("a reply") }
}

/// The replies of the steps before `stage`, all accepted.
fn steps_before(stage: Stage) -> Vec<Observation> {
    let steps = [(Stage::Greeting, "220 mx"), (Stage::Ehlo, "250 mx"), (Stage::Mail, "250 2.1.0 Ok"), (Stage::Rcpt, "250 2.1.5 Ok")];
    let before = steps.iter().filter(|(step, _)| *step < stage);
    before.map(|(step, raw)| seen(*step, (*step == Stage::Rcpt).then_some(Recipient::Target), raw)).collect()
}

fn session(observations: Vec<Observation>, end: SessionEnd) -> Outcome {
    Outcome::Session(SessionFacts { tls: false, certificate: None, observations, end })
}

fn of_target(stage: Stage) -> Option<Recipient> {
    (stage == Stage::Rcpt).then_some(Recipient::Target)
}

impl Matrix {
    /// What the judge says, kept for the laws.
    fn cell(&mut self, answers: Option<Answers>, stage: Option<Stage>, evidence: &Evidence) -> String {
        let verdict = judge(evidence);
        let decisive = evidence.report().and_then(|report| report.attempts[0].session()?.decisive());
        self.cells.push(Cell { answers, stage, read: decisive.map(|seen| seen.finding().kind), reason: verdict.reason });
        format!("{} ({}, {})", verdict.reason, verdict.status(), name_of(verdict.about()))
    }

    fn line(&mut self, cells: &[String]) {
        writeln!(self.page, "| {} |", cells.join(" | ")).expect("memory");
    }

    fn table(&mut self, title: &str, words: &str, columns: &[&str]) {
        writeln!(self.page, "\n## {title}\n\n{words}\n").expect("memory");
        self.line(&columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>());
        self.line(&columns.iter().map(|_| "---".to_owned()).collect::<Vec<_>>());
    }

    /// A table with a column for each class of operator.
    fn table_by_class(&mut self, title: &str, words: &str, columns: &[&str]) {
        self.table(title, words, &[columns, &Answers::ALL.map(Answers::as_str)].concat());
    }

    /// A row of it: the same outcome at an operator of each class.
    fn row_by_class(&mut self, mut row: Vec<String>, stage: Option<Stage>, complete: bool, outcome: &Outcome) {
        for answers in Answers::ALL {
            row.push(self.cell(Some(answers), stage, &reported(answers, complete, outcome.clone())));
        }
        self.line(&row);
    }

    fn findings(&mut self, stage: Stage) {
        self.table_by_class(
            &format!("A reply at {stage}"),
            "One host was asked, and this was its last reply. Where no reply is read as the finding at this stage, the row shows how its reply is read.",
            &["finding", "reply", "read as"],
        );
        for (kind, replies) in REPLIES {
            let read_as = |raw: &str| classify(stage, &Reply::parse(raw).expect("a reply")).kind;
            let raw = replies.iter().copied().find(|raw| read_as(raw) == *kind).unwrap_or(replies[0]);
            let mut observations = steps_before(stage);
            observations.push(seen(stage, of_target(stage), raw));
            let read = if read_as(raw) == *kind { "the same".to_owned() } else { read_as(raw).to_string() };
            self.row_by_class(
                vec![kind.to_string(), format!("`{raw}`"), read],
                Some(stage),
                true,
                &session(observations, SessionEnd::Quit),
            );
        }
    }

    fn endings(&mut self) {
        self.table_by_class(
            "A session that broke off",
            "The steps before this stage were accepted, and its reply did not come; at `quit` the target had been accepted.",
            &["end", "stage"],
        );
        for stage in [Stage::Greeting, Stage::Ehlo, Stage::Starttls, Stage::Mail, Stage::Rcpt, Stage::Quit] {
            let errors =
                [ReplyError::LineTooLong, ReplyError::ReplyTooLong, ReplyError::NoCode, ReplyError::CodeChanged, ReplyError::OutOfStep];
            let ends = [("closed".to_owned(), SessionEnd::Closed { stage }), ("timed out".to_owned(), SessionEnd::TimedOut { stage })];
            let garbled = errors.map(|error| (format!("garbled: {error}"), SessionEnd::Garbled { stage, error }));
            for (words, end) in ends.into_iter().chain(garbled) {
                self.row_by_class(vec![words, stage.to_string()], Some(stage), true, &session(steps_before(stage), end));
            }
        }
        self.row_by_class(
            vec!["the TLS handshake failed".into(), "starttls".into()],
            None,
            true,
            &session(steps_before(Stage::Mail), SessionEnd::TlsFailed),
        );
        let outcome = session(steps_before(Stage::Mail), SessionEnd::Smtputf8NotOffered);
        self.row_by_class(vec!["SMTPUTF8 needed and not offered".into(), "ehlo".into()], Some(Stage::Ehlo), true, &outcome);
    }

    fn no_session(&mut self) {
        self.table_by_class(
            "No session",
            "`every host heard`: the route was tried to its end, which statements about the whole domain need.",
            &["outcome", "every host heard"],
        );
        for (words, outcome) in [
            ("the host's addresses could not be looked up", Outcome::AddressUnavailable { failure: DnsFailure::TimedOut }),
            ("the host has no address", Outcome::NoAddress),
            ("the address is not globally routable", Outcome::NotRoutable),
            ("the address is outside the lab", Outcome::OutsideLab),
            ("the connection failed", Outcome::ConnectFailed),
            ("the connection timed out", Outcome::ConnectTimedOut),
            ("the host's pace left no room", Outcome::NotPaced { retry_after_s: 30 }),
            ("our source address is unfit", Outcome::SourceUnfit),
            ("a session: relaying denied at rcpt", {
                let mut observations = steps_before(Stage::Rcpt);
                observations.push(seen(Stage::Rcpt, Some(Recipient::Target), "554 5.7.1 Relay access denied"));
                session(observations, SessionEnd::Quit)
            }),
        ] {
            for (complete, heard) in [(true, "yes"), (false, "no")] {
                let stage = if matches!(outcome, Outcome::Session(_)) { Stage::Rcpt } else { Stage::Connect };
                self.row_by_class(vec![words.into(), heard.into()], Some(stage), complete, &outcome);
            }
        }
    }

    fn decoys(&mut self) {
        self.table_by_class(
            "An accepted target and its decoy",
            "The target was accepted; this became of the made-up neighbour, and this is known of accepting everything.",
            &["decoy", "accept_all"],
        );
        let replied = |raw| (SessionEnd::Quit, Some(raw));
        for (words, (end, decoy)) in [
            ("accepted", replied("250 2.1.5 Ok")),
            ("unknown", replied("550 5.1.1 User unknown")),
            ("refused without a reason", replied("550 no")),
            ("blocked", replied(BLOCKED)),
            ("greylisted", replied("450 4.2.0 Greylisted, see the postgrey help")),
            ("one recipient too many", replied("452 4.5.3 Too many recipients")),
            ("a relay denied", replied("554 5.7.1 Relay access denied")),
            ("unverified, 252", replied("252 2.1.5 Cannot verify")),
            ("unanswered", (SessionEnd::TimedOut { stage: Stage::Rcpt }, None)),
            ("closed upon", (SessionEnd::Closed { stage: Stage::Rcpt }, None)),
            ("garbled", (SessionEnd::Garbled { stage: Stage::Rcpt, error: ReplyError::NoCode }, None)),
            ("not asked", (SessionEnd::Quit, None)),
        ] {
            let mut observations = steps_before(Stage::Quit);
            observations.extend(decoy.map(|raw| seen(Stage::Rcpt, Some(Recipient::Decoy), raw)));
            let facts = SessionFacts { tls: false, certificate: None, observations, end };
            let known = format!("{:?}", facts.accept_all()).to_lowercase();
            self.row_by_class(vec![words.into(), known], Some(Stage::Rcpt), true, &Outcome::Session(facts));
        }
    }

    fn addresses(&mut self) {
        self.table("The address alone", "Before anybody is asked, and whatever is asked.", &["address", "verdict", "next, at level smtp"]);
        let magic = Reason::ALL.iter().map(|reason| format!("{reason}@rcpt.test"));
        let addresses = ["ada@@a.example", "ada@[192.0.2.1]", "ada@company.invalid", "ada@a.example"].map(str::to_owned);
        for address in addresses.into_iter().chain(magic) {
            let evidence = Evidence::of_text(&address, NOW);
            let cell = self.cell(None, None, &evidence);
            self.line(&[format!("`{address}`"), cell, step(&evidence)]);
        }
    }

    fn routes(&mut self) {
        self.table(
            "The mail route",
            "What the DNS said, and whether anybody was asked then.",
            &["route", "probing", "verdict", "next, at level smtp"],
        );
        let failures = [
            DnsFailure::TimedOut,
            DnsFailure::Unreachable,
            DnsFailure::ServerFailure,
            DnsFailure::Refused,
            DnsFailure::Malformed,
            DnsFailure::Unfounded,
            DnsFailure::Other,
        ];
        let silent =
            [("no such domain", MailRoute::NoSuchDomain), ("null MX", MailRoute::Null), ("neither MX nor address", MailRoute::NoMail)];
        let open = [
            ("MX hosts", host("mx.a.example")),
            ("its own host", MailRoute::Implicit),
            ("MX hosts, after_data", host(exchange(Answers::AfterData))),
        ];
        let failed = failures.map(|failure| (failure.to_string(), Err(failure)));
        let found = silent.into_iter().chain(open).map(|(words, route)| (words.to_owned(), Ok(route)));
        for (words, outcome) in failed.into_iter().chain(found) {
            let works = outcome.as_ref().is_ok_and(MailRoute::works);
            let probings =
                [("not asked", Probing::NotAsked), ("declined", Probing::Declined), ("no prober answered", Probing::ProberUnavailable)];
            for (asked, probing) in probings.into_iter().take(if works { 3 } else { 1 }) {
                let evidence = Evidence { probing, ..routed(outcome.clone()) };
                let answers = words.ends_with("after_data").then_some(Answers::AfterData);
                let cell = self.cell(answers, None, &evidence);
                self.line(&[words.clone(), asked.to_owned(), cell, step(&evidence)]);
            }
        }
    }
}

fn step(evidence: &Evidence) -> String {
    let step = match next_step(evidence, Level::Smtp) {
        Step::Resolve => "resolve",
        Step::Probe => "probe",
        Step::Judge => "judge",
    };
    step.to_owned()
}

fn name_of(about: About) -> &'static str {
    match about {
        About::Mailbox => "mailbox",
        About::Domain => "domain",
        About::Us => "us",
        About::Transient => "transient",
    }
}

fn matrix() -> Matrix {
    let mut matrix = Matrix::default();
    matrix.page.push_str(
        "# From finding to verdict\n\n\
         Made from the code by `cargo test --package rcpt-tests --test matrix -- --ignored write_the_matrix`, and compared with it by the same suite.\n\
         A cell is `reason (status, about)`. The last five columns are the classes of operators (`shared/src/domain/operator.rs`), by what their\n\
         answers at RCPT are worth; hosts of nobody known count as `unrecorded`.\n",
    );
    for stage in Stage::REPLYING {
        matrix.findings(stage);
    }
    matrix.endings();
    matrix.no_session();
    matrix.decoys();
    matrix.addresses();
    matrix.routes();
    matrix
}

#[test]
fn ok_the_printed_matrix_is_the_code_s() {
    let printed = fs::read_to_string(root().join(FILE)).expect("the printed matrix");
    let page = matrix().page;
    for (number, (made, printed)) in page.lines().zip(printed.lines()).enumerate() {
        assert_eq!(made, printed, "line {} of {FILE}; see its head for how to write it anew", number + 1);
    }
    assert_eq!(page.lines().count(), printed.lines().count(), "{FILE}; see its head for how to write it anew");
}

/// No test: writes what the one above compares.
#[test]
#[ignore = "writes shared/MATRIX.md"]
fn write_the_matrix() {
    fs::write(root().join(FILE), matrix().page).expect("a file");
}

#[test]
fn ok_the_classes_are_those_of_the_table() {
    for answers in Answers::ALL {
        let found = Operator::of_exchange(&HostName::new(exchange(answers))).map_or(Answers::Unrecorded, |operator| operator.answers);
        assert_eq!(found, answers);
    }
    for kind in FindingKind::ALL {
        assert_eq!(REPLIES.iter().filter(|(other, _)| *other == kind).count(), 1, "{kind}");
        let (_, replies) = REPLIES.iter().find(|(other, _)| *other == kind).expect("replies");
        assert!(replies.iter().any(|raw| classify(Stage::Rcpt, &Reply::parse(raw).expect("a reply")).kind == kind), "{kind} at rcpt");
    }
}

/// The laws, over every cell that has a session or a host behind it.
#[test]
fn ok_the_laws_hold_in_every_cell() {
    let matrix = matrix();
    assert!(matrix.cells.len() > 500, "{}", matrix.cells.len());
    for Cell { answers, stage, read, reason } in &matrix.cells {
        let told = format!("{answers:?} {stage:?} {read:?} {reason}");
        let passes = |about| matches!(about, About::Us | About::Transient);
        if passes(reason.about()) || read.is_some_and(|kind| passes(kind.about())) {
            assert_eq!(reason.status(), Status::Unknown, "{told}");
        }
        if stage.is_some_and(|stage| (Stage::Greeting..Stage::Rcpt).contains(&stage)) {
            // One thing is known without asking: a host that does not take SMTPUTF8 takes no mail for who needs it.
            let not_offered = *reason == Reason::DomainAcceptsNoMail && *read == Some(FindingKind::Accepted);
            assert!(not_offered || reason.status() == Status::Unknown, "only RCPT speaks of a mailbox: {told}");
        }
        if *answers == Some(Answers::AfterData) {
            assert_eq!(*reason, Reason::Unverifiable, "{told}");
        }
    }
}

/// Classes but one differ in how they are asked, never in how their answers are judged.
#[test]
fn ok_only_after_data_changes_a_verdict() {
    let matrix = matrix();
    let by_class: Vec<_> = matrix.cells.iter().filter(|cell| cell.answers.is_some() && cell.stage.is_some()).collect();
    for row in by_class.chunks(Answers::ALL.len()) {
        let others: Vec<_> = row.iter().filter(|cell| cell.answers != Some(Answers::AfterData)).map(|cell| cell.reason).collect();
        assert!(others.windows(2).all(|pair| pair[0] == pair[1]), "{others:?}");
    }
}
