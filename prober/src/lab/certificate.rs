//! The certificate of the lab's mail hosts: self-signed, made anew for each lab, and worth nothing outside it.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Whom it names.
const NAME: &str = "mx.lab.example";

/// A new certificate, and what shakes hands with it.
pub(super) fn make() -> io::Result<(CertificateDer<'static>, TlsAcceptor)> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).map_err(io::Error::other)?;
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let builder = builder.map_err(io::Error::other)?.with_no_client_auth();
    let config = builder.with_single_cert(vec![certificate.clone()], key).map_err(io::Error::other)?;
    Ok((certificate, TlsAcceptor::from(Arc::new(config))))
}
