//! Prints the battery level of each lock, without async.
//!
//! ```console
//! $ cargo run --example blocking
//! Front Door   100 %
//! Back Door    100 %
//! Garage       100 %
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use seam_guide::example;

fn main() -> Result<(), seam_reqwest::Error> {
    let seam = match example::fake() {
        Some(fake) => fake.seam(),
        None => seam_reqwest::blocking::from_env()?,
    };
    for lock in seam.locks().list().block()? {
        let name = lock.display_name.unwrap_or_default();
        match lock.properties.and_then(|properties| properties.battery_level) {
            Some(level) => println!("{name:12} {:3.0} %", level * 100.0),
            None => println!("{name:12}   ?"),
        }
    }
    Ok(())
}
