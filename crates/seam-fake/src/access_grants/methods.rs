//! Access methods: the means by which people use their grants.

use serde_json::json;

use super::{credentials_of, methods_of, provision, related};
use seam_core::test_util::ApiFault;
use crate::{
        Answer, Call, Handler, acs, common, invalid,
        world::{
            ACCESS_GRANTS, ACCESS_METHODS, ACS_CREDENTIALS, ActionError, Object, World, flag, not_found, shown, text,
            texts,
        },
    };

pub(super) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/access_methods/delete" => delete,
        "/access_methods/encode" => encode,
        "/access_methods/assign_card" => assign_card,
        "/access_methods/unlock_door" => unlock_door,
        "/access_methods/get_related" => related::of_methods,
        _ => return None,
    })
}

/// The access method that a call names.
fn find<'a>(world: &'a World, call: &Call) -> Result<&'a Object, ApiFault> {
    common::find(world, call, ACCESS_METHODS, call.text("access_method_id").unwrap_or_default())
}

/// Deletes one access method, or all of a grant or of a reservation.
fn delete(world: &mut World, call: &Call) -> Answer {
    let methods = if let Some(method) = call.text("access_method_id") {
        find(world, call)?;
        vec![method.to_owned()]
    } else if let Some(grant) = call.text("access_grant_id") {
        common::find(world, call, ACCESS_GRANTS, grant)?;
        methods_of(world, grant)
    } else {
        let key = call.text("reservation_key");
        let grants = world.ids_where(ACCESS_GRANTS, |grant| {
            text(grant, "reservation_key") == key && common::is_visible(world, &call.caller, grant)
        });
        if grants.is_empty() {
            return Err(not_found(ACCESS_GRANTS));
        }
        grants.iter().flat_map(|grant| methods_of(world, grant)).collect()
    };
    for method in methods {
        provision::delete(world, &method);
    }
    common::done()
}

/// The credential that is to be written to a card for an access method.
pub(crate) fn card_to_encode(world: &World, call: &Call, method: &str) -> Result<String, ApiFault> {
    let row = common::find(world, call, ACCESS_METHODS, method)?;
    let card = credentials_of(world, row).into_iter().next();
    card.filter(|_| flag(row, "is_ready_for_encoding"))
        .ok_or_else(|| invalid("access_method_id", "The access method does not wait for a card to be written"))
}

fn encode(world: &mut World, call: &Call) -> Answer {
    let card = card_to_encode(world, call, call.text("access_method_id").unwrap_or_default())?;
    acs::encode(world, call, &card)
}

/// Makes a card that the access system has the card of an access method.
fn assign_card(world: &mut World, call: &Call) -> Answer {
    let row = find(world, call)?;
    if !flag(row, "is_ready_for_assignment") {
        return Err(invalid("access_method_id", "The access method does not wait for a card to be assigned"));
    }
    let method = text(row, "access_method_id").unwrap_or_default().to_owned();
    let number = call.text("card_number").unwrap_or_default().to_owned();
    Ok(call.start(world, &method.clone(), move |world| {
        let gone = || ActionError::new("uncategorized_error", "The access method is gone");
        let row = world.get(ACCESS_METHODS, &method).cloned().ok_or_else(gone)?;
        let is_meant = |card: &Object| {
            text(card, "access_method") == Some("card")
                && text(card, "acs_system_id") == text(&row, "_acs_system_id")
                && text(card, "card_number") == Some(number.as_str())
        };
        let Some(card) = world.ids_where(ACS_CREDENTIALS, is_meant).into_iter().next() else {
            return Err(ActionError::new("credential_not_found", "The access system has no card with this number"));
        };
        acs::assign_to(world, &card, text(&row, "_acs_user_id").unwrap_or_default());
        if let Some(card) = world.get_mut(ACS_CREDENTIALS, &card) {
            let entrances: Vec<&str> = texts(&row, "_acs_entrance_ids").collect();
            card.insert("_acs_entrance_ids".to_owned(), json!(entrances));
        }
        provision::hold(world, &method, &card);
        provision::is_issued(world, &method);
        Ok(world.get(ACCESS_METHODS, &method).map(|row| shown(ACCESS_METHODS, row)).unwrap_or_default())
    }))
}

fn unlock_door(world: &mut World, call: &Call) -> Answer {
    let row = find(world, call)?;
    if text(row, "mode") != Some("cloud_key") || !flag(row, "is_issued") {
        return Err(invalid("access_method_id", "Only a cloud key that is issued opens an entrance from afar"));
    }
    let key = credentials_of(world, row).into_iter().next();
    let key = key.ok_or_else(|| invalid("access_method_id", "The access method is for no entrance"))?;
    acs::start_unlocking(world, call, call.text("acs_entrance_id").unwrap_or_default(), &key)
}
