//! Exports the access codes of all locks as CSV: those that Seam manages, and those that it does not.
//!
//! ```console
//! $ cargo run --example export_access_codes
//! lock,code,pin,starts at,ends at,managed
//! Front Door,Neighbours,***,,,no
//! Front Door,Painter,***,2026-11-23T07:00:00.000Z,2026-11-27T17:00:00.000Z,no
//! Front Door,Slot 3,,,,no
//! Back Door,Installer,***,,,no
//! $ cargo run --example export_access_codes -- --with-pins
//! lock,code,pin,starts at,ends at,managed
//! Front Door,Neighbours,1988,,,no
//! Front Door,Painter,4711,2026-11-23T07:00:00.000Z,2026-11-27T17:00:00.000Z,no
//! Front Door,Slot 3,,,,no
//! Back Door,Installer,2580,,,no
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use seam_guide::example;
use seam_reqwest::{
    Error,
    model::{Pin, Timestamp},
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let with_pins = std::env::args().any(|argument| argument == "--with-pins");
    let pin = |pin: Option<Pin>| match pin {
        // The only place where a PIN is exposed: anyone with this file can open the doors.
        Some(pin) if with_pins => pin.expose_secret().to_owned(),
        Some(pin) => pin.to_string(),
        // The lock does not report the PIN.
        None => String::new(),
    };
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();

    let seam = example::seam()?;
    println!("lock,code,pin,starts at,ends at,managed");
    for lock in seam.locks().list().await? {
        let name = lock.display_name.unwrap_or_default();
        let row = |columns: [String; 5]| println!("{},{}", cell(&name), columns.map(|text| cell(&text)).join(","));

        let mut codes = seam.access_codes().list().device_id(&lock.device_id).items();
        while let Some(code) = codes.next().await {
            let code = code?;
            row([
                code.name.unwrap_or_default(),
                pin(code.code),
                time(code.starts_at),
                time(code.ends_at),
                "yes".into(),
            ]);
        }
        let mut codes = seam.access_codes().unmanaged().list(&lock.device_id).items();
        while let Some(code) = codes.next().await {
            let code = code?;
            row([code.name.unwrap_or_default(), pin(code.code), time(code.starts_at), time(code.ends_at), "no".into()]);
        }
    }
    Ok(())
}

/// Quotes a string that would otherwise be parsed as several cells.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
