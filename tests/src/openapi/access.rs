//! Who may ask the Worker, as far as there are problems that say so: keys, sites, budgets and receipts. A service whose `ProblemKind` has none of
//! them needs no key, and its document says nothing of keys.

use serde_json::{Map, Value, json};
use shared::wire::ProblemKind;

/// Statuses by which somebody is refused, whatever they ask.
const REFUSALS: [u16; 4] = [401, 403, 409, 429];

/// Problems of access: signatures are the prober's.
pub(super) fn problems() -> Vec<ProblemKind> {
    let of_prober = |kind: &ProblemKind| kind.code().starts_with("signature_");
    let undecided = |kind: &ProblemKind| matches!(kind.code(), "access_unavailable" | "turnstile_unavailable");
    let is_ours = |kind: &&ProblemKind| (REFUSALS.contains(&kind.status()) && !of_prober(kind)) || undecided(kind);
    ProblemKind::ALL.iter().filter(is_ours).copied().collect()
}

/// Whether there is anything to say.
pub(super) fn is_there() -> bool {
    !problems().is_empty()
}

/// How a caller says who it is; none of it where the service is open.
pub(super) fn security() -> Value {
    if is_there() { json!([{}, { "key": [] }, { "site": [] }]) } else { json!([]) }
}

/// The schemes.
pub(super) fn schemes() -> Map<String, Value> {
    let key = json!({ "type": "http", "scheme": "bearer", "description": "An API key; `test_` keys answer magic addresses alone." });
    let site = json!({
        "type": "apiKey", "in": "header", "name": "x-rcpt-site",
        "description": "A site's key, sent by its pages with `Origin`, and with a Turnstile token in `x-rcpt-turnstile` where the site wants one. \
                        A page learns what its form needs."
    });
    if is_there() { [("key".to_owned(), key), ("site".to_owned(), site)].into_iter().collect() } else { Map::new() }
}

/// What a page is answered: of a verdict's fields these, and a receipt.
pub(super) fn form_answer() -> Option<Value> {
    let schema = json!({
        "type": "object", "description": "What a page learns.",
        "required": ["status", "reason", "suggestion", "explanation", "receipt"],
        "properties": {
            "status": { "$ref": "#/components/schemas/Status" }, "reason": { "$ref": "#/components/schemas/Reason" },
            "suggestion": { "type": ["string", "null"] }, "explanation": { "type": "string" },
            "receipt": { "type": ["string", "null"], "description": "A compact JWS (RFC 7515), checked by the keys at /.well-known/jwks.json." }
        }
    });
    is_there().then_some(schema)
}

/// The fields that tell of budgets.
pub(super) fn headers() -> Map<String, Value> {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let named = [
        ("RateLimitPolicy", text("The budgets that the question counts towards (draft-ietf-httpapi-ratelimit-headers).")),
        ("RateLimit", text("The budget that is used up, and when there is more.")),
    ];
    if is_there() { named.into_iter().map(|(name, header)| (name.to_owned(), header)).collect() } else { Map::new() }
}

/// Adds to a refusal over budget which budget it is.
pub(super) fn tell_of_budgets(responses: &mut Map<String, Value>) {
    if let Some(refusal) = responses.get_mut("Problem429") {
        refusal["headers"]["ratelimit"] = json!({ "$ref": "#/components/headers/RateLimit" });
        refusal["headers"]["ratelimit-policy"] = json!({ "$ref": "#/components/headers/RateLimitPolicy" });
    }
}

/// The path at which receipts' keys are published, and what is there.
pub(super) fn keys() -> Option<(&'static str, Value)> {
    let keys = json!({
        "type": "object", "required": ["keys"],
        "properties": { "keys": { "type": "array", "items": { "type": "object", "required": ["kty", "crv", "x", "kid"] } } }
    });
    let good = super::answers::Good::of("application/jwk-set+json", "A JWK set (RFC 7517).", json!({ "schema": keys }));
    let operation = json!({
        "operationId": "keys", "summary": "The keys that receipts are checked with.", "security": [],
        "responses": super::answers::responses(good, &[ProblemKind::Misconfigured])
    });
    is_there().then(|| ("/.well-known/jwks.json", json!({ "get": operation })))
}
