//! JSON schemas of types that are written by hand, beside those that derive theirs; for the OpenAPI documents alone.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::mailbox::Mailbox;
use crate::smtp::{EnhancedStatus, ReplyCode};
use crate::verdict::POLICY;
use crate::wire::ProblemKind;

macro_rules! schemas {
    ($($name:ident: $schema:tt;)+) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

schemas! {
    Mailbox: { "type": "string", "description": "A mailbox as it stands between the angle brackets of RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3)." };
    ReplyCode: { "type": "integer", "minimum": 200, "maximum": 599, "description": "A reply code (RFC 5321 §4.2.1)." };
    EnhancedStatus: { "type": "string", "pattern": r"^[245]\.\d{1,3}\.\d{1,3}$", "description": "An enhanced status code (RFC 3463 §2)." };
}

/// The codes of problems.
pub(crate) fn codes(_: &mut SchemaGenerator) -> Schema {
    let codes: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    json_schema!({ "type": "string", "enum": codes })
}

/// The words for where a domain's mail goes.
pub(crate) fn routes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["hosts", "implicit", "null", "no_mail", "no_such_domain"] })
}

/// The version of the rules that verdicts are judged by.
pub(crate) fn policy(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "examples": [POLICY] })
}

/// A point in time (RFC 3339).
pub(crate) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

/// A point in time, or null.
pub(crate) fn time_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date-time" })
}
