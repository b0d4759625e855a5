//! A list's health by a part of it: addresses taken at random, and what their shares say about the whole.

use std::fmt;

use shared::verdict::Status;

use super::store::Counts;
use crate::random;

/// So many of the addresses that are offered, each as likely as any other (Vitter's algorithm R).
#[derive(Debug)]
pub(super) struct Reservoir {
    size: usize,
    offered: u64,
    held: Vec<String>,
}

impl Reservoir {
    pub(super) fn new(size: usize) -> Self {
        Self { size, offered: 0, held: Vec::new() }
    }

    pub(super) fn offer(&mut self, text: &str) {
        self.offered += 1;
        if self.held.len() < self.size {
            self.held.push(text.to_owned());
        } else if self.size > 0 {
            let place = usize::try_from(random::number() % self.offered).unwrap_or(usize::MAX);
            if let Some(held) = self.held.get_mut(place) {
                text.clone_into(held);
            }
        }
    }

    /// Those that were taken.
    pub(super) fn texts(&self) -> &[String] {
        &self.held
    }

    /// How many were offered.
    pub(super) fn offered(&self) -> u64 {
        self.offered
    }
}

/// What a sample says of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// What the sample's addresses came to.
    pub counts: Counts,
    /// How many addresses the list has, repeated ones too.
    pub of: u64,
}

impl Estimate {
    /// The share of a status and between what it most likely lies, in per cent: Wilson's interval at 95 %, narrowed for what a sample knows of
    /// a list that is not much longer than itself.
    pub fn share(&self, status: Status) -> [f64; 3] {
        const Z: f64 = 1.96;
        let (count, size, all) = (as_f64(self.counts.of(status)), as_f64(self.counts.total()).max(1.0), as_f64(self.of));
        let share = count / size;
        let unknown = if all > 1.0 { ((all - size) / (all - 1.0)).max(0.0) } else { 0.0 };
        let z2 = Z * Z * unknown;
        let middle = (share + z2 / (2.0 * size)) / (1.0 + z2 / size);
        let margin = z2.sqrt() / (1.0 + z2 / size) * (share * (1.0 - share) / size + z2 / (4.0 * size * size)).sqrt();
        [share, (middle - margin).max(0.0), (middle + margin).min(1.0)].map(|part| part * 100.0)
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A sample of {} of {} addresses, and between what the whole most likely is (95 %):", self.counts.total(), self.of)?;
        Counts::ORDER.iter().try_for_each(|status| {
            let [share, least, most] = self.share(*status);
            write!(f, "\n  {:13} {share:5.1} %  ({least:.1} to {most:.1})", status.as_str())
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows, far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(deliverable: u64, undeliverable: u64, of: u64) -> Estimate {
        let mut counts = Counts::default();
        counts.add(Status::Deliverable, deliverable);
        counts.add(Status::Undeliverable, undeliverable);
        Estimate { counts, of }
    }

    #[test]
    fn ok_margins_by_the_book() {
        // Wilson's interval for 80 of 100 is 71.1 to 86.7.
        let [share, least, most] = estimate(80, 20, 1_000_000_000).share(Status::Deliverable);
        assert!((share - 80.0).abs() < 0.01 && (least - 71.1).abs() < 0.1 && (most - 86.7).abs() < 0.1, "{least} {most}");
        let are_all = |share: [f64; 3], wanted: f64| share.iter().all(|part| (part - wanted).abs() < 0.01);
        assert!(are_all(estimate(80, 20, 100).share(Status::Deliverable), 80.0), "the whole list is known");
        assert!(are_all(estimate(0, 0, 0).share(Status::Risky), 0.0));
        assert!(estimate(1, 1, 10).to_string().contains("A sample of 2 of 10"));
    }

    #[test]
    fn ok_each_as_likely_as_any_other() {
        let mut taken = [0_u32; 10];
        for _ in 0..2_000 {
            let mut reservoir = Reservoir::new(3);
            (0..10).for_each(|n| reservoir.offer(&n.to_string()));
            assert_eq!((reservoir.texts().len(), reservoir.offered()), (3, 10));
            reservoir.texts().iter().for_each(|text| taken[text.parse::<usize>().expect("a number")] += 1);
        }
        // 600 expected, with a deviation of about 20.
        assert!(taken.iter().all(|count| (450..750).contains(count)), "{taken:?}");
    }
}
