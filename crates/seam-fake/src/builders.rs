//! A test's own state, in a few lines.

use std::fmt;

use seam_core::model::DeviceId;
use serde_json::Value;
use thiserror::Error;

use crate::{
    FakeSeam,
    dependent::complete_device,
    providers::{self, PROVIDERS},
    routes::{acs, thermostats},
    seeds::building::WORKSPACE,
    state::{CONNECTED_ACCOUNTS, DEVICES, Object, TABLES, inner, object, set, text},
};

/// A device that a test puts into its state.
///
/// ```
/// use seam_fake::{FakeSeam, NewDevice};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let fake = FakeSeam::empty();
/// let gate = fake.add_device(NewDevice::of_type("schlage_lock").id("gate").name("Gate").offline());
///
/// let device = fake.seam().devices().get(gate).await?;
/// assert_eq!(device.display_name.as_deref(), Some("Gate"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "it is not there until it is added"]
pub struct NewDevice {
    device_type: String,
    name: Option<String>,
    fields: Object,
}

impl NewDevice {
    /// A device of this type, such as `august_lock`, `ecobee_thermostat` or `minut_sensor`. Of a type that the fake does
    /// not know, it is a device that can do nothing.
    pub fn of_type(device_type: impl Into<String>) -> Self {
        Self { device_type: device_type.into(), name: None, fields: Object::new() }
    }

    /// With this id; else it gets one.
    pub fn id(self, id: impl Into<DeviceId>) -> Self {
        self.field("device_id", id.into().as_str())
    }

    /// With this name; else it is called after its make.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// In this workspace, instead of [`WORKSPACE`].
    pub fn workspace(self, workspace_id: impl Into<String>) -> Self {
        self.field("workspace_id", workspace_id.into())
    }

    /// With any field of a device, such as `custom_metadata`, as it goes over the wire.
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.fields, name, value);
        self
    }

    /// With one of its `properties`, such as `battery_level`, as it goes over the wire. What follows from it is set too:
    /// the `battery` with its status, a temperature in the other unit, the error of a device that is not `online`.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(properties) = inner(&mut self.fields, "properties") {
            set(properties, name, value);
        }
        self
    }

    /// Not reachable: what it is told fails, and codes wait.
    pub fn offline(self) -> Self {
        self.property("online", false)
    }

    /// Not managed by Seam.
    pub fn unmanaged(self) -> Self {
        self.field("is_managed", false)
    }
}

impl fmt::Debug for NewDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Any field may hold what is secret.
        f.debug_struct("NewDevice")
            .field("device_type", &self.device_type)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// There is no such kind of things.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no kind {kind:?} of things: expected one of {}", kinds())]
pub struct UnknownKind {
    kind: String,
}

fn kinds() -> String {
    TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ")
}

impl FakeSeam {
    /// Puts a device into the state, with an account of its make; its id.
    #[expect(clippy::must_use_candidate, reason = "a device with an id that the test chose is named by that")]
    pub fn add_device(&self, device: NewDevice) -> DeviceId {
        self.change(|state| {
            let NewDevice { device_type, name, mut fields } = device;
            let provider = providers::of_device_type(&device_type);
            let name =
                name.unwrap_or_else(|| provider.map_or(&*device_type, |provider| provider.display_name).to_owned());
            let workspace = text(&fields, "workspace_id").unwrap_or(WORKSPACE).to_owned();
            if text(&fields, "connected_account_id").is_none() {
                let make = provider.or(PROVIDERS.first()).map_or("", |provider| provider.name);
                let is_of_make = |account: &&Object| {
                    text(account, "_provider") == Some(make) && text(account, "workspace_id") == Some(&workspace)
                };
                let known = state.rows(CONNECTED_ACCOUNTS).find(is_of_make);
                let known = known.and_then(|account| text(account, "connected_account_id")).map(str::to_owned);
                let account = known.unwrap_or_else(|| state.add_account(&workspace, make, Object::new()));
                set(&mut fields, "connected_account_id", account);
            }
            let given = fields.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
            let id = state.add_device(&workspace, &device_type, &name, fields);
            if !["is_heating", "is_cooling", "is_fan_running"].iter().any(|name| given.contains_key(*name)) {
                thermostats::settle_device(state, &id);
            }
            id.into()
        })
    }

    /// Puts a thing of any kind into the state, as it goes over the wire; its id, which it gets if it has none.
    ///
    /// The kinds are those of [`database`](Self::database), such as `spaces`. What things of this kind always have is
    /// filled in where `thing` leaves it out; without a `workspace_id` it belongs to [`WORKSPACE`].
    ///
    /// # Errors
    ///
    /// When there is no such kind.
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
    pub fn add(&self, kind: &str, thing: Value) -> Result<String, UnknownKind> {
        let table = TABLES.iter().find(|table| table.name == kind);
        let table = *table.ok_or_else(|| UnknownKind { kind: kind.to_owned() })?;
        let mut thing = object(thing);
        thing.entry("workspace_id").or_insert_with(|| Value::from(WORKSPACE));
        Ok(self.change(|state| {
            if table == DEVICES {
                let given = thing.clone();
                complete_device(&mut thing, &given, &state.now_text());
            }
            acs::set_type(state, table, &mut thing);
            state.insert(table, thing)
        }))
    }
}
