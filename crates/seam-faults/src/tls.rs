//! A certificate authority of our own, and certificates that are right or wrong in one way.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// What is with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// It is good, and for this machine.
    Good,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for another host.
    WrongHost,
    /// It is its own authority.
    SelfSigned,
    /// Its authority is one that nobody trusts.
    Untrusted,
}

/// The authority that the tests trust.
#[derive(Debug)]
pub struct Authority {
    pem: String,
    key: String,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Authority {
    /// Makes a new one.
    ///
    /// # Errors
    ///
    /// When this machine has no randomness to make a key from.
    pub fn new() -> Result<Self, Failure> {
        let key = KeyPair::generate()?;
        Ok(Self { pem: Self::params()?.self_signed(&key)?.pem(), key: key.serialize_pem() })
    }

    /// The authority whose certificate and key are in a PEM text that [`to_pem`](Self::to_pem) made.
    ///
    /// # Errors
    ///
    /// When it is not such a text.
    pub fn from_pem(text: &str) -> Result<Self, Failure> {
        let (pem, key) = text.split_once("\n#\n").ok_or("not an authority")?;
        KeyPair::from_pem(key)?;
        Ok(Self { pem: pem.to_owned(), key: key.to_owned() })
    }

    /// Certificate and key, for another process.
    #[must_use]
    pub fn to_pem(&self) -> String {
        format!("{}\n#\n{}", self.pem, self.key)
    }

    /// The certificate alone, for those who are to trust it.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.pem
    }

    fn params() -> Result<CertificateParams, Failure> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Authority of the tests");
        Ok(params)
    }

    /// What a server needs that shows such a certificate, and speaks these protocols.
    ///
    /// # Errors
    ///
    /// When the certificate cannot be made.
    pub fn server(&self, certificate: Certificate, protocols: &[&str]) -> Result<Arc<ServerConfig>, Failure> {
        let name = if certificate == Certificate::WrongHost { "door.example" } else { "localhost" };
        let mut names = vec![name.to_owned()];
        if certificate != Certificate::WrongHost {
            names.push("127.0.0.1".to_owned());
        }
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
            Certificate::Untrusted => {
                let stranger = KeyPair::generate()?;
                params.signed_by(&key, &Issuer::new(Self::params()?, stranger))?
            }
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
