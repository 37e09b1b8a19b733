//! rustls, and the certificates that the operating system trusts.
//!
//! A feature that a program turns on wins over the default one, since features add up and cannot be turned off by a
//! crate that did not turn them on.

use std::sync::Arc;

#[cfg(not(feature = "rustls-ring"))]
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(feature = "rustls-ring")]
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use rustls_platform_verifier::Verifier;
use seam_core::Error;

/// Settings of rustls that trust what the operating system trusts.
#[derive(Clone, Debug)]
pub struct SystemTls {
    /// The settings, without ALPN.
    pub config: ClientConfig,
    /// Why no HTTPS server can be trusted: a machine without certificates can use plain HTTP only.
    pub problem: Option<String>,
}

impl SystemTls {
    /// Reads the certificates. The cryptography is that of the process, if the program installed one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when the cryptography does not fit
    /// rustls.
    pub fn new() -> Result<Self, Error> {
        let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(default_provider()));
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid_configuration("TLS cannot be set up", error))?;
        match Verifier::new(provider) {
            Ok(verifier) => {
                let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
                Ok(Self { config: config.with_no_client_auth(), problem: None })
            }
            Err(error) => {
                let problem = format!(
                    "no certificates to trust were found, so HTTPS cannot be used: install those of your system (the \
                     package ca-certificates, mostly), or set SSL_CERT_FILE or SSL_CERT_DIR, and build the client again: \
                     {error}"
                );
                let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
                Ok(Self { config, problem: Some(problem) })
            }
        }
    }
}
