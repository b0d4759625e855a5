//! The lab's DNS over HTTPS (RFC 8484 §4.1), and its guest book at `/guests`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::guest_book::GuestBook;
use super::name_server::NameServer;

const MEDIA_TYPE: &str = "application/dns-message";
/// The most octets of a query.
const MAX_QUERY: usize = 4096;

pub(super) async fn serve(listener: TcpListener, names: Arc<NameServer>, guests: Arc<GuestBook>) {
    let book = move || async move { axum::Json(guests.visits()) };
    let router = Router::new().route("/dns-query", get(by_get).post(by_post)).with_state(names).route("/guests", get(book));
    // It ends with the lab; were the listener to fail, every question would show it.
    let _ = axum::serve(listener, router).await;
}

async fn by_get(State(names): State<Arc<NameServer>>, request: Request) -> Response {
    let parameters = request.uri().query().unwrap_or_default().split('&');
    let dns = parameters.into_iter().find_map(|parameter| parameter.strip_prefix("dns="));
    match dns.and_then(|text| data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()) {
        Some(query) => answer(&names, &query).await,
        None => (StatusCode::BAD_REQUEST, "expected ?dns= with a query in base64url\n").into_response(),
    }
}

async fn by_post(State(names): State<Arc<NameServer>>, request: Request) -> Response {
    let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if declared != Some(MEDIA_TYPE) {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected application/dns-message\n").into_response();
    }
    match to_bytes(request.into_body(), MAX_QUERY).await {
        Ok(query) => answer(&names, &query).await,
        Err(_) => (StatusCode::PAYLOAD_TOO_LARGE, "expected at most 4096 octets\n").into_response(),
    }
}

async fn answer(names: &NameServer, query: &[u8]) -> Response {
    if let Some(answer) = names.answer(query).await {
        return ([(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "max-age=0")], Bytes::from(answer)).into_response();
    }
    // The lab plays a resolver that does not answer; nobody waits this long.
    tokio::time::sleep(Duration::from_mins(1)).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}
