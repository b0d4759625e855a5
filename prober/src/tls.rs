//! STARTTLS as mail does it (RFC 7435): encrypted where it can be, whatever the certificate says; what is wrong with it is recorded.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use shared::domain::host_name::HostName;
use shared::evidence::CertificateFault;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What every handshake shares.
#[derive(Debug, Clone)]
pub struct Tls {
    provider: Arc<CryptoProvider>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl Tls {
    /// Mozilla's authorities and `ring`'s algorithms.
    ///
    /// # Errors
    /// Where the authorities cannot be read, which a test excludes.
    pub fn new() -> io::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let builder = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
        Ok(Self { provider, verifier: builder.build().map_err(io::Error::other)? })
    }

    /// Shakes hands on `stream` with the mail host of this name; what is wrong with its certificate, if anything.
    ///
    /// # Errors
    /// Where there is no common ground, or what comes is no TLS.
    pub async fn shake_hands(&self, stream: TcpStream, host: &HostName) -> io::Result<(TlsStream<TcpStream>, Option<CertificateFault>)> {
        let recorder = Arc::new(Recorder { verifier: Arc::clone(&self.verifier), fault: Mutex::default() });
        let versions = ClientConfig::builder_with_provider(Arc::clone(&self.provider)).with_safe_default_protocol_versions();
        let verifier: Arc<dyn ServerCertVerifier> = Arc::<Recorder>::clone(&recorder);
        let config = versions.map_err(io::Error::other)?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        let name = ServerName::try_from(host.as_str().to_owned()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let fault = *recorder.fault.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((stream, fault))
    }
}

impl Tls {
    /// Shakes hands with a host that must prove that it bears this name, as on the web.
    ///
    /// # Errors
    /// Where it does not, or what comes is no TLS.
    pub async fn connect_verified(&self, stream: TcpStream, name: &str) -> io::Result<TlsStream<TcpStream>> {
        let versions = ClientConfig::builder_with_provider(Arc::clone(&self.provider)).with_safe_default_protocol_versions();
        let verifier = Arc::<WebPkiServerVerifier>::clone(&self.verifier);
        let config = versions.map_err(io::Error::other)?.with_webpki_verifier(verifier).with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

/// Accepts every certificate and writes down what is wrong with it.
#[derive(Debug)]
struct Recorder {
    verifier: Arc<WebPkiServerVerifier>,
    fault: Mutex<Option<CertificateFault>>,
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    ring::default_provider().signature_verification_algorithms
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = verified.err().as_ref().map(fault_of);
        Ok(ServerCertVerified::assertion())
    }

    // The peer must hold the key of the certificate it shows, whoever vouches for it: without that there would be no channel at all.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        algorithms().supported_schemes()
    }
}

fn fault_of(error: &Error) -> CertificateFault {
    let Error::InvalidCertificate(error) = error else { return CertificateFault::Unusable };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => CertificateFault::NotValidYet,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => CertificateFault::WrongName,
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        _ => CertificateFault::Unusable,
    }
}
