//! Hosts by the hundred, for load: `host1.silent.example`, `host2.silent.example` and so on, each domain with a mail host at an address of its
//! own. There are none unless they are asked for.

use std::net::IpAddr;
use std::time::Duration;

use super::host_address;
use super::manner::{Act, Delays, Manner, ORDINARY, USERS};

/// The number of a crowd's first host; the table's own stay below.
const FIRST: usize = 1000;
/// The most hosts of each kind: their numbers make up two octets of an address.
pub(super) const MOST: usize = 10_000;

/// What crowds play, by the domain that theirs are under.
static KINDS: [(&str, Manner); 5] = [
    ("crowd-silent.example", Manner { greeting: Act::Silence, ..ORDINARY }),
    ("crowd-tarpit.example", Manner { ehlo: Some(Act::Drip), ..ORDINARY }),
    ("crowd-slow-banner.example", Manner { delays: Delays { greeting: Duration::from_secs(30), ..Delays::NONE }, ..ORDINARY }),
    (HOSTING, USERS),
    ("crowd-slow-replies.example", Manner { delays: Delays { reply: Duration::from_millis(20), ..Delays::NONE }, ..USERS }),
];

/// The kind whose hosts each take the mail of more domains than one, as those of hosting companies do.
const HOSTING: &str = "crowd-accepts.example";
/// So many more: `site1.host1.crowd-accepts.example` and so on.
const MORE_DOMAINS: usize = 20;

/// A host of a crowd.
#[derive(Debug)]
pub(super) struct Member {
    /// The domain whose mail it takes.
    pub(super) domain: String,
    /// Where it listens.
    pub(super) address: IpAddr,
    /// How it behaves.
    pub(super) manner: &'static Manner,
}

impl Member {
    /// The further domains whose mail it takes.
    pub(super) fn more_domains(&self) -> impl Iterator<Item = String> {
        let count = if self.domain.ends_with(HOSTING) { MORE_DOMAINS } else { 0 };
        (1..=count).map(|n| format!("site{n}.{}", self.domain))
    }
}

/// `size` hosts of every kind, [`MOST`] at the most.
pub(super) fn members(size: usize) -> impl Iterator<Item = Member> {
    let size = size.min(MOST);
    KINDS.iter().enumerate().flat_map(move |(kind, (apex, manner))| {
        (0..size).map(move |n| Member { domain: format!("host{}.{apex}", n + 1), address: host_address(FIRST + kind * size + n), manner })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::lab::site;

    #[test]
    fn ok_every_member_has_an_address_of_its_own() {
        assert!(site::hosts().all(|(number, _)| number < FIRST));
        let members: Vec<Member> = members(usize::MAX).collect();
        assert_eq!(members.len(), MOST * KINDS.len());
        assert_eq!(members.iter().map(|member| member.address).collect::<HashSet<_>>().len(), members.len());
        assert_eq!(super::members(0).count(), 0);
    }
}
