//! `/access_codes`: the codes that open locks.

pub mod unmanaged;

use crate::Seam;

/// The routes below `/access_codes`.
#[derive(Clone, Copy, Debug)]
pub struct AccessCodes<'a> {
    seam: &'a Seam,
}

impl Seam {
    /// The codes that open locks: `/access_codes`.
    #[must_use]
    pub fn access_codes(&self) -> AccessCodes<'_> {
        AccessCodes { seam: self }
    }
}

impl<'a> AccessCodes<'a> {
    /// Codes that exist on a lock but were not made through Seam: `/access_codes/unmanaged`.
    #[must_use]
    pub fn unmanaged(&self) -> unmanaged::Unmanaged<'a> {
        unmanaged::Unmanaged::new(self.seam)
    }
}
