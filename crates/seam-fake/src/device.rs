//! Compact rows of devices. Values that all devices of a type share are stored once instead of in every row, so that 100,000
//! devices fit into a few hundred megabytes.

use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
};

use serde_json::{Value, json};

use crate::{
    dependent::battery_status,
    json::{Object, object, set, string},
    providers::{PROVIDERS, Provider},
    shape,
    tables::{Device, Resource},
};

/// The marker of compact rows.
const COMPACT: &str = "_compact";

/// The values that all devices of a type share.
#[derive(Default)]
struct Common {
    fields: Object,
    properties: Object,
    /// Whether its devices have a battery status in addition to the level.
    has_battery: bool,
}

/// Returns the shared values of a device's type, which are computed for the first device of the type.
fn common(device: &Object) -> Option<&'static Common> {
    static TYPES: LazyLock<HashMap<&str, (&Provider, OnceLock<Common>)>> = LazyLock::new(|| {
        let with_devices = PROVIDERS.iter().filter(|provider| !provider.device_type.is_empty());
        with_devices.map(|provider| (provider.device_type, (provider, OnceLock::new()))).collect()
    });
    let (provider, common) = TYPES.get(string(device, "device_type")?)?;
    Some(common.get_or_init(|| {
        let mut fields = provider.fields();
        if let Some(seam_spec::Kind::Object(described)) =
            shape::resource(Device::TABLE.resource).map(|schema| &schema.kind)
        {
            let mut usual = Object::new();
            shape::fill(described, &mut usual, "");
            // Only empty defaults are the same in all devices.
            usual.retain(|_, value| value.is_null() || *value == json!([]) || *value == json!({}));
            for (name, value) in usual {
                fields.entry(name).or_insert(value);
            }
        }
        fields.remove("properties");
        Common { fields, properties: provider.constant_properties(), has_battery: provider.is_lock() }
    }))
}

/// Removes values from a row that are derived from its type and its other fields, if the row has all of them.
pub(crate) fn compact(device: &mut Object) {
    let Some(common) = common(device) else { return };
    let Some(Value::Object(mut properties)) = device.remove("properties") else { return };
    let derived = common.derived_properties(device, |name| properties.get(name));
    let is_complete = common.fields.keys().all(|name| device.contains_key(name))
        && common.properties.keys().chain(derived.keys()).all(|name| properties.contains_key(name));
    if is_complete {
        device.retain(|name, value| common.fields.get(name) != Some(value));
        properties.retain(|name, value| common.properties.get(name) != Some(value));
        properties.retain(|name, value| derived.get(name) != Some(value));
        set(device, COMPACT, true);
    }
    device.insert("properties".to_owned(), Value::Object(properties));
}

/// Whether a row is compact.
pub(crate) fn is_compact(device: &Object) -> bool {
    device.contains_key(COMPACT)
}

/// The values that [`compact`] removed from a row.
pub(crate) struct Compact {
    pub(crate) shared_fields: &'static Object,
    pub(crate) shared_properties: &'static Object,
    /// The properties that are derived from other fields of the row.
    pub(crate) derived_properties: Object,
}

impl Compact {
    /// Returns the values that a row lacks; `None` if it is not compact.
    pub(crate) fn of(own: &Object) -> Option<Self> {
        let common = common(own).filter(|_| is_compact(own))?;
        let properties = own.get("properties");
        let property = |name: &str| properties.and_then(|own| own.get(name)).or_else(|| common.properties.get(name));
        let derived_properties = common.derived_properties(own, property);
        Some(Self { shared_fields: &common.fields, shared_properties: &common.properties, derived_properties })
    }
}

/// Restores the values that [`compact`] removed.
pub(crate) fn complete(device: &mut Object) {
    if device.remove(COMPACT).is_none() {
        return;
    }
    let Some(common) = common(device) else { return };
    let mut properties = device.remove("properties").map(object).unwrap_or_default();
    add_missing(&mut properties, &common.properties);
    let derived = common.derived_properties(device, |name| properties.get(name));
    add_missing(&mut properties, &derived);
    add_missing(device, &common.fields);
    device.insert("properties".to_owned(), Value::Object(properties));
}

fn add_missing(object: &mut Object, fields: &Object) {
    for (name, value) in fields {
        if !object.contains_key(name) {
            object.insert(name.clone(), value.clone());
        }
    }
}

impl Common {
    /// Returns the properties that are derived from other fields.
    fn derived_properties<'a>(&self, device: &Object, property: impl Fn(&str) -> Option<&'a Value>) -> Object {
        let display_name = string(device, "display_name").unwrap_or_default();
        let name = property("name").and_then(Value::as_str).unwrap_or(display_name);
        let mut derived = object(json!({ "name": display_name, "appearance": { "name": name } }));
        let level = property("battery_level").and_then(Value::as_f64).filter(|_| self.has_battery);
        if let Some(level) = level {
            set(&mut derived, "battery", json!({ "level": level, "status": battery_status(level) }));
        }
        derived
    }
}

/// Returns a field of a device, its own or that of its type.
pub(crate) fn field<'a>(device: &'a Object, name: &str) -> Option<&'a Value> {
    let of_type = || common(device).filter(|_| is_compact(device))?.fields.get(name);
    device.get(name).or_else(of_type)
}

/// Whether a field of a device, its own or that of its type, is `true`.
pub(crate) fn flag(device: &Object, name: &str) -> bool {
    field(device, name).and_then(Value::as_bool).unwrap_or_default()
}

/// Whether a device has this capability.
pub(crate) fn has_capability(device: &Object, capability: &str) -> bool {
    let capabilities = field(device, "capabilities_supported").and_then(Value::as_array);
    capabilities.is_some_and(|capabilities| capabilities.iter().any(|other| other == capability))
}

/// Returns a property of a device, its own or that of its type.
pub(crate) fn property<'a>(device: &'a Object, name: &str) -> Option<&'a Value> {
    let own = device.get("properties").and_then(|properties| properties.get(name));
    own.or_else(|| {
        let of_type = common(device).filter(|_| is_compact(device))?.properties.get(name);
        of_type.or_else(|| device.get("display_name").filter(|_| name == "name"))
    })
}
