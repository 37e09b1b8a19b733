//! Grants a guest access to a door for two days, and waits until the PIN is on the lock.
//!
//! ```console
//! $ cargo run --example grant_access
//! grant fa4e0001-0000-4000-8000-000000000001 for Grace Example
//! PIN code: 4860
//! ```
//!
//! With `SEAM_API_KEY` it creates a user and an access grant in a real workspace, for the lock whose id is the
//! argument.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::time::Duration;

use seam_fake::FRONT_DOOR;
use seam_guide::example;
use seam_reqwest::{
    Error,
    endpoints::access_grants::NewAccessMethod,
    model::{AccessMethodMode, Pin},
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let lock = example::argument("DEVICE_ID", FRONT_DOOR, "this creates a user who can open a real door");
    let seam = example::seam()?;
    let arrival = example::now();

    let guest = seam.user_identities().create().full_name("Grace Example").email_address("grace@example.com").await?;
    let grant = seam
        .access_grants()
        .create(&guest.user_identity_id, [NewAccessMethod::new(AccessMethodMode::Code)])
        .device_ids([&lock])
        .ends_at(arrival.clone() + Duration::from_secs(2 * 24 * 60 * 60))
        .starts_at(arrival)
        .await?;
    println!("grant {} for {}", grant.access_grant_id, guest.full_name.unwrap_or_default());

    // Seam responds before the lock has the PIN.
    let methods = seam
        .access_methods()
        .list()
        .access_grant_id(&grant.access_grant_id)
        .until(|page| page.items.iter().all(|method| method.is_issued == Some(true)))
        .timeout(Duration::from_secs(120))
        .await?;
    for method in methods.items {
        // The message to the guest is the only place where the PIN is exposed.
        let pin = method.code.as_ref().map_or("not reported", Pin::expose_secret);
        println!("{}: {pin}", method.display_name.unwrap_or_default());
    }
    Ok(())
}
