//! Builders of resources that tests add to a state.

use std::fmt;

use seam_core::model::{
    AccessCodeId, AcsEncoderId, AcsEntranceId, AcsSystemId, DeviceId, SpaceId, Timestamp, UserIdentityId,
};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    dependent::complete_display_name,
    json::{Object, add_string, inner, object, set, string},
    providers::{self, PROVIDERS},
    routes::{access_codes::code, acs, spaces, thermostats},
    seeds::building::{self, unmanaged_code},
    state::State,
    tables::{
        self, AccessCode, AcsEntrance, AcsSystem, ConnectedAccount, Device, Id, Resource, Space, TABLES, Table,
        UserIdentity, Workspace,
    },
};

/// A builder of a device, for [`FakeSeam::add_device`](crate::FakeSeam::add_device).
///
/// ```
/// use seam_fake::{FakeSeam, NewDevice};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let fake = FakeSeam::empty();
/// let gate = fake.add_device(NewDevice::lock().name("Gate").battery(0.1).unlocked());
/// fake.add_device(NewDevice::of_type("schlage_lock").id("shed").offline());
///
/// let device = fake.seam().devices().get(gate).await?;
/// assert_eq!(device.display_name.as_deref(), Some("Gate"));
/// let properties = device.properties.unwrap();
/// assert_eq!(properties.locked, Some(false));
/// assert_eq!(properties.battery.unwrap().status.unwrap().to_string(), "low");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder has no effect until it is added"]
pub struct NewDevice {
    device_type: String,
    name: Option<String>,
    fields: Object,
}

impl NewDevice {
    /// Creates a builder of a device of this type, such as `august_lock`, `ecobee_thermostat` or `minut_sensor`. A device of
    /// an unknown type has no capabilities.
    pub fn of_type(device_type: impl Into<String>) -> Self {
        Self { device_type: device_type.into(), name: None, fields: Object::new() }
    }

    /// Creates a builder of a lock that supports remote unlocking and access codes: an `august_lock`.
    pub fn lock() -> Self {
        Self::of_type("august_lock")
    }

    /// Creates a builder of a thermostat that heats and cools, with programs: an `ecobee_thermostat`.
    pub fn thermostat() -> Self {
        Self::of_type("ecobee_thermostat")
    }

    /// Creates a builder of a noise sensor: a `minut_sensor`.
    pub fn noise_sensor() -> Self {
        Self::of_type("minut_sensor")
    }

    /// Creates a builder of a camera: a `ring_camera`.
    pub fn camera() -> Self {
        Self::of_type("ring_camera")
    }

    /// Sets the id. Default: a generated id.
    pub fn id(self, id: impl Into<DeviceId>) -> Self {
        self.field("device_id", id.into().as_str())
    }

    /// Sets the name. Default: the name of the provider.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the workspace. Default: [`WORKSPACE`](crate::WORKSPACE).
    pub fn workspace(self, workspace_id: impl Into<String>) -> Self {
        self.field("workspace_id", workspace_id.into())
    }

    /// Sets any field of the device, such as `custom_metadata`, as JSON.
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.fields, name, value);
        self
    }

    /// Sets one of the `properties`, such as `battery_level`, as JSON. Dependent fields are also set: the `battery` with its
    /// status, a temperature in the other unit, the error of a device that is not `online`.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(properties) = inner(&mut self.fields, "properties") {
            set(properties, name, value);
        }
        self
    }

    /// Sets the device offline: actions fail, and access codes are not set.
    pub fn offline(self) -> Self {
        self.property("online", false)
    }

    /// Sets the bolt locked, the default.
    pub fn locked(self) -> Self {
        self.property("locked", true)
    }

    /// Sets the bolt unlocked.
    pub fn unlocked(self) -> Self {
        self.property("locked", false)
    }

    /// Sets the battery level, from 0 (empty) to 1 (full), and the corresponding status: critical, low, good or full.
    ///
    /// # Panics
    ///
    /// Panics if `level` is not between 0 and 1.
    pub fn battery(self, level: f64) -> Self {
        assert!((0.0..=1.0).contains(&level), "the battery level must be from 0 to 1, not {level}");
        self.property("battery_level", level)
    }

    /// Sets the measured temperature, in both units.
    pub fn temperature_celsius(self, degrees: f64) -> Self {
        self.property("temperature_celsius", degrees)
    }

    /// Adds the device to a space, which may be created later. Can be called more than once.
    pub fn in_space(mut self, space: impl Into<SpaceId>) -> Self {
        add_string(&mut self.fields, "space_ids", space.into().as_str());
        self
    }

    /// Sets the device unmanaged.
    pub fn unmanaged(self) -> Self {
        self.field("is_managed", false)
    }
}

impl fmt::Debug for NewDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Any field may be secret.
        f.debug_struct("NewDevice")
            .field("device_type", &self.device_type)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Implements the common setters of the other builders, and a `Debug` without fields, since any field may be secret.
macro_rules! builder {
    ($name:ident, $id:ty, $id_field:literal) => {
        impl $name {
            /// Sets the id. Default: a generated id.
            pub fn id(self, id: impl Into<$id>) -> Self {
                self.field($id_field, id.into().as_str())
            }

            /// Sets the workspace. Default: [`WORKSPACE`](crate::WORKSPACE).
            pub fn workspace(self, workspace_id: impl Into<String>) -> Self {
                self.field("workspace_id", workspace_id.into())
            }

            /// Sets any field, as JSON.
            pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
                set(&mut self.fields, name, value);
                self
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

/// A builder of an access code, for [`FakeSeam::add_access_code`](crate::FakeSeam::add_access_code): by default a managed code
/// that works until it is deleted.
///
/// ```
/// use seam_fake::{FakeSeam, NewAccessCode, NewDevice};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let fake = FakeSeam::empty();
/// let gate = fake.add_device(NewDevice::lock());
/// let times = ("2026-11-24T08:00:00Z".parse()?, "2026-11-25T08:00:00Z".parse()?);
/// let code = fake.add_access_code(NewAccessCode::on(&gate).code("482913").name("Guest").between(times.0, times.1));
///
/// let code = fake.seam().access_codes().get(code).await?;
/// assert_eq!(code.status.unwrap().to_string(), "set");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder has no effect until it is added"]
pub struct NewAccessCode {
    fields: Object,
}

builder!(NewAccessCode, AccessCodeId, "access_code_id");

impl NewAccessCode {
    /// Creates a builder of a code on this lock, in the workspace of the lock.
    pub fn on(device: impl Into<DeviceId>) -> Self {
        Self { fields: object(json!({ "device_id": device.into().as_str() })) }
    }

    /// Sets the PIN. Default: the lock does not report the PIN.
    pub fn code(self, pin: impl Into<String>) -> Self {
        self.field("code", pin.into())
    }

    /// Sets the name.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.field("name", name.into())
    }

    /// Makes the code time-bound: it works between these times only.
    pub fn between(self, starts_at: Timestamp, ends_at: Timestamp) -> Self {
        self.field("type", "time_bound").field("starts_at", starts_at.to_string()).field("ends_at", ends_at.to_string())
    }

    /// Sets the code unmanaged: created at the lock instead of through Seam.
    pub fn unmanaged(self) -> Self {
        self.field("is_managed", false)
    }
}

/// A builder of a user identity, for [`FakeSeam::add_user_identity`](crate::FakeSeam::add_user_identity).
#[derive(Clone)]
#[must_use = "a builder has no effect until it is added"]
pub struct NewUserIdentity {
    fields: Object,
}

builder!(NewUserIdentity, UserIdentityId, "user_identity_id");

impl NewUserIdentity {
    /// Creates a builder of a user identity with this full name.
    pub fn named(full_name: impl Into<String>) -> Self {
        let name = full_name.into();
        Self { fields: object(json!({ "full_name": name, "display_name": name })) }
    }

    /// Sets the email address.
    pub fn email(self, address: impl Into<String>) -> Self {
        self.field("email_address", address.into())
    }

    /// Sets the phone number, such as `+15551234567`.
    pub fn phone_number(self, number: impl Into<String>) -> Self {
        self.field("phone_number", number.into())
    }

    /// Sets the `user_identity_key`.
    pub fn key(self, key: impl Into<String>) -> Self {
        self.field("user_identity_key", key.into())
    }
}

/// A builder of a space with its devices and entrances, for [`FakeSeam::add_space`](crate::FakeSeam::add_space).
#[derive(Clone)]
#[must_use = "a builder has no effect until it is added"]
pub struct NewSpace {
    fields: Object,
    devices: Vec<DeviceId>,
    entrances: Vec<AcsEntranceId>,
}

builder!(NewSpace, SpaceId, "space_id");

impl NewSpace {
    /// Creates a builder of a space with this name.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        let fields = object(json!({ "name": name, "display_name": name }));
        Self { fields, devices: Vec::new(), entrances: Vec::new() }
    }

    /// Sets the `space_key`.
    pub fn key(self, key: impl Into<String>) -> Self {
        self.field("space_key", key.into())
    }

    /// Adds an existing device to the space. Can be called more than once.
    pub fn device(mut self, device: impl Into<DeviceId>) -> Self {
        self.devices.push(device.into());
        self
    }

    /// Adds an existing entrance to the space. Can be called more than once.
    pub fn entrance(mut self, entrance: impl Into<AcsEntranceId>) -> Self {
        self.entrances.push(entrance.into());
        self
    }
}

/// A builder of an access system with its entrances, its encoders and an account of its provider, for
/// [`FakeSeam::add_acs_system`](crate::FakeSeam::add_acs_system).
///
/// ```
/// use seam_fake::{FakeSeam, NewAcsSystem, NewSpace};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let fake = FakeSeam::empty();
/// let hotel = fake.add_acs_system(NewAcsSystem::visionline().name("Hotel").entrance("Room 101").encoder("Desk"));
/// let room = fake.add_space(NewSpace::named("Room 101").entrance(&hotel.acs_entrance_ids[0]));
///
/// let entrances = fake.seam().acs().entrances().list().acs_system_id(hotel.acs_system_id).await?;
/// assert_eq!(entrances.items[0].display_name.as_deref(), Some("Room 101"));
/// assert_eq!(fake.seam().spaces().get(room).await?.acs_entrance_count, Some(1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder has no effect until it is added"]
pub struct NewAcsSystem {
    external_type: String,
    fields: Object,
    entrances: Vec<String>,
    encoders: Vec<String>,
}

builder!(NewAcsSystem, AcsSystemId, "acs_system_id");

/// The ids of an added access system and of its parts, in the order of the builder calls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddedAcsSystem {
    /// The id of the system.
    pub acs_system_id: AcsSystemId,
    /// The ids of its entrances.
    pub acs_entrance_ids: Vec<AcsEntranceId>,
    /// The ids of its encoders.
    pub acs_encoder_ids: Vec<AcsEncoderId>,
}

impl NewAcsSystem {
    /// Creates a builder of a system of this external type, such as `visionline_system`, `salto_ks_site` or `brivo_account`.
    pub fn of_type(external_type: impl Into<String>) -> Self {
        Self { external_type: external_type.into(), fields: Object::new(), entrances: Vec::new(), encoders: Vec::new() }
    }

    /// Creates a builder of a Visionline system, with encoded cards and mobile keys.
    pub fn visionline() -> Self {
        Self::of_type("visionline_system")
    }

    /// Creates a builder of a Salto KS site.
    pub fn salto_ks() -> Self {
        Self::of_type("salto_ks_site")
    }

    /// Creates a builder of a Brivo account.
    pub fn brivo() -> Self {
        Self::of_type("brivo_account")
    }

    /// Sets the name. Default: the name of the provider.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.field("name", name.into())
    }

    /// Adds an entrance with this name. Can be called more than once.
    pub fn entrance(mut self, name: impl Into<String>) -> Self {
        self.entrances.push(name.into());
        self
    }

    /// Adds a card encoder with this name. Can be called more than once.
    pub fn encoder(mut self, name: impl Into<String>) -> Self {
        self.encoders.push(name.into());
        self
    }

    /// Adds the system to the state, with an account of its provider.
    pub(crate) fn add_to(self, state: &mut State) -> AddedAcsSystem {
        let Self { external_type, fields, entrances, encoders } = self;
        let workspace = Id::of(&fields).unwrap_or_else(building::workspace);
        let brand = providers::of_system_type(&external_type);
        let account = account_of(state, &workspace, brand.map_or(&*external_type, |provider| provider.name));
        let system = state.add_system(&account, &external_type, fields);
        let mut add_entrance = |name: &String| state.add_entrance(&system, name, Object::new()).as_str().into();
        let acs_entrance_ids = entrances.iter().map(&mut add_entrance).collect();
        let mut add_encoder = |name: &String| state.add_encoder(&system, name, Object::new()).as_str().into();
        let acs_encoder_ids = encoders.iter().map(&mut add_encoder).collect();
        AddedAcsSystem { acs_system_id: system.as_str().into(), acs_entrance_ids, acs_encoder_ids }
    }
}

/// Returns the account of this provider in a workspace. Adds one if there is none.
fn account_of(state: &mut State, workspace: &Id<Workspace>, brand: &str) -> Id<ConnectedAccount> {
    let is_of_brand = |account: &&Object| string(account, "_provider") == Some(brand) && workspace.is_in(account);
    let known = state.rows::<ConnectedAccount>().find(is_of_brand).and_then(Id::of);
    known.unwrap_or_else(|| state.add_account(workspace, brand, Object::new()))
}

impl NewDevice {
    /// Adds the device to the state, with an account of its provider.
    pub(crate) fn add_to(self, state: &mut State) -> Id<Device> {
        let Self { device_type, name, mut fields } = self;
        let provider = providers::of_device_type(&device_type);
        let name = name.unwrap_or_else(|| provider.map_or(&*device_type, |provider| provider.display_name).to_owned());
        let workspace = Id::of(&fields).unwrap_or_else(building::workspace);
        if string(&fields, "connected_account_id").is_none() {
            let brand = provider.or(PROVIDERS.first()).map_or("", |provider| provider.name);
            let account = account_of(state, &workspace, brand);
            set(&mut fields, "connected_account_id", account);
        }
        add_device(state, &workspace, &device_type, &name, fields)
    }
}

/// Adds a device of this type, with the capabilities of its provider unless `fields` overrides them.
fn add_device(
    state: &mut State,
    workspace: &Id<Workspace>,
    device_type: &str,
    name: &str,
    fields: Object,
) -> Id<Device> {
    let given = fields.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let id = state.add_device(workspace, device_type, name, fields);
    if !["is_heating", "is_cooling", "is_fan_running"].iter().any(|name| given.contains_key(*name)) {
        thermostats::update_activity_of(state, &id);
    }
    id
}

impl NewAccessCode {
    /// Adds the code to the state, in the workspace of its lock.
    pub(crate) fn add_to(self, state: &mut State) -> Id<AccessCode> {
        let mut fields = self.fields;
        if !fields.contains_key("workspace_id") {
            let device = Id::<Device>::of(&fields).and_then(|id| state.get(&id));
            let workspace = device.and_then(Id::of).unwrap_or_else(building::workspace);
            set(&mut fields, "workspace_id", workspace);
        }
        add_access_code(state, fields)
    }
}

impl NewUserIdentity {
    /// Adds the user identity to the state.
    pub(crate) fn add_to(self, state: &mut State) -> Id<UserIdentity> {
        Id::new(add_resource(state, UserIdentity::TABLE, self.fields))
    }
}

impl NewSpace {
    /// Adds the space to the state, with its devices and entrances.
    pub(crate) fn add_to(self, state: &mut State) -> Id<Space> {
        let id = Id::new(add_resource(state, Space::TABLE, self.fields));
        for device in &self.devices {
            spaces::add(state, &Id::<Device>::new(device.as_str()), &id);
        }
        for entrance in &self.entrances {
            spaces::add(state, &Id::<AcsEntrance>::new(entrance.as_str()), &id);
        }
        id
    }
}

/// Adds a resource of any kind as JSON, and returns its id.
pub(crate) fn add_resource(state: &mut State, table: &'static Table, mut resource: Object) -> String {
    for owner in [AcsSystem::TABLE, Device::TABLE] {
        let row = string(&resource, owner.id).filter(|_| table != owner).and_then(|id| state.table(owner).get(id));
        for name in ["workspace_id", "connected_account_id"] {
            if let Some(value) = row.and_then(|row| string(row, name)).filter(|_| !resource.contains_key(name)) {
                set(&mut resource, name, value);
            }
        }
    }
    let workspace = Id::of(&resource).unwrap_or_else(building::workspace);
    if table == Device::TABLE {
        let device_type = string(&resource, "device_type").unwrap_or_default().to_owned();
        let name = providers::of_device_type(&device_type).map_or(&*device_type, |provider| provider.display_name);
        return add_device(state, &workspace, &device_type, name, resource).to_string();
    }
    set(&mut resource, "workspace_id", &workspace);
    complete_display_name(&mut resource, table);
    acs::set_type(state, table, &mut resource);
    if table != AccessCode::TABLE {
        return state.insert_row(table, resource);
    }
    add_access_code(state, resource).to_string()
}

/// Adds an access code that is already on its lock, and schedules its end.
fn add_access_code(state: &mut State, code: Object) -> Id<AccessCode> {
    if code.get("is_managed") == Some(&Value::Bool(false)) {
        return state.insert::<AccessCode>(unmanaged_code(code));
    }
    let mut complete = object(json!({
        "code": null, "name": null, "type": "ongoing", "status": "set", "created_at": state.now_string(),
        "starts_at": null, "ends_at": null, "is_managed": true, "errors": [], "warnings": [], "pending_mutations": [],
    }));
    complete.extend(code);
    let id = state.insert::<AccessCode>(complete);
    code::schedule(state, &id);
    id
}

/// The error for an unknown kind of resource.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown resource kind {kind:?}; expected one of {}", kinds())]
pub struct UnknownKindError {
    kind: String,
}

/// Returns the kinds of resources, separated by commas.
pub(crate) fn kinds() -> String {
    TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ")
}

/// Returns the table of a kind of resource.
pub(crate) fn table_of(kind: &str) -> Result<&'static Table, UnknownKindError> {
    tables::by_name(kind).ok_or_else(|| UnknownKindError { kind: kind.to_owned() })
}
