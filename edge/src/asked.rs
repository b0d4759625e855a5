//! A request to the Worker: what is looked at before its body is.

use wasm_bindgen::JsValue;

/// The header in which a page sends its site's key.
pub(crate) const SITE_HEADER: &str = "x-rcpt-site";
/// The header in which a page sends its Turnstile token.
pub(crate) const TURNSTILE_HEADER: &str = "x-rcpt-turnstile";
/// Every header that is ever looked at, in the order in which `edge/src/runtime.js` hands them over.
const HEADERS: [&str; 8] =
    ["accept", "authorization", "cf-connecting-ip", "content-type", "origin", SITE_HEADER, TURNSTILE_HEADER, "x-request-id"];

/// One request.
pub(crate) struct Asked {
    /// The runtime's own.
    pub(crate) request: JsValue,
    /// Method, URL and [`HEADERS`], a line each.
    pub(crate) head: String,
}

impl Asked {
    /// The method as it was sent.
    pub(crate) fn method(&self) -> &str {
        self.head.split('\n').next().unwrap_or_default()
    }

    /// Scheme, host and port of its URL, which the runtime has parsed.
    pub(crate) fn host(&self) -> &str {
        let (host, _) = self.url();
        host
    }

    /// The path, without query.
    pub(crate) fn path(&self) -> &str {
        let (_, path) = self.url();
        path.split(['?', '#']).next().unwrap_or_default()
    }

    fn url(&self) -> (&str, &str) {
        let url = self.head.split('\n').nth(1).unwrap_or_default();
        let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
        url.split_at(end)
    }

    /// A header that is one of [`HEADERS`], where it is there.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let at = HEADERS.iter().position(|known| *known == name)?;
        self.head.split('\n').nth(at + 2)?.strip_prefix('=')
    }
}
