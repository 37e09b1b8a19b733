//! Converts the access codes that were already on a lock to managed ones.
//!
//! ```console
//! $ cargo run --example adopt_unmanaged_codes
//! Neighbours: converted
//! Painter: converted
//! Slot 3: converted
//! 3 codes are managed now
//! ```
//!
//! With `SEAM_API_KEY` it converts the codes of a real lock, whose id it requires as an argument.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use seam_fake::FRONT_DOOR;
use seam_guide::example;
use seam_reqwest::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let lock = example::argument("DEVICE_ID", FRONT_DOOR, "this converts the codes of a real lock");
    let seam = example::seam()?;
    let unmanaged = seam.access_codes().unmanaged();

    // The list is read completely first: a converted code leaves the list, and later pages would shift.
    let mut codes = Vec::new();
    let mut items = unmanaged.list(&lock).items();
    while let Some(code) = items.next().await {
        codes.push(code?);
    }

    for code in codes {
        let name = code.name.as_deref().unwrap_or("(no name)");
        if code.cannot_be_managed == Some(true) {
            println!("{name}: cannot be managed");
            continue;
        }
        match unmanaged.convert_to_managed(&code.access_code_id).and_wait().await {
            Ok(_) => println!("{name}: converted"),
            Err(error) if error.is_not_found() => println!("{name}: was removed in the meantime"),
            Err(error) => println!("{name}: {error}"),
        }
    }
    let managed = seam.access_codes().list().device_id(&lock).await?;
    println!("{} codes are managed now", managed.items.len());
    Ok(())
}
