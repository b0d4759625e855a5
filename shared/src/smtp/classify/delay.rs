//! The delay that a deferral states in words.

use super::signs::cut;
use crate::smtp::reply::{Reply, Severity};

/// No host is believed to mean more than a day, in seconds.
const MAX_DELAY_S: u32 = 86_400;

/// More text than this is not read, in bytes.
const MAX_TEXT: usize = 2_048;

/// The words that a stated delay follows. A bare number of minutes may be anything, such as the span of a limit.
const LEADS: [&str; 9] = ["in", "for", "after", "wait", "least", "another", "dans", "en", "within"];

/// Numbers that hosts spell.
const SPELLED: [(&str, u32); 9] =
    [("a", 1), ("an", 1), ("one", 1), ("two", 2), ("three", 3), ("five", 5), ("ten", 10), ("fifteen", 15), ("thirty", 30)];

/// The delay in seconds that a 4yz reply states: `try again in 20 seconds`, `come back in 00:04:59`, `retry in 300s`. At most one day.
pub fn stated_delay_s(reply: &Reply) -> Option<u32> {
    if reply.severity() != Severity::Transient {
        return None;
    }
    let mut rest = cut(&reply.text, MAX_TEXT);
    while let Some((word, behind)) = next_word(rest) {
        rest = behind;
        let leads = LEADS.iter().any(|lead| word.eq_ignore_ascii_case(lead));
        if let Some(delay) = leads.then(|| duration(rest)).flatten() {
            return Some(delay.min(MAX_DELAY_S)).filter(|&delay| delay > 0);
        }
    }
    None
}

/// The next word of letters, digits and colons, and what stands behind it.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == ':';
    let text = text.get(text.find(is_part)?..)?;
    text.split_at_checked(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}

/// A duration at the start of `text`: a clock, or numbers with units, largest first (`4 minutes and 59 seconds`).
fn duration(text: &str) -> Option<u32> {
    let (word, _) = next_word(text)?;
    if let Some(delay) = clock(word) {
        return Some(delay);
    }
    let (mut total, mut rest) = amount(text)?;
    while let Some((more, behind)) = amount(skip_and(rest)) {
        total = total.saturating_add(more);
        rest = behind;
    }
    Some(total)
}

fn skip_and(text: &str) -> &str {
    next_word(text).filter(|(word, _)| word.eq_ignore_ascii_case("and")).map_or(text, |(_, rest)| rest)
}

/// `00:04:59`, or `04:59` as minutes and seconds.
fn clock(word: &str) -> Option<u32> {
    let word = word.trim_end_matches(':');
    if !word.contains(':') {
        return None;
    }
    let parts = word.split(':');
    if parts.clone().count() > 3 || parts.clone().any(|part| part.len() > 3) {
        return None;
    }
    parts.map(|part| part.parse::<u32>().ok()).try_fold(0, |total: u32, part| total.checked_mul(60)?.checked_add(part?))
}

/// One number with its unit, in the same word or the next, in seconds.
fn amount(text: &str) -> Option<(u32, &str)> {
    let (word, rest) = next_word(text)?;
    let (digits, glued) = word.split_at_checked(word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len()))?;
    let number = if digits.is_empty() { spelled(word)? } else { digits.parse().unwrap_or(MAX_DELAY_S) };
    let (unit, rest) = if digits.is_empty() || glued.is_empty() { next_word(rest)? } else { (glued, rest) };
    Some((number.saturating_mul(seconds_of(unit)?), rest))
}

fn spelled(word: &str) -> Option<u32> {
    SPELLED.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|&(_, number)| number)
}

/// The length of a unit, by how English, German, French and Spanish begin its name.
fn seconds_of(unit: &str) -> Option<u32> {
    let begins = |name: &&str| unit.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let is = |name: &str| unit.trim_end_matches(':').eq_ignore_ascii_case(name);
    if is("s") || ["sec", "sek", "seg"].iter().any(begins) {
        Some(1)
    } else if is("m") || ["min", "mn"].iter().any(begins) {
        Some(60)
    } else if is("h") || ["hour", "hr", "stunde", "heure", "hora"].iter().any(begins) {
        Some(3_600)
    } else {
        (is("d") || ["day", "tag", "jour"].iter().any(begins)).then_some(MAX_DELAY_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(raw: &str) -> Option<u32> {
        stated_delay_s(&Reply::parse(raw).expect(raw))
    }

    #[test]
    fn ok_delays_as_hosts_state_them() {
        for (raw, delay) in [
            ("451 4.7.1 Greylisted, try again in 20 seconds", 20),
            ("450 4.2.0 <ada@example.com>: Recipient address rejected: Greylisting in effect, please come back in 00:04:59", 299),
            ("450 4.2.0 Greylisted, please retry in 5 minutes", 300),
            ("450 4.7.1 Please try again in 300s", 300),
            ("451 Greylisted for 299 seconds", 299),
            ("450 4.2.0 Recipient address rejected: example.com greylisted for 60 seconds by ZEROSPAM", 60),
            ("451 please wait at least 10 min", 600),
            ("450 come back in 4 minutes and 59 seconds.", 299),
            ("451 Try again in 1 hour", 3_600),
            ("451 Try again in an hour", 3_600),
            ("450 retry after five minutes", 300),
            ("450 reessayer dans 2 minutes", 120),
            ("450 bitte in 15 Minuten", 900),
            ("450-Deferred\n450 try again in 30 sec", 30),
            ("421 blocked for 1 day", 86_400),
            ("421 come back in 90 days", 86_400),
            ("421 come back in 99999999999999999999 hours", 86_400),
        ] {
            assert_eq!(stated(raw), Some(delay), "{raw}");
        }
    }

    #[test]
    fn err_no_delay_is_stated() {
        for raw in [
            "451 4.7.1 Try again later",
            "450 4.2.0 Greylisted, see http://postgrey.example.com/help/300",
            "421 100 messages per 60 minutes are enough",
            "451 try again in 0 seconds",
            "451 try again in a while",
            "451 in 12 monkeys for 3 apples",
            "451 in",
            "451 come back in 1:2:3:4",
            "451 come back in 99999:00",
            "550 5.7.1 blocked for 300 seconds",
            "250 2.1.5 in 20 seconds",
        ] {
            assert_eq!(stated(raw), None, "{raw}");
        }
    }
}
