//! Slips of the finger between two words.

/// The longest word that is compared, in octets.
const MAX: usize = 40;

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment); `None` where the words are too long or too
/// different in length to be near.
pub(super) fn distance(one: &str, other: &str) -> Option<u8> {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() > MAX || other.len() > MAX || one.len().abs_diff(other.len()) > 2 {
        return None;
    }
    let (mut before, mut row) = ([0_u8; MAX + 1], [0_u8; MAX + 1]);
    for (cell, n) in row.iter_mut().zip(0..) {
        *cell = n;
    }
    let mut left_of = 0_u8;
    for (i, a) in one.iter().enumerate() {
        let before_that = core::mem::replace(&mut before, row);
        let i_plus_one = u8::try_from(i + 1).ok()?;
        let mut left = i_plus_one;
        *row.first_mut()? = left;
        for (j, b) in other.iter().enumerate() {
            let (up, diagonal) = (*before.get(j + 1)?, *before.get(j)?);
            let mut cost = (up + 1).min(left + 1).min(diagonal + u8::from(a != b));
            if i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a) {
                cost = cost.min(before_that.get(j - 1)? + 1);
            }
            *row.get_mut(j + 1)? = cost;
            left = cost;
        }
        left_of = left;
    }
    Some(if one.is_empty() { u8::try_from(other.len()).ok()? } else { left_of })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_known_distances() {
        for (one, other, steps) in [
            ("", "", Some(0)),
            ("", "ab", Some(2)),
            ("ab", "", Some(2)),
            ("gmail.com", "gmail.com", Some(0)),
            ("gmial.com", "gmail.com", Some(1)),
            ("gmai.com", "gmail.com", Some(1)),
            ("gmaill.com", "gmail.com", Some(1)),
            ("gnail.com", "gmail.com", Some(1)),
            ("gnial.com", "gmail.com", Some(2)),
            ("abc", "cab", Some(2)),
            ("abcd", "badc", Some(2)),
            ("a", "abcd", None),
        ] {
            assert_eq!(distance(one, other), steps, "{one} {other}");
            assert_eq!(distance(other, one), steps, "{other} {one}");
        }
    }
}
