//! Mail exchangers.

use serde::{Deserialize, Serialize};

use crate::domain::host_name::HostName;

/// One MX record: lower preference is tried first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MxHost {
    /// RFC 5321 §5.1: lower numbers are more preferred.
    pub preference: u16,
    /// The host that exchanges mail for the domain.
    pub exchange: HostName,
}
