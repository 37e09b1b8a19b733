//! Lists the devices of a workspace as a table: of the in-memory building, or of Seam with `SEAM_API_KEY`.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::error::Error;

use seam_core::Seam;
use seam_fake::FakeSeam;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::var_os("SEAM_API_KEY") {
        Some(_) => list(&seam_reqwest::from_env()?).await?,
        None => list(&FakeSeam::new().seam()).await?,
    }
    Ok(())
}

async fn list(seam: &Seam) -> Result<(), seam_core::Error> {
    let mut devices = seam.devices().list().items();
    while let Some(device) = devices.next().await {
        let device = device?;
        let device_type = device.device_type.map(|device_type| device_type.to_string()).unwrap_or_default();
        println!("{:12} {device_type:18} {}", device.display_name.unwrap_or_default(), device.device_id);
    }
    Ok(())
}
