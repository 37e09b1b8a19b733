//! The TLS implementation of a new client, and the certificates that it trusts.
//!
//! A feature that a program enables takes precedence over the default feature, because features are additive and a
//! program cannot disable those that another crate enables.

use reqwest::ClientBuilder;
use seam_core::Error;

/// The TLS settings of all clients of a transport. The root certificates are read once; reqwest alone would read them
/// for each client.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    #[cfg(all(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"), not(feature = "native-tls")))]
    config: seam_tokio::rustls::ClientConfig,
    /// The reason why no HTTPS server can be verified.
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

#[cfg(all(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"), not(feature = "native-tls")))]
impl Tls {
    pub(crate) fn new() -> Result<Self, Error> {
        let seam_tokio::SystemTls { mut config, problem } = seam_tokio::SystemTls::new()?;
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
