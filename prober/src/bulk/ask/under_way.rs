//! Mailboxes that were asked about and have not answered.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::super::store::Waiting;
use crate::queue::{Answer, FIRST_WAIT, Fate, GRACE, Question, Seal};

/// What it counts against a mailbox that those who asked about it died,
const DEATH: u32 = 3;
/// that its task was not heard of while others were answered, or that an answer did not fit.
const SILENCE: u32 = 1;
/// Of whom so much is counted, the next task is its own, so that nobody else is lost with it;
const SUSPECT: u32 = 2;
/// and of whom so much is counted, there is no further task: two deaths, or five tasks that nobody answered.
const TOO_MUCH: u32 = 5;

/// Mailboxes by their numbers.
#[derive(Debug)]
pub(super) struct UnderWay {
    seal: Seal,
    mailboxes: HashMap<i64, Mailbox>,
    returning: usize,
    /// How often whoever asked about a mailbox died; each question says how often before it, so that a death that is told twice counts once.
    deaths: HashMap<i64, u32>,
    /// How often its task was not heard of, or an answer did not fit.
    silences: HashMap<i64, u32>,
    /// When somebody answered last.
    heard_at: Option<Instant>,
    /// Tasks have a date, until a worker's clock is known to be ahead of ours.
    is_dated: bool,
}

/// Mailboxes that go into one task.
pub(super) struct Batch {
    pub(super) lane: String,
    pub(super) questions: Vec<Question>,
    /// How long it may wait for a worker.
    pub(super) wait: Duration,
}

#[derive(Debug)]
struct Mailbox {
    waiting: Waiting,
    /// Whether it had been put off.
    is_returning: bool,
    /// When its task was put; `None` until the queue has it.
    put_at: Option<Instant>,
    /// When its task is taken for lost; `None` until the queue has it, and where the queue loses nothing.
    lost_at: Option<Instant>,
    /// How long that task may wait for a worker.
    wait: Duration,
}

impl UnderWay {
    /// Nobody yet. So many deaths are known of an earlier life.
    pub(super) fn new(seal: Seal, deaths: impl IntoIterator<Item = (i64, u32)>) -> Self {
        let (mailboxes, deaths, silences) = (HashMap::new(), deaths.into_iter().collect(), HashMap::new());
        Self { seal, mailboxes, returning: 0, deaths, silences, heard_at: None, is_dated: true }
    }

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

    /// Mailboxes of one host are asked about: the tasks, and those that nothing can be asked about.
    pub(super) fn add(&mut self, some: Vec<Waiting>, is_returning: bool) -> (Vec<Batch>, Vec<Waiting>) {
        let (mut numbers, mut unasked) = (Vec::with_capacity(some.len()), Vec::new());
        for waiting in some {
            if waiting.dns.is_none() {
                unasked.push(waiting);
                continue;
            }
            numbers.push(waiting.id);
            self.returning += usize::from(is_returning);
            self.mailboxes.insert(waiting.id, Mailbox { waiting, is_returning, put_at: None, lost_at: None, wait: FIRST_WAIT });
        }
        let most_questions = numbers.len().max(1);
        (self.batches(&numbers, most_questions), unasked)
    }

    /// Tasks about these: suspects each alone, the others by host and by how long they may wait.
    fn batches(&self, numbers: &[i64], most_questions: usize) -> Vec<Batch> {
        let mut groups: BTreeMap<(&str, Duration, Option<i64>), Vec<Question>> = BTreeMap::new();
        for mailbox in numbers.iter().filter_map(|id| self.mailboxes.get(id)) {
            let id = mailbox.waiting.id;
            let alone = (self.losses(id) >= SUSPECT).then_some(id);
            let questions = groups.entry((&mailbox.waiting.hosts, mailbox.wait, alone)).or_default();
            questions.extend(self.question(&mailbox.waiting));
        }
        let cut = |((lane, wait, _), questions): ((&str, Duration, Option<i64>), Vec<Question>)| {
            let wait = if self.is_dated { wait } else { Duration::MAX };
            let batch = |some: &[Question]| Batch { lane: lane.to_owned(), questions: some.to_vec(), wait };
            questions.chunks(most_questions).map(batch).collect::<Vec<_>>()
        };
        groups.into_iter().flat_map(cut).collect()
    }

    fn question(&self, waiting: &Waiting) -> Option<Question> {
        let dns = waiting.dns.as_deref()?;
        let Waiting { id, tries, address, .. } = waiting;
        let seal = self.seal.of(*id, *tries, self.deaths(*id), address, &dns.text);
        Some(Question { id: *id, address: address.clone(), dns: dns.evidence.clone(), tries: *tries, seal })
    }

    /// Whether this answers the question about a mailbox, whoever asked it: after how many deaths that was put.
    pub(super) fn is_of(&self, waiting: &Waiting, answer: &Answer) -> Option<u32> {
        let Waiting { id, tries, address, dns, .. } = waiting;
        let dns = dns.as_deref().filter(|_| *id == answer.id && *tries == answer.tries)?;
        (0..=self.deaths(*id)).rev().find(|deaths| self.seal.of(*id, *tries, *deaths, address, &dns.text) == answer.seal)
    }

    /// How often whoever asked about a mailbox died.
    pub(super) fn deaths(&self, id: i64) -> u32 {
        self.deaths.get(&id).copied().unwrap_or(0)
    }

    /// How much is counted against a mailbox.
    fn losses(&self, id: i64) -> u32 {
        let silences = self.silences.get(&id).copied().unwrap_or(0);
        self.deaths(id).saturating_mul(DEATH).saturating_add(silences.saturating_mul(SILENCE))
    }

    /// The mailbox of an answer, where it is under way.
    pub(super) fn asked(&self, answer: &Answer) -> Option<&Waiting> {
        self.mailboxes.get(&answer.id).map(|mailbox| &mailbox.waiting)
    }

    /// Somebody answered. Whoever says that a task came late has answered nothing: where all do, the queue is long, and nobody is to blame.
    pub(super) fn heard(&mut self, fate: &Fate, now: Instant) {
        if !matches!(fate, Fate::Late { .. }) {
            self.heard_at = Some(now);
        }
    }

    /// A worker's clock is ahead of ours: from now on tasks have no date.
    pub(super) fn undate(&mut self) {
        self.is_dated = false;
    }

    /// The task of this mailbox again, as it was.
    pub(super) fn again(&self, id: i64) -> Vec<Batch> {
        self.batches(&[id], 1)
    }

    /// Whoever asked about a mailbox died: whether it may be asked about once more.
    pub(super) fn died(&mut self, id: i64) -> bool {
        *self.deaths.entry(id).or_default() += 1;
        self.losses(id) < TOO_MUCH
    }

    /// An answer about a mailbox did not fit: whether it may be asked about once more.
    pub(super) fn misfitted(&mut self, id: i64) -> bool {
        *self.silences.entry(id).or_default() += 1;
        self.losses(id) < TOO_MUCH
    }

    /// The queue has the tasks of these.
    pub(super) fn put(&mut self, numbers: &[i64], now: Instant) {
        for id in numbers {
            if let Some(mailbox) = self.mailboxes.get_mut(id) {
                (mailbox.put_at, mailbox.lost_at) = (Some(now), Some(now + mailbox.wait + GRACE));
            }
        }
    }

    /// A mailbox is under way no more: what it is, and whether it had been put off.
    pub(super) fn end(&mut self, id: i64) -> Option<(Waiting, bool)> {
        let mailbox = self.mailboxes.remove(&id)?;
        self.returning -= usize::from(mailbox.is_returning);
        Some((mailbox.waiting, mailbox.is_returning))
    }

    /// Tasks that are taken for lost by now, as they are to be put anew, with at most so many questions, and the mailboxes that are given up. Each
    /// may wait twice as long as the one before, so that tasks do not pile up while no worker is there; and as long as nobody answers anything, their
    /// silence is nobody's fault.
    pub(super) fn lost(&mut self, now: Instant, most_questions: usize) -> (Vec<Batch>, Vec<i64>) {
        let (heard_at, mut lost) = (self.heard_at, Vec::new());
        for (id, mailbox) in self.mailboxes.iter_mut().filter(|(_, mailbox)| mailbox.lost_at.is_some_and(|then| then <= now)) {
            if heard_at.zip(mailbox.put_at).is_some_and(|(heard_at, put_at)| heard_at > put_at) {
                *self.silences.entry(*id).or_default() += 1;
            }
            (mailbox.put_at, mailbox.lost_at) = (None, None);
            mailbox.wait *= 2;
            lost.push(*id);
        }
        lost.sort_unstable();
        let (again, given_up): (Vec<i64>, Vec<i64>) = lost.into_iter().partition(|id| self.losses(*id) < TOO_MUCH);
        (self.batches(&again, most_questions), given_up)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared::evidence::{DnsEvidence, UnixMillis};

    use super::super::super::store::Dns;
    use super::*;

    fn waiting(id: i64) -> Waiting {
        let outcome = Err(shared::dns::DnsFailure::TimedOut);
        let evidence = DnsEvidence { at: UnixMillis(1), outcome };
        let dns = Some(Arc::new(Dns { text: serde_json::to_string(&evidence).expect("text"), evidence }));
        Waiting { id, address: format!("user{id}@a.example"), dns, hosts: "mx.a.example".to_owned(), tries: 0 }
    }

    fn under_way(deaths: &[(i64, u32)]) -> UnderWay {
        UnderWay::new(Seal::new(b"key".to_vec(), "job"), deaths.iter().copied())
    }

    fn numbers(batches: &[Batch]) -> Vec<Vec<i64>> {
        batches.iter().map(|batch| batch.questions.iter().map(|question| question.id).collect()).collect()
    }

    #[test]
    fn ok_a_task_that_is_lost_is_put_anew_after_twice_as_long_each_time() {
        let (mut under_way, begun) = (under_way(&[]), Instant::now());
        let (batches, unasked) = under_way.add((1..=5).map(waiting).chain([Waiting { dns: None, ..waiting(6) }]).collect(), false);
        assert_eq!((numbers(&batches), unasked.len(), under_way.count()), (vec![vec![1, 2, 3, 4, 5]], 1, 5));
        let long = begun + Duration::from_hours(24);
        assert!(under_way.lost(long, 2).0.is_empty(), "it is not in the queue yet");
        under_way.put(&[1, 2, 3, 4, 9], begun);
        assert!(under_way.lost(begun + FIRST_WAIT, 2).0.is_empty(), "who took it in the last moment is at it");
        let (lost, _) = under_way.lost(begun + FIRST_WAIT + GRACE, 3);
        assert_eq!((numbers(&lost), lost[1].wait), (vec![vec![1, 2, 3], vec![4]], FIRST_WAIT * 2));
        assert!(under_way.lost(long, 3).0.is_empty(), "once");
        under_way.put(&[1], begun);
        assert!(under_way.lost(begun + FIRST_WAIT + GRACE, 3).0.is_empty());
        assert_eq!(under_way.lost(begun + FIRST_WAIT * 2 + GRACE, 3).0.len(), 1);
    }

    /// So many times two tasks are put, and not heard of in time.
    fn losses(under_way: &mut UnderWay, answered: Option<&Fate>) -> Vec<(Vec<Vec<i64>>, Vec<i64>)> {
        let mut now = Instant::now();
        let mut seen = Vec::new();
        for _ in 0..6 {
            under_way.put(&[1, 2], now);
            now += Duration::from_hours(100);
            if let Some(fate) = answered {
                under_way.heard(fate, now);
            }
            let (again, given_up) = under_way.lost(now, 20);
            for id in &given_up {
                under_way.end(*id);
            }
            seen.push((numbers(&again), given_up.clone()));
        }
        seen
    }

    #[test]
    fn ok_silence_while_others_are_answered_ends_somewhere_and_no_worker_at_all_is_waited_for() {
        for fate in [None, Some(Fate::Late { expires: UnixMillis(1) })] {
            let mut silent = under_way(&[]);
            silent.add(vec![waiting(1), waiting(2)], false);
            assert!(losses(&mut silent, fate.as_ref()).iter().all(|seen| *seen == (vec![vec![1, 2]], vec![])), "{fate:?}");
        }
        let mut answered = under_way(&[]);
        answered.add(vec![waiting(1), waiting(2)], false);
        let seen = losses(&mut answered, Some(&Fate::Unasked));
        assert_eq!(seen[0], (vec![vec![1, 2]], vec![]));
        assert_eq!(seen[1], (vec![vec![1], vec![2]], vec![]), "from the second loss one by one");
        let mut given_up = seen[4].1.clone();
        given_up.sort_unstable();
        assert_eq!((seen[4].0.len(), given_up, answered.count()), (0, vec![1, 2], 0));
    }

    #[test]
    fn ok_who_is_fatal_is_asked_about_alone_and_then_no_more() {
        let mut under_way = under_way(&[(3, 1)]);
        let (batches, _) = under_way.add((1..=4).map(waiting).collect(), false);
        assert_eq!(numbers(&batches), [vec![1, 2, 4], vec![3]], "in an earlier life somebody died");
        assert!(under_way.died(1) && !under_way.died(3));
        assert_eq!((numbers(&under_way.again(1)), under_way.died(1)), (vec![vec![1]], false));
    }

    #[test]
    fn ok_an_answer_says_how_many_had_died_before_its_question() {
        let (mut under_way, mailbox) = (under_way(&[]), waiting(1));
        let (batches, _) = under_way.add(vec![mailbox.clone()], false);
        let lost = batches[0].questions[0].end(Fate::Lost, 0);
        assert_eq!(under_way.is_of(&mailbox, &lost), Some(0));
        assert!(under_way.died(1));
        let again = under_way.again(1)[0].questions[0].end(Fate::Lost, 0);
        assert_eq!((under_way.is_of(&mailbox, &lost), under_way.is_of(&mailbox, &again), under_way.deaths(1)), (Some(0), Some(1), 1));
    }

    #[test]
    fn ok_without_a_date_once_a_clock_is_ahead() {
        let mut under_way = under_way(&[]);
        let (batches, _) = under_way.add(vec![waiting(1)], false);
        assert_eq!(batches[0].wait, FIRST_WAIT);
        under_way.undate();
        assert_eq!(under_way.again(1)[0].wait, Duration::MAX);
        under_way.put(&[1], Instant::now());
    }

    #[test]
    fn ok_an_answer_is_to_its_own_question_alone() {
        let mut under_way = under_way(&[]);
        let mailbox = Waiting { tries: 1, ..waiting(1) };
        let (batches, _) = under_way.add(vec![mailbox.clone()], true);
        assert_eq!(under_way.returning(), 1);
        let right = batches[0].questions[0].end(Fate::Unasked, 0);
        assert!(under_way.is_of(&mailbox, &right) == Some(0) && under_way.asked(&right).is_some());
        for wrong in [
            Answer { tries: 0, ..right.clone() },
            Answer { seal: String::new(), ..right.clone() },
            Answer { seal: right.seal.replace(char::is_alphanumeric, "0"), ..right.clone() },
        ] {
            assert_eq!(under_way.is_of(&mailbox, &wrong), None);
        }
        let evidence = DnsEvidence { at: UnixMillis(2), outcome: Err(shared::dns::DnsFailure::TimedOut) };
        let dns = Dns::read(serde_json::to_string(&evidence).expect("text"));
        let elsewhere = Waiting { dns, ..mailbox.clone() };
        let others =
            [Waiting { address: "eve@a.example".to_owned(), ..mailbox.clone() }, Waiting { tries: 1, ..waiting(2) }, waiting(1), elsewhere];
        assert!(others.iter().all(|other| under_way.is_of(other, &right).is_none()));
        let elsewhere = UnderWay::new(Seal::new(b"key".to_vec(), "other"), []);
        assert_eq!(elsewhere.is_of(&mailbox, &right), None, "another job's");
        assert!(under_way.end(1).is_some_and(|(_, is_returning)| is_returning) && under_way.end(1).is_none());
        assert_eq!((under_way.count(), under_way.returning()), (0, 0));
    }
}
