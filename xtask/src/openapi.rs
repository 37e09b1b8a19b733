//! `cargo xtask openapi [FILE]`: writes the API description and the annotations as an OpenAPI document.

use std::fs;

use xtask_programs::Result;

/// Writes the document to a file, or to standard output if there is none.
pub(crate) fn run(file: Option<&str>) -> Result {
    let document = format!("{:#}\n", seam_spec::openapi());
    match file {
        Some(file) => fs::write(file, document).map_err(|error| format!("cannot write {file}: {error}")),
        None => {
            print!("{document}");
            Ok(())
        }
    }
}
