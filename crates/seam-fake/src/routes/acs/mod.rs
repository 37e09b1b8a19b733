//! Access systems: who may use which of their entrances, and with what.

mod credentials;
mod encoders;
mod entrances;
mod groups;
mod systems;
mod users;

use crate::{
    call::{Call, Handler, invalid},
    routes::common,
    state::{
        ACS_ACCESS_GROUPS, ACS_CREDENTIALS, ACS_SYSTEMS, ACS_USERS, Object, State, USER_IDENTITIES, flag, not_found,
        text, texts,
    },
};
use seam_core::test_util::ApiFault;

pub(crate) use self::{
    credentials::{add as add_credential, assign_to, delete as delete_credential, end_credential, issue, set_times},
    encoders::{encode, finish_scanning, finish_scanning_to_assign, write_card},
    entrances::{finish_unlocking, start_unlocking},
    users::{delete as delete_user, link, of_identity_or_new, unlink},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    let handlers: [fn(&str) -> Option<Handler>; 6] = [
        credentials::handler,
        encoders::handler,
        entrances::handler,
        groups::handler,
        systems::handler,
        users::handler,
    ];
    handlers.iter().find_map(|handler| handler(path))
}

/// What differs between the makes of access systems.
pub(crate) struct SystemKind {
    external_type: &'static str,
    user_type: Option<&'static str>,
    credential_type: Option<&'static str>,
    /// Whether its cards are written on an encoder; other systems have cards that are known by their number.
    pub(crate) has_encoders: bool,
    /// Whether its users can be let through single entrances, not only through those of a group.
    has_single_entrances: bool,
    /// The systems that can manage its mobile keys.
    credential_managers: &'static [&'static str],
}

const fn kind(
    external_type: &'static str,
    user_type: Option<&'static str>,
    credential_type: Option<&'static str>,
    has_encoders: bool,
    credential_managers: &'static [&'static str],
) -> SystemKind {
    let has_single_entrances = has_encoders;
    SystemKind { external_type, user_type, credential_type, has_encoders, has_single_entrances, credential_managers }
}

const ASSA_ABLOY: &[&str] = &["assa_abloy_credential_service"];
const VOSTIO: &[&str] = &["assa_abloy_vostio_credential_service"];
const LEGIC: &[&str] = &["legic_connect_credential_service"];
const HID: &[&str] = &["hid_credential_manager_organization"];

static KINDS: &[SystemKind] = &[
    kind("visionline_system", None, Some("visionline_card"), true, ASSA_ABLOY),
    kind("assa_abloy_vostio", None, Some("assa_abloy_vostio_key"), true, VOSTIO),
    kind("hotek_site", None, Some("hotek_card"), true, &[]),
    kind("salto_space_system", Some("salto_space_user"), Some("salto_space_key"), true, &[]),
    kind("dormakaba_ambiance_site", None, Some("dormakaba_ambiance_credential"), true, LEGIC),
    kind("dormakaba_community_site", Some("dormakaba_community_user"), None, true, LEGIC),
    kind("salto_ks_site", Some("salto_site_user"), Some("salto_ks_credential"), false, &[]),
    kind("pti_site", Some("pti_user"), Some("pti_card"), false, &[]),
    kind("brivo_account", Some("brivo_user"), Some("brivo_credential"), false, HID),
    kind("avigilon_alta_org", Some("avigilon_alta_user"), Some("avigilon_alta_credential"), false, &[]),
    kind("kisi_organization", Some("kisi_user"), Some("kisi_credential"), false, &[]),
    kind("akiles_organization", None, Some("akiles_credential"), false, &[]),
    kind("latch_building", Some("latch_user"), Some("latch_access"), false, &[]),
    kind(
        "hid_credential_manager_organization",
        Some("hid_credential_manager_user"),
        Some("hid_credential"),
        false,
        &[],
    ),
];

/// What is known of the make of an access system; nothing, if it only manages credentials.
pub(crate) fn kind_of(state: &State, system: &str) -> Option<&'static SystemKind> {
    let external_type = text(state.get(ACS_SYSTEMS, system)?, "external_type")?;
    KINDS.iter().find(|kind| kind.external_type == external_type)
}

/// A type in words: `Salto site user`.
fn in_words(external_type: &str) -> String {
    let (first, rest) = external_type.split_at_checked(1).unwrap_or((external_type, ""));
    format!("{}{}", first.to_uppercase(), rest.replace('_', " "))
}

/// The user whom a call names: by an id, or as the person of a user identity in an access system.
fn find_user(state: &State, call: &Call, system: Option<&str>) -> Result<String, ApiFault> {
    if let Some(user) = call.text("acs_user_id") {
        common::find(state, call, ACS_USERS, user)?;
        return Ok(user.to_owned());
    }
    let Some(identity) = call.text("user_identity_id") else {
        return Err(invalid("acs_user_id", "Expected acs_user_id, or user_identity_id"));
    };
    common::find(state, call, USER_IDENTITIES, identity)?;
    let system = system.or_else(|| call.text("acs_system_id"));
    users::of_identity(state, identity, system).ok_or_else(|| not_found(ACS_USERS))
}

/// Like [`find_user`]; but a person whom this access system does not know yet becomes a user of it.
fn find_or_add_user(state: &mut State, call: &Call, system: &str) -> Result<String, ApiFault> {
    common::find(state, call, ACS_SYSTEMS, system)?;
    let user = match call.text("user_identity_id") {
        Some(identity) if call.text("acs_user_id").is_none() => {
            common::find(state, call, USER_IDENTITIES, identity)?;
            of_identity_or_new(state, identity, system)
        }
        _ => find_user(state, call, None)?,
    };
    if state.get(ACS_USERS, &user).is_some_and(|user| text(user, "acs_system_id") != Some(system)) {
        return Err(invalid("acs_user_id", "The user belongs to another access system"));
    }
    Ok(user)
}

/// The access groups of a user.
fn groups_of(state: &State, user: &Object) -> Vec<String> {
    let groups = texts(user, "_acs_access_group_ids").filter(|group| state.get(ACS_ACCESS_GROUPS, group).is_some());
    groups.map(str::to_owned).collect()
}

/// The entrances that a user may use because of who it is: alone, or in a group.
fn entrances_of_user(state: &State, user: &Object) -> Vec<String> {
    if flag(user, "is_suspended") {
        return Vec::new();
    }
    let mut entrances: Vec<String> = texts(user, "_acs_entrance_ids").map(str::to_owned).collect();
    for group in groups_of(state, user) {
        let group = state.get(ACS_ACCESS_GROUPS, &group);
        entrances.extend(group.into_iter().flat_map(|group| texts(group, "_acs_entrance_ids")).map(str::to_owned));
    }
    entrances
}

/// The entrances that a credential opens: those it was made for, and those its user may use.
pub(crate) fn entrances_of_credential(state: &State, credential: &Object) -> Vec<String> {
    let user = text(credential, "acs_user_id").and_then(|user| state.get(ACS_USERS, user));
    if user.is_some_and(|user| flag(user, "is_suspended")) {
        return Vec::new();
    }
    let mut entrances: Vec<String> = texts(credential, "_acs_entrance_ids").map(str::to_owned).collect();
    entrances.extend(user.into_iter().flat_map(|user| entrances_of_user(state, user)));
    entrances
}

/// The entrances that a user may use, with whatever it has.
pub(crate) fn all_entrances_of_user(state: &State, user: &str) -> Vec<String> {
    let Some(row) = state.get(ACS_USERS, user) else { return Vec::new() };
    let mut entrances = entrances_of_user(state, row);
    for credential in state.rows(ACS_CREDENTIALS).filter(|row| text(row, "acs_user_id") == Some(user)) {
        entrances.extend(entrances_of_credential(state, credential));
    }
    entrances
}
