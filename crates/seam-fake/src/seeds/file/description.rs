//! The building that a seed file describes.

use jiff::Timestamp;

use crate::providers::Provider;

/// The building described by a seed file. References are resolved to ids.
pub(super) struct Description {
    pub(super) workspace: String,
    pub(super) api_keys: Vec<String>,
    pub(super) spaces: Vec<Space>,
    pub(super) devices: Vec<Device>,
    pub(super) systems: Vec<AccessSystem>,
    pub(super) people: Vec<Person>,
    pub(super) webhooks: Vec<Webhook>,
}

pub(super) struct Space {
    pub(super) id: String,
    pub(super) name: String,
}

pub(super) struct Device {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) provider: &'static Provider,
    pub(super) is_managed: bool,
    pub(super) is_online: bool,
    pub(super) battery: Option<f64>,
    pub(super) locked: Option<bool>,
    pub(super) temperature_celsius: Option<f64>,
    pub(super) spaces: Vec<String>,
    pub(super) codes: Vec<Code>,
    pub(super) thresholds: Vec<Threshold>,
}

pub(super) struct Code {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) pin: Option<String>,
    pub(super) is_managed: bool,
    pub(super) starts_at: Option<Timestamp>,
    pub(super) ends_at: Option<Timestamp>,
}

pub(super) struct Threshold {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) decibels: f64,
    pub(super) starts_daily_at: String,
    pub(super) ends_daily_at: String,
}

pub(super) struct AccessSystem {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) system_type: &'static str,
    pub(super) entrances: Vec<Part>,
    pub(super) encoders: Vec<Part>,
}

/// An entrance or encoder of an access system.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) spaces: Vec<String>,
}

pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone_number: Option<String>,
    pub(super) key: Option<String>,
}

pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) event_types: Vec<String>,
    pub(super) secret: Option<String>,
}

impl Code {
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let begins_before_end = |one: &Self, other: &Self| match (one.starts_at, other.ends_at) {
            (Some(start), Some(end)) => start < end,
            _ => true,
        };
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}
