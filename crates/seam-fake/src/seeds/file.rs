//! Seed files: TOML or JSON descriptions of a building, validated with the position of each problem.
//!
//! `Description::parse` reports all problems of a file. Its result can always be created.

mod build;
mod document;
mod error;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use seam_core::{WebhookVerifier, http::Uri};
use seam_spec::Kind;
use sha2::{Digest, Sha256};

pub(crate) use self::build::{begin, fill_workspace};
use self::document::{Entry, Node, Value};
pub use self::error::{SeedError, SeedProblem};
use crate::{
    API_KEY,
    providers::{DeviceKind, PROVIDERS, Provider, Unmanaged},
    routes::{acs, noise_sensors},
};

/// The building described by a seed file. References are resolved to ids.
struct Description {
    workspace: String,
    api_keys: Vec<String>,
    spaces: Vec<Space>,
    devices: Vec<Device>,
    systems: Vec<AccessSystem>,
    people: Vec<Person>,
    webhooks: Vec<Webhook>,
}

struct Space {
    id: String,
    name: String,
}

struct Device {
    id: String,
    name: String,
    provider: &'static Provider,
    is_managed: bool,
    is_online: bool,
    battery: Option<f64>,
    locked: Option<bool>,
    temperature_celsius: Option<f64>,
    spaces: Vec<String>,
    codes: Vec<Code>,
    thresholds: Vec<Threshold>,
}

struct Code {
    id: String,
    name: String,
    pin: Option<String>,
    is_managed: bool,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
}

struct Threshold {
    id: String,
    name: String,
    decibels: f64,
    starts_daily_at: String,
    ends_daily_at: String,
}

struct AccessSystem {
    id: String,
    name: String,
    system_type: &'static str,
    entrances: Vec<Part>,
    encoders: Vec<Part>,
}

/// An entrance or encoder of an access system.
struct Part {
    id: String,
    name: String,
    spaces: Vec<String>,
}

struct Person {
    id: String,
    name: String,
    email: Option<String>,
    phone_number: Option<String>,
    key: Option<String>,
}

struct Webhook {
    id: String,
    url: String,
    event_types: Vec<String>,
    secret: Option<String>,
}

/// The sections of devices, each with its default device type.
const DEVICE_SECTIONS: [(&str, &str); 4] = [
    ("lock", "august_lock"),
    ("thermostat", "ecobee_thermostat"),
    ("noise_sensor", "minut_sensor"),
    ("camera", "ring_camera"),
];

/// The number of problems after which no more suggestions are computed, since later problems are not listed.
const MAX_SUGGESTIONS: usize = 100;

impl Description {
    /// Parses and validates a file.
    fn parse(text: &str) -> Result<Self, SeedError> {
        let mut validator = Validator::default();
        let document = document::parse(text).unwrap_or_else(|errors| {
            validator.problems = errors;
            Node { at: 0, value: Value::Table(Vec::new()) }
        });
        let description = validator.description(&document);
        SeedError::new(text, validator.problems).map_or(Ok(description), Err)
    }
}

/// The problems, and the names and ids seen so far.
#[derive(Default)]
struct Validator {
    problems: Vec<(usize, String)>,
    /// The names in use, each with its kind.
    names: HashSet<(&'static str, String)>,
    /// The ids in use, each with its kind.
    ids: HashSet<(&'static str, String)>,
    /// The ids of spaces by name.
    spaces: HashMap<String, String>,
}

/// A table of the file, with its name in messages.
#[derive(Clone, Copy)]
struct Table<'a> {
    at: usize,
    title: &'a str,
    entries: &'a [Entry],
}

impl<'a> Table<'a> {
    fn get(self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// Returns the position of a value, or that of the table if the value is absent.
    fn at(self, key: &str) -> usize {
        self.get(key).map_or(self.at, |node| node.at)
    }
}

impl Validator {
    fn description(&mut self, document: &Node) -> Description {
        let mut description = Description {
            workspace: "Sandbox".to_owned(),
            api_keys: vec![API_KEY.to_owned()],
            spaces: Vec::new(),
            devices: Vec::new(),
            systems: Vec::new(),
            people: Vec::new(),
            webhooks: Vec::new(),
        };
        let Some(root) = self.table(document, "the file") else { return description };
        let mut sections = vec!["workspace", "space", "access_system", "person", "webhook"];
        sections.extend(DEVICE_SECTIONS.map(|(section, _)| section));
        self.check_keys(root, &sections);
        if let Some(workspace) = root.get("workspace").and_then(|node| self.table(node, "[workspace]")) {
            self.workspace(workspace, &mut description);
        }
        // The other sections refer to spaces.
        for table in self.section(root, "space", "[[space]]") {
            description.spaces.extend(self.space(table));
        }
        for (section, default_type) in DEVICE_SECTIONS {
            for table in self.section(root, section, &format!("[[{section}]]")) {
                description.devices.extend(self.device(table, section, default_type));
            }
        }
        for table in self.section(root, "access_system", "[[access_system]]") {
            description.systems.extend(self.access_system(table));
        }
        for table in self.section(root, "person", "[[person]]") {
            description.people.extend(self.person(table));
        }
        for table in self.section(root, "webhook", "[[webhook]]") {
            description.webhooks.extend(self.webhook(table));
        }
        description
    }

    // --- Sections.

    fn workspace(&mut self, table: Table<'_>, description: &mut Description) {
        self.check_keys(table, &["name", "api_keys"]);
        if let Some(name) = self.string(table, "name") {
            description.workspace = name;
        }
        if table.get("api_keys").is_none() {
            return;
        }
        description.api_keys.clear();
        for (at, key) in self.strings(table, "api_keys") {
            let is_key = key.starts_with("seam_")
                && !["seam_at", "seam_cst", "seam_pk"].iter().any(|other| key.starts_with(other))
                && key.chars().all(|char| char.is_ascii_graphic());
            if !is_key {
                self.problem(at, "invalid API key: expected a key that begins with 'seam_', but not with 'seam_at', 'seam_cst' or 'seam_pk'");
            } else if description.api_keys.contains(&key) {
                self.problem(at, "duplicate API key");
            }
            description.api_keys.push(key);
        }
        if description.api_keys.is_empty() {
            self.problem(table.at("api_keys"), "expected at least one API key");
        }
    }

    fn space(&mut self, table: Table<'_>) -> Option<Space> {
        self.check_keys(table, &["name", "id"]);
        let (id, name) = self.identity(table, "space", "space", "")?;
        self.spaces.insert(name.clone(), id.clone());
        Some(Space { id, name })
    }

    fn device(&mut self, table: Table<'_>, section: &str, default_type: &str) -> Option<Device> {
        let mut keys = vec!["name", "id", "type", "online", "managed", "spaces"];
        keys.extend(match section {
            "lock" => &["battery", "locked", "codes"][..],
            "thermostat" => &["temperature_celsius"],
            "noise_sensor" => &["battery", "thresholds"],
            _ => &["battery"],
        });
        self.check_keys(table, &keys);
        let provider = self.device_type(table, section, default_type);
        let spaces = self.spaces(table);
        let is_online = self.boolean(table, "online").unwrap_or(true);
        let is_managed = self.boolean(table, "managed").unwrap_or(true);
        let battery = self.number(table, "battery", 0.0..=1.0);
        let locked = self.boolean(table, "locked");
        let temperature_celsius = self.number(table, "temperature_celsius", -50.0..=60.0);
        let identity = self.identity(table, "device", "device", "");
        let device_id = identity.as_ref().map_or_else(|| table.at.to_string(), |(id, _)| id.clone());
        let codes = match provider {
            Some(provider) => self.codes(table, provider, &device_id),
            None => Vec::new(),
        };
        let mut thresholds = Vec::new();
        for table in self.section(table, "thresholds", "a threshold") {
            thresholds.extend(self.threshold(table, &device_id));
        }
        let (id, name) = identity?;
        Some(Device {
            id,
            name,
            provider: provider?,
            is_managed,
            is_online,
            battery,
            locked,
            temperature_celsius,
            spaces,
            codes,
            thresholds,
        })
    }

    /// Returns the provider of the table's device type.
    fn device_type(&mut self, table: Table<'_>, section: &str, default_type: &str) -> Option<&'static Provider> {
        let device_type = match table.get("type") {
            Some(_) => self.string(table, "type")?,
            None => default_type.to_owned(),
        };
        let found = PROVIDERS.iter().filter(|provider| !provider.device_type.is_empty());
        let Some(provider) = found.clone().find(|provider| provider.device_type == device_type) else {
            let message = if enum_values("device", "device_type").contains(&&*device_type) {
                format!("device type '{device_type}' is not simulated")
            } else {
                let known = found.filter(|provider| section_of(provider.kind) == section);
                let hint = self.suggestion(&device_type, known.map(|provider| provider.device_type));
                format!("unknown device type {}{hint}", quoted(&device_type))
            };
            self.problem(table.at("type"), message);
            return None;
        };
        let expected = section_of(provider.kind);
        if expected != section {
            let message = match expected {
                "access_system" => format!("device type '{device_type}' is not simulated: use [[access_system]]"),
                _ => format!("device type '{device_type}' belongs in [[{expected}]], not in [[{section}]]"),
            };
            self.problem(table.at("type"), message);
            return None;
        }
        Some(provider)
    }

    fn codes(&mut self, lock: Table<'_>, provider: &Provider, device_id: &str) -> Vec<Code> {
        let mut codes: Vec<Code> = Vec::new();
        for (number, table) in self.section(lock, "codes", "a code").into_iter().enumerate() {
            let Some(code) = self.code(table, provider, device_id, number) else { continue };
            if code.pin.is_some() && codes.iter().any(|other| other.pin == code.pin && code.overlaps(other)) {
                self.problem(table.at("code"), "duplicate PIN: another code of the lock has it at the same time");
            }
            codes.push(code);
        }
        codes
    }

    fn code(&mut self, table: Table<'_>, provider: &Provider, device_id: &str, number: usize) -> Option<Code> {
        self.check_keys(table, &["name", "code", "id", "managed", "starts_at", "ends_at"]);
        let before = self.problems.len();
        let name = self.required(table, "name");
        let id = self.id(table, "access_code", &[device_id, &number.to_string()]);
        let is_managed = self.boolean(table, "managed").unwrap_or(true);
        let device_type = provider.device_type;
        if provider.code_lengths.is_empty() {
            self.problem(table.at, format!("a lock of type '{device_type}' does not support access codes"));
        } else if is_managed && provider.kind == DeviceKind::OfflineLock {
            let message = format!(
                "a lock of type '{device_type}' computes its PINs and supports only codes with 'managed = false'"
            );
            self.problem(table.at, message);
        } else if !is_managed && provider.unmanaged == Unmanaged::Hidden {
            let message = format!("a lock of type '{device_type}' does not report codes with 'managed = false'");
            self.problem(table.at("managed"), message);
        }
        let pin = self.string(table, "code");
        if is_managed && table.get("code").is_none() {
            self.problem(table.at, "missing 'code' of a managed code");
        }
        if let Some(pin) = &pin {
            let is_pin = pin.bytes().all(|byte| byte.is_ascii_digit())
                && provider.code_lengths.iter().any(|length| usize::try_from(*length) == Ok(pin.len()));
            if !is_pin && !provider.code_lengths.is_empty() {
                let lengths: Vec<String> = provider.code_lengths.iter().map(u64::to_string).collect();
                let message =
                    format!("expected a PIN of {} digits for a lock of type '{device_type}'", lengths.join(" or "));
                self.problem(table.at("code"), message);
            }
        }
        let starts_at = self.time(table, "starts_at");
        let ends_at = self.time(table, "ends_at");
        if let (Some(start), Some(end)) = (starts_at, ends_at) {
            if end <= start {
                self.problem(table.at("ends_at"), "'ends_at' must be after 'starts_at'");
            }
        }
        let code = Code { id: id?, name: name?, pin, is_managed, starts_at, ends_at };
        (self.problems.len() == before).then_some(code)
    }

    fn threshold(&mut self, table: Table<'_>, device_id: &str) -> Option<Threshold> {
        self.check_keys(table, &["name", "id", "decibels", "starts_daily_at", "ends_daily_at"]);
        let identity = self.identity(table, "threshold", "noise_threshold", device_id);
        let decibels = self.number(table, "decibels", 0.0..=200.0);
        self.check_present(table, "decibels");
        let starts_daily_at = self.time_of_day(table, "starts_daily_at");
        let ends_daily_at = self.time_of_day(table, "ends_daily_at");
        let (id, name) = identity?;
        Some(Threshold {
            id,
            name,
            decibels: decibels?,
            starts_daily_at: starts_daily_at?,
            ends_daily_at: ends_daily_at?,
        })
    }

    fn access_system(&mut self, table: Table<'_>) -> Option<AccessSystem> {
        self.check_keys(table, &["name", "id", "type", "spaces", "entrances", "encoders"]);
        let system_type = self.system_type(table);
        let spaces = self.spaces(table);
        let identity = self.identity(table, "access system", "acs_system", "");
        let system_id = identity.as_ref().map_or_else(|| table.at.to_string(), |(id, _)| id.clone());
        let entrances = self.parts(table, ("entrances", "entrance", "acs_entrance"), &system_id, &spaces);
        let encoders = self.parts(table, ("encoders", "encoder", "acs_encoder"), &system_id, &[]);
        if let (Some(system_type), false) = (system_type, encoders.is_empty()) {
            if !acs::kind_of_type(system_type).is_some_and(|kind| kind.has_encoders) {
                let message = format!("an access system of type '{system_type}' does not support encoders");
                self.problem(table.at("encoders"), message);
            }
        }
        let (id, name) = identity?;
        Some(AccessSystem { id, name, system_type: system_type?, entrances, encoders })
    }

    fn system_type(&mut self, table: Table<'_>) -> Option<&'static str> {
        let system_type = match table.get("type") {
            Some(_) => self.string(table, "type")?,
            None => "visionline_system".to_owned(),
        };
        let known = enum_values("acs_system", "external_type");
        let found = known.iter().copied().find(|known| *known == system_type);
        if found.is_none() {
            let hint = self.suggestion(&system_type, known.iter().copied());
            self.problem(table.at("type"), format!("unknown access system type {}{hint}", quoted(&system_type)));
        }
        found
    }

    /// Returns the entrances or encoders of an access system. Each is a name or a table.
    fn parts(
        &mut self,
        table: Table<'_>,
        (key, noun, kind): (&str, &str, &'static str),
        system_id: &str,
        all_in: &[String],
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        for node in self.list(table, key) {
            // A string is a shorthand for a table with this name.
            let named;
            let entries = match &node.value {
                Value::Table(entries) => entries.as_slice(),
                Value::String(name) => {
                    let node = Node { at: node.at, value: Value::String(name.clone()) };
                    named = [Entry { key: "name".to_owned(), at: node.at, node }];
                    &named
                }
                other => {
                    let message = format!("expected names or tables in '{key}', found {}", other.type_name());
                    self.problem(node.at, message);
                    continue;
                }
            };
            let part = Table { at: node.at, title: key, entries };
            self.check_keys(part, if kind == "acs_entrance" { &["name", "id", "spaces"] } else { &["name", "id"] });
            let mut spaces = self.spaces(part);
            spaces.extend(all_in.iter().filter(|space| !spaces.contains(space)).cloned().collect::<Vec<_>>());
            if let Some((id, name)) = self.identity(part, noun, kind, system_id) {
                parts.push(Part { id, name, spaces });
            }
        }
        parts
    }

    fn person(&mut self, table: Table<'_>) -> Option<Person> {
        self.check_keys(table, &["name", "id", "email", "phone_number", "key"]);
        let email = self.string(table, "email");
        if email
            .as_ref()
            .is_some_and(|email| email.split_once('@').is_none_or(|(of, at)| of.is_empty() || at.is_empty()))
        {
            self.problem(table.at("email"), "invalid email address");
        }
        let phone_number = self.string(table, "phone_number");
        let is_phone_number = |number: &String| {
            number.strip_prefix('+').is_some_and(|digits| {
                (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        if phone_number.as_ref().is_some_and(|number| !is_phone_number(number)) {
            self.problem(table.at("phone_number"), "expected a phone number such as '+15551234567'");
        }
        let key = self.string(table, "key");
        for (name, value) in [("email", &email), ("phone_number", &phone_number), ("key", &key)] {
            let Some(value) = value else { continue };
            if !self.names.insert((name, value.clone())) {
                self.problem(table.at(name), format!("duplicate '{name}' of a person"));
            }
        }
        let (id, name) = self.identity(table, "person", "user_identity", "")?;
        Some(Person { id, name, email, phone_number, key })
    }

    fn webhook(&mut self, table: Table<'_>) -> Option<Webhook> {
        self.check_keys(table, &["url", "id", "event_types", "secret"]);
        let url = self.required(table, "url");
        let is_url = |url: &String| {
            url.parse::<Uri>()
                .is_ok_and(|uri| uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")))
        };
        if url.as_ref().is_some_and(|url| !is_url(url)) {
            self.problem(table.at("url"), "expected an http or https URL");
        }
        let mut event_types = Vec::new();
        for (at, event_type) in self.strings(table, "event_types") {
            if event_type != "*" && seam_spec::api().event(&event_type).is_none() {
                let hint = self.suggestion(&event_type, seam_spec::api().events().map(|event| event.event_type));
                self.problem(at, format!("unknown event type {}{hint}", quoted(&event_type)));
            }
            event_types.push(event_type);
        }
        let secret = self.string(table, "secret");
        if secret.as_ref().is_some_and(|secret| WebhookVerifier::new(secret.as_str()).is_err()) {
            self.problem(table.at("secret"), "expected a webhook secret: 'whsec_' and base64");
        }
        let url = url?;
        if !self.names.insert(("webhook", url.clone())) {
            self.problem(table.at("url"), "duplicate webhook URL");
            return None;
        }
        let id = self.id(table, "webhook", &[&url])?;
        Some(Webhook { id, url, event_types, secret })
    }

    // --- Names, ids and references.

    /// Returns the id and the name of a table's resource. Names are unique within a kind and `parent`.
    fn identity(&mut self, table: Table<'_>, noun: &str, kind: &'static str, parent: &str) -> Option<(String, String)> {
        let name = self.required(table, "name")?;
        if !self.names.insert((kind, format!("{parent}\n{name}"))) {
            self.problem(table.at("name"), format!("duplicate {noun} name {}", quoted(&name)));
            return None;
        }
        Some((self.id(table, kind, &[parent, &name])?, name))
    }

    /// Returns the `id` of a table, or one derived from `parts`, which does not change when the rest of the file changes.
    fn id(&mut self, table: Table<'_>, kind: &'static str, parts: &[&str]) -> Option<String> {
        let id = match table.get("id") {
            Some(_) => self.string(table, "id")?,
            None => derived_id(kind, parts),
        };
        if !self.ids.insert((kind, id.clone())) {
            self.problem(table.at("id"), format!("duplicate id {}", quoted(&id)));
            return None;
        }
        Some(id)
    }

    /// Returns the ids of a table's spaces.
    fn spaces(&mut self, table: Table<'_>) -> Vec<String> {
        let mut ids = Vec::new();
        for (at, name) in self.strings(table, "spaces") {
            // A name has precedence over an equal id.
            let is_id = self.ids.contains(&("space", name.clone()));
            match self.spaces.get(&name).or(is_id.then_some(&name)).cloned() {
                Some(id) if ids.contains(&id) => self.problem(at, format!("duplicate space {}", quoted(&name))),
                Some(id) => ids.push(id),
                None => {
                    let known: Vec<String> = self.spaces.keys().cloned().collect();
                    let hint = self.suggestion(&name, known.iter().map(String::as_str));
                    self.problem(at, format!("unknown space {}{hint}", quoted(&name)));
                }
            }
        }
        ids
    }

    // --- Values.

    fn problem(&mut self, at: usize, message: impl Into<String>) {
        self.problems.push((at, message.into()));
    }

    fn table<'a>(&mut self, node: &'a Node, title: &'a str) -> Option<Table<'a>> {
        match &node.value {
            Value::Table(entries) => Some(Table { at: node.at, title, entries }),
            other => {
                self.problem(node.at, format!("expected a table for {title}, found {}", other.type_name()));
                None
            }
        }
    }

    /// Returns the tables of a list.
    fn section<'a>(&mut self, table: Table<'a>, key: &str, title: &'a str) -> Vec<Table<'a>> {
        let mut tables = Vec::new();
        for node in self.list(table, key) {
            tables.extend(self.table(node, title));
        }
        tables
    }

    fn list<'a>(&mut self, table: Table<'a>, key: &str) -> &'a [Node] {
        match table.get(key).map(|node| (node.at, &node.value)) {
            None => &[],
            Some((_, Value::List(nodes))) => nodes,
            Some((at, other)) => {
                self.problem(at, format!("expected a list for '{key}', found {}", other.type_name()));
                &[]
            }
        }
    }

    /// Returns the strings of a list, each with its position.
    fn strings(&mut self, table: Table<'_>, key: &str) -> Vec<(usize, String)> {
        let mut strings = Vec::new();
        for node in self.list(table, key) {
            strings.extend(self.string_in(node, key).map(|string| (node.at, string)));
        }
        strings
    }

    fn string(&mut self, table: Table<'_>, key: &str) -> Option<String> {
        self.string_in(table.get(key)?, key)
    }

    fn string_in(&mut self, node: &Node, key: &str) -> Option<String> {
        let message = match &node.value {
            Value::String(string) if string.trim().is_empty() => format!("'{key}' is empty"),
            Value::String(string) if string.chars().any(char::is_control) => {
                format!("'{key}' contains a control character")
            }
            Value::String(string) => return Some(string.clone()),
            other => format!("expected a string for '{key}', found {}", other.type_name()),
        };
        self.problem(node.at, message);
        None
    }

    fn required(&mut self, table: Table<'_>, key: &str) -> Option<String> {
        self.check_present(table, key);
        self.string(table, key)
    }

    fn check_present(&mut self, table: Table<'_>, key: &str) {
        if table.get(key).is_none() {
            self.problem(table.at, format!("missing '{key}' in {}", table.title));
        }
    }

    fn boolean(&mut self, table: Table<'_>, key: &str) -> Option<bool> {
        let node = table.get(key)?;
        match &node.value {
            Value::Boolean(boolean) => Some(*boolean),
            other => {
                self.problem(node.at, format!("expected true or false for '{key}', found {}", other.type_name()));
                None
            }
        }
    }

    fn number(&mut self, table: Table<'_>, key: &str, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
        let node = table.get(key)?;
        let expected = format!("expected a number from {} to {} for '{key}'", range.start(), range.end());
        match &node.value {
            Value::Number(number) if range.contains(number) => Some(*number),
            Value::Number(_) => {
                self.problem(node.at, expected);
                None
            }
            other => {
                self.problem(node.at, format!("{expected}, found {}", other.type_name()));
                None
            }
        }
    }

    fn time(&mut self, table: Table<'_>, key: &str) -> Option<Timestamp> {
        let node = table.get(key)?;
        if let Value::String(text) | Value::Time(text) = &node.value {
            if let Ok(time) = text.parse() {
                return Some(time);
            }
        }
        self.problem(node.at, format!("expected a time with its offset for '{key}', such as 2026-11-24T09:00:00Z"));
        None
    }

    fn time_of_day(&mut self, table: Table<'_>, key: &str) -> Option<String> {
        let time = self.required(table, key)?;
        if noise_sensors::is_time_of_day(&time) {
            return Some(time);
        }
        let message = format!("expected a time of day with its time zone for '{key}', such as 22:00:00[Europe/Berlin]");
        self.problem(table.at(key), message);
        None
    }

    /// Reports keys that are unknown or, in JSON, duplicate.
    fn check_keys(&mut self, table: Table<'_>, known: &[&str]) {
        let mut seen = HashSet::new();
        for entry in table.entries {
            if !known.contains(&&*entry.key) {
                let hint = self.suggestion(&entry.key, known.iter().copied());
                self.problem(entry.at, format!("unknown key {} in {}{hint}", quoted(&entry.key), table.title));
            } else if !seen.insert(&*entry.key) {
                self.problem(entry.at, format!("duplicate key '{}' in {}", entry.key, table.title));
            }
        }
    }

    /// Returns `; did you mean ...?` if one of the candidates is similar.
    fn suggestion<'a>(&self, given: &str, candidates: impl Iterator<Item = &'a str>) -> String {
        if self.problems.len() > MAX_SUGGESTIONS || given.len() > 100 {
            return String::new();
        }
        candidates
            .map(|candidate| (strsim::jaro_winkler(given, candidate), candidate))
            .filter(|(similarity, _)| *similarity > 0.8)
            // Of equally similar candidates, the alphabetically first one.
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(one.1)))
            .map_or_else(String::new, |(_, candidate)| format!("; did you mean {}?", quoted(candidate)))
    }
}

impl Code {
    fn overlaps(&self, other: &Self) -> bool {
        let begins_before_end = |one: &Self, other: &Self| match (one.starts_at, other.ends_at) {
            (Some(start), Some(end)) => start < end,
            _ => true,
        };
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}

/// Quotes a string of the file for a message: shortened, and with escaped control characters.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(60).is_some() { "..." } else { "" };
    format!("'{short}{more}'")
}

/// Returns the section of devices of this kind.
fn section_of(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Lock | DeviceKind::CodeOnlyLock | DeviceKind::OfflineLock => "lock",
        DeviceKind::Thermostat => "thermostat",
        DeviceKind::NoiseSensor => "noise_sensor",
        DeviceKind::Camera => "camera",
        DeviceKind::AccessSystem => "access_system",
    }
}

/// Returns the documented values of a resource's field.
fn enum_values(resource: &str, field: &str) -> &'static [&'static str] {
    let resource = seam_spec::api().resource(resource);
    let field = resource.and_then(|resource| resource.schema.fields().find(|other| other.name == field));
    match field.map(|field| &field.schema.kind) {
        Some(Kind::Enum(values)) => values,
        _ => &[],
    }
}

/// Returns an id in Seam's format that depends only on its kind and these parts.
fn derived_id(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(&kind).chain(parts) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // A UUID of version 8, which has custom contents.
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}
