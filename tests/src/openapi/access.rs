//! Who may ask the Worker, and how much: keys, sites, budgets and receipts.

use serde_json::{Map, Value, json};
use shared::wire::ProblemKind;

/// What the Worker refuses with, whatever is asked. By name, since the prober has refusals of its own under the same statuses.
pub(super) const PROBLEMS: [ProblemKind; 11] = [
    ProblemKind::KeyMissing,
    ProblemKind::KeyUnknown,
    ProblemKind::ScopeMissing,
    ProblemKind::TestKey,
    ProblemKind::OriginRefused,
    ProblemKind::TurnstileFailed,
    ProblemKind::TurnstileUnavailable,
    ProblemKind::NonceUsed,
    ProblemKind::RateLimited,
    ProblemKind::TooManyMailboxesOfDomain,
    ProblemKind::AccessUnavailable,
];

/// How a caller says who it is; none of it is needed where the service is open.
pub(super) fn security() -> Value {
    json!([{}, { "key": [] }, { "site": [] }])
}

/// The schemes.
pub(super) fn schemes() -> Map<String, Value> {
    let key = json!({ "type": "http", "scheme": "bearer", "description": "An API key; `test_` keys answer magic addresses alone." });
    let site = json!({
        "type": "apiKey", "in": "header", "name": "x-rcpt-site",
        "description": "A site's key, sent by its pages with `Origin`, and with a Turnstile token in `x-rcpt-turnstile` where the site wants one. \
                        A page learns what its form needs."
    });
    [("key".to_owned(), key), ("site".to_owned(), site)].into_iter().collect()
}

/// What a page is answered: of a verdict's fields these, and a receipt.
pub(super) fn form_answer() -> Value {
    json!({
        "type": "object", "description": "What a page learns.",
        "required": ["status", "reason", "suggestion", "explanation", "receipt"],
        "properties": {
            "status": { "$ref": "#/components/schemas/Status" }, "reason": { "$ref": "#/components/schemas/Reason" },
            "suggestion": { "type": ["string", "null"] }, "explanation": { "type": "string" },
            "receipt": { "type": ["string", "null"], "description": "A compact JWS (RFC 7515), checked by the keys at /.well-known/jwks.json." }
        }
    })
}

/// The fields that tell of budgets.
pub(super) fn headers() -> Map<String, Value> {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let named = [
        ("RateLimitPolicy", text("The budgets that the question counts towards (draft-ietf-httpapi-ratelimit-headers).")),
        ("RateLimit", text("The budget that is used up, and when there is more.")),
    ];
    named.into_iter().map(|(name, header)| (name.to_owned(), header)).collect()
}

/// Adds to a refusal over budget which budget it is.
pub(super) fn tell_of_budgets(responses: &mut Map<String, Value>) {
    if let Some(refusal) = responses.get_mut("Problem429") {
        refusal["headers"]["ratelimit"] = json!({ "$ref": "#/components/headers/RateLimit" });
        refusal["headers"]["ratelimit-policy"] = json!({ "$ref": "#/components/headers/RateLimitPolicy" });
    }
}

/// The path at which receipts' keys are published, and what is there.
pub(super) fn keys() -> (&'static str, Value) {
    let keys = json!({
        "type": "object", "required": ["keys"],
        "properties": { "keys": { "type": "array", "items": { "type": "object", "required": ["kty", "crv", "x", "kid"] } } }
    });
    let good = super::answers::Good::of("application/jwk-set+json", "A JWK set (RFC 7517).", json!({ "schema": keys }));
    let operation = json!({
        "operationId": "keys", "summary": "The keys that receipts are checked with.", "security": [],
        "responses": super::answers::responses(good, &[ProblemKind::Misconfigured])
    });
    ("/.well-known/jwks.json", json!({ "get": operation }))
}
