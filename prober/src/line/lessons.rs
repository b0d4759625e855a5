//! What sessions taught about a host's manners. Hosts change, so that each lesson is forgotten after an hour. Time is passed in.

use std::time::Duration;

use shared::smtp::dialogue::Limits;
use tokio::time::Instant;

/// How long a lesson is remembered.
const MEMORY: Duration = Duration::from_hours(1);
/// So many sessions that used up what a host bears, and ended well, before the next one asks for more.
const TRUST: u32 = 4;

/// A thing to avoid with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// STARTTLS: its handshake fails.
    Tls,
    /// Commands in groups: its replies fell out of step, or it broke off before they were proven to be in step.
    Groups,
    /// A second EHLO: it does not answer it as one.
    SecondEhlo,
}

/// What one host taught.
#[derive(Debug)]
pub struct Lessons {
    given: Limits,
    session: Ceiling,
    recipients: Ceiling,
    /// Until when each is avoided.
    avoided: [(Lesson, Option<Instant>); 3],
}

/// A ceiling that a host showed.
#[derive(Debug, Default)]
struct Ceiling {
    known: Option<(usize, Instant)>,
    /// So many sessions went up to it, and ended well.
    kept: u32,
}

impl Ceiling {
    fn within(&self, given: usize, now: Instant) -> usize {
        self.known.filter(|(_, until)| *until > now).map_or(given, |(most, _)| most.min(given))
    }

    fn lower(&mut self, most: usize, now: Instant) {
        *self = Self { known: Some((most.max(1), now + MEMORY)), kept: 0 };
    }

    /// A session went up to it, and ended well.
    fn keep(&mut self) {
        self.kept += 1;
        if let Some((most, _)) = &mut self.known
            && self.kept.is_multiple_of(TRUST)
        {
            *most += (*most / 2).max(1);
        }
    }
}

impl Lessons {
    /// Nothing is known yet; a session may use `given`.
    pub fn new(given: Limits) -> Self {
        let avoided = [Lesson::Tls, Lesson::Groups, Lesson::SecondEhlo].map(|lesson| (lesson, None));
        Self { given, session: Ceiling::default(), recipients: Ceiling::default(), avoided }
    }

    /// From now on this is avoided.
    pub fn avoid(&mut self, lesson: Lesson, now: Instant) {
        self.avoided.iter_mut().filter(|(known, _)| *known == lesson).for_each(|(_, until)| *until = Some(now + MEMORY));
    }

    /// Whether this is avoided.
    pub fn avoids(&self, lesson: Lesson, now: Instant) -> bool {
        self.avoided.iter().any(|(known, until)| *known == lesson && until.is_some_and(|until| until > now))
    }

    /// How much of the host's patience a session may use.
    pub fn limits(&self, now: Instant) -> Limits {
        let session = self.session.within(self.given.session, now);
        Limits { session, recipients: self.recipients.within(self.given.recipients, now), ..self.given }
    }

    /// The host ended a session after `answered` answers.
    pub fn cut_after(&mut self, answered: usize, now: Instant) {
        self.session.lower(answered.min(self.limits(now).session), now);
    }

    /// A session ended well after `answered` answers.
    pub fn ended_well(&mut self, answered: usize, now: Instant) {
        if answered >= self.limits(now).session {
            self.session.keep();
        }
    }

    /// A transaction took so many recipients.
    pub fn took_recipients(&mut self, most: usize, now: Instant) {
        if most < self.limits(now).recipients {
            self.recipients.lower(most, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_avoided_is_tried_again_after_an_hour() {
        let (mut lessons, now) = (Lessons::new(Limits::CAREFUL), Instant::now());
        lessons.avoid(Lesson::Tls, now);
        assert!(lessons.avoids(Lesson::Tls, now + Duration::from_mins(59)) && !lessons.avoids(Lesson::Groups, now));
        assert!(!lessons.avoids(Lesson::Tls, now + Duration::from_hours(1)));
    }

    #[test]
    fn ok_a_ceiling_is_forgotten_after_an_hour() {
        let (mut lessons, now) = (Lessons::new(Limits::CAREFUL), Instant::now());
        lessons.cut_after(3, now);
        lessons.took_recipients(5, now);
        assert_eq!(lessons.limits(now + Duration::from_mins(59)), Limits { session: 3, recipients: 5, ..Limits::CAREFUL });
        assert_eq!(lessons.limits(now + Duration::from_hours(1)), Limits::CAREFUL);
        // What comes after it counts anew.
        lessons.took_recipients(50, now + Duration::from_hours(1));
        assert_eq!(lessons.limits(now + Duration::from_mins(61)).recipients, 50);
    }

    #[test]
    fn ok_a_ceiling_rises_with_sessions_that_end_well() {
        let (mut lessons, now) = (Lessons::new(Limits::CAREFUL), Instant::now());
        lessons.cut_after(0, now);
        let mut seen = Vec::new();
        for _ in 0..20 {
            let most = lessons.limits(now).session;
            seen.push(most);
            // One that did not come so far shows nothing.
            lessons.ended_well(most - 1, now);
            lessons.ended_well(most, now);
        }
        assert_eq!(seen, [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 6, 6, 6, 6]);
        lessons.cut_after(9, now);
        assert_eq!(lessons.limits(now).session, 9, "what was asked of it is the new ceiling");
    }
}
