//! *Did you mean …?* for mistyped domains: near misses of large providers, and top-level domains that there are not.
//!
//! It runs at every key press: a few thousand steps on the stack, and an allocation only for what is suggested.

mod distance;
mod popular;

use alloc::format;
use alloc::string::String;

use super::{Domain, list};
use distance::distance;
use popular::{KNOWN_TYPOS, LARGEST, POPULAR};

/// What is known of the mail route of the domain that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKnowledge {
    /// Mail has somewhere to go: nothing is ever suggested.
    Works,
    /// It was looked up, and mail has nowhere to go.
    Absent,
    /// It was not or could not be looked up: only a known typo is corrected.
    Unknown,
}

/// The domain that was probably meant, in its ASCII form; never `domain` itself.
pub fn suggest(domain: &Domain, route: RouteKnowledge) -> Option<String> {
    let typed = domain.as_ascii();
    match route {
        RouteKnowledge::Works => None,
        RouteKnowledge::Unknown => suggest_at_once(domain).map(Into::into),
        RouteKnowledge::Absent if is_popular(domain) || list::is_free(domain) => None,
        RouteKnowledge::Absent => known_typo(typed).or_else(|| nearest(typed, POPULAR)).map(Into::into).or_else(|| with_top_level(typed)),
    }
}

/// The same before anything is looked up. No free provider looks like a typo to it, so that the list of them, which a page does not have at
/// hand, is not asked.
pub fn suggest_at_once(domain: &Domain) -> Option<&'static str> {
    let typed = domain.as_ascii();
    if is_popular(domain) {
        return None;
    }
    known_typo(typed).or_else(|| nearest(typed, LARGEST).filter(|meant| is_obvious(typed, meant)))
}

/// A domain where people have mailboxes, however much it looks like another. Throw-away services do not count: many squat on typos.
fn is_popular(domain: &Domain) -> bool {
    POPULAR.contains(&domain.as_ascii()) || list::is_relay(domain)
}

fn known_typo(typed: &str) -> Option<&'static str> {
    KNOWN_TYPOS.iter().find(|(typo, _)| *typo == typed).map(|(_, meant)| *meant)
}

/// The first of the nearest in `known`, if it is near enough to be meant.
fn nearest(typed: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let near = |candidate: &&'static str| {
        let steps = steps(typed, candidate)?;
        (steps <= if candidate.len() >= 9 { 2 } else { 1 }).then_some((steps, *candidate))
    };
    known.iter().filter_map(near).min_by_key(|(steps, _)| *steps).map(|(_, candidate)| candidate)
}

/// How many slips of the finger lie between. A top-level domain that there is not counts for nothing, whatever it was to be.
fn steps(typed: &str, candidate: &str) -> Option<u8> {
    let (name, top) = typed.rsplit_once('.')?;
    let (meant, meant_top) = candidate.split_once('.')?;
    if name == candidate && top == meant_top {
        // `hotmail.com.com`.
        return Some(1);
    }
    if list::is_top_level(top) || meant_top.contains('.') { distance(typed, candidate) } else { distance(name, meant) }
}

/// Without asking the DNS: one slip at most, the first letter right, and no other company's likely name.
fn is_obvious(typed: &str, meant: &str) -> bool {
    steps(typed, meant).is_some_and(|steps| steps <= 1) && typed.chars().next() == meant.chars().next()
}

/// The same name under a top-level domain that there is.
fn with_top_level(typed: &str) -> Option<String> {
    let (name, top) = typed.rsplit_once('.')?;
    if list::is_top_level(top) {
        return None;
    }
    let meant = ["com", "net", "org"].into_iter().find(|real| distance(top, real).is_some_and(|steps| steps <= 1))?;
    Some(format!("{name}.{meant}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, route: RouteKnowledge) -> Option<String> {
        suggest(&Domain::parse(text).expect(text), route)
    }

    #[test]
    fn ok_typos() {
        for (typed, meant) in [
            ("gmial.com", "gmail.com"),
            ("gmail.con", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("hotmial.com", "hotmail.com"),
            ("yaho.com", "yahoo.com"),
            ("outlok.com", "outlook.com"),
            ("iclud.com", "icloud.com"),
        ] {
            assert_eq!(of(typed, RouteKnowledge::Unknown).as_deref(), Some(meant), "{typed}");
            assert_eq!(of(typed, RouteKnowledge::Absent).as_deref(), Some(meant), "{typed}");
            assert_eq!(of(typed, RouteKnowledge::Works), None, "{typed}");
        }
        assert_eq!(of("comcast.nry", RouteKnowledge::Absent).as_deref(), Some("comcast.net"));
        assert_eq!(of("small-company.cmo", RouteKnowledge::Absent).as_deref(), Some("small-company.com"));
        // Nobody asked the DNS, so a small company's spelling is its own affair.
        assert_eq!(of("small-company.cmo", RouteKnowledge::Unknown), None);
    }

    #[test]
    fn ok_real_domains_are_not_corrected_into_each_other() {
        for real in [
            "gmail.com",
            "mail.com",
            "email.com",
            "ymail.com",
            "gmx.de",
            "gmx.net",
            "gmx.at",
            "gmx.ch",
            "hotmail.fr",
            "hotmail.com",
            "hotmail.de",
            "yahoo.co.uk",
            "yahoo.fr",
            "live.nl",
            "live.com",
            "me.com",
            "mac.com",
            "web.de",
            "aol.com",
            "msn.com",
            "icloud.com",
            "pm.me",
            "proton.me",
            "outlook.de",
            "outlook.fr",
            "googlemail.com",
            "duck.com",
            "mailinator.com",
        ] {
            for route in [RouteKnowledge::Unknown, RouteKnowledge::Absent] {
                assert_eq!(of(real, route), None, "{real}");
            }
        }
    }

    #[test]
    fn ok_far_from_everything() {
        for own in
            ["siemens.com", "example.org", "a-very-long-name-of-a-company-with-many-words.example", "rcpt.dev", "xn--bcher-kva.example"]
        {
            assert_eq!(of(own, RouteKnowledge::Unknown), None, "{own}");
            assert_eq!(of(own, RouteKnowledge::Absent), None, "{own}");
        }
    }

    /// A free provider that fails here belongs into `POPULAR`.
    #[test]
    fn ok_no_free_provider_looks_like_a_typo() {
        let mut count = 0;
        for name in list::free() {
            assert_eq!(suggest_at_once(&Domain::parse(&name).expect("a domain")), None, "{name}");
            count += 1;
        }
        assert!(count > 4000);
    }

    #[test]
    fn ok_never_itself_and_always_a_domain() {
        for typed in POPULAR.iter().chain(LARGEST) {
            for changed in [format!("{typed}m"), format!("x{typed}"), typed.replacen('a', "", 1), typed.replacen('o', "0", 1)] {
                let Ok(domain) = Domain::parse(&changed) else { continue };
                if let Some(meant) = suggest(&domain, RouteKnowledge::Absent) {
                    assert_ne!(meant, changed);
                    assert!(Domain::parse(&meant).is_ok());
                }
            }
        }
    }
}
