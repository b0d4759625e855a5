//! *Did you mean …?* for mistyped domains.

use alloc::string::String;

use super::Domain;

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
pub fn suggest(_domain: &Domain, _route: RouteKnowledge) -> Option<String> {
    None
}
