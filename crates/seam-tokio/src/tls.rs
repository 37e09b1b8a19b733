//! rustls with the root certificates of the operating system.
//!
//! A feature that a program enables takes precedence over the default feature, because features are additive and a
//! program cannot disable those that another crate enables.

use std::sync::Arc;

#[cfg(not(feature = "rustls-ring"))]
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(feature = "rustls-ring")]
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use rustls_platform_verifier::Verifier;
use seam_core::Error;

/// Settings of rustls with the root certificates of the operating system.
#[derive(Clone, Debug)]
pub struct SystemTls {
    /// The settings, without ALPN.
    pub config: ClientConfig,
    /// The reason why no HTTPS server can be verified: a machine without root certificates can use only plain HTTP.
    pub problem: Option<String>,
}

impl SystemTls {
    /// Reads the root certificates. The cryptography provider is that of the process, if the program installed one.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when the cryptography
    /// provider does not support the settings.
    pub fn new() -> Result<Self, Error> {
        let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(default_provider()));
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid_configuration("cannot configure TLS", error))?;
        match Verifier::new(provider) {
            Ok(verifier) => {
                let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
                Ok(Self { config: config.with_no_client_auth(), problem: None })
            }
            Err(error) => {
                let problem = format!(
                    "no root certificates were found, so HTTPS cannot be used; install those of your system (the \
                     package ca-certificates, mostly), or set SSL_CERT_FILE or SSL_CERT_DIR, and build the client again: \
                     {error}"
                );
                let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
                Ok(Self { config, problem: Some(problem) })
            }
        }
    }
}
