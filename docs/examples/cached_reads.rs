//! Caches the responses of reads in a middleware.
//!
//! ```console
//! $ cargo run --example cached_reads
//! GET /devices/list_device_providers: sent
//! GET /devices/list_device_providers: from the cache
//! GET /devices/get: sent
//! GET /devices/get: sent
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use seam_guide::example;
use seam_reqwest::{
    Builder, Error, Idempotency, Request, RequestExt, Response, Transport, TransportError, async_trait, http::Uri,
};

/// The routes whose responses may be cached, and for how long. A read need not return the same response again: a lock
/// reports its battery at any time, `/access_codes/generate_code` returns another code each time, and Seam sends no
/// cache headers. So the program lists the routes whose responses rarely change.
const KEPT: [(&str, Duration); 2] =
    [("/devices/list_device_providers", Duration::from_secs(3600)), ("/workspaces/get", Duration::from_secs(60))];

/// A cache of successful responses of one client, and so of one set of credentials.
#[derive(Debug)]
struct Cache<T> {
    inner: T,
    kept: Mutex<HashMap<Uri, (Instant, Response)>>,
}

impl<T> Cache<T> {
    fn get(&self, uri: &Uri) -> Option<Response> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(uri).filter(|(end, _)| Instant::now() < *end).map(|(_, response)| response.clone())
    }

    fn put(&self, uri: Uri, age: Duration, response: Response) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (end, _)| Instant::now() < *end);
        kept.insert(uri, (Instant::now() + age, response));
    }
}

#[async_trait]
impl<T: Transport> Transport for Cache<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Some(spec) = request.spec() else { return self.inner.send(request).await };
        let line = format!("{} {}", request.method(), spec.path());
        // A request with a body has its parameters there, and is not cached.
        let is_read = spec.idempotency() == Idempotency::ReadOnly && request.body().is_empty();
        let age = KEPT.iter().find(|(path, _)| is_read && *path == spec.path()).map(|(_, age)| *age);
        let uri = request.uri().clone();
        if let Some(response) = age.and_then(|_| self.get(&uri)) {
            println!("{line}: from the cache");
            return Ok(response);
        }
        println!("{line}: sent");
        let response = self.inner.send(request).await?;
        if let Some(age) = age.filter(|_| response.status().is_success()) {
            self.put(uri, age, response.clone());
        }
        Ok(response)
    }
}

fn cached(builder: Builder) -> Builder {
    builder.wrap(|inner: Arc<dyn Transport>| Cache { inner, kept: Mutex::default() })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let seam = cached(example::builder()?).build()?;
    for _ in 0..2 {
        seam.devices().list_device_providers().await?;
    }
    let device = example::seam()?.devices().list().limit(1).await?.items.remove(0);
    for _ in 0..2 {
        seam.devices().get(&device.device_id).await?;
    }
    Ok(())
}
