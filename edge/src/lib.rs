//! The edge: a Cloudflare Worker that settles what syntax, lists and the DNS can settle, and asks a prober about the rest.
//!
//! A map; the logic lives in the modules. From the outside in: `route` chooses by path, `access` says who may ask, `body` reads, `verify` walks
//! one address from text to verdict, `progress` tells of it on the way, `batch` does it for many and `domain` describes a domain; `desk` is what
//! one request shares. `doh` asks the DNS, `forward` asks the probers, `dns_cache` and `kept` hold what they found, `receipt` signs, `exchange` is
//! the one way out, `respond` the one way back.

mod access;
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
mod verify;

use std::rc::Rc;

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    route::answer(request, &env, &Rc::new(context)).await
}
