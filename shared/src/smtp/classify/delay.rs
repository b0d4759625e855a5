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
        if LEADS.iter().any(|lead| word.eq_ignore_ascii_case(lead)) {
            if let Some(delay) = duration(rest) {
                return Some(delay.min(MAX_DELAY_S)).filter(|&delay| delay > 0);
            }
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
