//! Phones, which hold the mobile keys of people.

use serde_json::{Value, json};

use super::{
    Answer, Call, Handler, common,
    world::{ACS_CREDENTIALS, PHONES, USER_IDENTITIES, World, flag, object, text},
};

pub(super) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/phones/list" => list,
        "/phones/deactivate" => |world, call| {
            let id = common::find_id(world, call)?;
            deactivate(world, &id);
            common::done()
        },
        "/phones/simulate/create_sandbox_phone" => create_sandbox_phone,
        _ => return None,
    })
}

/// The phones, or those of a person, or those that hold a credential: those of the person who has it.
fn list(world: &mut World, call: &Call) -> Answer {
    let holder = match call.text("acs_credential_id") {
        Some(credential) => {
            let credential = common::find(world, call, ACS_CREDENTIALS, credential)?;
            let is_key = text(credential, "access_method") == Some("mobile_key");
            Some(text(credential, "user_identity_id").filter(|_| is_key && flag(credential, "is_issued")))
        }
        None => None,
    };
    common::page_ignoring(world, call, PHONES, &["acs_credential_id"], |phone| {
        holder.is_none_or(|holder| holder.is_some() && text(phone, "user_identity_id") == holder)
    })
}

/// Takes a phone out of use.
pub(super) fn deactivate(world: &mut World, id: &str) {
    let Some(phone) = world.remove(PHONES, id) else { return };
    let workspace = text(&phone, "workspace_id").unwrap_or_default();
    world.emit("phone.deactivated", workspace, object(json!({ "device_id": id })));
}

fn create_sandbox_phone(world: &mut World, call: &Call) -> Answer {
    common::only_in_sandbox(world, call)?;
    let identity = call.text("user_identity_id").unwrap_or_default();
    common::find(world, call, USER_IDENTITIES, identity)?;
    let metadata = call.parameters.get("phone_metadata").and_then(Value::as_object);
    let said = |name: &str| metadata.and_then(|metadata| text(metadata, name));
    let device_type = if said("operating_system") == Some("ios") { "ios_phone" } else { "android_phone" };
    let endpoint = world.new_digits(8);
    let phone = object(json!({
        "workspace_id": call.workspace(), "device_type": device_type, "custom_metadata": {},
        "display_name": said("device_model").unwrap_or("Samsung Galaxy S10"),
        // A client session sees the phones of its own people, by this field, which phones do not show.
        "user_identity_id": identity, "_owner_user_identity_id": identity,
        "properties": {
            "assa_abloy_credential_service_metadata": {
                "endpoints": [{ "endpoint_id": endpoint, "is_active": true }], "has_active_endpoint": true,
            },
        },
    }));
    let id = world.insert(PHONES, phone);
    call.answer_with(world, "phone", PHONES, &id)
}
