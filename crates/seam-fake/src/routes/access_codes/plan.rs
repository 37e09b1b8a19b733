//! What a code is to be like: whether its lock can have it, and with which PIN.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde_json::{Value, json};

use super::{backups, life};
use crate::{
    call::{Call, invalid},
    json::{Object, flag, inner, object, set, text, time, time_text},
    reachability,
    routes::common::is_managed,
    state::State,
    tables::{AccessCode, Device, Id, Workspace},
};
use seam_core::test_util::ApiFault;

/// Device types that have no codes, or none that can be made like this.
pub(crate) fn not_supported(message: &str) -> ApiFault {
    ApiFault::new(400, "device_type_not_supported", message)
}

/// The device with this identifier, if it is a managed one that takes codes and the caller may know of it.
pub(crate) fn lock<'a>(state: &'a State, call: &Call, id: &Id<Device>) -> Result<&'a Object, ApiFault> {
    let device = call.find(state, id)?;
    if !is_managed(device) {
        return Err(ApiFault::new(400, "device_unmanaged", "The device is not managed"));
    }
    if !flag(device, "can_program_online_access_codes") && !flag(device, "can_program_offline_access_codes") {
        return Err(not_supported("The device takes no access codes"));
    }
    Ok(device)
}

/// The code that the parameters of `/access_codes/create` ask for, if its lock can have it.
pub(crate) fn plan(state: &mut State, workspace: &Id<Workspace>, parameters: &Object) -> Result<Object, ApiFault> {
    let device_id = Id::<Device>::of(parameters).unwrap_or_default();
    let device = state.get(&device_id).cloned().unwrap_or_default();
    let is_offline = flag(parameters, "is_offline_access_code") || flag(parameters, "use_offline_access_code");
    let ability = if is_offline { "can_program_offline_access_codes" } else { "can_program_online_access_codes" };
    if !flag(&device, ability) {
        return Err(not_supported(if is_offline {
            "The device takes no offline access codes"
        } else {
            "The device takes offline access codes only"
        }));
    }
    let (starts_at, ends_at) = frame(state, parameters, None, None, is_offline)?;
    let errors = reachability::errors(state, &device_id);
    if !is_offline && !errors.is_empty() {
        refuse_unreachable(parameters)?;
    }
    let uses_backup_pool = flag(parameters, "use_backup_access_code_pool");
    if uses_backup_pool && ends_at.is_none() {
        return Err(invalid("use_backup_access_code_pool", "Only a code that works for a time can have a backup"));
    }
    let supports_pool = device.get("properties").and_then(|of| of.get("supports_backup_access_code_pool"));
    if uses_backup_pool && supports_pool != Some(&json!(true)) {
        return Err(not_supported("The device holds no backup codes"));
    }
    let mut code = object(json!({
        "device_id": device_id, "workspace_id": workspace, "is_managed": true, "name": parameters.get("name"),
        "code": null, "type": kind(ends_at.as_deref()), "status": "setting",
        "starts_at": starts_at, "ends_at": ends_at, "common_code_key": parameters.get("common_code_key"),
        "created_at": state.now_text(), "errors": if is_offline { Vec::new() } else { errors }, "warnings": [],
        "pending_mutations": [], "is_backup_access_code_available": false,
        "is_external_modification_allowed": allows_modification(parameters),
        "is_one_time_use": flag(parameters, "is_one_time_use"), "is_offline_access_code": is_offline,
        "is_backup": false, "is_scheduled_on_device": false, "is_waiting_for_code_assignment": false,
        "pulled_backup_access_code_id": null, "dormakaba_oracode_metadata": null, "_on_device": false,
        "_uses_backup_pool": uses_backup_pool,
        "_not_scheduled_natively": parameters.get("prefer_native_scheduling") == Some(&json!(false)),
    }));
    if life::phase(&code, state.now()) == life::Phase::Before {
        set(&mut code, "status", "unset");
    }
    let pin = pin(state, parameters, &code, is_offline)?;
    set(&mut code, "code", pin);
    Ok(code)
}

/// Whether people may change the code at the lock, by either name of the parameter.
pub(crate) fn allows_modification(parameters: &Object) -> bool {
    flag(parameters, "is_external_modification_allowed") || flag(parameters, "allow_external_modification")
}

/// 400 if the caller does not want to wait for a device that Seam cannot reach.
pub(crate) fn refuse_unreachable(parameters: &Object) -> Result<(), ApiFault> {
    if parameters.get("attempt_for_offline_device") == Some(&Value::Bool(false)) {
        return Err(ApiFault::new(400, "device_offline", "The device cannot be reached"));
    }
    Ok(())
}

/// Puts a planned code into the state, and has it begin and end at its times; its identifier.
pub(crate) fn add(state: &mut State, code: Object) -> Id<AccessCode> {
    let uses_backup_pool = flag(&code, "_uses_backup_pool");
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    let id = state.insert::<AccessCode>(code);
    life::announce(state, "access_code.created", &id);
    let pending = state.get(&id).map(|code| life::pending_creation(state, code));
    if let Some(Value::Array(pending)) = pending {
        life::request_mutations(state, &id, pending);
    }
    life::schedule(state, &id);
    if uses_backup_pool {
        if let Some(properties) = state.get_mut(&device_id).and_then(|device| inner(device, "properties")) {
            set(properties, "backup_access_code_pool_enabled", true);
        }
        backups::fill(state, &device_id);
    }
    backups::note(state, &device_id);
    id
}

// --- Times.

/// The type of a code that ends then: one that never ends is ongoing, also if it has yet to begin.
pub(crate) fn kind(ends_at: Option<&str>) -> &'static str {
    if ends_at.is_some() { "time_bound" } else { "ongoing" }
}

/// The time frame that the parameters ask for, where they leave one out with the old one; as Seam writes times.
pub(crate) fn frame(
    state: &State,
    parameters: &Object,
    old_start: Option<Timestamp>,
    old_end: Option<Timestamp>,
    is_in_hours: bool,
) -> Result<(Option<String>, Option<String>), ApiFault> {
    let read = |name: &str| match text(parameters, name) {
        Some(text) => text.parse::<Timestamp>().map(Some).map_err(|_| invalid(name, "Invalid datetime")),
        None => Ok(None),
    };
    let (start, end) = (read("starts_at")?.or(old_start), read("ends_at")?.or(old_end));
    if let Some(end) = end {
        if start.is_some_and(|start| end <= start) {
            return Err(invalid("ends_at", "Expected a time after starts_at"));
        }
        if end <= state.now() {
            return Err(invalid("ends_at", "Expected a time in the future"));
        }
    }
    // A code that ends begins at some time, too.
    let start = start.or(end.map(|_| state.now()));
    // Codes that are computed know only whole hours.
    let rounded = |time: Timestamp, mode: RoundMode| {
        let round = TimestampRound::new().smallest(Unit::Hour).mode(mode);
        if is_in_hours { time.round(round).unwrap_or(time) } else { time }
    };
    let written = |time: Option<Timestamp>, mode: RoundMode| time.map(|time| time_text(rounded(time, mode)));
    Ok((written(start, RoundMode::Floor), written(end, RoundMode::Ceil)))
}

/// Whether there is a time at which both codes work.
fn overlaps(one: &Object, other: &Object) -> bool {
    let start = |code: &Object| time(code, "starts_at").unwrap_or(Timestamp::MIN);
    let end = |code: &Object| time(code, "ends_at").unwrap_or(Timestamp::MAX);
    start(one) < end(other) && start(other) < end(one)
}

// --- PINs.

/// The PIN of a code, which not every lock tells.
pub(crate) fn pin_of(code: &Object) -> Option<&str> {
    text(code, "code").or_else(|| text(code, "_pin"))
}

/// Another code of the same lock that has the same PIN at the same time.
pub(crate) fn rival<'a>(state: &'a State, code: &Object, counts: impl Fn(&Object) -> bool) -> Option<&'a Object> {
    let pin = pin_of(code)?;
    state.codes_of_device(&Id::of(code)?).find(|other| {
        text(other, "access_code_id") != text(code, "access_code_id")
            && pin_of(other) == Some(pin)
            && overlaps(code, other)
            && counts(other)
    })
}

/// 409 if another managed code, which is not about to go, has the same PIN at the same time.
pub(crate) fn refuse_duplicate(state: &State, code: &Object) -> Result<(), ApiFault> {
    match rival(state, code, |other| is_managed(other) && text(other, "status") != Some("removing")) {
        Some(_) => {
            Err(ApiFault::new(409, "duplicate_access_code", "Another access code on the device has the same PIN"))
        }
        None => Ok(()),
    }
}

/// How many digits a PIN may have on a device; nothing if that is not known.
pub(crate) fn lengths(state: &State, device_id: &Id<Device>) -> Vec<usize> {
    let properties = state.get(device_id).and_then(|device| device.get("properties"));
    let lengths = properties.and_then(|properties| properties.get("supported_code_lengths")).and_then(Value::as_array);
    lengths.into_iter().flatten().filter_map(|length| usize::try_from(length.as_u64()?).ok()).collect()
}

/// 400 for a PIN that is too short or too long for its device.
pub(crate) fn refuse_length(state: &State, device_id: &Id<Device>, pin: &str) -> Result<(), ApiFault> {
    let lengths = lengths(state, device_id);
    if lengths.is_empty() || lengths.contains(&pin.len()) {
        return Ok(());
    }
    let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
    Err(invalid("code", &format!("The device takes codes of {} digits only", lengths.join(", "))))
}

/// The PIN that a new code is to have.
fn pin(state: &mut State, parameters: &Object, code: &Object, is_offline: bool) -> Result<String, ApiFault> {
    let device_id = Id::<Device>::of(code).unwrap_or_default();
    // Codes that belong together have the same PIN.
    let key = text(code, "common_code_key");
    let shared = key.and_then(|key| {
        let is_of_key = |other: &&Object| {
            text(other, "common_code_key") == Some(key) && text(other, "workspace_id") == text(code, "workspace_id")
        };
        state.rows::<AccessCode>().find(is_of_key).and_then(pin_of).map(str::to_owned)
    });
    let given = text(parameters, "code").map(str::to_owned);
    if given.is_some() && is_offline {
        return Err(invalid("code", "The PIN of an offline access code cannot be chosen"));
    }
    if given.as_ref().zip(shared.as_ref()).is_some_and(|(given, shared)| given != shared) {
        return Err(invalid("code", "Other codes of this common_code_key have another PIN"));
    }
    match given.or(shared).filter(|_| !is_offline) {
        Some(pin) => {
            refuse_length(state, &device_id, &pin)?;
            let mut complete = code.clone();
            set(&mut complete, "code", pin.as_str());
            refuse_duplicate(state, &complete)?;
            Ok(pin)
        }
        None => {
            let wanted = parameters.get("preferred_code_length").and_then(Value::as_f64);
            make_pin(state, &[device_id], wanted)
                .ok_or_else(|| ApiFault::new(400, "no_code_available", "The device has every PIN already"))
        }
    }
}

/// How often a PIN is made up before the devices count as having them all.
const ATTEMPTS: usize = 10_000;

/// A PIN that all of these devices would take and none has; of the wanted length if they can have that, else of the
/// shortest that they can. `None` if there is no such PIN.
pub(crate) fn make_pin(state: &mut State, devices: &[Id<Device>], wanted: Option<f64>) -> Option<String> {
    let known: Vec<Vec<usize>> = devices.iter().map(|device| lengths(state, device)).collect();
    let fits = |length: &usize| known.iter().all(|known| known.is_empty() || known.contains(length));
    #[expect(clippy::cast_precision_loss, reason = "a length is a small number")]
    let is_wanted = |length: &usize| wanted.is_some_and(|wanted| wanted == *length as f64);
    let length = (4..=12).find(|length| fits(length) && is_wanted(length)).or_else(|| (4..=12).find(fits))?;
    let shortest = 10_u64.checked_pow(u32::try_from(length).ok()?.saturating_sub(1))?;
    (0..ATTEMPTS).find_map(|_| {
        // Multiplied by an odd number, numbers in a row look unlike each other.
        let scrambled = state.next_number("pins").wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let pin = (shortest + scrambled % (9 * shortest)).to_string();
        let mut codes = devices.iter().flat_map(|device| state.codes_of_device(device));
        (!codes.any(|code| pin_of(code) == Some(&pin))).then_some(pin)
    })
}
