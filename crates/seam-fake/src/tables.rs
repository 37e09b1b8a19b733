//! The tables of the state, and the identifiers of their rows.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    ops::Deref,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::json::{Object, string, strings};

/// The description of a table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name, which is also its name in `/_fake/database`.
    pub(crate) name: &'static str,
    /// The resource of its rows; empty for tables without a resource in the API.
    pub(crate) resource: &'static str,
    /// The field that holds the identifiers of its rows.
    pub(crate) id: &'static str,
}

/// A marker type for the rows of one table, so that the identifiers of tables are distinct types.
pub(crate) trait Resource {
    const TABLE: &'static Table;
}

macro_rules! tables {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $resource:literal, $id:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub(crate) enum $kind {}

            impl Resource for $kind {
                const TABLE: &'static Table = &Table { name: $name, resource: $resource, id: $id };
            }
        )*

        /// All tables.
        pub(crate) const TABLES: &[&Table] = &[$($kind::TABLE),*];
    };
}

tables! {
    AccessCode = "access_codes", "access_code", "access_code_id";
    AccessGrant = "access_grants", "access_grant", "access_grant_id";
    AccessMethod = "access_methods", "access_method", "access_method_id";
    /// Personal access tokens, with `token` and `user_id`.
    AccessToken = "access_tokens", "", "access_token_id";
    AcsAccessGroup = "acs_access_groups", "acs_access_group", "acs_access_group_id";
    AcsCredential = "acs_credentials", "acs_credential", "acs_credential_id";
    AcsEncoder = "acs_encoders", "acs_encoder", "acs_encoder_id";
    AcsEntrance = "acs_entrances", "acs_entrance", "acs_entrance_id";
    AcsSystem = "acs_systems", "acs_system", "acs_system_id";
    AcsUser = "acs_users", "acs_user", "acs_user_id";
    ActionAttempt = "action_attempts", "action_attempt", "action_attempt_id";
    /// API keys, with `token`.
    ApiKey = "api_keys", "", "api_key_id";
    ClientSession = "client_sessions", "client_session", "client_session_id";
    ConnectedAccount = "connected_accounts", "connected_account", "connected_account_id";
    ConnectWebview = "connect_webviews", "connect_webview", "connect_webview_id";
    /// Customers from pushed data, with `customer_key`.
    Customer = "customers", "", "customer_id";
    DailyProgram = "thermostat_daily_programs", "thermostat_daily_program", "thermostat_daily_program_id";
    Device = "devices", "device", "device_id";
    Event = "events", "event", "event_id";
    InstantKey = "instant_keys", "instant_key", "instant_key_id";
    LiveView = "camera_live_view_sessions", "camera_live_view_session", "camera_live_view_session_id";
    Media = "media", "media", "media_id";
    NoiseThreshold = "noise_thresholds", "noise_threshold", "noise_threshold_id";
    Phone = "phones", "phone", "device_id";
    Space = "spaces", "space", "space_id";
    ThermostatSchedule = "thermostat_schedules", "thermostat_schedule", "thermostat_schedule_id";
    UserIdentity = "user_identities", "user_identity", "user_identity_id";
    /// Sessions of the Seam Console, with `user_id` and `key`.
    UserSession = "user_sessions", "", "user_session_id";
    /// Memberships of users in workspaces.
    UserWorkspace = "user_workspaces", "", "user_workspace_id";
    Webhook = "webhooks", "webhook", "webhook_id";
    Workspace = "workspaces", "workspace", "workspace_id";
}

/// The tables with a list that has the parameter `search`.
pub(crate) const SEARCHED: [&Table; 12] = [
    AccessCode::TABLE,
    AccessGrant::TABLE,
    AcsAccessGroup::TABLE,
    AcsCredential::TABLE,
    AcsEntrance::TABLE,
    AcsSystem::TABLE,
    AcsUser::TABLE,
    ConnectWebview::TABLE,
    ConnectedAccount::TABLE,
    Device::TABLE,
    Space::TABLE,
    UserIdentity::TABLE,
];

/// Returns the table with this name.
pub(crate) fn by_name(name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.name == name)
}

/// The identifier of a row of one table.
pub(crate) struct Id<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: PhantomData }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K: Resource> Id<K> {
    /// Returns the identifier in the field of an object with the table's id name; `None` if it is absent.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        Self::in_field(object, K::TABLE.id)
    }

    /// Returns the identifier in a field with another name.
    pub(crate) fn in_field(object: &Object, name: &str) -> Option<Self> {
        string(object, name).map(Self::new)
    }

    /// Returns the identifiers in a list of an object.
    pub(crate) fn in_list(object: &Object, name: &str) -> Vec<Self> {
        strings(object, name).map(Self::new).collect()
    }

    /// Whether an object has this identifier in the field with the table's id name: it is this row, or refers to it.
    pub(crate) fn is_in(&self, object: &Object) -> bool {
        string(object, K::TABLE.id) == Some(&self.text)
    }
}

// Derived implementations would require the traits of `K`.

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self::new(self.text.as_str())
    }
}

impl<K> Default for Id<K> {
    fn default() -> Self {
        Self::new("")
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An identifier dereferences to its string. The reverse conversion is [`Id::new`].
impl<K> Deref for Id<K> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl<K> From<&Id<K>> for Value {
    fn from(id: &Id<K>) -> Self {
        Self::from(id.as_str())
    }
}

impl<K> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        Self::from(id.text)
    }
}

/// Returns the workspace of a row.
pub(crate) fn workspace_of(row: &Object) -> Id<Workspace> {
    Id::of(row).unwrap_or_default()
}
