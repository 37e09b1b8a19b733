//! The base URL of all requests, validated once when a client is built.

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use http::{
    Uri,
    uri::{self, Authority, PathAndQuery, Scheme},
};

use crate::{
    Error, ErrorKind,
    client::credentials::{QUOTED, is_quoted},
};

/// The base URL of Seam.
pub(crate) const DEFAULT: &str = "https://connect.getseam.com";

/// A scheme, an authority and an optional path without a trailing slash.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    path: String,
}

impl BaseUrl {
    /// Parses a base URL. It must be HTTPS because requests carry credentials, unless the host is a loopback address or
    /// `allow_plain_http` is set.
    pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<Self, Error> {
        let invalid = |problem: &str| {
            // The URL may contain a password, so the message does not quote it.
            Err(Error::of_kind(
                ErrorKind::InvalidConfiguration,
                format!("the base URL {problem}; expected a URL such as {DEFAULT}"),
            ))
        };
        let text = text.trim();
        if is_quoted(text) {
            return invalid(QUOTED);
        }
        let Ok(uri) = text.parse::<Uri>() else { return invalid("is not a valid URL") };
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return invalid("lacks a scheme or a host");
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return invalid("is neither https nor http");
        }
        if authority.as_str().contains('@') {
            return invalid("contains a user name or password");
        }
        let host = authority.host();
        if host.is_empty() || !is_port(authority.as_str().strip_prefix(host).unwrap_or_default()) {
            return invalid("lacks a host or has an invalid port");
        }
        if bracketed(host).is_some_and(|inside| inside.parse::<Ipv6Addr>().is_err()) {
            return invalid("has an invalid IPv6 address in brackets");
        }
        if text.contains('#') || parts.path_and_query.as_ref().is_some_and(|path| path.query().is_some()) {
            return invalid("has a query or a fragment");
        }
        if scheme == Scheme::HTTP && !allow_plain_http && !is_loopback(host) {
            return invalid("is http, which would send the credentials unencrypted");
        }
        if bracketed(host).is_none() && !is_name_or_ipv4(host) {
            return invalid("has a host that is neither a domain name nor a complete IP address");
        }
        let path = parts.path_and_query.map_or_else(String::new, |path| path.path().trim_end_matches('/').to_owned());
        if !is_plain_path(&path) {
            return invalid("has an ambiguous path: it contains a backslash or a dot segment");
        }
        Ok(Self { scheme, authority, path })
    }

    /// Returns the URI of `path`, with `query` unless it is empty, below this base URL.
    pub(crate) fn join(&self, path: &str, query: &str) -> Result<Uri, http::Error> {
        let mark = if query.is_empty() { "" } else { "?" };
        let target = [&self.path, path, mark, query].concat();
        let mut parts = uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(target))?);
        Ok(Uri::from_parts(parts)?)
    }
}

/// Returns whether the host of a URL is a loopback address: `localhost`, `127.0.0.0/8` or `[::1]`.
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

/// Returns whether the rest of an authority after its host is empty, or a colon and a port in canonical form. Programs
/// read other forms, such as `:080` or `:+80`, differently.
fn is_port(text: &str) -> bool {
    let Some(port) = text.strip_prefix(':') else { return text.is_empty() };
    port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0') && port.parse::<u16>().is_ok()
}

/// Returns whether a host is a domain name, or an IPv4 address of four decimal numbers. Some programs read `127.1` or
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

/// Returns whether a path is unambiguous: some programs remove dot segments, even encoded ones, and treat a backslash
/// as a slash.
fn is_plain_path(path: &str) -> bool {
    let is_dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    !path.contains('\\') && !path.split('/').any(is_dots)
}

/// Returns the IPv6 address without the brackets of its URL form.
fn bracketed(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}
