//! Pacing: how many sessions and how many recipients a minute an operator, or a host of nobody in particular, is asked.
//!
//! Additive increase where all is well, multiplicative decrease where the host complains (421, 4.7.x, 4.3.2), and after a complaint a pause
//! that doubles with each further one. Time is passed in.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::domain::operator::Operator;
use shared::domain::operator::conduct::DecoyPolicy;
use shared::smtp::dialogue::Limits;
use shared::smtp::{FindingKind, Reply};
use tokio::time::Instant;

/// The most rhythms kept. Beyond it those at rest go, and then those that were not heard of for longest, down to nine in ten.
const CAPACITY: usize = 50_000;
/// How long a complaint is remembered after its pause.
const MEMORY: Duration = Duration::from_hours(1);
/// The pause after a first complaint, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// The slowest rate, in recipients a second.
const SLOWEST: f64 = 0.1;
/// How soon to look again where every session that may stand stands.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What a host may be asked at most, and to begin with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// Sessions at once.
    pub sessions: u32,
    /// Recipients a minute.
    pub per_minute: u32,
    /// How much of a host's patience one session may use.
    pub limits: Limits,
}

impl Allowance {
    /// A host of nobody in particular: few sessions, each left before the host gets cross, and within them as fast as it answers.
    const OF_ONE_HOST: Self = Self { sessions: 4, per_minute: 1_200, limits: Limits::CAREFUL };

    /// What the hosts of `operator` are asked.
    pub fn of(operator: Option<Operator>) -> Self {
        let Some(operator) = operator else { return Self::OF_ONE_HOST };
        let conduct = operator.conduct();
        let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let refusals = whole(conduct.pacing.refusals());
        let session = if conduct.decoy == DecoyPolicy::OtherSession { 1 } else { Limits::CAREFUL.session };
        let limits = Limits { refusals, session, recipients: whole(conduct.pacing.recipients()), ..Limits::CAREFUL };
        Self { sessions: conduct.pacing.sessions(), per_minute: conduct.pacing.per_minute(), limits }
    }
}

/// The rhythm with one operator or host.
#[derive(Debug, Clone)]
struct Rhythm {
    sessions: f64,
    standing: u32,
    /// Those who wait for a place, in the order of coming.
    queue: VecDeque<Ticket>,
    per_second: f64,
    tokens: f64,
    filled_at: Instant,
    quiet_until: Instant,
    strikes: u32,
}

/// One wish for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

/// All rhythms.
#[derive(Debug, Default)]
pub struct Pace {
    tickets: AtomicU64,
    rhythms: Mutex<HashMap<String, Rhythm>>,
}

impl Rhythm {
    fn new(allowance: Allowance, now: Instant) -> Self {
        let per_second = f64::from(allowance.per_minute) / 60.0;
        let sessions = f64::from(allowance.sessions).min(2.0);
        let tokens = per_second * 60.0;
        Self { sessions, standing: 0, queue: VecDeque::new(), per_second, tokens, filled_at: now, quiet_until: now, strikes: 0 }
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.per_second * 60.0);
        self.filled_at = now;
    }

    fn is_at_rest(&self, now: Instant) -> bool {
        let forgets_at = if self.strikes == 0 { self.quiet_until } else { self.quiet_until + MEMORY };
        !self.is_in_use() && forgets_at <= now
    }

    fn is_in_use(&self) -> bool {
        self.standing > 0 || !self.queue.is_empty()
    }

    /// Whether the holder of `ticket` may have a place, or has to wait in line.
    fn admits(&mut self, ticket: Ticket) -> bool {
        let ahead = self.queue.iter().position(|other| *other == ticket).unwrap_or(self.queue.len());
        let taken = f64::from(self.standing) + f64::from(u32::try_from(ahead).unwrap_or(u32::MAX));
        let admitted = taken + 1.0 <= self.sessions.max(1.0);
        match (admitted, self.queue.contains(&ticket)) {
            (true, _) => self.queue.retain(|other| *other != ticket),
            (false, true) => {}
            (false, false) => self.queue.push_back(ticket),
        }
        admitted
    }
}

/// What a prober tells others of a rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PaceFact {
    /// Until when nobody should ask, in milliseconds since the Unix epoch.
    pub quiet_until_ms: u64,
    /// How often it complained lately.
    pub strikes: u32,
}

impl Pace {
    fn rhythms(&self) -> MutexGuard<'_, HashMap<String, Rhythm>> {
        self.rhythms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, key: &str, allowance: Allowance, now: Instant, act: impl FnOnce(&mut Rhythm) -> T) -> T {
        let mut rhythms = self.rhythms();
        if rhythms.len() >= CAPACITY && !rhythms.contains_key(key) {
            make_room(&mut rhythms, now);
        }
        match rhythms.get_mut(key) {
            Some(rhythm) => act(rhythm),
            None => act(rhythms.entry(key.to_owned()).or_insert_with(|| Rhythm::new(allowance, now))),
        }
    }

    /// A wish for a session.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    /// Opens a session. Who finds no place waits in line until it comes again, or gives up.
    ///
    /// # Errors
    /// When it is worth trying again.
    pub fn open(&self, key: &str, allowance: Allowance, ticket: Ticket, now: Instant) -> Result<(), Instant> {
        self.with(key, allowance, now, |rhythm| {
            rhythm.fill(now);
            if rhythm.quiet_until > now {
                return Err(rhythm.quiet_until);
            }
            if rhythm.tokens < 1.0 {
                return Err(now + Duration::from_secs_f64((1.0 - rhythm.tokens) / rhythm.per_second));
            }
            if !rhythm.admits(ticket) {
                return Err(now + LOOK_AGAIN);
            }
            rhythm.standing += 1;
            Ok(())
        })
    }

    /// The session is not wanted any more.
    pub fn give_up(&self, key: &str, ticket: Ticket) {
        if let Some(rhythm) = self.rhythms().get_mut(key) {
            rhythm.queue.retain(|other| *other != ticket);
        }
    }

    /// Whether others wait for a place.
    pub fn is_crowded(&self, key: &str) -> bool {
        self.rhythms().get(key).is_some_and(|rhythm| !rhythm.queue.is_empty())
    }

    /// How many sessions may stand.
    pub fn sessions(&self, key: &str, allowance: Allowance, now: Instant) -> usize {
        self.with(key, allowance, now, |rhythm| {
            let whole = (1..=allowance.sessions).take_while(|n| f64::from(*n) <= rhythm.sessions.max(1.0)).count();
            whole.max(1)
        })
    }

    /// Asks about one recipient.
    ///
    /// # Errors
    /// When there is room for it.
    pub fn spend(&self, key: &str, allowance: Allowance, now: Instant) -> Result<(), Instant> {
        self.with(key, allowance, now, |rhythm| {
            rhythm.fill(now);
            if rhythm.tokens >= 1.0 {
                rhythm.tokens -= 1.0;
                return Ok(());
            }
            Err(now + Duration::from_secs_f64((1.0 - rhythm.tokens) / rhythm.per_second))
        })
    }

    /// A session is over; `clean` where the host answered and did not complain.
    pub fn close(&self, key: &str, allowance: Allowance, clean: bool, now: Instant) {
        self.with(key, allowance, now, |rhythm| {
            rhythm.standing = rhythm.standing.saturating_sub(1);
            if clean {
                rhythm.strikes = 0;
                rhythm.sessions = (rhythm.sessions + 1.0).min(f64::from(allowance.sessions));
                rhythm.per_second = (rhythm.per_second + 0.5).min(f64::from(allowance.per_minute) / 60.0);
            }
        });
    }

    /// The host complained: half as much, after a pause.
    pub fn complain(&self, key: &str, allowance: Allowance, now: Instant) -> (Instant, u32) {
        self.with(key, allowance, now, |rhythm| {
            rhythm.fill(now);
            rhythm.sessions = (rhythm.sessions / 2.0).max(1.0);
            rhythm.per_second = (rhythm.per_second / 2.0).max(SLOWEST);
            rhythm.tokens = rhythm.tokens.min(rhythm.per_second * 60.0).max(1.0);
            let pause = PAUSE.0.saturating_mul(1 << rhythm.strikes.min(16)).min(PAUSE.1);
            rhythm.strikes += 1;
            rhythm.quiet_until = rhythm.quiet_until.max(now + pause);
            (rhythm.quiet_until, rhythm.strikes)
        })
    }

    /// Another prober was complained to.
    pub fn heed(&self, key: &str, allowance: Allowance, quiet_until: Instant, strikes: u32, now: Instant) {
        self.with(key, allowance, now, |rhythm| {
            if quiet_until > rhythm.quiet_until {
                rhythm.quiet_until = quiet_until;
                rhythm.strikes = rhythm.strikes.max(strikes);
                rhythm.sessions = (rhythm.sessions / 2.0).max(1.0);
            }
        });
    }
}

/// Drops a tenth at the least, so that the next to come need not look again.
fn make_room(rhythms: &mut HashMap<String, Rhythm>, now: Instant) {
    rhythms.retain(|_, rhythm| !rhythm.is_at_rest(now));
    let surplus = rhythms.len().saturating_sub(CAPACITY / 10 * 9);
    let mut idle: Vec<Instant> = rhythms.values().filter(|rhythm| !rhythm.is_in_use()).map(|rhythm| rhythm.filled_at).collect();
    idle.sort_unstable();
    let Some(oldest) = surplus.checked_sub(1).and_then(|last| idle.get(last.min(idle.len().saturating_sub(1)))) else { return };
    rhythms.retain(|_, rhythm| rhythm.is_in_use() || rhythm.filled_at > *oldest);
}

/// Whether a reply complains of our pace: 421, 4.7.x and 4.3.2 (RFC 3463 §3.4, §3.8), unless it is the ordinary word of a greylist.
pub fn is_complaint(reply: &Reply, finding: FindingKind) -> bool {
    let status = reply.enhanced.map(|status| (status.class, status.subject, status.detail));
    let complains = matches!(status, Some((4, 7, _) | (4, 3, 2))) || finding == FindingKind::RateLimited;
    reply.code.get() == 421 || (complains && !matches!(finding, FindingKind::Greylisted | FindingKind::Accepted))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance { sessions: 4, per_minute: 60, limits: Limits::CAREFUL };

    #[test]
    fn ok_sessions_grow_one_by_one_and_are_halved() {
        let (pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.sessions("a", ALLOWANCE, now), 2, "few to begin with");
        for _ in 0..2 {
            assert_eq!(pace.open("a", ALLOWANCE, pace.ticket(), now), Ok(()));
        }
        assert!(pace.open("a", ALLOWANCE, pace.ticket(), now).is_err());
        pace.close("a", ALLOWANCE, true, now);
        pace.close("a", ALLOWANCE, true, now);
        pace.close("a", ALLOWANCE, true, now);
        assert_eq!(pace.sessions("a", ALLOWANCE, now), 4, "never more than is allowed");
        pace.complain("a", ALLOWANCE, now);
        assert_eq!(pace.sessions("a", ALLOWANCE, now), 2);
        pace.complain("a", ALLOWANCE, now);
        pace.complain("a", ALLOWANCE, now);
        assert_eq!(pace.sessions("a", ALLOWANCE, now), 1, "never none");
        assert_eq!(pace.sessions("b", ALLOWANCE, now), 2, "others are not concerned");
    }

    #[test]
    fn ok_a_pause_doubles_with_each_complaint_and_success_forgets() {
        let (pace, now) = (Pace::default(), Instant::now());
        for pause in [1, 2, 4, 8] {
            pace.complain("a", ALLOWANCE, now);
            assert_eq!(pace.open("a", ALLOWANCE, pace.ticket(), now), Err(now + Duration::from_secs(pause)));
        }
        let later = now + Duration::from_secs(9);
        assert_eq!(pace.open("a", ALLOWANCE, pace.ticket(), later), Ok(()));
        pace.close("a", ALLOWANCE, true, later);
        pace.complain("a", ALLOWANCE, later);
        assert_eq!(pace.open("a", ALLOWANCE, pace.ticket(), later), Err(later + Duration::from_secs(1)));
    }

    #[test]
    fn ok_places_go_to_those_who_came_first() {
        let (pace, now) = (Pace::default(), Instant::now());
        let [one, two, three, four] = [(); 4].map(|()| pace.ticket());
        assert!([one, two].into_iter().all(|ticket| pace.open("a", ALLOWANCE, ticket, now).is_ok()));
        assert!(!pace.is_crowded("a"));
        assert_eq!(pace.open("a", ALLOWANCE, three, now), Err(now + LOOK_AGAIN));
        assert!(pace.is_crowded("a") && !pace.is_crowded("b"));
        pace.close("a", Allowance { sessions: 2, ..ALLOWANCE }, true, now);
        assert!(pace.open("a", ALLOWANCE, four, now).is_err(), "it came later");
        assert_eq!(pace.open("a", ALLOWANCE, three, now), Ok(()));
        assert!(pace.is_crowded("a"));
        pace.give_up("a", four);
        assert!(!pace.is_crowded("a"));
    }

    #[test]
    fn ok_complaints_are_forgotten_and_rhythms_are_bounded() {
        let (pace, now) = (Pace::default(), Instant::now());
        for n in 0..CAPACITY {
            pace.complain(&n.to_string(), ALLOWANCE, now + Duration::from_micros(u64::try_from(n).expect("small")));
        }
        assert_eq!(pace.rhythms().len(), CAPACITY);
        let _ = pace.spend("one more", ALLOWANCE, now);
        let kept = |key: &str| pace.rhythms().contains_key(key);
        assert!(pace.rhythms().len() <= CAPACITY / 10 * 9 + 1);
        assert!(!kept("0") && kept(&(CAPACITY - 1).to_string()), "those that were not heard of for longest went");
        let rests = |after| pace.rhythms().values().filter(|rhythm| rhythm.strikes > 0 && rhythm.is_at_rest(now + after)).count();
        assert_eq!(rests(Duration::from_mins(59)), 0, "a complaint outlasts its pause");
        for n in 0..CAPACITY / 10 {
            let _ = pace.spend(&format!("another {n}"), ALLOWANCE, now + Duration::from_mins(62));
        }
        assert!(!kept(&(CAPACITY - 1).to_string()), "an hour later nobody remembers");
    }

    #[test]
    fn ok_recipients_by_the_minute() {
        let (pace, now) = (Pace::default(), Instant::now());
        assert!((0..60).all(|_| pace.spend("a", ALLOWANCE, now).is_ok()));
        assert_eq!(pace.spend("a", ALLOWANCE, now), Err(now + Duration::from_secs(1)));
        assert_eq!(pace.spend("a", ALLOWANCE, now + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn ok_what_another_prober_heard_is_heeded() {
        let (pace, now) = (Pace::default(), Instant::now());
        let then = now + Duration::from_secs(7);
        pace.heed("a", ALLOWANCE, then, 3, now);
        assert_eq!(pace.open("a", ALLOWANCE, pace.ticket(), now), Err(then));
    }

    #[test]
    fn ok_greylists_do_not_complain() {
        let complains = |raw: &str| {
            let reply = Reply::parse(raw).expect(raw);
            is_complaint(&reply, shared::smtp::classify(shared::smtp::Stage::Rcpt, &reply).kind)
        };
        for raw in [
            "421 4.7.0 slow down",
            "421 4.7.0 try again later",
            "421 bye",
            "450 4.7.1 too many messages",
            "451 4.3.2 system not accepting messages",
        ] {
            assert!(complains(raw), "{raw}");
        }
        for raw in
            ["451 4.7.1 Greylisted, come back in 5 minutes", "550 5.1.1 unknown", "250 ok", "452 4.2.2 full", "550 5.7.1 blocked using x"]
        {
            assert!(!complains(raw), "{raw}");
        }
    }
}
