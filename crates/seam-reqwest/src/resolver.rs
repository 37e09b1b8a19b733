//! Host names, looked up by the operating system on a thread for each lookup.
//!
//! reqwest does the same on tokio's pool of threads, which panics where no thread can be started.

use std::{io, net::ToSocketAddrs, sync::Arc, thread};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

/// How many lookups may run at once.
const LOOKUPS: usize = 32;

/// The resolver of the operating system.
#[derive(Clone, Debug)]
pub(crate) struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl SystemResolver {
    pub(crate) fn new() -> Self {
        Self { lookups: Arc::new(Semaphore::new(LOOKUPS)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookups = Arc::clone(&self.lookups);
        Box::pin(async move {
            // A lookup cannot be stopped, so it keeps its permit although its result may no longer be needed.
            let permit = lookups.acquire_owned().await?;
            let (sender, receiver) = oneshot::channel();
            let look_up = move || {
                let found: io::Result<Vec<_>> = (name.as_str(), 0).to_socket_addrs().map(Iterator::collect);
                drop(permit);
                let _ = sender.send(found);
            };
            thread::Builder::new().name("seam-dns".to_owned()).spawn(look_up).map_err(|error| {
                io::Error::new(error.kind(), format!("no thread can be started to look up the host: {error}"))
            })?;
            Ok(Box::new(receiver.await??.into_iter()) as Addrs)
        })
    }
}
