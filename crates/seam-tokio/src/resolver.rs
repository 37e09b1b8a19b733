//! Host names, looked up by the operating system on a thread for each lookup.
//!
//! hyper-util does the same on tokio's pool of threads, which panics where no thread can be started.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    thread,
};

use tokio::sync::{Semaphore, oneshot};

/// How many lookups may run at once.
const LOOKUPS: usize = 32;

/// The lookups of a transport, of which at most 32 run at once. Clones share that limit.
#[derive(Clone, Debug)]
pub struct Lookups(Arc<Semaphore>);

impl Lookups {
    /// Creates a limit of its own.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS)))
    }
}

/// Looks up the addresses of a host, each with port 0.
///
/// # Errors
///
/// Those of the operating system, and that no thread can be started.
pub async fn resolve(host: String, lookups: Lookups) -> io::Result<Vec<SocketAddr>> {
    // A lookup cannot be stopped, so it keeps its permit although its result may no longer be needed.
    let permit = lookups.0.acquire_owned().await.map_err(io::Error::other)?;
    let (sender, receiver) = oneshot::channel();
    let look_up = move || {
        let found = (host.as_str(), 0).to_socket_addrs().map(Iterator::collect);
        drop(permit);
        let _ = sender.send(found);
    };
    thread::Builder::new().name("seam-dns".to_owned()).spawn(look_up).map_err(|error| {
        io::Error::new(error.kind(), format!("no thread can be started to look up the host: {error}"))
    })?;
    receiver.await.map_err(io::Error::other)?
}
