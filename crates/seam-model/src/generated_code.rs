//! A PIN that Seam made up.

use crate::{DeviceId, Pin, object::model};

model! {
    /// A PIN that Seam made up for a lock, and that no access code has yet.
    pub struct GeneratedCode {
        /// The PIN.
        pub code: Option<Pin>,
        /// The lock that it fits.
        pub device_id: Option<DeviceId>,
    }
}
