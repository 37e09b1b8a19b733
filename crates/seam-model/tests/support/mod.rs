//! Objects generated from the API description: current and possible future responses of Seam.
#![allow(dead_code, reason = "each test file uses a part of this module")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert by panicking")]

use std::{collections::BTreeSet, fmt::Debug};

use seam_spec::{Field, Format, Kind, Schema, SecretDecision};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// The secret that must not be printed.
pub(crate) const CANARY: &str = "canary-7391";

/// Returns the fields that real responses omit although they are documented as required.
pub(crate) fn observed_absent() -> BTreeSet<String> {
    seam_spec::observed_absent().map(str::to_owned).collect()
}

/// Returns the number of variants of an object: events and action attempts have many.
pub(crate) fn variants(schema: &Schema) -> usize {
    match &schema.kind {
        Kind::Variants { variants, .. } => variants.len(),
        _ => 1,
    }
}

/// Deserializes `sample` from a `Value` and from a string, and checks that both are serialized unchanged.
#[track_caller]
pub(crate) fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(sample: &Value) -> T {
    let value: T = serde_json::from_value(sample.clone()).unwrap();
    assert_eq!(serde_json::to_value(&value).unwrap(), *sample, "serialized after reading a `Value`");
    let text = serde_json::to_string_pretty(sample).unwrap();
    let from_text: T = serde_json::from_str(&text).unwrap();
    assert_eq!(from_text, value);
    let written = serde_json::to_string(&from_text).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), *sample, "serialized after reading a string");
    value
}

/// Expands to each resource of the API description, with `check` for its type.
#[allow(unused_macros, reason = "each test file uses a part of this module")]
macro_rules! resources {
    ($check:ident) => {
        [
            ("access_code", $check::<seam_model::AccessCode> as _),
            ("access_grant", $check::<seam_model::AccessGrant> as _),
            ("access_method", $check::<seam_model::AccessMethod> as _),
            ("acs_access_group", $check::<seam_model::AcsAccessGroup> as _),
            ("acs_credential", $check::<seam_model::AcsCredential> as _),
            ("acs_encoder", $check::<seam_model::AcsEncoder> as _),
            ("acs_entrance", $check::<seam_model::AcsEntrance> as _),
            ("acs_system", $check::<seam_model::AcsSystem> as _),
            ("acs_user", $check::<seam_model::AcsUser> as _),
            ("action_attempt", $check::<seam_model::ActionAttempt> as _),
            ("batch", $check::<seam_model::Batch> as _),
            ("camera_live_view_answer", $check::<seam_model::CameraLiveViewAnswer> as _),
            ("camera_live_view_session", $check::<seam_model::CameraLiveViewSession> as _),
            ("client_session", $check::<seam_model::ClientSession> as _),
            ("connect_webview", $check::<seam_model::ConnectWebview> as _),
            ("connected_account", $check::<seam_model::ConnectedAccount> as _),
            ("customer_portal", $check::<seam_model::CustomerPortal> as _),
            ("device", $check::<seam_model::Device> as _),
            ("device_provider", $check::<seam_model::DeviceProvider> as _),
            ("event", $check::<seam_model::Event> as _),
            ("instant_key", $check::<seam_model::InstantKey> as _),
            ("media", $check::<seam_model::Media> as _),
            ("noise_threshold", $check::<seam_model::NoiseThreshold> as _),
            ("pagination", $check::<seam_model::Pagination> as _),
            ("phone", $check::<seam_model::Phone> as _),
            ("space", $check::<seam_model::Space> as _),
            ("thermostat_daily_program", $check::<seam_model::ThermostatDailyProgram> as _),
            ("thermostat_schedule", $check::<seam_model::ThermostatSchedule> as _),
            ("unmanaged_access_code", $check::<seam_model::UnmanagedAccessCode> as _),
            ("unmanaged_access_grant", $check::<seam_model::UnmanagedAccessGrant> as _),
            ("unmanaged_access_method", $check::<seam_model::UnmanagedAccessMethod> as _),
            ("unmanaged_device", $check::<seam_model::UnmanagedDevice> as _),
            ("unmanaged_user_identity", $check::<seam_model::UnmanagedUserIdentity> as _),
            ("user_identity", $check::<seam_model::UserIdentity> as _),
            ("webhook", $check::<seam_model::Webhook> as _),
            ("workspace", $check::<seam_model::Workspace> as _),
        ]
    };
}
#[allow(unused_imports, reason = "each test file uses a part of this module")]
pub(crate) use resources;

/// The mode of generating an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All documented fields.
    Full,
    /// Only required fields.
    Smallest,
    /// Any choice of fields and values.
    Random,
    /// Unknown fields, values and variants at every position.
    Unknown,
    /// `null` for every list, and for every value that may be absent or `null`.
    Nulls,
}

/// A generator of objects from the API description.
pub(crate) struct Sampler {
    pub(crate) mode: Mode,
    /// The seed of the choices.
    pub(crate) seed: u64,
    /// The positions to omit.
    pub(crate) without: BTreeSet<String>,
    /// Whether secrets are canaries.
    pub(crate) canaries: bool,
    /// The depth of references to other resources.
    depth: usize,
    /// The variant of unions, for modes that iterate over all variants.
    pub(crate) round: usize,
}

impl Sampler {
    pub(crate) fn new(mode: Mode, seed: u64) -> Self {
        Self { mode, seed, without: BTreeSet::new(), canaries: false, depth: 0, round: 0 }
    }

    /// Returns a pseudo-random number below `limit` (splitmix64).
    fn choose(&mut self, limit: usize) -> usize {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// Generates an object of the resource `name`.
    pub(crate) fn schema(&mut self, name: &str) -> Value {
        self.value(name, &seam_spec::api().resource(name).unwrap().schema)
    }

    /// Generates the parameters of a route.
    pub(crate) fn parameters(&mut self, path: &str) -> Value {
        self.value(path, &seam_spec::api().route(path).unwrap().parameters)
    }

    /// Generates the value in the response of a route, without the response key.
    pub(crate) fn answer(&mut self, path: &str) -> Value {
        let route = seam_spec::api().route(path).unwrap();
        let key = route.response_key.unwrap();
        let field = route.response.iter().find(|field| field.name == key).unwrap();
        self.value(path, &field.schema)
    }

    fn value(&mut self, path: &str, schema: &Schema) -> Value {
        if schema.nullable && (self.mode == Mode::Nulls || self.mode == Mode::Random && self.choose(4) == 0) {
            return Value::Null;
        }
        match &schema.kind {
            Kind::Any if self.mode == Mode::Full => json!({ "anything": [1, "two", null] }),
            Kind::Any => Value::Null,
            Kind::Boolean => json!(self.choose(2) == 0),
            Kind::Integer => json!(self.choose(100)),
            // Some parameters are documented as numbers but must be whole.
            Kind::Number if path.starts_with('/') => json!(self.choose(100)),
            Kind::Number => [json!(0), json!(21), json!(-3), json!(0.85), json!(21.75)][self.choose(5)].clone(),
            Kind::Time => json!(format!("2026-0{}-02T03:04:05.678Z", self.choose(9) + 1)),
            Kind::Uuid => json!(format!("{:08x}-6524-4f3c-ac96-43cc3bea0a8d", self.choose(1 << 30))),
            Kind::String | Kind::Uri | Kind::Email => json!(self.text(path)),
            Kind::Enum(_) if self.mode == Mode::Unknown => json!("brand_new"),
            Kind::Enum(values) => json!(values[self.choose(values.len())]),
            Kind::Object(fields) => Value::Object(self.fields(path, fields.iter())),
            Kind::List(_) if self.mode == Mode::Nulls => Value::Null,
            Kind::List(item) => {
                let length = match self.mode {
                    Mode::Smallest => 0,
                    // All variants of a union.
                    Mode::Full => match &item.kind {
                        Kind::Variants { variants, .. } => variants.len(),
                        _ => 1,
                    },
                    _ => self.choose(3),
                };
                let mut items = Vec::new();
                for round in 0..length {
                    self.round = round;
                    items.push(self.value(path, item));
                }
                Value::Array(items)
            }
            Kind::Map(item) => match self.mode {
                Mode::Smallest => json!({}),
                _ => json!({ "a name": self.value(path, item) }),
            },
            Kind::Choice(options) => {
                let choice = self.choose(options.len());
                self.value(path, &options[choice])
            }
            Kind::Variants { by, common, variants } => {
                let choice =
                    if self.mode == Mode::Full { self.round % variants.len() } else { self.choose(variants.len()) };
                let variant = &variants[choice];
                let mut object = self.fields(path, common.iter().chain(&variant.fields));
                if let (Some(by), Some(value)) = (by, variant.value) {
                    let value = if self.mode == Mode::Unknown { "brand_new" } else { value };
                    object.insert((*by).to_owned(), json!(value));
                }
                Value::Object(object)
            }
            Kind::Reference(name) => match seam_spec::api().resource(name) {
                Some(resource) if self.depth == 0 => {
                    self.depth += 1;
                    let value = self.value(name, &resource.schema);
                    self.depth -= 1;
                    value
                }
                // Resources that are named but not described, or a second level of them.
                _ => json!({ format!("{name}_id"): "1", "access_code_id": "1", "event_id": "1", "event_type": "x",
                             "device_id": "1", "action_attempt_id": "1", "status": "success" }),
            },
        }
    }

    fn fields<'f>(&mut self, path: &str, fields: impl Iterator<Item = &'f Field>) -> Map<String, Value> {
        let mut object = Map::new();
        for field in fields {
            let path = format!("{path}.{}", field.name);
            let is_there = match self.mode {
                Mode::Full | Mode::Unknown => true,
                Mode::Smallest => field.required,
                Mode::Random => field.required || self.choose(2) == 0,
                Mode::Nulls => {
                    if !field.required {
                        object.insert(field.name.to_owned(), Value::Null);
                    }
                    field.required
                }
            };
            if is_there && !self.without.contains(&path) {
                let value = self.value(&path, &field.schema);
                object.insert(field.name.to_owned(), value);
            }
        }
        if self.mode == Mode::Unknown {
            object.insert("brand_new_field".to_owned(), json!({ "holds": [CANARY, null, 1] }));
        }
        object
    }

    fn text(&mut self, path: &str) -> String {
        if self.canaries && matches!(seam_spec::annotations().secrets.get(path), Some((_, SecretDecision::Secret(_)))) {
            return CANARY.to_owned();
        }
        match seam_spec::annotations().formats.get(path) {
            Some((_, Format::Time)) => "2026-01-02T03:04:05.678Z".to_owned(),
            Some((_, Format::TimeOfDay)) => ["15:00", "06:30:00"][self.choose(2)].to_owned(),
            Some((_, Format::Duration)) => ["PT672H", "P29D"][self.choose(2)].to_owned(),
            _ => ["a text", "1988", "Zürich ☃", " "][self.choose(4)].to_owned(),
        }
    }
}
