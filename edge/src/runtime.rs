//! The runtime, asked by a page of JavaScript of our own (`edge/src/runtime.js`): each question in one call, and what takes time by number.
//!
//! Every step between wasm and JavaScript costs. With crates that wrap the runtime's objects one by one, steps were half of a request's time.

mod call;
mod task;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

pub(crate) use call::{Call, Came, next, settle};
pub(crate) use task::{begin, forget_lost, run};

#[wasm_bindgen(raw_module = "./runtime.js")]
extern "C" {
    /// Stops what has this number, and has nothing told of it.
    #[wasm_bindgen(js_name = letGo)]
    fn let_go(number: u32);
    /// Reads a request's body.
    pub(crate) fn read(number: u32, request: &JsValue, limit: u32);
    /// Sends a request and reads its answer.
    pub(crate) fn exchange(number: u32, method: &str, url: &str, headers: &str, body: Option<&str>, limit: u32, ms: u32);
    /// Answers at once.
    pub(crate) fn respond(tell: &JsValue, status: u16, headers: &str, body: &str);
    /// Answers in parts.
    pub(crate) fn stream(feed: u32, tell: &JsValue, status: u16, headers: &str);
    /// Waits until a part is wanted.
    pub(crate) fn wish(number: u32, feed: u32);
    /// Waits until nobody listens any more.
    pub(crate) fn left(number: u32, feed: u32);
    /// Gives the part that is wanted.
    pub(crate) fn give(feed: u32, part: &str);
    /// Gives no more.
    pub(crate) fn end(feed: u32);
    /// Waits for a while.
    pub(crate) fn sleep(number: u32, ms: u32);
    /// Has the request last until this number is let go.
    fn lasting(number: u32, context: &JsValue);
    /// Looks into the data centre's cache.
    pub(crate) fn find(number: u32, key: &str, ms: u32);
    /// Keeps something there, behind the answer.
    pub(crate) fn keep(context: &JsValue, key: &str, octets: &[u8], max_age_s: u32);
    /// A variable or secret, as text.
    pub(crate) fn variable(env: &JsValue, name: &str) -> Option<String>;
    /// Whether there is such a variable or binding.
    #[wasm_bindgen(js_name = isSet)]
    pub(crate) fn is_set(env: &JsValue, name: &str) -> bool;
    /// Whether there is a binding with such a method.
    #[wasm_bindgen(js_name = hasMethod)]
    pub(crate) fn has_method(env: &JsValue, name: &str, method: &str) -> bool;
    /// Takes one from a rate limit.
    pub(crate) fn limit(number: u32, env: &JsValue, binding: &str, key: &str);
    /// Looks into a KV namespace.
    pub(crate) fn get(number: u32, env: &JsValue, binding: &str, key: &str);
    /// Puts a text into a KV namespace.
    pub(crate) fn put(number: u32, env: &JsValue, binding: &str, key: &str, text: &str, ttl_s: u32);
    /// Signs a text by Ed25519.
    pub(crate) fn sign(number: u32, x: &str, d: &str, text: &str);
    /// One line for the operator.
    pub(crate) fn warn(text: &str);
}
