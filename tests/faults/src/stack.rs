//! The HTTP stacks of the clients, with the settings that the cases need.

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

/// An HTTP stack, over which all cases of the matrix pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// `seam-reqwest`.
    Reqwest,
    /// `seam-hyper`.
    Hyper,
}

impl Stack {
    /// All stacks.
    pub const ALL: [Self; 2] = [Self::Reqwest, Self::Hyper];

    /// The environment variable with the name of the stack to use.
    pub const VARIABLE: &'static str = "SEAM_FAULTS_STACK";

    /// Returns the name of the stack.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Hyper => "hyper",
        }
    }

    /// Returns the stack in the environment variable [`VARIABLE`](Self::VARIABLE), or reqwest if it is not set.
    #[must_use]
    pub fn of_environment() -> Self {
        let name = env::var(Self::VARIABLE).unwrap_or_default();
        Self::ALL.into_iter().find(|stack| stack.name() == name).unwrap_or(Self::Reqwest)
    }

    /// Returns the default settings of a transport.
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

/// The settings of a transport over any stack.
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
    /// Disables proxies, including those of the environment.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// Sets the proxy for all requests.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Proxy::Url(url.into());
        self
    }

    /// Sets the connect timeout.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets the function that resolves host names.
    #[must_use]
    pub fn resolver<F>(mut self, resolve: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        self.resolve = Some(Arc::new(move |host| Box::pin(resolve(host))));
        self
    }

    /// Sets the interval of pings on an HTTP/2 connection, and the timeout of a response to a ping.
    #[must_use]
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keep_alive = Some((interval, timeout));
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// If no TLS implementation is available, or the URL of the proxy is not valid.
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

/// A resolver of reqwest that calls the function of the settings.
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
