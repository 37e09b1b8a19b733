//! Fetches an unmanaged access code over HTTP and prints it, then shows the error for an id that does not exist.
//!
//! ```console
//! $ cargo run --example unmanaged_access_code
//! An in-memory Seam listens on http://127.0.0.1:[..]
//!
//! Unmanaged access code 26d6138c-6524-4f3c-ac96-43cc3bea0a8d
//!   name     Neighbours
//!   PIN      1988
//!   type     ongoing
//!   created  2022-08-26T12:50:17.858Z
//!   starts   -
//!   ends     -
//!
//! And with an id that does not exist:
//!   GET /access_codes/unmanaged/get: 404 access_code_not_found: Could not find an access_code with device_id or access_code_id (request request-000002)
//! ```
//!
//! With an id as an argument it uses the real Seam, with the key in `SEAM_API_KEY`.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::error::Error;

use seam_fake::{API_KEY, FakeSeam, ONGOING_CODE};
use seam_reqwest::{Credentials, Seam};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(id) = std::env::args().nth(1) {
        return show(&seam_reqwest::from_env()?, &id).await;
    }
    // Seam is served until `server` is dropped.
    let server = FakeSeam::new().serve().await?;
    println!("An in-memory Seam listens on {}\n", server.url());
    let seam = seam_reqwest::builder()?.credentials(Credentials::api_key(API_KEY)?).base_url(server.url()).build()?;
    show(&seam, ONGOING_CODE).await
}

async fn show(seam: &Seam, id: &str) -> Result<(), Box<dyn Error>> {
    let unmanaged = seam.access_codes().unmanaged();
    let code = unmanaged.get(id).await?;

    let line = |name, value: Option<String>| println!("  {name:8} {}", value.as_deref().unwrap_or("-"));
    println!("Unmanaged access code {}", code.access_code_id);
    line("name", code.name);
    // `Debug` and `Display` print a PIN as `***`, so it is exposed explicitly.
    line("PIN", code.code.map(|pin| pin.expose_secret().to_owned()));
    line("type", code.r#type.map(|code_type| code_type.to_string()));
    line("created", code.created_at.map(|time| time.to_string()));
    line("starts", code.starts_at.map(|time| time.to_string()));
    line("ends", code.ends_at.map(|time| time.to_string()));
    for error in code.errors {
        line("error", error.error_code.map(|code| code.to_string()));
    }

    println!("\nAnd with an id that does not exist:");
    match unmanaged.get("00000000-0000-4000-8000-000000000000").await {
        Err(error) if error.is_not_found() => println!("  {error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => println!("  it exists"),
    }
    Ok(())
}
