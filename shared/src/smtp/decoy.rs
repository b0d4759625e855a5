//! The decoy: a neighbour that surely does not exist, asked after an accepted target.
//!
//! It is shaped like a person's mailbox, for hosts that treat random strings apart, and long enough that no one has it.

use alloc::string::String;

use crate::mailbox::Mailbox;

const FIRST: [&str; 16] =
    ["alma", "bram", "cora", "dirk", "edda", "finn", "gwen", "hugo", "iris", "joost", "klara", "lars", "mira", "nils", "olga", "piet"];
const LAST: [&str; 16] = [
    "abend", "birken", "corvin", "dahlm", "eschen", "falken", "gruber", "holm", "isling", "jansen", "koster", "lund", "marten", "nord",
    "oster", "palm",
];

/// A made-up mailbox at the host of `target`, chosen by `seed` (any random number).
pub fn beside(target: &Mailbox, seed: u64) -> Option<Mailbox> {
    let pick =
        |words: &[&'static str; 16], shift: u32| words.iter().cycle().nth(usize::try_from((seed >> shift) & 15).unwrap_or(0)).copied();
    let mut local_part = String::from(pick(&FIRST, 0)?);
    local_part.push('.');
    local_part.push_str(pick(&LAST, 4)?);
    // Six digits and letters: with the names more than 2^36 mailboxes.
    let mut rest = seed >> 8;
    for _ in 0..6 {
        let digit = u32::try_from(rest % 36).unwrap_or(0);
        local_part.push(char::from_digit(digit, 36)?);
        rest /= 36;
    }
    target.sibling(&local_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_seed_gives_a_neighbour() {
        let target = Mailbox::parse("ada@accepts.example").expect("an address");
        for seed in [0, 1, 0x1234_5678_9abc_def0, u64::MAX] {
            let decoy = beside(&target, seed).expect("a decoy");
            assert_ne!(decoy.local_part(), target.local_part());
            assert_eq!(decoy.domain(), target.domain());
            assert_eq!(Mailbox::parse(&decoy.wire()).as_ref(), Ok(&decoy));
        }
        assert_ne!(beside(&target, 1), beside(&target, 2));
    }
}
