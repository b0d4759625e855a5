//! How an operator wants to be asked: what is known of its manners, and how a guest answers them.
//!
//! Only who asks mail hosts reads this; naming an operator does not.

mod table;

use super::Operator;

/// What is known of asking an operator's hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conduct {
    /// The operator's id; empty in the row for all that are not in the table.
    pub operator: &'static str,
    /// Whether and where a decoy may be asked.
    pub decoy: DecoyPolicy,
    /// How much may be asked of it.
    pub pacing: PacingClass,
    /// Whether it is known to put unfamiliar senders off at first.
    pub greylists: bool,
    /// Where its answers and manners are documented or were seen.
    pub source: &'static str,
    /// The latest year, and perhaps month and day, of those statements.
    pub date: &'static str,
}

/// Whether a made-up neighbour may be asked after an accepted target, to learn whether everything is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecoyPolicy {
    /// In the target's session, after it.
    SameSession,
    /// In a session of its own: a second recipient beside the first changes the answer.
    OtherSession,
    /// Not at all: its answer says nothing, or costs too much.
    Never,
}

/// How much a guest may ask of one operator. The numbers are ours, chosen to stay below the limits that servers document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacingClass {
    /// Built for crowds.
    Generous,
    /// Large, with limits that a guest seldom meets.
    Ordinary,
    /// Limits that are known to bite, or nothing known.
    Careful,
    /// Counts unknown recipients against the asker's address and blocks it for them.
    Strict,
}

impl PacingClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Generous, Self::Ordinary, Self::Careful, Self::Strict];

    /// The most sessions at once. Postfix lets one address hold 50 (`smtpd_client_connection_count_limit`); others are known to stop at a few.
    pub const fn sessions(self) -> u32 {
        match self {
            Self::Generous => 8,
            Self::Ordinary => 4,
            Self::Careful => 2,
            Self::Strict => 1,
        }
    }

    /// The most recipients a minute, over all sessions.
    pub const fn per_minute(self) -> u32 {
        match self {
            Self::Generous => 240,
            Self::Ordinary => 120,
            Self::Careful => 30,
            Self::Strict => 6,
        }
    }

    /// The most refusals that one session may collect before it takes its leave. Postfix slows down after 10 errors
    /// (`smtpd_soft_error_limit`) and hangs up after 20 (`smtpd_hard_error_limit`).
    pub const fn refusals(self) -> u32 {
        match self {
            Self::Generous => 16,
            Self::Ordinary => 12,
            Self::Careful => 8,
            Self::Strict => 2,
        }
    }

    /// The most recipients of one transaction. RFC 5321 §4.5.3.1.8: a server must take 100.
    pub const fn recipients(self) -> u32 {
        match self {
            Self::Generous | Self::Ordinary => 100,
            Self::Careful => 50,
            // Outlook.com answers a second one by 452 4.5.3, whatever it is.
            Self::Strict => 1,
        }
    }
}

/// How hosts are asked of which nothing is known: one decoy after the target, and carefully.
pub static UNKNOWN: Conduct = Conduct {
    operator: "",
    decoy: DecoyPolicy::SameSession,
    pacing: PacingClass::Careful,
    greylists: false,
    source: "no statement found",
    date: "2026-11-24",
};

impl Operator {
    /// How it wants to be asked; carefully, where nothing is known.
    pub fn conduct(&self) -> &'static Conduct {
        table::CONDUCTS.iter().find(|conduct| conduct.operator == self.id).unwrap_or(&UNKNOWN)
    }
}

impl Conduct {
    /// How the hosts of `operator` are asked, where one is known to run them.
    pub fn of(operator: Option<Operator>) -> &'static Self {
        operator.map_or(&UNKNOWN, |operator| operator.conduct())
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;
    use crate::domain::operator::Answers;

    fn conduct(id: &str) -> &'static Conduct {
        Operator::all().find(|operator| operator.id == id).expect(id).conduct()
    }

    #[test]
    fn ok_every_row_is_of_an_operator_and_says_where_it_comes_from() {
        let mut seen = BTreeSet::new();
        for row in table::CONDUCTS {
            assert!(Operator::all().any(|operator| operator.id == row.operator), "{}", row.operator);
            assert!(seen.insert(row.operator), "{} twice", row.operator);
            assert!(row.source.len() > 10 && row.date.len() >= 4 && row.date.starts_with("20"), "{}", row.operator);
        }
        assert!(table::CONDUCTS.is_sorted_by(|one, next| one.operator < next.operator));
    }

    #[test]
    fn ok_no_claim_about_answers_is_without_a_row() {
        for operator in Operator::all().filter(|operator| operator.answers != Answers::Unrecorded) {
            assert_eq!(operator.conduct().operator, operator.id);
        }
    }

    #[test]
    fn ok_what_is_not_known_is_asked_carefully() {
        let row = conduct("pobox");
        assert_eq!(row, &UNKNOWN);
        assert_eq!((row.decoy, row.pacing, row.greylists), (DecoyPolicy::SameSession, PacingClass::Careful, false));
        assert_eq!(Conduct::of(None), &UNKNOWN);
        assert_eq!(PacingClass::Careful.refusals(), 8);
    }

    #[test]
    fn ok_those_whom_a_decoy_misleads() {
        assert_eq!(conduct("outlook").decoy, DecoyPolicy::OtherSession);
        for id in ["yahoo", "spamexperts", "siteground"] {
            assert_eq!(conduct(id).decoy, DecoyPolicy::Never, "{id}");
        }
        for operator in Operator::all().filter(|operator| operator.answers == Answers::AfterData) {
            assert_eq!(operator.conduct().decoy, DecoyPolicy::Never, "{}", operator.id);
        }
    }

    #[test]
    fn ok_a_stricter_class_never_asks_more() {
        for pair in PacingClass::ALL.windows(2) {
            let numbers = |class: PacingClass| [class.sessions(), class.per_minute(), class.refusals(), class.recipients()];
            let (wider, narrower) = (numbers(pair[0]), numbers(pair[1]));
            assert!(wider.iter().zip(narrower).all(|(wide, narrow)| *wide >= narrow && narrow > 0), "{pair:?}");
            assert!(wider[3] <= 100, "RFC 5321 promises no more");
        }
    }
}
