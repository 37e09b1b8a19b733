//! The address that all requests go to, checked once when a client is built.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::{
    Uri,
    uri::{Authority, Scheme},
};

use crate::{Error, ErrorKind};

/// Where Seam is.
pub(crate) const DEFAULT: &str = "https://connect.getseam.com";

/// A scheme, an authority and perhaps a path without a slash at its end.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    path: String,
}

impl BaseUrl {
    /// Reads a base URL. Credentials travel to it, so it has to be HTTPS, unless the host is this
    /// machine or `allow_plain_http` says otherwise.
    pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<Self, Error> {
        let invalid = |problem: &str| {
            // The text may hold a password, so it is not shown.
            Err(Error::of_kind(
                ErrorKind::InvalidConfiguration,
                format!("the base URL {problem}; it should look like {DEFAULT}"),
            ))
        };
        let Ok(uri) = text.trim().parse::<Uri>() else { return invalid("cannot be read as a URL") };
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return invalid("has no scheme or no host");
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return invalid("is neither https nor http");
        }
        if authority.as_str().contains('@') {
            return invalid("holds a user name or password");
        }
        // What can be read as an authority may still lack a host, or have a port that no machine has.
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        if authority.host().is_empty() || (!port.is_empty() && authority.port_u16().is_none()) {
            return invalid("has no host, or a port that is not one");
        }
        if bracketed(authority.host()).is_some_and(|inside| inside.parse::<Ipv6Addr>().is_err()) {
            return invalid("has brackets around something that is not an IPv6 address");
        }
        if text.contains('#') || parts.path_and_query.as_ref().is_some_and(|path| path.query().is_some()) {
            return invalid("has a query or a fragment");
        }
        if scheme == Scheme::HTTP && !allow_plain_http && !is_loopback(authority.host()) {
            return invalid("is http, which would show the credentials to the network");
        }
        let path = parts.path_and_query.map_or_else(String::new, |path| path.path().trim_end_matches('/').to_owned());
        Ok(Self { scheme, authority, path })
    }

    /// The URI of `path` (and `query`, unless it is empty) below this one.
    pub(crate) fn join(&self, path: &str, query: &str) -> Result<Uri, http::Error> {
        let mark = if query.is_empty() { "" } else { "?" };
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(format!("{}{path}{mark}{query}", self.path))
            .build()
    }
}

/// Whether a host, as it stands in a URL, is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    match bracketed(host) {
        Some(inside) => inside.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// What is inside of the brackets that a URL puts around an IPv6 address.
fn bracketed(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}
