//! Mailboxes that were asked about and have not answered.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::super::store::Waiting;
use crate::queue::{Answer, FIRST_WAIT, GRACE, Question};

/// Mailboxes by their numbers.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    mailboxes: HashMap<i64, Mailbox>,
    returning: usize,
}

#[derive(Debug)]
struct Mailbox {
    waiting: Waiting,
    /// Whether it had been put off.
    is_returning: bool,
    /// When its task is taken for lost; `None` until the queue has it, and where the queue loses nothing.
    lost_at: Option<Instant>,
    /// How long that task may wait for a worker.
    wait: Duration,
}

impl UnderWay {
    pub(super) fn count(&self) -> usize {
        self.mailboxes.len()
    }

    /// How many of these had been put off.
    pub(super) fn returning(&self) -> usize {
        self.returning
    }

    pub(super) fn has(&self, id: i64) -> bool {
        self.mailboxes.contains_key(&id)
    }

    /// Mailboxes are asked about: the questions, and those that nothing can be asked about.
    pub(super) fn add(&mut self, some: Vec<Waiting>, is_returning: bool) -> (Vec<Question>, Vec<Waiting>) {
        let (mut questions, mut unasked) = (Vec::with_capacity(some.len()), Vec::new());
        for waiting in some {
            let Some(question) = question(&waiting) else {
                unasked.push(waiting);
                continue;
            };
            questions.push(question);
            self.returning += usize::from(is_returning);
            self.mailboxes.insert(waiting.id, Mailbox { waiting, is_returning, lost_at: None, wait: FIRST_WAIT });
        }
        (questions, unasked)
    }

    /// The queue has the tasks of these.
    pub(super) fn put(&mut self, numbers: &[i64], now: Instant) {
        for id in numbers {
            if let Some(mailbox) = self.mailboxes.get_mut(id) {
                mailbox.lost_at = Some(now + mailbox.wait + GRACE);
            }
        }
    }

    /// An answer came: the mailbox, and whether it had been put off; `None` where this was not asked, or not this time.
    pub(super) fn answered(&mut self, answer: &Answer) -> Option<(Waiting, bool)> {
        self.mailboxes.get(&answer.id).filter(|mailbox| mailbox.waiting.tries == answer.tries)?;
        let mailbox = self.mailboxes.remove(&answer.id)?;
        self.returning -= usize::from(mailbox.is_returning);
        Some((mailbox.waiting, mailbox.is_returning))
    }

    /// Tasks that are taken for lost by now, as they are to be put anew: lane, at most so many questions, and how long they may wait. That is
    /// twice as long each time, so that tasks do not pile up while no worker is there.
    pub(super) fn lost(&mut self, now: Instant, most_questions: usize) -> Vec<(String, Vec<Question>, Duration)> {
        let mut lanes: BTreeMap<(String, Duration), Vec<Question>> = BTreeMap::new();
        for mailbox in self.mailboxes.values_mut().filter(|mailbox| mailbox.lost_at.is_some_and(|then| then <= now)) {
            mailbox.lost_at = None;
            mailbox.wait *= 2;
            lanes.entry((mailbox.waiting.hosts.clone(), mailbox.wait)).or_default().extend(question(&mailbox.waiting));
        }
        let cut = |((lane, wait), questions): ((String, Duration), Vec<Question>)| {
            questions.chunks(most_questions).map(|some| (lane.clone(), some.to_vec(), wait)).collect::<Vec<_>>()
        };
        lanes.into_iter().flat_map(cut).collect()
    }
}

fn question(waiting: &Waiting) -> Option<Question> {
    let dns = waiting.dns.as_deref().cloned()?;
    Some(Question { id: waiting.id, address: waiting.address.clone(), dns, tries: waiting.tries })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared::evidence::{DnsEvidence, UnixMillis};

    use super::*;

    fn waiting(id: i64) -> Waiting {
        let outcome = Err(shared::dns::DnsFailure::TimedOut);
        let dns = Some(Arc::new(DnsEvidence { at: UnixMillis(1), outcome }));
        Waiting { id, address: format!("user{id}@a.example"), dns, hosts: "mx.a.example".to_owned(), tries: 0 }
    }

    #[test]
    fn ok_a_task_that_is_lost_is_put_anew_after_twice_as_long_each_time() {
        let (mut under_way, begun) = (UnderWay::default(), Instant::now());
        let (questions, unasked) = under_way.add((1..=5).map(waiting).chain([Waiting { dns: None, ..waiting(6) }]).collect(), false);
        assert_eq!((questions.len(), unasked.len(), under_way.count()), (5, 1, 5));
        let long = begun + Duration::from_hours(24);
        assert!(under_way.lost(long, 2).is_empty(), "it is not in the queue yet");
        under_way.put(&[1, 2, 3, 4, 9], begun);
        assert!(under_way.lost(begun + FIRST_WAIT, 2).is_empty(), "who took it in the last moment is at it");
        let lost = under_way.lost(begun + FIRST_WAIT + GRACE, 3);
        assert_eq!(
            lost.iter().map(|(_, questions, wait)| (questions.len(), *wait)).collect::<Vec<_>>(),
            [(3, FIRST_WAIT * 2), (1, FIRST_WAIT * 2)]
        );
        assert!(under_way.lost(long, 3).is_empty(), "once");
        under_way.put(&[1], begun);
        assert!(under_way.lost(begun + FIRST_WAIT + GRACE, 3).is_empty());
        assert_eq!(under_way.lost(begun + FIRST_WAIT * 2 + GRACE, 3).len(), 1);
    }

    #[test]
    fn ok_an_answer_counts_once_and_for_its_own_try() {
        let mut under_way = UnderWay::default();
        under_way.add(vec![Waiting { tries: 1, ..waiting(1) }], true);
        assert_eq!(under_way.returning(), 1);
        let answer = |tries| Answer { id: 1, tries, report: None, took_ms: 0 };
        assert!(under_way.answered(&answer(0)).is_none(), "that of the first try came twice");
        assert!(under_way.answered(&answer(1)).is_some_and(|(_, is_returning)| is_returning));
        assert!(under_way.answered(&answer(1)).is_none());
        assert_eq!((under_way.count(), under_way.returning()), (0, 0));
    }
}
