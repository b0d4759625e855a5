//! The edge: a Cloudflare Worker that settles what syntax, lists and the DNS can settle, and asks a prober about the rest.
//!
//! A map; the logic lives in the modules. From the outside in: `route` chooses by path, `access` says who may ask, `body` reads, `verify` walks
//! one address from text to verdict, `progress` tells of it on the way, `batch` does it for many and `domain` describes a domain; `desk` is what
//! one request shares. `doh` asks the DNS, `forward` asks the probers, `dns_cache` and `kept` hold what they found, `receipt` signs, `exchange` is
//! the one way out, `respond` the one way back.

mod access;
mod asked;
mod batch;
mod body;
mod clock;
mod config;
mod desk;
mod dns_cache;
mod doh;
mod domain;
mod exchange;
mod forward;
mod kept;
mod progress;
mod receipt;
mod respond;
mod route;
mod runtime;
mod setup;
mod verify;

use std::rc::Rc;

use asked::Asked;
use setup::Setup;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Answers a request by `tell`, which takes the answer.
#[wasm_bindgen]
pub fn answer(head: String, request: JsValue, env: JsValue, context: JsValue, tell: JsValue, now_ms: f64) {
    clock::set(now_ms);
    runtime::forget_lost(clock::now());
    let (asked, setup, context) = (Asked { request, head }, Setup::of(env), Rc::new(context));
    runtime::begin(Box::pin(async move { route::answer(asked, setup, context).await.send(&tell).await }), None);
    runtime::run();
}

/// Hears what a call of `edge/src/runtime.js` came to, and goes on with what waited for it.
#[wasm_bindgen]
pub fn settle(number: u32, code: u32, text: String, octets: Vec<u8>, now_ms: f64) {
    clock::set(now_ms);
    runtime::settle(number, code, text, octets);
    runtime::run();
}
