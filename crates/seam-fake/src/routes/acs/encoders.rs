//! Encoders: writing and reading cards, and simulating their outcomes.
//!
//! By default, the card on an encoder is the card that it wrote last, or a card that is unknown to Seam. Simulations can set
//! another card.

use seam_core::test_util::ApiFault;
use serde_json::{Value, json};

use super::{
    credentials::{add, assign_to, issue},
    user_records::find_or_add_user,
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, flag, object, set, string, strings},
    render,
    routes::generic,
    scheduler::{ActionError, Effect},
    state::State,
    tables::{AccessMethod, AcsCredential, AcsEncoder, AcsSystem, AcsUser, Id, Resource},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/acs/encoders/encode_credential" => encode_credential,
        "/acs/encoders/scan_credential" => scan_credential,
        "/acs/encoders/scan_to_assign_credential" => scan_to_assign_credential,
        "/acs/encoders/simulate/next_credential_encode_will_fail"
        | "/acs/encoders/simulate/next_credential_encode_will_succeed" => {
            |state, call| plan(state, call, NEXT_ENCODING)
        }
        "/acs/encoders/simulate/next_credential_scan_will_fail"
        | "/acs/encoders/simulate/next_credential_scan_will_succeed" => |state, call| plan(state, call, NEXT_SCAN),
        _ => return None,
    })
}

/// The field of an encoder with the planned outcome of the next encoding.
const NEXT_ENCODING: &str = "_next_encoding";
/// The field of an encoder with the planned outcome of the next scan.
const NEXT_SCAN: &str = "_next_scan";

/// Plans the outcome of the next encoding or scan.
fn plan(state: &mut State, call: &Call, name: &str) -> Answer {
    generic::only_in_sandbox(state, call)?;
    let encoder = call.id::<AcsEncoder>();
    let system = string(call.find(state, &encoder)?, "acs_system_id");
    let on_seam = || Id::in_field(&call.parameters, "acs_credential_id_on_seam");
    if let Some(credential) = call.given_id::<AcsCredential>().or_else(on_seam) {
        if string(call.find(state, &credential)?, "acs_system_id") != system {
            return Err(invalid("acs_credential_id", "The credential belongs to another access system"));
        }
    }
    let mut plan = call.parameters.clone();
    if call.spec.path().ends_with("_will_fail") {
        plan.entry("error_code").or_insert_with(|| Value::from("no_credential_on_encoder"));
    } else {
        plan.remove("error_code");
    }
    if let Some(encoder) = state.get_mut(&encoder) {
        set(encoder, name, plan);
    }
    generic::done()
}

/// Removes and returns the planned outcome of the next encoding or scan.
fn take_plan(state: &mut State, encoder: &Id<AcsEncoder>, name: &str) -> Result<Object, ActionError> {
    let Some(row) = state.get_mut(encoder) else {
        return Err(ActionError::new("encoder_not_online", "The encoder was removed"));
    };
    let plan = row.remove(name).map(object).unwrap_or_default();
    match string(&plan, "error_code") {
        Some(code) => Err(ActionError::new(code, "The encoder failed, as simulated")),
        None => Ok(plan),
    }
}

fn encode_credential(state: &mut State, call: &Call) -> Answer {
    let credential = match (call.given_id::<AccessMethod>(), call.given_id::<AcsCredential>()) {
        (Some(method), _) => card_to_encode(state, call, &method)?,
        (None, credential) => credential.unwrap_or_default(),
    };
    encode(state, call, &credential)
}

/// Returns the credential of an access method that is ready to be encoded.
pub(crate) fn card_to_encode(
    state: &State,
    call: &Call,
    method: &Id<AccessMethod>,
) -> Result<Id<AcsCredential>, ApiFault> {
    let row = call.find(state, method)?;
    let mut cards = Id::in_list(row, "_acs_credential_ids").into_iter().filter(|id| state.get(id).is_some());
    cards
        .next()
        .filter(|_| flag(row, "is_ready_for_encoding"))
        .ok_or_else(|| invalid("access_method_id", "The access method is not ready for encoding"))
}

/// Starts to encode a credential on the encoder of the call.
pub(crate) fn encode(state: &mut State, call: &Call, credential: &Id<AcsCredential>) -> Answer {
    let encoder = call.id::<AcsEncoder>();
    let system = string(call.find(state, &encoder)?, "acs_system_id");
    let row = call.find(state, credential)?;
    if string(row, "access_method") != Some("card") {
        return Err(invalid("acs_credential_id", "Only a card can be encoded"));
    }
    if string(row, "acs_system_id") != system {
        return Err(invalid("acs_encoder_id", "The encoder belongs to another access system"));
    }
    let effect = Effect::EncodeCredential { acs_encoder_id: encoder, acs_credential_id: credential.clone() };
    Ok(call.start(state, effect))
}

/// Writes a credential to the card on an encoder.
pub(crate) fn write_card(
    state: &mut State,
    encoder: &Id<AcsEncoder>,
    credential: &Id<AcsCredential>,
) -> Result<Value, ActionError> {
    // A failure that is planned for another credential stays planned.
    let planned_for = state.get(encoder).and_then(|row| row.get(NEXT_ENCODING)?.get("acs_credential_id"));
    if planned_for.is_none_or(|planned| planned.is_null() || *planned == **credential) {
        take_plan(state, encoder, NEXT_ENCODING)?;
    }
    if state.get(credential).is_none() {
        return Err(ActionError::new("uncategorized_error", "The credential was deleted"));
    }
    issue(state, credential);
    if let Some(encoder) = state.get_mut(encoder) {
        set(encoder, "_acs_credential_id", credential);
    }
    Ok(state.get(credential).map(|row| render::resource(AcsCredential::TABLE, row)).unwrap_or_default())
}

/// The content of the card on an encoder.
enum Card {
    Empty,
    /// A credential that is unknown to Seam, with its number.
    Unknown(String),
    /// A credential, and whether the card is outdated.
    Known(Id<AcsCredential>, bool),
}

/// Reads the card on an encoder.
fn read(state: &mut State, encoder: &Id<AcsEncoder>) -> Result<Card, ActionError> {
    let plan = take_plan(state, encoder, NEXT_SCAN)?;
    let row = state.get(encoder).cloned().unwrap_or_default();
    let exists = |id: &Id<AcsCredential>| state.get(id).is_some();
    let named = Id::in_field(&plan, "acs_credential_id_on_seam").filter(exists);
    let written = Id::in_field(&row, "_acs_credential_id").filter(exists);
    let is_card = |credential: &&Object| {
        string(credential, "access_method") == Some("card")
            && string(credential, "acs_system_id") == string(&row, "acs_system_id")
    };
    let any = || state.rows::<AcsCredential>().find(is_card).and_then(Id::of);
    let known = match string(&plan, "scenario") {
        Some("credential_on_encoder_is_empty") => return Ok(Card::Empty),
        Some("credential_does_not_exist_on_seam") => None,
        Some(_) => named.or(written).or_else(any),
        // The default scenario is an existing credential; without a plan it is the one written last.
        None if plan.is_empty() => written,
        None => named.or(written).or_else(any),
    };
    let is_outdated = string(&plan, "scenario") == Some("credential_on_encoder_needs_update");
    match known {
        Some(id) => Ok(Card::Known(id, is_outdated)),
        None => Ok(Card::Unknown(state.new_digits(10))),
    }
}

fn scan_credential(state: &mut State, call: &Call) -> Answer {
    let encoder = call.id::<AcsEncoder>();
    call.find(state, &encoder)?;
    Ok(call.start(state, Effect::ScanCredential { acs_encoder_id: encoder }))
}

pub(crate) fn finish_scanning(state: &mut State, encoder: &Id<AcsEncoder>) -> Result<Value, ActionError> {
    let is_visionline = state
        .get(encoder)
        .and_then(|row| state.get(&Id::<AcsSystem>::of(row)?))
        .is_some_and(|system| string(system, "external_type") == Some("visionline_system"));
    let card = read(state, encoder)?;
    Ok(render_scan(state, &card, is_visionline))
}

/// Renders the result of a scan.
fn render_scan(state: &State, card: &Card, is_visionline: bool) -> Value {
    let warning = |code: &str, message: &str| json!([{ "warning_code": code, "warning_message": message }]);
    let no_warnings = || json!([]);
    let (credential, number, warnings) = match card {
        Card::Empty => {
            return json!({ "acs_credential_on_encoder": null, "acs_credential_on_seam": null, "warnings": [] });
        }
        Card::Unknown(number) => {
            let message = "Seam has no credential that matches the card";
            (None, Some(number.as_str()), warning("acs_credential_on_seam_not_found", message))
        }
        Card::Known(id, is_outdated) => {
            let credential = state.get(id);
            let number = credential.and_then(|credential| string(credential, "card_number"));
            let message = "The card is out of sync with the credential";
            let warnings =
                if *is_outdated { warning("acs_credential_on_encoder_out_of_sync", message) } else { no_warnings() };
            (credential, number, warnings)
        }
    };
    let nothing = Object::new();
    let field = |name: &str| credential.unwrap_or(&nothing).get(name).cloned().unwrap_or_default();
    let mut on_encoder = object(json!({
        "created_at": field("issued_at"), "is_issued": credential.is_none_or(|row| flag(row, "is_issued")),
        "starts_at": field("starts_at"), "ends_at": field("ends_at"), "card_number": number,
    }));
    if is_visionline {
        let entrances: Vec<&str> = credential.into_iter().flat_map(|row| strings(row, "_acs_entrance_ids")).collect();
        let is_outdated = matches!(card, Card::Known(_, true));
        let metadata = json!({
            "card_format": "rfid48", "card_id": number.unwrap_or_default(), "guest_acs_entrance_ids": entrances,
            "common_acs_entrance_ids": [], "cancelled": false, "discarded": false, "expired": false,
            "number_of_issued_cards": 1, "overridden": false, "overwritten": false, "pending_auto_update": is_outdated,
        });
        set(&mut on_encoder, "visionline_metadata", metadata);
    }
    json!({
        "acs_credential_on_encoder": on_encoder, "acs_credential_on_seam": credential.map(|row| render::resource(AcsCredential::TABLE, row)), "warnings": warnings,
    })
}

/// Starts to read a card and assign it to a user. A card that is unknown to Seam becomes a new credential.
fn scan_to_assign_credential(state: &mut State, call: &Call) -> Answer {
    let encoder = call.id::<AcsEncoder>();
    let row = call.find(state, &encoder)?;
    let system = Id::<AcsSystem>::of(row).unwrap_or_default();
    let user = find_or_add_user(state, call, &system)?;
    let effect = Effect::ScanToAssignCredential { acs_encoder_id: encoder, acs_system_id: system, acs_user_id: user };
    Ok(call.start(state, effect))
}

pub(crate) fn finish_scanning_to_assign(
    state: &mut State,
    encoder: &Id<AcsEncoder>,
    system: &Id<AcsSystem>,
    user: &Id<AcsUser>,
) -> Result<Value, ActionError> {
    let id = match read(state, encoder)? {
        Card::Empty => return Err(ActionError::new("no_credential_on_encoder", "The card is empty")),
        Card::Known(id, _) => {
            assign_to(state, &id, user);
            id
        }
        Card::Unknown(number) => {
            let card = json!({ "access_method": "card", "card_number": number });
            let id = add(state, system, user, object(card));
            issue(state, &id);
            id
        }
    };
    Ok(state.get(&id).map(|row| render::resource(AcsCredential::TABLE, row)).unwrap_or_default())
}
