//! Wraps the transport in a middleware that logs each request and its result.
//!
//! ```console
//! $ cargo run --example middleware
//! GET /devices/list: 503 Service Unavailable
//! GET /devices/list: 200 OK
//! 5 devices
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::sync::Arc;

use seam_fake::Fault;
use seam_guide::example;
use seam_reqwest::{Builder, Error, RequestExt, Transport, transport_fn};

/// Adds a middleware that logs requests. It does not log the query and the body, which may contain names, ids and PINs.
fn logged(builder: Builder) -> Builder {
    builder.wrap(|inner| {
        transport_fn(move |request| {
            let inner = Arc::clone(&inner);
            async move {
                let line = format!("{} {}", request.method(), request.spec().map_or("", |spec| spec.path()));
                let result = inner.send(request).await;
                match &result {
                    Ok(response) => println!("{line}: {}", response.status()),
                    Err(error) => println!("{line}: {error}"),
                }
                result
            }
        })
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if let Some(fake) = example::fake() {
        // The client retries a read, and the middleware sees each attempt.
        fake.inject(Fault::status(503).on("/devices/list").times(1));
    }
    let seam = logged(example::builder()?).build()?;
    let devices = seam.devices().list().await?;
    println!("{} devices", devices.items.len());
    Ok(())
}
