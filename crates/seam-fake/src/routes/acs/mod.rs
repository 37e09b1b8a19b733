//! Access systems: who may use which of their entrances, and with what.

mod credentials;
mod encoders;
mod entrances;
mod groups;
mod systems;
mod users;

use crate::{
    call::{Call, Handler, invalid, not_found},
    json::{Object, flag, text},
    shape,
    state::State,
    tables::{AcsAccessGroup, AcsCredential, AcsEntrance, AcsSystem, AcsUser, Id, Resource, Table, UserIdentity},
};
use seam_core::test_util::ApiFault;
use serde_json::Value;

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
    /// The type of its groups; none if it has no groups.
    group_type: Option<&'static str>,
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
    SystemKind {
        external_type,
        user_type,
        credential_type,
        group_type: None,
        has_encoders,
        has_single_entrances,
        credential_managers,
    }
}

impl SystemKind {
    const fn with_groups(self, group_type: &'static str) -> Self {
        Self { group_type: Some(group_type), ..self }
    }
}

const ASSA_ABLOY: &[&str] = &["assa_abloy_credential_service"];
const VOSTIO: &[&str] = &["assa_abloy_vostio_credential_service"];
const LEGIC: &[&str] = &["legic_connect_credential_service"];
const HID: &[&str] = &["hid_credential_manager_organization"];

static KINDS: &[SystemKind] = &[
    kind("visionline_system", None, Some("visionline_card"), true, ASSA_ABLOY),
    kind("assa_abloy_vostio", None, Some("assa_abloy_vostio_key"), true, VOSTIO),
    kind("hotek_site", None, Some("hotek_card"), true, &[]),
    kind("salto_space_system", Some("salto_space_user"), Some("salto_space_key"), true, &[])
        .with_groups("salto_space_group"),
    kind("dormakaba_ambiance_site", None, Some("dormakaba_ambiance_credential"), true, LEGIC)
        .with_groups("dormakaba_ambiance_access_group"),
    kind("dormakaba_community_site", Some("dormakaba_community_user"), None, true, LEGIC)
        .with_groups("dormakaba_community_access_group"),
    kind("salto_ks_site", Some("salto_site_user"), Some("salto_ks_credential"), false, &[])
        .with_groups("salto_ks_access_group"),
    kind("pti_site", Some("pti_user"), Some("pti_card"), false, &[]).with_groups("pti_access_level"),
    kind("brivo_account", Some("brivo_user"), Some("brivo_credential"), false, HID).with_groups("brivo_group"),
    kind("avigilon_alta_org", Some("avigilon_alta_user"), Some("avigilon_alta_credential"), false, &[])
        .with_groups("avigilon_alta_group"),
    kind("kisi_organization", Some("kisi_user"), Some("kisi_credential"), false, &[]).with_groups("kisi_access_group"),
    kind("akiles_organization", None, Some("akiles_credential"), false, &[]).with_groups("akiles_member_group"),
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
pub(crate) fn kind_of(state: &State, system: &Id<AcsSystem>) -> Option<&'static SystemKind> {
    kind_of_type(text(state.get(system)?, "external_type")?)
}

/// As [`kind_of`], for a system of this type.
pub(crate) fn kind_of_type(external_type: &str) -> Option<&'static SystemKind> {
    KINDS.iter().find(|kind| kind.external_type == external_type)
}

/// Sets the type of a user, credential or group of an access system, which follows from that of the system.
pub(crate) fn set_type(state: &State, table: &'static Table, row: &mut Object) {
    let Some(kind) = Id::of(row).and_then(|system| kind_of(state, &system)) else { return };
    let external_type = match table {
        table if table == AcsUser::TABLE => kind.user_type,
        table if table == AcsCredential::TABLE => kind.credential_type,
        table if table == AcsAccessGroup::TABLE => kind.group_type,
        _ => None,
    };
    let Some(external_type) = external_type else { return };
    row.entry("external_type").or_insert_with(|| Value::from(external_type));
    row.entry("external_type_display_name").or_insert_with(|| Value::from(shape::in_words(external_type)));
    if table == AcsAccessGroup::TABLE {
        row.entry("access_group_type").or_insert_with(|| Value::from(external_type));
        row.entry("access_group_type_display_name").or_insert_with(|| Value::from(shape::in_words(external_type)));
    }
}

/// The user whom a call names: by an id, or as the person of a user identity in an access system.
fn find_user(state: &State, call: &Call, system: Option<&Id<AcsSystem>>) -> Result<Id<AcsUser>, ApiFault> {
    if let Some(user) = call.given_id::<AcsUser>() {
        call.find(state, &user)?;
        return Ok(user);
    }
    let Some(identity) = call.given_id::<UserIdentity>() else {
        return Err(invalid("acs_user_id", "Expected acs_user_id, or user_identity_id"));
    };
    call.find(state, &identity)?;
    let system = system.cloned().or_else(|| call.given_id());
    users::of_identity(state, &identity, system.as_ref()).ok_or_else(|| not_found(AcsUser::TABLE))
}

/// Like [`find_user`]; but a person whom this access system does not know yet becomes a user of it.
fn find_or_add_user(state: &mut State, call: &Call, system: &Id<AcsSystem>) -> Result<Id<AcsUser>, ApiFault> {
    call.find(state, system)?;
    let user = match call.given_id::<UserIdentity>() {
        Some(identity) if call.given_id::<AcsUser>().is_none() => {
            call.find(state, &identity)?;
            of_identity_or_new(state, &identity, system)
        }
        _ => find_user(state, call, None)?,
    };
    if state.get(&user).is_some_and(|user| !system.is_in(user)) {
        return Err(invalid("acs_user_id", "The user belongs to another access system"));
    }
    Ok(user)
}

/// The access groups of a user.
fn groups_of(state: &State, user: &Object) -> Vec<Id<AcsAccessGroup>> {
    let mut groups = Id::in_list(user, "_acs_access_group_ids");
    groups.retain(|group| state.get(group).is_some());
    groups
}

/// The entrances that a user may use because of who it is: alone, or in a group.
fn entrances_of_user(state: &State, user: &Object) -> Vec<Id<AcsEntrance>> {
    if flag(user, "is_suspended") {
        return Vec::new();
    }
    let mut entrances = Id::in_list(user, "_acs_entrance_ids");
    for group in groups_of(state, user) {
        let group = state.get(&group);
        entrances.extend(group.into_iter().flat_map(|group| Id::in_list(group, "_acs_entrance_ids")));
    }
    entrances
}

/// The entrances that a credential opens: those it was made for, and those its user may use.
pub(crate) fn entrances_of_credential(state: &State, credential: &Object) -> Vec<Id<AcsEntrance>> {
    let user = Id::<AcsUser>::of(credential).and_then(|user| state.get(&user));
    if user.is_some_and(|user| flag(user, "is_suspended")) {
        return Vec::new();
    }
    let mut entrances = Id::in_list(credential, "_acs_entrance_ids");
    entrances.extend(user.into_iter().flat_map(|user| entrances_of_user(state, user)));
    entrances
}

/// The entrances that a user may use, with whatever it has.
pub(crate) fn all_entrances_of_user(state: &State, user: &Id<AcsUser>) -> Vec<Id<AcsEntrance>> {
    let Some(row) = state.get(user) else { return Vec::new() };
    let mut entrances = entrances_of_user(state, row);
    for credential in state.rows::<AcsCredential>().filter(|row| user.is_in(row)) {
        entrances.extend(entrances_of_credential(state, credential));
    }
    entrances
}
