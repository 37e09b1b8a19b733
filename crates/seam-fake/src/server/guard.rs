//! Protection against requests with a foreign `Host` or `Origin`.
//!
//! A page in a developer's browser can send requests to any port of the machine. Without these checks any web page could
//! read the state with all keys, reset it, or make the fake send webhooks to other local ports.

use std::net::IpAddr;

use seam_core::{
    http::{HeaderMap, HeaderValue, Uri, Version, header, request::Parts, uri::Authority},
    test_util::ApiFault,
};

use crate::control_paths::is_same_origin_only;

/// Rejects a request whose `Host` or `Origin` does not match this server.
///
/// A server on a loopback address accepts only loopback names. Control routes accept only the server's own origin; Seam's
/// routes also accept other loopback origins, such as a web application under development.
pub(super) fn check(head: &Parts, is_on_loopback: bool) -> Result<(), ApiFault> {
    let host = match authority(head) {
        Ok(host) => host,
        Err(Invalid) => return Err(ApiFault::new(400, "invalid_host", "The Host header is not a host and port")),
    };
    if is_on_loopback && host.as_ref().is_some_and(|host| !is_loopback(host.host())) {
        return Err(ApiFault::new(
            421,
            "misdirected_request",
            "The Host header is not a loopback address; this server is bound to a loopback address, use localhost",
        ));
    }
    let mut origins = head.headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    // Browsers never send two.
    let origin = origin_authority(origin).filter(|_| origins.next().is_none());
    let is_own = origin.is_some() && origin == host;
    let is_local = origin.is_some_and(|origin| is_loopback(origin.host()));
    if is_own || (is_local && !is_same_origin_only(head.uri.path())) {
        return Ok(());
    }
    Err(ApiFault::new(403, "forbidden_origin", "Web pages of other origins may not use this server"))
}

/// Returns the value of `Access-Control-Allow-Origin` for a request that [`check`] accepts: the origin of the request, for
/// Seam's routes only.
pub(super) fn allowed_origin(headers: &HeaderMap, path: &str) -> Option<HeaderValue> {
    headers.get(header::ORIGIN).filter(|_| !is_same_origin_only(path)).cloned()
}

/// The error for an invalid host.
struct Invalid;

/// Returns the host and port of a request; `None` for an HTTP/1.0 request without a host.
fn authority(head: &Parts) -> Result<Option<Authority>, Invalid> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = match (head.uri.authority(), hosts.next()) {
        (Some(authority), _) => authority.clone(),
        (None, Some(host)) => Authority::try_from(host.as_bytes()).map_err(|_| Invalid)?,
        (None, None) if head.version < Version::HTTP_11 => return Ok(None),
        (None, None) => return Err(Invalid),
    };
    if hosts.next().is_some() || !is_host_and_port(&host) {
        return Err(Invalid);
    }
    Ok(Some(host))
}

/// Whether an authority is a host, or a host and a port. [`Authority`] also accepts user names, and any string after the
/// colon.
fn is_host_and_port(authority: &Authority) -> bool {
    let rest = authority.as_str().strip_prefix(authority.host());
    rest.is_some_and(|rest| rest.is_empty() || rest == ":" || authority.port_u16().is_some())
}

/// Returns the host and port of an origin; `None` for `null` and other origins without a host.
fn origin_authority(origin: &HeaderValue) -> Option<Authority> {
    Uri::try_from(origin.as_bytes()).ok()?.into_parts().authority.filter(is_host_and_port)
}

/// Whether a host name or address refers to this machine: `localhost`, its subdomains, and loopback addresses.
///
/// This intentionally accepts more than [`seam_core::is_loopback`]: a trailing dot, subdomains of `localhost`, and IPv4
/// addresses mapped to IPv6, since browsers send such hosts and resolve them to this machine. The other function decides
/// whether a client may send credentials without TLS, and accepts only hosts that no resolver can redirect.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
    name == "localhost"
        || name.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}
