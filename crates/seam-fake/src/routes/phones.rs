//! Phones, which store mobile keys.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler},
    json::{flag, object, string},
    routes::{generic, pages},
    state::State,
    tables::{AcsCredential, Id, Phone, Resource, UserIdentity, workspace_of},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/phones/list" => list,
        "/phones/deactivate" => |state, call| {
            let id = generic::find_id(state, call)?;
            deactivate(state, &id);
            generic::done()
        },
        "/phones/simulate/create_sandbox_phone" => create_sandbox_phone,
        _ => return None,
    })
}

/// Lists phones, optionally those of a user identity, or those that have a credential: the phones of its user identity.
fn list(state: &mut State, call: &Call) -> Answer {
    let holder = match call.given_id::<AcsCredential>() {
        Some(credential) => {
            let credential = call.find(state, &credential)?;
            let is_key = string(credential, "access_method") == Some("mobile_key");
            Some(Id::<UserIdentity>::of(credential).filter(|_| is_key && flag(credential, "is_issued")))
        }
        None => None,
    };
    pages::page_ignoring(state, call, Phone::TABLE, &["acs_credential_id"], |phone| {
        holder.as_ref().is_none_or(|holder| holder.as_ref().is_some_and(|holder| holder.is_in(phone)))
    })
}

/// Deactivates a phone.
pub(crate) fn deactivate(state: &mut State, id: &Id<Phone>) {
    let Some(phone) = state.remove(id) else { return };
    let workspace = workspace_of(&phone);
    state.emit("phone.deactivated", &workspace, object(json!({ "device_id": id })));
}

fn create_sandbox_phone(state: &mut State, call: &Call) -> Answer {
    generic::only_in_sandbox(state, call)?;
    let identity = call.id::<UserIdentity>();
    call.find(state, &identity)?;
    let metadata = call.parameters.get("phone_metadata").and_then(Value::as_object);
    let field = |name: &str| metadata.and_then(|metadata| string(metadata, name));
    let device_type = if field("operating_system") == Some("ios") { "ios_phone" } else { "android_phone" };
    let endpoint = state.new_digits(8);
    let phone = object(json!({
        "workspace_id": &call.workspace(), "device_type": device_type, "custom_metadata": {},
        "display_name": field("device_model").unwrap_or("Samsung Galaxy S10"),
        // The field determines the visibility for client sessions. It is not part of the resource.
        "user_identity_id": identity, "_owner_user_identity_id": identity,
        "properties": {
            "assa_abloy_credential_service_metadata": {
                "endpoints": [{ "endpoint_id": endpoint, "is_active": true }], "has_active_endpoint": true,
            },
        },
    }));
    let id = state.insert::<Phone>(phone);
    call.answer_with(state, "phone", &id)
}
