//! One rule of the table: what it looks at, what it concludes, and where that was seen.

use super::signs::Signs;
use crate::smtp::finding::FindingKind;
use crate::smtp::reply::Severity;
use crate::smtp::stage::Stage;

/// Reply codes that a rule applies to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Codes {
    /// 4yz and 5yz.
    Refusing,
    /// 4yz.
    Transient,
    /// 5yz.
    Permanent,
    /// These only.
    Of(&'static [u16]),
}

/// Enhanced statuses that a rule applies to; the class is left to the code.
#[derive(Debug, Clone, Copy)]
pub(super) enum Statuses {
    /// Any, or none.
    Any,
    /// None, or x.0.0, which says nothing (RFC 3463 §3.1).
    Vague,
    /// Any of this subject.
    Subject(u16),
    /// These pairs of subject and detail.
    Of(&'static [(u16, u16)]),
}

/// A rule, built in `const` by chaining from [`Rule::new`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Its name, unique in the table.
    pub(super) id: &'static str,
    /// What it concludes.
    pub(super) kind: FindingKind,
    /// The only stages it applies to.
    pub(super) stages: &'static [Stage],
    codes: Codes,
    statuses: Statuses,
    pub(super) any: &'static [&'static str],
    pub(super) all: &'static [&'static str],
    none: &'static [&'static str],
    /// The only operator whose hosts are known to say this.
    pub(super) provider: Option<&'static str>,
    /// Where the behaviour is documented or was seen.
    pub(super) source: &'static str,
    /// Year and perhaps month of that statement.
    pub(super) date: &'static str,
    /// A raw reply that this rule decides.
    pub(super) example: &'static str,
}

impl Rule {
    /// A rule for every refusal at every stage, to be narrowed.
    pub(super) const fn new(id: &'static str, kind: FindingKind) -> Self {
        Self {
            id,
            kind,
            stages: &Stage::REPLYING,
            codes: Codes::Refusing,
            statuses: Statuses::Any,
            any: &[],
            all: &[],
            none: &[],
            provider: None,
            source: "",
            date: "",
            example: "",
        }
    }

    /// Only at these stages.
    pub(super) const fn at(mut self, stages: &'static [Stage]) -> Self {
        self.stages = stages;
        self
    }

    /// Only with these codes.
    pub(super) const fn codes(mut self, codes: Codes) -> Self {
        self.codes = codes;
        self
    }

    /// Only with these statuses.
    pub(super) const fn statuses(mut self, statuses: Statuses) -> Self {
        self.statuses = statuses;
        self
    }

    /// Only where at least one of these fragments stands in the words.
    pub(super) const fn any(mut self, fragments: &'static [&'static str]) -> Self {
        self.any = fragments;
        self
    }

    /// Only where each of these fragments stands in the words.
    pub(super) const fn all(mut self, fragments: &'static [&'static str]) -> Self {
        self.all = fragments;
        self
    }

    /// Only where none of these fragments stands in the words.
    pub(super) const fn none(mut self, fragments: &'static [&'static str]) -> Self {
        self.none = fragments;
        self
    }

    /// The operator that is known to say this.
    pub(super) const fn provider(mut self, provider: &'static str) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Where and when it was documented or seen, and a reply that shows it.
    pub(super) const fn seen(mut self, source: &'static str, date: &'static str, example: &'static str) -> Self {
        self.source = source;
        self.date = date;
        self.example = example;
        self
    }

    /// Whether the rule needs certain words.
    pub(super) fn reads_words(&self) -> bool {
        !(self.any.is_empty() && self.all.is_empty())
    }

    /// Every fragment that it looks for.
    #[cfg(test)]
    pub(super) fn fragments(&self) -> impl Iterator<Item = &'static str> {
        self.any.iter().chain(self.all).chain(self.none).copied()
    }

    /// Whether words alone do not suffice for it.
    #[cfg(test)]
    pub(super) fn needs_code(&self) -> bool {
        !matches!((self.codes, self.statuses), (Codes::Refusing | Codes::Permanent, Statuses::Any))
    }

    /// Whether the rule decides this reply.
    pub(super) fn matches(&self, signs: &Signs) -> bool {
        let says = |fragment: &&str| signs.words.contains(*fragment);
        self.stages.contains(&signs.stage)
            && self.codes.include(signs)
            && self.statuses.include(signs)
            && (self.any.is_empty() || self.any.iter().any(says))
            && self.all.iter().all(says)
            && !self.none.iter().any(says)
    }
}

impl Codes {
    fn include(self, signs: &Signs) -> bool {
        match self {
            Self::Refusing => true,
            Self::Transient => signs.severity == Severity::Transient,
            Self::Permanent => signs.severity == Severity::Permanent,
            Self::Of(codes) => codes.contains(&signs.code),
        }
    }
}

impl Statuses {
    fn include(self, signs: &Signs) -> bool {
        let pair = signs.status.map(|status| (status.subject, status.detail));
        match self {
            Self::Any => true,
            Self::Vague => pair.is_none_or(|pair| pair == (0, 0)),
            Self::Subject(subject) => pair.is_some_and(|pair| pair.0 == subject),
            Self::Of(pairs) => pair.is_some_and(|pair| pairs.contains(&pair)),
        }
    }
}
