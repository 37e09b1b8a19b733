//! Which TLS implementation a new client uses.
//!
//! A feature that somebody turned on wins over the default one, since features add up and cannot
//! be turned off by whoever did not turn them on.

use reqwest::ClientBuilder;

#[cfg(feature = "native-tls")]
pub(crate) fn configure(client: ClientBuilder) -> Result<ClientBuilder, std::convert::Infallible> {
    Ok(client.tls_backend_native())
}

#[cfg(all(feature = "rustls-aws-lc-rs", not(feature = "native-tls")))]
pub(crate) fn configure(client: ClientBuilder) -> Result<ClientBuilder, std::convert::Infallible> {
    Ok(client.tls_backend_rustls())
}

/// rustls with ring, and the certificates that the operating system trusts. reqwest has no feature
/// for this, and the process-wide provider that it would use instead is not a library's to set.
#[cfg(all(feature = "rustls-ring", not(feature = "rustls-aws-lc-rs"), not(feature = "native-tls")))]
pub(crate) fn configure(client: ClientBuilder) -> Result<ClientBuilder, rustls::Error> {
    use std::sync::Arc;

    use rustls::{ClientConfig, crypto::CryptoProvider};
    use rustls_platform_verifier::BuilderVerifierExt;

    let provider =
        CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    if cfg!(feature = "http2") {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(client.tls_backend_preconfigured(config))
}

#[cfg(not(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs", feature = "native-tls")))]
pub(crate) fn configure(client: ClientBuilder) -> Result<ClientBuilder, std::convert::Infallible> {
    Ok(client)
}
