//! Creates the state that a seed file describes.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{
    description::{AccessSystem, Code, Description, Device, Space, Threshold},
    error::SeedError,
    identity::derived_id,
};
use crate::{
    json::{format_time, object, set},
    providers::{self, Unmanaged},
    routes::access_codes::{code, draft, unmanaged},
    seeds::building::{self, WORKSPACE, unmanaged_code},
    state::{Seed, State},
    tables::{self, AccessCode, ApiKey, ConnectedAccount, Id, NoiseThreshold, UserIdentity, Webhook},
};

/// Adds the building to a state with an empty workspace, and stores the document for resets.
///
/// # Errors
///
/// Returns the problems of the document. In this case the state is unchanged.
pub(crate) fn begin(state: &mut State, document: String) -> Result<(), SeedError> {
    let description = Description::parse(&document)?;
    if let Some(workspace) = state.get_mut(&building::workspace()) {
        for name in ["name", "company_name", "connect_partner_name"] {
            set(workspace, name, &*description.workspace);
        }
    }
    state.remove_where::<ApiKey>(|_| true);
    for key in &description.api_keys {
        state.insert::<ApiKey>(object(json!({ "token": key, "workspace_id": WORKSPACE, "name": "Seed file" })));
    }
    for webhook in &description.webhooks {
        let secret = webhook
            .secret
            .clone()
            .unwrap_or_else(|| format!("whsec_{}", STANDARD.encode(derived_id("webhook secret", &[&webhook.url]))));
        let event_types =
            if webhook.event_types.is_empty() { vec!["*".to_owned()] } else { webhook.event_types.clone() };
        building::insert::<Webhook>(
            state,
            json!({
                "webhook_id": webhook.id, "url": webhook.url, "event_types": event_types, "secret": secret,
            }),
        );
    }
    add_all(state, &description);
    state.seed_file = Some(document);
    state.seeds.insert(building::workspace(), Seed::File);
    Ok(())
}

/// Adds the contents of the workspace, which a reset restores.
pub(crate) fn fill_workspace(state: &mut State) {
    // The document is valid, since the state was created from it.
    let description = state.seed_file.as_deref().map(Description::parse);
    if let Some(Ok(description)) = description {
        add_all(state, &description);
    }
}

fn add_all(state: &mut State, description: &Description) {
    for space in &description.spaces {
        add_space(state, description, space);
    }
    for device in &description.devices {
        add_device(state, device);
    }
    for system in &description.systems {
        add_system(state, system);
    }
    for person in &description.people {
        building::insert::<UserIdentity>(
            state,
            json!({
                "user_identity_id": person.id, "full_name": person.name, "display_name": person.name,
                "email_address": person.email, "phone_number": person.phone_number, "user_identity_key": person.key,
                "is_managed": true,
            }),
        );
    }
}

fn add_space(state: &mut State, description: &Description, space: &Space) {
    let devices = description.devices.iter().filter(|device| device.spaces.contains(&space.id)).count();
    let entrances = description.systems.iter().flat_map(|system| &system.entrances);
    building::insert::<tables::Space>(
        state,
        json!({
            "space_id": space.id, "name": space.name, "display_name": space.name, "device_count": devices,
            "acs_entrance_count": entrances.filter(|entrance| entrance.spaces.contains(&space.id)).count(),
        }),
    );
}

/// Returns the account of a provider. Adds it for the first resource of the provider.
fn account(state: &mut State, provider: &str) -> Id<ConnectedAccount> {
    let id = Id::new(derived_id("account", &[provider]));
    if state.get(&id).is_none() {
        state.add_account(&building::workspace(), provider, object(json!({ "connected_account_id": id })));
    }
    id
}

fn add_device(state: &mut State, device: &Device) {
    let account = account(state, device.provider.name);
    let mut properties = object(json!({ "online": device.is_online }));
    if let Some(level) = device.battery {
        set(&mut properties, "battery_level", level);
    }
    if let Some(locked) = device.locked {
        set(&mut properties, "locked", locked);
    }
    if let Some(celsius) = device.temperature_celsius {
        set(&mut properties, "temperature_celsius", celsius);
        // Thermostats report tenths of a degree.
        set(&mut properties, "temperature_fahrenheit", ((celsius * 9.0 / 5.0 + 32.0) * 10.0).round() / 10.0);
    }
    let more = object(json!({
        "device_id": device.id, "connected_account_id": account, "space_ids": device.spaces,
        "is_managed": device.is_managed, "properties": properties,
    }));
    state.add_device(&building::workspace(), device.provider.device_type, &device.name, more);
    for code in &device.codes {
        add_code(state, device, code);
    }
    for threshold in &device.thresholds {
        add_threshold(state, device, threshold);
    }
}

/// Adds a code that is already on its lock, unless it is a managed code with a later start.
fn add_code(state: &mut State, device: &Device, code: &Code) {
    let ends_at = code.ends_at.map(format_time);
    // A code with an end also has a start.
    let starts_at = code.starts_at.or(code.ends_at.map(|end| end.min(state.now()))).map(format_time);
    let mut row = object(json!({
        "access_code_id": code.id, "name": code.name, "code": code.pin, "device_id": device.id,
        "type": draft::kind(ends_at.as_deref()), "starts_at": starts_at, "ends_at": ends_at, "is_managed": code.is_managed,
    }));
    if !code.is_managed {
        let mut row = unmanaged_code(row);
        if device.provider.unmanaged != Unmanaged::Hidden {
            unmanaged::apply_visibility(&mut row, device.provider.unmanaged);
        }
        state.insert::<AccessCode>(row);
        return;
    }
    set(&mut row, "workspace_id", WORKSPACE);
    let mut row = draft::managed(state, &Id::new(&*device.id), row);
    if code::phase(&row, state.now()) != code::Phase::Before {
        set(&mut row, "status", "set");
        set(&mut row, "_on_device", true);
    }
    let id = state.insert::<AccessCode>(row);
    code::schedule(state, &id);
    code::reconcile_soon(state, &id);
}

fn add_threshold(state: &mut State, device: &Device, threshold: &Threshold) {
    building::insert::<NoiseThreshold>(
        state,
        json!({
            "noise_threshold_id": threshold.id, "device_id": device.id, "name": threshold.name,
            "noise_threshold_decibels": threshold.decibels, "starts_daily_at": threshold.starts_daily_at,
            "ends_daily_at": threshold.ends_daily_at,
        }),
    );
}

fn add_system(state: &mut State, system: &AccessSystem) {
    let provider = providers::of_system_type(system.system_type);
    let account = account(state, provider.map_or(system.system_type, |provider| provider.name));
    let more = object(json!({ "acs_system_id": system.id, "name": system.name }));
    let id = state.add_system(&account, system.system_type, more);
    for entrance in &system.entrances {
        let more = object(json!({ "acs_entrance_id": entrance.id, "space_ids": entrance.spaces }));
        state.add_entrance(&id, &entrance.name, more);
    }
    for encoder in &system.encoders {
        state.add_encoder(&id, &encoder.name, object(json!({ "acs_encoder_id": encoder.id })));
    }
}
