//! The address that all requests go to, checked once when a client is built.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::{
    Uri,
    uri::{Authority, Scheme},
};

use crate::{
    Error, ErrorKind,
    client::credentials::{QUOTED, is_quoted},
};

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
        let text = text.trim();
        if is_quoted(text) {
            return invalid(QUOTED);
        }
        let Ok(uri) = text.parse::<Uri>() else { return invalid("cannot be read as a URL") };
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
        let host = authority.host();
        if host.is_empty() || !is_port(authority.as_str().strip_prefix(host).unwrap_or_default()) {
            return invalid("has no host, or a port that is not one");
        }
        if bracketed(host).is_some_and(|inside| inside.parse::<Ipv6Addr>().is_err()) {
            return invalid("has brackets around something that is not an IPv6 address");
        }
        if text.contains('#') || parts.path_and_query.as_ref().is_some_and(|path| path.query().is_some()) {
            return invalid("has a query or a fragment");
        }
        if scheme == Scheme::HTTP && !allow_plain_http && !is_loopback(host) {
            return invalid("is http, which would show the credentials to the network");
        }
        if bracketed(host).is_none() && !is_name_or_ipv4(host) {
            return invalid("has a host that is neither a name nor an IP address in full");
        }
        let path = parts.path_and_query.map_or_else(String::new, |path| path.path().trim_end_matches('/').to_owned());
        if !is_plain_path(&path) {
            return invalid("has a path that may be read in several ways, by a backslash or a segment of dots");
        }
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

/// Whether what follows a host is nothing, or a colon and a port as it is usually written: what one program reads as
/// the port 80 must not be another port, or none, to the next.
fn is_port(text: &str) -> bool {
    let Some(port) = text.strip_prefix(':') else { return text.is_empty() };
    port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0') && port.parse::<u16>().is_ok()
}

/// Whether a host is a domain name, or an IPv4 address of four decimal numbers. Some programs also read `127.1` or
/// `0x7f000001` as an address, others as a name.
fn is_name_or_ipv4(host: &str) -> bool {
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // No top-level domain begins with a digit.
    let is_number = labels.last().is_some_and(|label| label.starts_with(|first: char| first.is_ascii_digit()));
    labels.iter().all(is_label) && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

/// Whether all programs read a path alike: some remove segments of dots, encoded ones too, and take a backslash for a
/// slash.
fn is_plain_path(path: &str) -> bool {
    let is_dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    !path.contains('\\') && !path.split('/').any(is_dots)
}

/// What is inside of the brackets that a URL puts around an IPv6 address.
fn bracketed(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}
