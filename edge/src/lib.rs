//! The edge: a Cloudflare Worker that settles what syntax, lists and the DNS can settle, and asks a prober about the rest.
//!
//! A map; the logic lives in the modules. From the outside in: `route` chooses by path, `body` reads, `verify` walks one address from text to
//! verdict, `doh` asks the DNS, `forward` asks the prober, `exchange` is the one way out, `respond` the one way back.

mod body;
mod clock;
mod config;
mod doh;
mod exchange;
mod forward;
mod respond;
mod route;
mod verify;

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    route::answer(request, &env).await
}
