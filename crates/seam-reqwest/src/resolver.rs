//! Resolution of host names without the thread pool of tokio.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use seam_tokio::{Lookups, resolve};

/// The resolver of the operating system.
#[derive(Clone, Debug)]
pub(crate) struct SystemResolver {
    lookups: Lookups,
}

impl SystemResolver {
    pub(crate) fn new() -> Self {
        Self { lookups: Lookups::new() }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = resolve(name.as_str().to_owned(), self.lookups.clone());
        Box::pin(async move { Ok(Box::new(found.await?.into_iter()) as Addrs) })
    }
}
