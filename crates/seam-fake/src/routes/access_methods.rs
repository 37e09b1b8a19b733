//! Access methods: the PINs, cards and keys of access grants.

pub(crate) mod lifecycle;

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    json::{Object, flag, string, strings},
    render,
    routes::{acs, generic, related},
    scheduler::{ActionError, Effect},
    state::State,
    tables::{AccessGrant, AccessMethod, AcsCredential, AcsEntrance, Id, Resource},
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/access_methods/delete" => delete,
        "/access_methods/encode" => encode,
        "/access_methods/assign_card" => assign_card,
        "/access_methods/unlock_door" => unlock_door,
        "/access_methods/get_related" => related::of_methods,
        _ => return None,
    })
}

/// Returns the access method of a call.
fn find<'a>(state: &'a State, call: &Call) -> Result<&'a Object, ApiFault> {
    call.find(state, &call.id::<AccessMethod>())
}

/// Deletes one access method, or all of a grant or of a reservation.
fn delete(state: &mut State, call: &Call) -> Answer {
    let methods = if let Some(method) = call.given_id::<AccessMethod>() {
        find(state, call)?;
        vec![method]
    } else if let Some(grant) = call.given_id::<AccessGrant>() {
        call.find(state, &grant)?;
        lifecycle::of_grant(state, &grant)
    } else {
        let key = call.string("reservation_key");
        let grants = state.ids_where::<AccessGrant>(|grant| {
            string(grant, "reservation_key") == key && is_visible(state, &call.caller, grant)
        });
        if grants.is_empty() {
            return Err(not_found(AccessGrant::TABLE));
        }
        grants.iter().flat_map(|grant| lifecycle::of_grant(state, grant)).collect()
    };
    for method in methods {
        lifecycle::delete(state, &method);
    }
    generic::done()
}

fn encode(state: &mut State, call: &Call) -> Answer {
    let card = acs::card_to_encode(state, call, &call.id::<AccessMethod>())?;
    acs::encode(state, call, &card)
}

/// Assigns an existing card of the access system to an access method.
fn assign_card(state: &mut State, call: &Call) -> Answer {
    let row = find(state, call)?;
    if !flag(row, "is_ready_for_assignment") {
        return Err(invalid("access_method_id", "The access method is not ready for assignment"));
    }
    let method = Id::<AccessMethod>::of(row).unwrap_or_default();
    let number = call.string("card_number").unwrap_or_default().to_owned();
    Ok(call.start(state, Effect::AssignCard { access_method_id: method, card_number: number }))
}

pub(crate) fn finish_assigning(
    state: &mut State,
    method: &Id<AccessMethod>,
    number: &str,
) -> Result<Value, ActionError> {
    let deleted = || ActionError::new("uncategorized_error", "The access method was deleted");
    let row = state.get(method).cloned().ok_or_else(deleted)?;
    let has_number = |card: &Object| {
        string(card, "access_method") == Some("card")
            && string(card, "acs_system_id") == string(&row, "_acs_system_id")
            && string(card, "card_number") == Some(number)
    };
    let Some(card) = state.ids_where::<AcsCredential>(has_number).into_iter().next() else {
        return Err(ActionError::new("credential_not_found", "The access system has no card with this number"));
    };
    acs::assign_to(state, &card, &Id::in_field(&row, "_acs_user_id").unwrap_or_default());
    if let Some(card) = state.get_mut(&card) {
        let entrances: Vec<&str> = strings(&row, "_acs_entrance_ids").collect();
        card.insert("_acs_entrance_ids".to_owned(), json!(entrances));
    }
    lifecycle::attach_credential(state, method, &card);
    lifecycle::issue(state, method);
    Ok(state.get(method).map(|row| render::resource(AccessMethod::TABLE, row)).unwrap_or_default())
}

fn unlock_door(state: &mut State, call: &Call) -> Answer {
    let row = find(state, call)?;
    if string(row, "mode") != Some("cloud_key") || !flag(row, "is_issued") {
        return Err(invalid("access_method_id", "Only an issued cloud key can unlock an entrance remotely"));
    }
    let key = lifecycle::credentials_of(state, row).into_iter().next();
    let key = key.ok_or_else(|| invalid("access_method_id", "The access method has no entrance"))?;
    acs::start_unlocking(state, call, &call.id::<AcsEntrance>(), &key)
}
