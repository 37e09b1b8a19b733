//! Methods that add resources to a [`FakeSeam`].

use seam_core::model::{AccessCodeId, DeviceId, SpaceId, UnmanagedAccessCode, UserIdentityId};
use serde_json::Value;

use crate::{
    AddedAcsSystem, FakeSeam, NewAccessCode, NewAcsSystem, NewDevice, NewSpace, NewUserIdentity, UnknownKindError,
    builders::{add_resource, table_of},
    json::object,
    seeds::building,
    tables::AccessCode,
};

impl FakeSeam {
    /// Adds a device, with an account of its provider, and returns its id.
    #[expect(clippy::must_use_candidate, reason = "a test that sets the id does not need the result")]
    pub fn add_device(&self, device: NewDevice) -> DeviceId {
        self.change(|state| device.add_to(state)).as_str().into()
    }

    /// Adds an access code to its lock, and returns its id.
    #[expect(clippy::must_use_candidate, reason = "a test that sets the id does not need the result")]
    pub fn add_access_code(&self, code: NewAccessCode) -> AccessCodeId {
        self.change(|state| code.add_to(state)).as_str().into()
    }

    /// Adds an unmanaged access code, as if it had been created at the lock. A code with the same id is replaced.
    ///
    /// Absent required fields, such as the type and the status, get defaults.
    pub fn add_unmanaged_access_code(&self, code: UnmanagedAccessCode) {
        if let Ok(Value::Object(code)) = serde_json::to_value(&code) {
            self.change(|state| state.insert::<AccessCode>(building::unmanaged_code(code)));
        }
    }

    /// Adds a user identity, and returns its id.
    #[expect(clippy::must_use_candidate, reason = "a test that sets the id does not need the result")]
    pub fn add_user_identity(&self, identity: NewUserIdentity) -> UserIdentityId {
        self.change(|state| identity.add_to(state)).as_str().into()
    }

    /// Adds a space, and returns its id.
    #[expect(clippy::must_use_candidate, reason = "a test that sets the id does not need the result")]
    pub fn add_space(&self, space: NewSpace) -> SpaceId {
        self.change(|state| space.add_to(state)).as_str().into()
    }

    /// Adds an access system, with an account of its provider, and returns its id and those of its entrances and encoders.
    #[expect(clippy::must_use_candidate, reason = "a test that sets the id does not need the result")]
    pub fn add_acs_system(&self, system: NewAcsSystem) -> AddedAcsSystem {
        self.change(|state| system.add_to(state))
    }

    /// Adds a resource of any kind as JSON, and returns its id, which is generated if it is absent.
    ///
    /// The kinds are those of [`database`](Self::database), such as `spaces`. Absent required fields get
    /// defaults; without a `workspace_id` the resource belongs to [`WORKSPACE`](crate::WORKSPACE).
    ///
    /// # Errors
    ///
    /// Fails if the kind is unknown.
    ///
    /// ```
    /// use seam_fake::FakeSeam;
    /// use serde_json::json;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fake = FakeSeam::empty();
    /// fake.add("spaces", json!({ "space_id": "attic", "name": "Attic" }))?;
    /// assert_eq!(fake.seam().spaces().get("attic").await?.name.as_deref(), Some("Attic"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add(&self, kind: &str, resource: Value) -> Result<String, UnknownKindError> {
        let table = table_of(kind)?;
        Ok(self.change(|state| add_resource(state, table, object(resource))))
    }
}
