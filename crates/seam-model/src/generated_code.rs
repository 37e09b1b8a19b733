//! A PIN that Seam made up.

use crate::{DeviceId, Extra, Pin, json_object};

/// A PIN that Seam made up for a lock, and that no access code has yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GeneratedCode {
    /// The PIN.
    pub code: Option<Pin>,
    /// The lock that it fits.
    pub device_id: Option<DeviceId>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    GeneratedCode {} [code, device_id] extra
}
