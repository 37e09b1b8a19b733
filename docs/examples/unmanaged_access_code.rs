//! Fetches an unmanaged access code and prints it, then shows what a wrong id looks like.
//!
//! Without a key it starts an in-memory Seam on a loopback port and asks that, over real HTTP:
//!
//! ```text
//! cargo run --example unmanaged_access_code
//! ```
//!
//! With a key and an id it asks the real one:
//!
//! ```text
//! SEAM_API_KEY=seam_... cargo run --example unmanaged_access_code -- 26d6138c-6524-4f3c-ac96-43cc3bea0a8d
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for the terminal")]

use std::process::ExitCode;

use seam_fake::FakeSeam;
use seam_reqwest::{Credentials, Error, Seam, model::UnmanagedAccessCode};

const NO_SUCH_CODE: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1) {
        Some(id) => ask_seam(&id).await,
        None => ask_fake_seam().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Asks the Seam that the environment names, with the key that it holds.
async fn ask_seam(id: &str) -> Result<(), Error> {
    show(&seam_reqwest::from_env()?, id).await
}

/// Asks an in-memory Seam, which needs neither account nor key.
async fn ask_fake_seam() -> Result<(), Error> {
    let fake = FakeSeam::new();
    let server = fake.serve().await.map_err(|error| Error::invalid_configuration("no loopback port", error))?;
    println!("An in-memory Seam listens on {}\n", server.url());
    let seam = seam_reqwest::builder()?
        .credentials(Credentials::api_key(seam_mock::API_KEY)?)
        .base_url(server.url())
        .build()?;
    show(&seam, seam_fake::ONGOING_CODE).await
}

/// The main job, whatever is at the other end of `seam`.
async fn show(seam: &Seam, id: &str) -> Result<(), Error> {
    let code = seam.access_codes().unmanaged().get(id).await?;
    println!("{}", describe(&code));

    println!("\nAnd with an id that does not exist:");
    match seam.access_codes().unmanaged().get(NO_SUCH_CODE).await {
        Err(error) if error.is_not_found() => println!("  {error}"),
        Err(error) => return Err(error),
        Ok(_) => println!("  it does exist"),
    }
    Ok(())
}

/// An access code as a person would want to see it. The PIN is shown: that is what was asked for here.
fn describe(code: &UnmanagedAccessCode) -> String {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let mut lines = vec![
        format!("Unmanaged access code {}", code.access_code_id),
        format!("  name     {}", text(code.name.clone())),
        format!("  PIN      {}", code.code.as_ref().map_or("not told by the lock", |pin| pin.expose_secret())),
        format!("  type     {}", text(code.r#type.as_ref().map(ToString::to_string))),
        format!("  created  {}", text(code.created_at.as_ref().map(ToString::to_string))),
    ];
    if let (Some(from), Some(to)) = (&code.starts_at, &code.ends_at) {
        lines.push(format!("  valid    {from} to {to}"));
    }
    lines.extend(code.errors.iter().filter_map(|error| Some(format!("  error    {}", error.error_code.as_ref()?))));
    lines.extend(
        code.warnings.iter().filter_map(|warning| Some(format!("  warning  {}", warning.warning_code.as_ref()?))),
    );
    lines.join("\n")
}
