//! Runs the client over another HTTP stack: hyper's client with rustls. The transport itself is in
//! `docs/src/hyper_transport.rs`, which you can copy.
//!
//! ```console
//! $ cargo run --example custom_transport
//! Front Door
//! Back Door
//! Garage
//! Hallway
//! Lounge
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::error::Error;

use hyper_rustls::HttpsConnectorBuilder;
use rustls::crypto::aws_lc_rs;
use seam_fake::API_KEY;
use seam_guide::{example, hyper_transport::HyperTransport};
use seam_reqwest::{Credentials, Environment, Seam};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .build();
    let builder = Seam::builder(HyperTransport::new(https));

    // An HTTP stack needs a server, so the in-memory Seam is served on a loopback port until `server` is dropped.
    let server;
    let seam = match example::fake() {
        Some(fake) => {
            server = fake.serve().await?;
            builder.credentials(Credentials::api_key(API_KEY)?).base_url(server.url()).build()?
        }
        None => builder.environment(Environment::read()?).build()?,
    };

    // The client handles retries, timeouts, pagination and decoding over every transport.
    let mut devices = seam.devices().list().limit(2).items();
    while let Some(device) = devices.next().await {
        println!("{}", device?.display_name.unwrap_or_default());
    }
    Ok(())
}
