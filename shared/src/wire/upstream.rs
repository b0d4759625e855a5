//! The probers of an edge: where they are, which is asked first, and which is left alone for a while.

pub mod breaker;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

pub use breaker::Breaker;

/// The heaviest weight.
const MAX_WEIGHT: u32 = 1_000;

/// A prober that an edge may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its address, without final slash.
    pub url: String,
    /// How often it is asked first, compared with the others'.
    pub weight: u32,
}

impl Upstream {
    /// Reads `URL` or `URL=WEIGHT`; `None` where the weight is no number of 1 to 1000. Whether the rest is an address is not looked at.
    pub fn parse(text: &str) -> Option<Self> {
        let (url, weight) = match text.rsplit_once('=') {
            Some((url, weight)) => (url, weight.parse().ok().filter(|weight| (1..=MAX_WEIGHT).contains(weight))?),
            None => (text, 1),
        };
        Some(Self { url: url.trim_end_matches('/').to_owned(), weight })
    }
}

/// The order of asking: drawn by weight, without repeats. `random` gives any numbers.
pub fn order(upstreams: &[Upstream], mut random: impl FnMut() -> u64) -> Vec<&Upstream> {
    let mut left: Vec<&Upstream> = upstreams.iter().collect();
    let mut drawn = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let total: u64 = left.iter().map(|upstream| u64::from(upstream.weight)).sum();
        let mut at = random() % total.max(1);
        let is_hit = |upstream: &&Upstream| {
            let weight = u64::from(upstream.weight);
            let hit = at < weight;
            at = at.saturating_sub(weight);
            hit
        };
        let n = left.iter().position(is_hit).unwrap_or(0);
        drawn.push(left.remove(n));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn upstreams() -> Vec<Upstream> {
        ["https://a.example/=3", "https://b.example", "https://c.example=1"].iter().filter_map(|text| Upstream::parse(text)).collect()
    }

    #[test]
    fn ok_addresses_with_and_without_weight() {
        let shown: Vec<_> = upstreams().into_iter().map(|one| (one.url, one.weight)).collect();
        assert_eq!(shown, [("https://a.example".to_owned(), 3), ("https://b.example".to_owned(), 1), ("https://c.example".to_owned(), 1)]);
        for bad in ["https://a.example=0", "https://a.example=1001", "https://a.example=-1", "https://a.example=", "https://a.example=x"] {
            assert_eq!(Upstream::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn ok_each_once_and_first_by_weight() {
        let all = upstreams();
        let mut first = vec![0; all.len()];
        for n in 0..50 {
            // 0 to 4 by turns, so that each unit of weight is drawn equally often.
            let order = order(&all, || n);
            assert_eq!(order.len(), 3);
            assert!(all.iter().all(|one| order.contains(&one)));
            let at = all.iter().position(|one| one == order[0]).expect("one of them");
            first[at] += 1;
        }
        assert_eq!(first, [30, 10, 10]);
        assert!(order(&[], || 7).is_empty());
    }
}
