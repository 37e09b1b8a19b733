//! The providers of devices and access systems, and their differences.

use serde_json::{Value, json};

use crate::json::{Object, object, string};

/// A provider.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Its name, such as `august`.
    pub(crate) name: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) categories: &'static [&'static str],
    /// The type of its devices; empty if it has only access systems.
    pub(crate) device_type: &'static str,
    pub(crate) kind: DeviceKind,
    /// The supported numbers of digits of a PIN.
    pub(crate) code_lengths: &'static [u64],
    pub(crate) unmanaged: Unmanaged,
}

/// The kinds of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceKind {
    Lock,
    /// A lock with access codes that cannot be unlocked remotely.
    CodeOnlyLock,
    /// A lock without a network connection whose access codes are computed.
    OfflineLock,
    Thermostat,
    NoiseSensor,
    Camera,
    AccessSystem,
}

/// The visibility of unmanaged codes on a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmanaged {
    /// Not reported.
    Hidden,
    /// Reported without the PIN.
    WithoutCode,
    /// Reported, but neither convertible nor deletable.
    ReadOnly,
    /// Reported and convertible to managed codes.
    Convertible,
}

const fn provider(
    name: &'static str,
    display_name: &'static str,
    device_type: &'static str,
    kind: DeviceKind,
    code_lengths: &'static [u64],
    unmanaged: Unmanaged,
) -> Provider {
    let categories: &[&str] = match kind {
        DeviceKind::Lock | DeviceKind::CodeOnlyLock | DeviceKind::OfflineLock => &["stable", "consumer_smartlocks"],
        DeviceKind::Thermostat => &["stable", "thermostats"],
        DeviceKind::NoiseSensor => &["stable", "noise_sensors"],
        DeviceKind::Camera => &["beta", "cameras"],
        DeviceKind::AccessSystem => &["stable", "access_control_systems"],
    };
    Provider { name, display_name, categories, device_type, kind, code_lengths, unmanaged }
}

/// Four to eight digits, which most keypads support.
const USUAL: &[u64] = &[4, 5, 6, 7, 8];

/// All simulated providers.
pub(crate) const PROVIDERS: &[Provider] = {
    use DeviceKind::{AccessSystem, Camera, CodeOnlyLock, Lock, NoiseSensor, OfflineLock, Thermostat};
    use Unmanaged::{Convertible, Hidden, ReadOnly, WithoutCode};
    &[
        provider("akiles", "Akiles", "akiles_lock", Lock, USUAL, ReadOnly),
        provider("aqara", "Aqara", "aqara_lock", Lock, &[6, 7, 8, 9, 10], WithoutCode),
        provider("august", "August", "august_lock", Lock, &[4, 5, 6], Convertible),
        provider("controlbyweb", "ControlByWeb", "controlbyweb_device", Lock, &[], Hidden),
        provider("dormakaba_oracode", "dormakaba Oracode", "dormakaba_oracode_door", OfflineLock, &[6], ReadOnly),
        provider("four_suites", "4SUITES", "four_suites_door", Lock, &[4], Hidden),
        provider("genie", "Genie", "genie_door", Lock, &[], Hidden),
        provider("igloo", "igloo", "igloo_lock", OfflineLock, &[8, 9, 10], Hidden),
        provider("igloohome", "igloohome", "igloohome_lock", OfflineLock, &[8, 9, 10], Hidden),
        provider("kwikset", "Kwikset", "kwikset_lock", Lock, &[4, 5, 6, 7, 8], Hidden),
        provider("linear", "Linear", "linear_lock", CodeOnlyLock, &[4, 5, 6], ReadOnly),
        provider("lockly", "Lockly", "lockly_lock", Lock, &[6, 7, 8], WithoutCode),
        provider("nuki", "Nuki", "nuki_lock", Lock, &[6], ReadOnly),
        provider("salto_ks", "Salto KS", "salto_lock", Lock, &[6], WithoutCode),
        provider("schlage", "Schlage", "schlage_lock", Lock, &[4], Convertible),
        provider("smartthings", "SmartThings", "smartthings_lock", Lock, USUAL, WithoutCode),
        provider("tedee", "Tedee", "tedee_lock", Lock, &[5, 6, 7, 8], ReadOnly),
        provider("ttlock", "TTLock", "ttlock_lock", Lock, &[4, 5, 6, 7, 8, 9], Convertible),
        provider("ultraloq", "Ultraloq", "ultraloq_lock", Lock, USUAL, Convertible),
        provider("wyze", "Wyze", "wyze_lock", Lock, USUAL, ReadOnly),
        provider("yale", "Yale", "yale_lock", Lock, &[4, 5, 6], Convertible),
        provider("minut", "Minut", "minut_sensor", NoiseSensor, &[], Hidden),
        provider("noiseaware", "NoiseAware", "noiseaware_activity_zone", NoiseSensor, &[], Hidden),
        provider("ecobee", "ecobee", "ecobee_thermostat", Thermostat, &[], Hidden),
        provider("honeywell_resideo", "Honeywell", "honeywell_resideo_thermostat", Thermostat, &[], Hidden),
        provider("nest", "Google Nest", "nest_thermostat", Thermostat, &[], Hidden),
        provider("sensi", "Sensi", "sensi_thermostat", Thermostat, &[], Hidden),
        provider("tado", "tado", "tado_thermostat", Thermostat, &[], Hidden),
        provider("ring", "Ring", "ring_camera", Camera, &[], Hidden),
        provider("assa_abloy_credential_service", "Assa Abloy Credential Service", "", AccessSystem, &[], Hidden),
        provider("avigilon_alta", "Avigilon Alta", "avigilon_alta_entry", AccessSystem, &[], Hidden),
        provider("brivo", "Brivo", "brivo_access_point", AccessSystem, &[], Hidden),
        provider("pti", "PTI", "", AccessSystem, &[], Hidden),
        provider("visionline", "Visionline", "", AccessSystem, &[], Hidden),
    ]
};

/// Returns the provider with this name.
pub(crate) fn by_name(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.name == name)
}

/// Returns the provider of devices of this type.
pub(crate) fn of_device_type(device_type: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| !device_type.is_empty() && provider.device_type == device_type)
}

/// Returns the provider of access systems of this type: the one whose name is the longest prefix of the type.
pub(crate) fn of_system_type(external_type: &str) -> Option<&'static Provider> {
    let of_type = PROVIDERS.iter().filter(|provider| external_type.starts_with(provider.name));
    of_type.max_by_key(|provider| provider.name.len())
}

/// Returns the provider of a device.
pub(crate) fn of_device(device: &Object) -> Option<&'static Provider> {
    of_device_type(string(device, "device_type")?)
}

impl Provider {
    pub(crate) fn is_lock(&self) -> bool {
        matches!(self.kind, DeviceKind::Lock | DeviceKind::CodeOnlyLock | DeviceKind::OfflineLock)
    }

    /// Whether its locks store codes before their start and enforce their times.
    pub(crate) fn schedules_codes(&self) -> bool {
        matches!(self.name, "akiles" | "august" | "igloo" | "igloohome" | "salto_ks" | "schlage" | "ttlock" | "yale")
    }

    /// Whether its locks are connected through a hub or bridge.
    fn has_hub(&self) -> bool {
        matches!(self.name, "august" | "igloohome" | "nuki" | "tedee" | "ttlock" | "yale")
    }

    /// Returns the manufacturer of its devices.
    fn manufacturer(&self) -> &'static str {
        match self.name {
            "salto_ks" => "salto",
            name => name,
        }
    }

    /// Returns the URL of a picture of its devices.
    pub(crate) fn image_url(&self) -> String {
        let name = if self.device_type.is_empty() { self.name } else { self.device_type };
        format!("https://connect.getseam.com/assets/images/devices/{name}.png")
    }

    /// Returns the fields that all devices of this provider share, without the properties.
    pub(crate) fn fields(&self) -> Object {
        let mut fields = object(json!({
            "can_simulate_connection": true, "can_simulate_disconnection": true, "can_simulate_removal": true,
            "can_simulate_hub_connection": false, "can_simulate_hub_disconnection": false,
            "can_simulate_paid_subscription": false,
            "device_manufacturer": { "display_name": self.display_name, "manufacturer": self.manufacturer() },
            "device_provider": {
                "device_provider_name": self.name, "display_name": self.display_name,
                "provider_category": self.categories.last(),
            },
        }));
        fields.extend(object(self.capabilities()));
        fields
    }

    /// Returns the properties that all devices of this provider share.
    pub(crate) fn constant_properties(&self) -> Object {
        let mut properties = object(json!({
            "manufacturer": self.manufacturer(), "image_url": self.image_url(),
            "model": { "display_name": self.display_name, "manufacturer_display_name": self.display_name },
        }));
        if self.is_lock() {
            properties.extend(object(json!({
                "supported_code_lengths": self.code_lengths, "max_active_codes_supported": 30,
                "supports_backup_access_code_pool": true, "has_native_entry_events": true,
            })));
        }
        properties
    }

    /// Returns the properties of a new device of this provider.
    pub(crate) fn properties(&self, name: &str) -> Value {
        let mut properties = self.constant_properties();
        properties.extend(object(json!({ "name": name, "online": true, "appearance": { "name": name } })));
        let more = match self.kind {
            DeviceKind::Lock | DeviceKind::CodeOnlyLock | DeviceKind::OfflineLock => json!({
                "locked": true, "battery_level": 1.0, "battery": { "level": 1.0, "status": "full" },
            }),
            DeviceKind::Thermostat => json!({
                "temperature_celsius": 21.0, "temperature_fahrenheit": 69.8, "relative_humidity": 0.4,
                "is_cooling": false, "is_heating": false, "is_fan_running": false,
                "is_temporary_manual_override_active": false, "fan_mode_setting": "auto",
                "available_hvac_mode_settings": ["heat", "cool", "heat_cool", "off"],
                "available_fan_mode_settings": ["auto", "on"],
                "available_climate_preset_modes": ["home", "away", "sleep"],
                "min_heating_set_point_celsius": 7.0, "min_heating_set_point_fahrenheit": 44.6,
                "max_heating_set_point_celsius": 26.0, "max_heating_set_point_fahrenheit": 78.8,
                "min_cooling_set_point_celsius": 18.0, "min_cooling_set_point_fahrenheit": 64.4,
                "max_cooling_set_point_celsius": 33.0, "max_cooling_set_point_fahrenheit": 91.4,
                "min_heating_cooling_delta_celsius": 2.8, "min_heating_cooling_delta_fahrenheit": 5.0,
                "current_climate_setting": {
                    "can_delete": false, "can_edit": false, "can_use_with_thermostat_daily_programs": false,
                    "climate_preset_key": "home", "display_name": "Home", "hvac_mode_setting": "heat_cool",
                    "fan_mode_setting": "auto", "heating_set_point_celsius": 19.0, "heating_set_point_fahrenheit": 66.2,
                    "cooling_set_point_celsius": 24.0, "cooling_set_point_fahrenheit": 75.2,
                    "manual_override_allowed": true,
                },
                "available_climate_presets": [
                    self.preset("home", (19.0, 66.2), (24.0, 75.2)), self.preset("away", (16.0, 60.8), (28.0, 82.4)),
                    self.preset("sleep", (17.0, 62.6), (26.0, 78.8)),
                ], "thermostat_daily_programs": [], "thermostat_weekly_program": null,
                "active_climate_preset": null, "fallback_climate_preset_key": null,
                "active_thermostat_schedule_id": null,
                "thermostat_daily_program_period_precision_minutes": 5,
                "max_thermostat_daily_program_periods_per_day": 4,
            }),
            DeviceKind::NoiseSensor => json!({
                "noise_level_decibels": 40.0, "currently_triggering_noise_threshold_ids": [], "battery_level": 1.0,
            }),
            DeviceKind::Camera => json!({ "battery_level": 1.0 }),
            DeviceKind::AccessSystem => json!({}),
        };
        properties.extend(object(more));
        Value::Object(properties)
    }

    /// Returns a built-in climate preset, with its set points in Celsius and Fahrenheit.
    fn preset(&self, mode: &str, heating: (f64, f64), cooling: (f64, f64)) -> Value {
        let name: String = mode.chars().take(1).flat_map(char::to_uppercase).chain(mode.chars().skip(1)).collect();
        json!({
            "climate_preset_key": mode, "climate_preset_mode": mode, "name": name, "display_name": name,
            "can_edit": true, "can_delete": mode == "sleep", "manual_override_allowed": true,
            "can_use_with_thermostat_daily_programs": self.can_run_programs(), "hvac_mode_setting": "heat_cool",
            "fan_mode_setting": "auto",
            "heating_set_point_celsius": heating.0, "heating_set_point_fahrenheit": heating.1,
            "cooling_set_point_celsius": cooling.0, "cooling_set_point_fahrenheit": cooling.1,
        })
    }

    fn can_run_programs(&self) -> bool {
        matches!(self.name, "ecobee" | "honeywell_resideo")
    }

    /// Returns the capabilities of a device of this provider.
    pub(crate) fn capabilities(&self) -> Value {
        let can_program = !self.code_lengths.is_empty() && self.is_lock();
        match self.kind {
            DeviceKind::Lock | DeviceKind::CodeOnlyLock | DeviceKind::OfflineLock => json!({
                "capabilities_supported": if can_program { json!(["lock", "access_code", "battery"]) } else { json!(["lock"]) },
                "can_remotely_lock": self.kind == DeviceKind::Lock,
                "can_remotely_unlock": self.kind == DeviceKind::Lock,
                "can_program_online_access_codes": can_program && self.kind != DeviceKind::OfflineLock,
                "can_program_offline_access_codes": can_program && self.kind == DeviceKind::OfflineLock,
                "can_unlock_with_code": can_program,
                "can_configure_auto_lock": matches!(self.name, "august" | "yale" | "ttlock" | "tedee" | "nuki"),
                "can_simulate_hub_connection": self.has_hub(),
                "can_simulate_hub_disconnection": self.has_hub(),
            }),
            DeviceKind::Thermostat => json!({
                "capabilities_supported": ["thermostat"],
                "can_hvac_cool": true, "can_hvac_heat": true, "can_hvac_heat_cool": true, "can_turn_off_hvac": true,
                "can_activate_weekly_program": self.name == "ecobee",
                "can_run_thermostat_programs": self.can_run_programs(),
                "can_program_thermostat_programs_as_different_each_day": self.name == "ecobee",
                "can_program_thermostat_programs_as_same_each_day": self.name == "ecobee",
                "can_program_thermostat_programs_as_weekday_weekend": self.name == "ecobee",
            }),
            DeviceKind::NoiseSensor => json!({
                "capabilities_supported": ["noise_detection"], "can_simulate_paid_subscription": self.name == "minut",
            }),
            DeviceKind::Camera => json!({ "capabilities_supported": ["battery"], "can_stream_live_video": true }),
            DeviceKind::AccessSystem => json!({ "capabilities_supported": [] }),
        }
    }
}
