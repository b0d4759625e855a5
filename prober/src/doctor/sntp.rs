//! One question to a time server and its answer (RFC 4330). Octets in, time out; no socket and no clock.

/// The octets of a message without extensions (§4).
pub(crate) const LENGTH: usize = 48;

/// Seconds from 1900, where NTP's time begins, to 1970.
const EPOCH: i128 = 2_208_988_800;
/// Seconds of one era of NTP (§3): times whose first bit is 0 are of the next one, from 2036 on.
const ERA: i128 = 1 << 32;

/// Why an answer is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// It is too short, or no answer to our question (§5).
    NotOurs,
    /// The server says that it does not know the time, or wants to be left alone (§5, §8).
    Unsure,
}

/// The server's times: when it had the question, and when it answered, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    received_ms: i64,
    sent_ms: i64,
}

/// The question: version 4, client. `nonce` stands where our own time would: the server gives it back, and need not know what our clock says.
pub(crate) fn question(nonce: u64) -> [u8; LENGTH] {
    let mut octets = [0; LENGTH];
    let [first, rest @ ..] = &mut octets;
    *first = (4 << 3) | 3;
    if let Some(transmit) = rest.last_chunk_mut::<8>() {
        *transmit = nonce.to_be_bytes();
    }
    octets
}

/// Reads the answer.
///
/// # Errors
/// [`Oddity`] where it is none.
pub(crate) fn read(octets: &[u8], nonce: u64) -> Result<Times, Oddity> {
    let message: &[u8; LENGTH] = octets.first_chunk().ok_or(Oddity::NotOurs)?;
    let [first, stratum, ..] = message;
    let (leap, mode) = (first >> 6, first & 7);
    let stamp = |at: usize| message.get(at..).and_then(|rest| rest.first_chunk::<8>()).map_or(0, |eight| u64::from_be_bytes(*eight));
    let (originate, received, sent) = (stamp(24), stamp(32), stamp(40));
    if mode != 4 || originate != nonce {
        return Err(Oddity::NotOurs);
    }
    if leap == 3 || !(1..=15).contains(stratum) || sent == 0 || received == 0 {
        return Err(Oddity::Unsure);
    }
    Ok(Times { received_ms: unix_ms(received), sent_ms: unix_ms(sent) })
}

/// An answer that says this time: for the lab's own servers.
pub(crate) fn answer(question: &[u8], now_ms: u64) -> Option<[u8; LENGTH]> {
    let asked: &[u8; LENGTH] = question.first_chunk()?;
    let mut octets = [0; LENGTH];
    let time = stamp_of(now_ms).to_be_bytes();
    let parts: [(usize, &[u8]); 4] = [(0, &[(4 << 3) | 4, 1]), (24, asked.last_chunk::<8>()?), (32, &time), (40, &time)];
    for (at, part) in parts {
        octets.get_mut(at..at + part.len())?.copy_from_slice(part);
    }
    Some(octets)
}

impl Times {
    /// By how much our clock is behind, in milliseconds (§5): asked and answered are its own times.
    pub(crate) fn offset_ms(self, asked_ms: i64, answered_ms: i64) -> i64 {
        let there = self.received_ms.saturating_sub(asked_ms);
        let back = self.sent_ms.saturating_sub(answered_ms);
        there.midpoint(back)
    }
}

fn unix_ms(stamp: u64) -> i64 {
    let (seconds, fraction) = (i128::from(stamp >> 32), i128::from(stamp & 0xffff_ffff));
    let era = if stamp >> 63 == 0 { ERA } else { 0 };
    let ms = (seconds + era - EPOCH) * 1000 + ((fraction * 1000) >> 32);
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn stamp_of(ms: u64) -> u64 {
    let seconds = (i128::from(ms / 1000) + EPOCH) % ERA;
    let fraction = (i128::from(ms % 1000) << 32) / 1000;
    u64::try_from((seconds << 32) | fraction).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_question_and_answer() {
        let asked = question(0x0102_0304_0506_0708);
        assert_eq!((asked[0], &asked[40..]), (0x23, &[1, 2, 3, 4, 5, 6, 7, 8][..]));
        let now_ms = 1_800_000_000_250;
        let answered = answer(&asked, now_ms).expect("an answer");
        assert_eq!((answered[0], answered[1], &answered[24..32]), (0x24, 1, &asked[40..]));
        let times = read(&answered, 0x0102_0304_0506_0708).expect("times");
        let now_ms = i64::try_from(now_ms).expect("small");
        // Our clock is 7 s behind, and the way takes 100 ms there and back.
        let offset = times.offset_ms(now_ms - 7_050, now_ms - 6_950);
        assert!((6_998..=7_002).contains(&offset), "{offset}");
    }

    #[test]
    fn ok_times_of_both_eras() {
        // RFC 4330 §3: 2036-02-07T06:28:16Z is second 0 of the next era.
        assert_eq!(unix_ms(1 << 32), 2_085_978_497_000);
        assert_eq!(unix_ms(0x83aa_7e80 << 32), 0);
        for ms in [1_700_000_000_000, 2_085_978_496_500, 2_500_000_000_000] {
            let back = unix_ms(stamp_of(ms));
            assert!((back - i64::try_from(ms).expect("small")).abs() <= 1, "{ms} {back}");
        }
    }

    #[test]
    fn err_what_is_no_answer() {
        let good = answer(&question(9), 1_800_000_000_000).expect("an answer");
        let with = |at: usize, octet: u8| {
            let mut octets = good;
            octets[at] = octet;
            read(&octets, 9)
        };
        assert!(read(&good, 9).is_ok());
        assert_eq!(
            (read(b"", 9), read(&good[..47], 9), read(&good, 8)),
            (Err(Oddity::NotOurs), Err(Oddity::NotOurs), Err(Oddity::NotOurs))
        );
        assert_eq!(with(0, 0x23), Err(Oddity::NotOurs), "a question");
        assert_eq!(with(0, 0xe4), Err(Oddity::Unsure), "its clock is not set");
        assert_eq!((with(1, 0), with(1, 16)), (Err(Oddity::Unsure), Err(Oddity::Unsure)));
    }
}
