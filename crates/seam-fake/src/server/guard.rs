//! Which requests come from elsewhere: another host's name, or a web page of another origin.
//!
//! A page in a developer's browser can send requests to any port of the machine. Without these rules any web page could
//! read the state with all keys, reset it, or have webhooks sent to other local ports.

use std::net::IpAddr;

use seam_core::{
    http::{HeaderMap, HeaderValue, Uri, header, request::Parts, uri::Authority},
    test_util::ApiFault,
};

use crate::control_paths::is_same_origin_only;

/// Rejects a request whose `Host` or `Origin` shows that it was not meant for this server.
///
/// A server on a loopback address answers only for loopback names. Routes that control the fake accept no other origin
/// than the server's own; the routes of Seam also accept other loopback origins, such as a web application under
/// development.
pub(super) fn check(head: &Parts, is_on_loopback: bool) -> Result<(), ApiFault> {
    let host = match authority(head) {
        Ok(host) => host,
        Err(Invalid) => return Err(ApiFault::new(400, "invalid_host", "The Host header is not a host and port")),
    };
    if is_on_loopback && host.as_ref().is_some_and(|host| !is_loopback(host.host())) {
        return Err(ApiFault::new(
            421,
            "misdirected_request",
            "The Host header names no loopback address; this server is bound to a loopback address, use localhost",
        ));
    }
    let Some(origin) = head.headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin_authority(origin);
    let is_own = origin.is_some() && origin == host;
    let is_neighbour = origin.is_some_and(|origin| is_loopback(origin.host()));
    if is_own || (is_neighbour && !is_same_origin_only(head.uri.path())) {
        return Ok(());
    }
    Err(ApiFault::new(403, "forbidden_origin", "Web pages of other origins may not use this server"))
}

/// The value of `Access-Control-Allow-Origin`, for a request that [`check`] accepts: of the routes of Seam only, and for
/// the origin that sent the request.
pub(super) fn allowed_origin(headers: &HeaderMap, path: &str) -> Option<HeaderValue> {
    headers.get(header::ORIGIN).filter(|_| !is_same_origin_only(path)).cloned()
}

/// A host or origin that cannot be read.
struct Invalid;

/// The host and port that a request is for; `None` for an HTTP/1.0 request that names none.
fn authority(head: &Parts) -> Result<Option<Authority>, Invalid> {
    if let Some(authority) = head.uri.authority() {
        return Ok(Some(authority.clone()));
    }
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let Some(host) = hosts.next() else { return Ok(None) };
    if hosts.next().is_some() {
        return Err(Invalid);
    }
    Authority::try_from(host.as_bytes()).map(Some).map_err(|_| Invalid)
}

/// The host and port of an origin; `None` for `null` and other origins without one.
fn origin_authority(origin: &HeaderValue) -> Option<Authority> {
    Uri::try_from(origin.as_bytes()).ok()?.into_parts().authority
}

/// Returns whether a host name or address is one of this machine: `localhost`, names below it, and loopback addresses.
///
/// This accepts more than [`seam_core::is_loopback`] on purpose: a trailing dot, names below `localhost`, and IPv4 addresses
/// that are mapped to IPv6, since browsers send such hosts and resolve them to this machine. The other function decides
/// whether a client may send credentials without TLS, and accepts only what no resolver can send elsewhere.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
    name == "localhost"
        || name.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}
