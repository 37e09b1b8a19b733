//! A certificate authority for tests, and valid and invalid server certificates.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// The kinds of server certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Certificate {
    /// Valid for `localhost` and `127.0.0.1`.
    Good,
    /// Expired.
    Expired,
    /// Not valid yet.
    NotYetValid,
    /// Valid for `door.example` only.
    WrongHost,
    /// Self-signed.
    SelfSigned,
    /// Signed by an authority that no client trusts.
    Untrusted,
}

/// A certificate authority for tests.
pub struct Authority {
    pem: String,
    key: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// The error of creating a certificate.
pub type CertificateError = Box<dyn std::error::Error + Send + Sync>;

impl Authority {
    /// Creates an authority with a new key.
    ///
    /// # Errors
    ///
    /// Returns an error when the system has no randomness for a key.
    pub fn new() -> Result<Self, CertificateError> {
        let key = KeyPair::generate()?;
        Ok(Self { pem: Self::params()?.self_signed(&key)?.pem(), key: key.serialize_pem() })
    }

    /// Reads the authority that [`to_pem`](Self::to_pem) wrote.
    ///
    /// # Errors
    ///
    /// Returns an error when the string was not written by `to_pem`.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let (pem, key) = text.split_once("\n#\n").ok_or("not an authority")?;
        KeyPair::from_pem(key)?;
        Ok(Self { pem: pem.to_owned(), key: key.to_owned() })
    }

    /// Returns the certificate and the key in PEM, for another process.
    #[must_use]
    pub fn to_pem(&self) -> String {
        format!("{}\n#\n{}", self.pem, self.key)
    }

    /// Returns the certificate in PEM, for clients that trust this authority.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.pem
    }

    fn params() -> Result<CertificateParams, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Authority of the transport kit");
        Ok(params)
    }

    /// Returns the configuration of a server with such a certificate and these ALPN protocols.
    ///
    /// # Errors
    ///
    /// Returns an error when the certificate cannot be created.
    pub fn server(&self, certificate: Certificate, protocols: &[&str]) -> Result<Arc<ServerConfig>, CertificateError> {
        let names = match certificate {
            Certificate::WrongHost => vec!["door.example".to_owned()],
            _ => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        };
        let mut params = CertificateParams::new(names)?;
        match certificate {
            Certificate::Expired => {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
            }
            Certificate::NotYetValid => params.not_before = date_time_ymd(2999, 1, 1),
            _ => {}
        }
        let key = KeyPair::generate()?;
        let signed = match certificate {
            Certificate::SelfSigned => params.self_signed(&key)?,
            Certificate::Untrusted => params.signed_by(&key, &Issuer::new(Self::params()?, KeyPair::generate()?))?,
            _ => params.signed_by(&key, &Issuer::new(Self::params()?, KeyPair::from_pem(&self.key)?))?,
        };
        let chain = vec![CertificateDer::from(signed.der().to_vec())];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }
}
