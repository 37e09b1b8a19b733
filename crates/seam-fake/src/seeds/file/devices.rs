//! The sections of devices, with their access codes and noise thresholds.

use super::{
    description::{Code, Device, Threshold},
    documented::enum_values,
    validator::{Table, Validator, quoted},
};
use crate::providers::{DeviceKind, PROVIDERS, Provider, Unmanaged};

/// The sections of devices, each with its default device type.
pub(super) const DEVICE_SECTIONS: [(&str, &str); 4] = [
    ("lock", "august_lock"),
    ("thermostat", "ecobee_thermostat"),
    ("noise_sensor", "minut_sensor"),
    ("camera", "ring_camera"),
];

impl Validator {
    pub(super) fn device(&mut self, table: Table<'_>, section: &str, default_type: &str) -> Option<Device> {
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
        self.check_support(table, provider, is_managed);
        let pin = self.string(table, "code");
        if is_managed && table.get("code").is_none() {
            self.problem(table.at, "missing 'code' of a managed code");
        }
        if let Some(pin) = &pin {
            self.check_pin(table, provider, pin);
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

    /// Reports a code that locks of this type do not support.
    fn check_support(&mut self, table: Table<'_>, provider: &Provider, is_managed: bool) {
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
    }

    /// Reports a PIN whose digits or length are not supported by locks of this type.
    fn check_pin(&mut self, table: Table<'_>, provider: &Provider, pin: &str) {
        let is_pin = pin.bytes().all(|byte| byte.is_ascii_digit())
            && provider.code_lengths.iter().any(|length| usize::try_from(*length) == Ok(pin.len()));
        if !is_pin && !provider.code_lengths.is_empty() {
            let lengths: Vec<String> = provider.code_lengths.iter().map(u64::to_string).collect();
            let (lengths, device_type) = (lengths.join(" or "), provider.device_type);
            let message = format!("expected a PIN of {lengths} digits for a lock of type '{device_type}'");
            self.problem(table.at("code"), message);
        }
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
