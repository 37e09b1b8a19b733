//! The HTTP stacks below the clients, with the settings that a case may need.

use std::{
    env,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use seam_core::Transport;
use seam_hyper::HyperTransport;
use seam_reqwest::{
    ReqwestTransport,
    reqwest::{
        self, ClientBuilder,
        dns::{Addrs, Name, Resolve, Resolving},
    },
};

/// An HTTP stack that keeps all that the matrix declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// `seam-reqwest`.
    Reqwest,
    /// `seam-hyper`.
    Hyper,
}

impl Stack {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Reqwest, Self::Hyper];

    /// The environment variable with the name of the stack to use.
    pub const VARIABLE: &'static str = "SEAM_FAULTS_STACK";

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Hyper => "hyper",
        }
    }

    /// The stack that the environment names, reqwest if it names none.
    #[must_use]
    pub fn of_environment() -> Self {
        let name = env::var(Self::VARIABLE).unwrap_or_default();
        Self::ALL.into_iter().find(|stack| stack.name() == name).unwrap_or(Self::Reqwest)
    }

    /// The settings that a user has without doing anything.
    #[must_use]
    pub fn transport(self) -> TransportSettings {
        TransportSettings { stack: self, proxy: Proxy::System, connect_timeout: None, resolve: None, keep_alive: None }
    }
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type Lookup = dyn Fn(String) -> BoxFuture<io::Result<Vec<IpAddr>>> + Send + Sync;

#[derive(Clone)]
enum Proxy {
    System,
    None,
    Url(String),
}

/// The settings of a transport, whatever its stack.
#[derive(Clone)]
pub struct TransportSettings {
    stack: Stack,
    proxy: Proxy,
    connect_timeout: Option<Duration>,
    resolve: Option<Arc<Lookup>>,
    keep_alive: Option<(Duration, Duration)>,
}

impl std::fmt::Debug for TransportSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransportSettings").field("stack", &self.stack).finish_non_exhaustive()
    }
}

impl TransportSettings {
    /// Uses no proxy, whatever the environment names.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// Sends all requests by way of this proxy.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Proxy::Url(url.into());
        self
    }

    /// Sets how long to try to connect.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets how to look up hosts.
    #[must_use]
    pub fn resolver<F>(mut self, resolve: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        self.resolve = Some(Arc::new(move |host| Box::pin(resolve(host))));
        self
    }

    /// Sets after how much silence an HTTP/2 connection is pinged, and how long the answer may take.
    #[must_use]
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keep_alive = Some((interval, timeout));
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// When this machine has no TLS, or the proxy cannot be used.
    pub fn build(self) -> Result<Arc<dyn Transport>, String> {
        let built = match self.stack {
            Stack::Reqwest => self.reqwest()?.build().map(|transport| Arc::new(transport) as Arc<dyn Transport>),
            Stack::Hyper => self.hyper().build().map(|transport| Arc::new(transport) as Arc<dyn Transport>),
        };
        built.map_err(|error| error.to_string())
    }

    fn reqwest(self) -> Result<seam_reqwest::ReqwestTransportBuilder, String> {
        let mut builder = ReqwestTransport::builder();
        if let Some(timeout) = self.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        let proxy = match self.proxy {
            Proxy::System => return Ok(builder),
            Proxy::None => None,
            Proxy::Url(url) => Some(reqwest::Proxy::all(url).map_err(|error| error.to_string())?),
        };
        let (resolve, keep_alive) = (self.resolve, self.keep_alive);
        Ok(builder.client(move |mut client: ClientBuilder| {
            client = match &proxy {
                Some(proxy) => client.proxy(proxy.clone()),
                None => client.no_proxy(),
            };
            if let Some(resolve) = &resolve {
                client = client.dns_resolver(Arc::new(Resolver(Arc::clone(resolve))));
            }
            if let Some((interval, timeout)) = keep_alive {
                client = client.http2_keep_alive_interval(interval).http2_keep_alive_timeout(timeout);
            }
            client
        }))
    }

    fn hyper(self) -> seam_hyper::HyperTransportBuilder {
        let mut builder = HyperTransport::builder();
        builder = match self.proxy {
            Proxy::System => builder,
            Proxy::None => builder.no_proxy(),
            Proxy::Url(url) => builder.proxy(url),
        };
        if let Some(timeout) = self.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(resolve) = self.resolve {
            builder = builder.resolver(move |host| resolve(host));
        }
        match self.keep_alive {
            Some((interval, timeout)) => builder.http2_keep_alive(interval, timeout),
            None => builder,
        }
    }
}

struct Resolver(Arc<Lookup>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let addresses: Addrs = Box::new(found.await?.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
