//! Resolution of host names by the operating system, with a thread for each lookup.
//!
//! hyper-util uses the thread pool of tokio, which panics if no thread can be started.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    thread,
};

use tokio::sync::{Semaphore, oneshot};

/// The maximum number of concurrent lookups.
const LOOKUPS: usize = 32;

/// The lookups of a transport, of which at most 32 run concurrently. Clones share that limit.
#[derive(Clone, Debug)]
pub struct Lookups(Arc<Semaphore>);

impl Lookups {
    /// Creates a new limit.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS)))
    }
}

/// Looks up the addresses of a host, each with port 0.
///
/// # Errors
///
/// Returns the errors of the operating system, and an error when no thread can be started.
pub async fn resolve(host: String, lookups: Lookups) -> io::Result<Vec<SocketAddr>> {
    // A lookup cannot be cancelled, so it keeps its permit even if its result is no longer needed.
    let permit = lookups.0.acquire_owned().await.map_err(io::Error::other)?;
    let (sender, receiver) = oneshot::channel();
    let look_up = move || {
        let found = (host.as_str(), 0).to_socket_addrs().map(Iterator::collect);
        drop(permit);
        let _ = sender.send(found);
    };
    thread::Builder::new()
        .name("seam-dns".to_owned())
        .spawn(look_up)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot start a thread to look up the host: {error}")))?;
    receiver.await.map_err(io::Error::other)?
}
