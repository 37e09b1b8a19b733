//! Which TLS implementation a new client uses, and the certificates that it trusts.
//!
//! A feature that a program turns on wins over the default one, since features add up and cannot be turned off by a
//! crate that did not turn them on.

use reqwest::ClientBuilder;
use seam_core::Error;

/// The TLS settings of all clients of a transport.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    #[cfg(all(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"), not(feature = "native-tls")))]
    config: rustls::ClientConfig,
    /// Why no HTTPS server can be trusted.
    pub(crate) problem: Option<String>,
}

#[cfg(feature = "native-tls")]
impl Tls {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self { problem: None })
    }

    pub(crate) fn configure(&self, client: ClientBuilder) -> ClientBuilder {
        client.tls_backend_native()
    }
}

/// rustls, and the certificates that the operating system trusts. They are read once: what reqwest would do by itself, it
/// would do again for each client.
#[cfg(all(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"), not(feature = "native-tls")))]
impl Tls {
    pub(crate) fn new() -> Result<Self, Error> {
        use std::sync::Arc;

        use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
        use rustls_platform_verifier::Verifier;

        #[cfg(not(feature = "rustls-ring"))]
        use rustls::crypto::aws_lc_rs::default_provider;
        #[cfg(feature = "rustls-ring")]
        use rustls::crypto::ring::default_provider;

        let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(default_provider()));
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid_configuration("TLS cannot be set up", error))?;
        // Plain HTTP to this machine needs no certificates.
        let (mut config, problem) = match Verifier::new(provider) {
            Ok(verifier) => {
                let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
                (config.with_no_client_auth(), None)
            }
            Err(error) => {
                let problem = format!(
                    "no certificates to trust were found, so HTTPS cannot be used: install those of your system (the \
                     package ca-certificates, mostly), or set SSL_CERT_FILE or SSL_CERT_DIR, and build the client again: \
                     {error}"
                );
                (config.with_root_certificates(RootCertStore::empty()).with_no_client_auth(), Some(problem))
            }
        };
        if cfg!(feature = "http2") {
            config.alpn_protocols.push(b"h2".to_vec());
        }
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(Self { config, problem })
    }

    pub(crate) fn configure(&self, client: ClientBuilder) -> ClientBuilder {
        client.tls_backend_preconfigured(self.config.clone())
    }
}

#[cfg(not(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs", feature = "native-tls")))]
impl Tls {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self { problem: None })
    }

    pub(crate) fn configure(&self, client: ClientBuilder) -> ClientBuilder {
        client
    }
}
