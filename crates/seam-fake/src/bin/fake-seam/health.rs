//! `--health-check`: checks the health of a running `fake-seam`, for containers without curl.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

/// The timeout for connecting and for each read and write.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Returns an error unless the server at this URL, `http://HOST:PORT`, responds to `GET /health` with status 200.
pub(crate) fn check(url: &str) -> Result<(), String> {
    let authority = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let authority = authority.ok_or_else(|| format!("invalid URL '{url}': expected http://HOST:PORT"))?;
    let addresses = authority.to_socket_addrs().map_err(|error| format!("cannot resolve '{authority}': {error}"))?;
    let mut failure = format!("no address found for '{authority}'");
    for address in addresses {
        match status(authority, address) {
            Ok(status) if status == "200" => return Ok(()),
            Ok(status) => return Err(format!("{url}/health responded with status {status}")),
            // `localhost` may resolve to an IPv4 and an IPv6 address, of which only one is served.
            Err(error) => failure = format!("cannot reach {address}: {error}"),
        }
    }
    Err(failure)
}

fn status(authority: &str, address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /health HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n")?;
    let mut head = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut head)?;
    Ok(String::from_utf8_lossy(&head).split(' ').next_back().unwrap_or_default().to_owned())
}
