//! PINs: their validation and generation.

use serde_json::Value;

use super::code::{conflicting, pin_of};
use crate::{
    call::invalid,
    device,
    json::{Object, set, string},
    routes::generic::is_managed,
    state::State,
    tables::{AccessCode, Device, Id},
};
use seam_core::test_util::ApiFault;

/// Returns the supported numbers of digits of a PIN on a device; empty if they are not known.
pub(crate) fn lengths(state: &State, device_id: &Id<Device>) -> Vec<usize> {
    let device = state.get(device_id);
    let lengths = device.and_then(|device| device::property(device, "supported_code_lengths")?.as_array());
    lengths.into_iter().flatten().filter_map(|length| usize::try_from(length.as_u64()?).ok()).collect()
}

/// Rejects a PIN with status 400 if its device does not support its length.
pub(crate) fn check_length(state: &State, device_id: &Id<Device>, pin: &str) -> Result<(), ApiFault> {
    let lengths = lengths(state, device_id);
    if lengths.is_empty() || lengths.contains(&pin.len()) {
        return Ok(());
    }
    let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
    Err(invalid("code", &format!("The device supports only codes of {} digits", lengths.join(", "))))
}

/// Rejects a code with status 409 if another managed code, which is not being removed, has the same PIN at the same time.
pub(crate) fn check_unique(state: &State, code: &Object) -> Result<(), ApiFault> {
    match conflicting(state, code, |other| is_managed(other) && string(other, "status") != Some("removing")) {
        Some(_) => {
            Err(ApiFault::new(409, "duplicate_access_code", "Another access code on the device has the same PIN"))
        }
        None => Ok(()),
    }
}

/// Determines the PIN of a new code.
pub(crate) fn choose(
    state: &mut State,
    parameters: &Object,
    code: &Object,
    is_offline: bool,
) -> Result<String, ApiFault> {
    let device_id = Id::<Device>::of(code).unwrap_or_default();
    // Codes with the same `common_code_key` have the same PIN.
    let key = string(code, "common_code_key");
    let shared = key.and_then(|key| {
        let is_of_key = |other: &&Object| {
            string(other, "common_code_key") == Some(key)
                && string(other, "workspace_id") == string(code, "workspace_id")
        };
        state.rows::<AccessCode>().find(is_of_key).and_then(pin_of).map(str::to_owned)
    });
    let given = string(parameters, "code").map(str::to_owned);
    if given.is_some() && is_offline {
        return Err(invalid("code", "The PIN of an offline access code cannot be chosen"));
    }
    if given.as_ref().zip(shared.as_ref()).is_some_and(|(given, shared)| given != shared) {
        return Err(invalid("code", "Other codes of this common_code_key have another PIN"));
    }
    match given.or(shared).filter(|_| !is_offline) {
        Some(pin) => {
            check_length(state, &device_id, &pin)?;
            let mut complete = code.clone();
            set(&mut complete, "code", pin.as_str());
            check_unique(state, &complete)?;
            Ok(pin)
        }
        None => {
            let preferred_length = parameters.get("preferred_code_length").and_then(Value::as_f64);
            generate(state, &[device_id], preferred_length)
                .ok_or_else(|| ApiFault::new(400, "no_code_available", "No unused PIN is available on the device"))
        }
    }
}

/// The number of generated PINs after which no unused PIN is considered available.
const ATTEMPTS: usize = 10_000;

/// Generates an unused PIN that all of these devices support: of the preferred length if they support it, else of the shortest
/// one. `None` if there is no such PIN.
pub(crate) fn generate(state: &mut State, devices: &[Id<Device>], preferred_length: Option<f64>) -> Option<String> {
    let known: Vec<Vec<usize>> = devices.iter().map(|device| lengths(state, device)).collect();
    let fits = |length: &usize| known.iter().all(|known| known.is_empty() || known.contains(length));
    #[expect(clippy::cast_precision_loss, reason = "a length is a small number")]
    let is_preferred = |length: &usize| preferred_length.is_some_and(|preferred| preferred == *length as f64);
    let length = (4..=12).find(|length| fits(length) && is_preferred(length)).or_else(|| (4..=12).find(fits))?;
    let shortest = 10_u64.checked_pow(u32::try_from(length).ok()?.saturating_sub(1))?;
    (0..ATTEMPTS).find_map(|_| {
        // Multiplication by a large odd number scrambles consecutive numbers.
        let scrambled = state.next_number("pins").wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let pin = (shortest + scrambled % (9 * shortest)).to_string();
        let mut codes = devices.iter().flat_map(|device| state.codes_of_device(device));
        (!codes.any(|code| pin_of(code) == Some(&pin))).then_some(pin)
    })
}
