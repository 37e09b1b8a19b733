//! Lists the devices of a workspace as a table.
//!
//! ```console
//! $ cargo run --example list_devices
//! Front Door   august_lock        a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10
//! Back Door    nuki_lock          c41b7f0e-8a6d-4c0b-b1f4-6d2e9a7c3b21
//! Garage       kwikset_lock       3f9d0c1b-72e4-4a86-9b5d-8e1c0a6f2d34
//! Hallway      ecobee_thermostat  7b2e9c40-1d5f-4c38-8a67-0f3e6d9b1c52
//! Lounge       minut_sensor       e06a4d7c-9b13-4f2e-a85c-2d7f1b0c9e63
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use seam_guide::example;

#[tokio::main]
async fn main() -> Result<(), seam_reqwest::Error> {
    let seam = example::seam()?;
    let mut devices = seam.devices().list().items();
    while let Some(device) = devices.next().await {
        let device = device?;
        let device_type = device.device_type.map(|device_type| device_type.to_string()).unwrap_or_default();
        println!("{:12} {device_type:18} {}", device.display_name.unwrap_or_default(), device.device_id);
    }
    Ok(())
}
