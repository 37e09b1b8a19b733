//! A PIN that Seam generated.

use crate::{DeviceId, Pin, object::model};

model! {
    /// A PIN that Seam generated for a lock, and that no access code uses yet.
    pub struct GeneratedCode {
        /// The PIN.
        pub code: Option<Pin>,
        /// The lock for which the PIN is valid.
        pub device_id: Option<DeviceId>,
    }
}
