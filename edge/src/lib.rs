//! The edge: a Cloudflare Worker.
