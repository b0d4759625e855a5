//! What several resolvers say about one question, and what their words come to.
//!
//! Data settles it, whoever has it. An absence can condemn a domain, so it is put to another resolver: two that deny are believed, and one alone
//! is where nobody else was reached at all. A resolver that was reached and would not confirm (SERVFAIL, as for a bogus signature, REFUSED,
//! or octets that answer nothing) leaves the question open. Who asks, when and over what is the caller's business.

use super::DnsFailure;
use super::answer::{Answer, Found};

/// The words heard so far.
#[derive(Debug, Clone, Default)]
pub struct Hearing {
    denial: Option<Answer>,
    failure: Option<DnsFailure>,
}

impl Hearing {
    /// Takes one resolver's word; `Some` where no other is needed. Until then each further resolver is worth asking at once.
    pub fn hear(&mut self, word: Result<Answer, DnsFailure>) -> Option<Answer> {
        match word {
            Ok(answer) if matches!(answer.found, Found::Records(_)) => Some(answer),
            Ok(absence) => {
                let earlier = self.denial.replace(absence.clone())?;
                Some(weaker(&earlier, &absence))
            }
            Err(failure) => {
                self.failure = Some(self.failure.map_or(failure, |told| more_telling(told, failure)));
                None
            }
        }
    }

    /// Whether an absence waits to be confirmed.
    pub fn is_unconfirmed(&self) -> bool {
        self.denial.is_some()
    }

    /// What it comes to where nobody more is heard, since all were or time is over.
    ///
    /// # Errors
    /// The most telling failure, where there is no answer or a denial that somebody who was reached did not confirm.
    pub fn close(self) -> Result<Answer, DnsFailure> {
        match (self.denial, self.failure) {
            (Some(denial), None | Some(DnsFailure::TimedOut | DnsFailure::Unreachable)) => Ok(denial),
            (_, failure) => Err(failure.unwrap_or(DnsFailure::TimedOut)),
        }
    }
}

/// Of two absences the one that says less: a name that has anything exists. It is kept no longer than either may be.
fn weaker(one: &Answer, other: &Answer) -> Answer {
    let found = if one.found == Found::NoData || other.found == Found::NoData { Found::NoData } else { Found::NoSuchName };
    Answer { found, authenticated: one.authenticated && other.authenticated, ttl_s: one.ttl_s.min(other.ttl_s) }
}

/// What a resolver said is more telling than that another said nothing.
fn more_telling(one: DnsFailure, other: DnsFailure) -> DnsFailure {
    let rank = |failure| match failure {
        DnsFailure::ServerFailure | DnsFailure::Refused | DnsFailure::Unfounded | DnsFailure::Other => 3,
        DnsFailure::Malformed => 2,
        DnsFailure::Unreachable => 1,
        DnsFailure::TimedOut => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::dns::MxHost;
    use crate::dns::answer::Data;
    use crate::domain::host_name::HostName;
    use DnsFailure::{Malformed, Refused, ServerFailure, TimedOut, Unfounded, Unreachable};

    type Word = Result<Answer, DnsFailure>;

    fn data() -> Answer {
        let host = MxHost { preference: 10, exchange: HostName::new("mx.example") };
        Answer { found: Found::Records(vec![Data::Mx(host)]), authenticated: true, ttl_s: 300 }
    }

    /// All words in this order; and after how many the question was settled.
    fn outcome(words: &[Word]) -> (Result<Found, DnsFailure>, usize) {
        let mut hearing = Hearing::default();
        for (n, word) in words.iter().enumerate() {
            if let Some(answer) = hearing.hear(word.clone()) {
                return (Ok(answer.found), n + 1);
            }
        }
        (hearing.close().map(|answer| answer.found), words.len())
    }

    #[test]
    fn ok_what_words_come_to() {
        let (data, no, nothing) = (|| Ok(data()), Ok(Answer::absent(false, false, 60)), Ok(Answer::absent(true, false, 60)));
        let records = data().map(|answer| answer.found);
        let (denied, empty) = (|| Ok(Found::NoSuchName), || Ok(Found::NoData));
        for (words, expected) in [
            // Data settles it.
            (vec![data()], (records.clone(), 1)),
            (vec![Err(TimedOut), data()], (records.clone(), 2)),
            (vec![Err(ServerFailure), data()], (records.clone(), 2)),
            (vec![no.clone(), data()], (records.clone(), 2)),
            (vec![nothing.clone(), data()], (records.clone(), 2)),
            (vec![no.clone(), Err(ServerFailure), data()], (records, 3)),
            // Two deny.
            (vec![no.clone(), no.clone()], (denied(), 2)),
            (vec![no.clone(), Err(ServerFailure), no.clone()], (denied(), 3)),
            (vec![Err(Malformed), no.clone(), no.clone()], (denied(), 3)),
            // They deny different things.
            (vec![no.clone(), nothing.clone()], (empty(), 2)),
            (vec![nothing.clone(), no.clone()], (empty(), 2)),
            // One alone, where nobody else was reached.
            (vec![no.clone()], (denied(), 1)),
            (vec![nothing.clone()], (empty(), 1)),
            (vec![no.clone(), Err(TimedOut)], (denied(), 2)),
            (vec![Err(Unreachable), no.clone(), Err(TimedOut)], (denied(), 3)),
            // Somebody was reached and did not confirm.
            (vec![no.clone(), Err(ServerFailure)], (Err(ServerFailure), 2)),
            (vec![Err(ServerFailure), no.clone()], (Err(ServerFailure), 2)),
            (vec![no.clone(), Err(Refused), Err(TimedOut)], (Err(Refused), 3)),
            (vec![no.clone(), Err(Malformed)], (Err(Malformed), 2)),
            (vec![no.clone(), Err(Unfounded)], (Err(Unfounded), 2)),
            (vec![nothing, Err(ServerFailure)], (Err(ServerFailure), 2)),
            // Nobody has an answer.
            (vec![], (Err(TimedOut), 0)),
            (vec![Err(TimedOut), Err(Unreachable), Err(TimedOut)], (Err(Unreachable), 3)),
            (vec![Err(Malformed), Err(ServerFailure), Err(Unreachable)], (Err(ServerFailure), 3)),
        ] {
            assert_eq!(outcome(&words), expected, "{words:?}");
        }
    }

    #[test]
    fn ok_an_absence_is_kept_as_long_as_both_allow() {
        let mut hearing = Hearing::default();
        let absent = |ttl_s| Answer::absent(false, false, ttl_s);
        assert_eq!(hearing.hear(Ok(absent(900))), None);
        assert!(hearing.is_unconfirmed());
        assert_eq!(hearing.hear(Ok(absent(30))), Some(absent(30)));
    }
}
