//! What belongs to access grants and access methods, gathered in one batch.

use serde_json::{Value, json};

use super::methods_of;
use crate::{
    call::{Answer, Call, invalid},
    routes::common,
    state::{
        ACCESS_GRANTS, ACCESS_METHODS, ACS_ACCESS_GROUPS, ACS_CREDENTIALS, ACS_ENTRANCES, ACS_SYSTEMS, ACS_USERS,
        CLIENT_SESSIONS, CONNECTED_ACCOUNTS, DEVICES, INSTANT_KEYS, Object, SPACES, State, Table, USER_IDENTITIES,
        collect_object, has_text, not_found, object, text, texts,
    },
};
use seam_core::test_util::ApiFault;

/// Things that belong to what was asked for: of which kind, and their identifiers.
type Related = Vec<(&'static Table, Vec<String>)>;

/// The things of each kind that the call wants to have, and that the caller may know of.
fn batch(state: &State, call: &Call, related: &Related) -> Answer {
    let is_listed = |list: &str, table: &Table| has_text(&call.parameters, list, table.name);
    let chooses = texts(&call.parameters, "include").next().is_some();
    let wanted =
        related.iter().filter(|(table, _)| (!chooses || is_listed("include", table)) && !is_listed("exclude", table));
    let mut entries = wanted.map(|(table, ids)| {
        let is_meant = |row: &&Object| {
            text(row, table.id).is_some_and(|id| ids.iter().any(|other| other == id))
                && common::is_visible(state, &call.caller, row)
        };
        let rows: Vec<Value> = state.rows(table).filter(is_meant).cloned().map(Value::Object).collect();
        (table.name.to_owned(), Value::Array(rows))
    });
    let batch = collect_object(&mut entries);
    Ok(object(json!({ "batch": batch })))
}

/// All that these things list under a name.
fn listed(rows: &[Object], name: &str) -> Vec<String> {
    rows.iter().flat_map(|row| texts(row, name)).map(str::to_owned).collect()
}

/// What these things say under a name.
fn said(rows: &[Object], name: &str) -> Vec<String> {
    rows.iter().filter_map(|row| text(row, name)).map(str::to_owned).collect()
}

/// The things of a kind with these identifiers.
fn rows_of(state: &State, table: &Table, ids: &[String]) -> Vec<Object> {
    ids.iter().filter_map(|id| state.get(table, id)).cloned().collect()
}

pub(crate) fn of_grants(state: &mut State, call: &Call) -> Answer {
    let mut grants = Vec::new();
    for id in texts(&call.parameters, "access_grant_ids") {
        grants.push(common::find(state, call, ACCESS_GRANTS, id)?.clone());
    }
    for key in texts(&call.parameters, "access_grant_keys") {
        let is_meant = |grant: &&Object| {
            text(grant, "access_grant_key") == Some(key) && common::is_visible(state, &call.caller, grant)
        };
        grants.push(state.rows(ACCESS_GRANTS).find(is_meant).ok_or_else(|| not_found(ACCESS_GRANTS))?.clone());
    }
    if grants.is_empty() {
        return Err(invalid("", "Expected access_grant_ids, or access_grant_keys"));
    }
    let devices = listed(&grants, "_device_ids");
    let entrances = listed(&grants, "_acs_entrance_ids");
    let mut accounts = said(&rows_of(state, DEVICES, &devices), "connected_account_id");
    accounts.extend(said(&rows_of(state, ACS_ENTRANCES, &entrances), "connected_account_id"));
    let ids = said(&grants, "access_grant_id");
    let related: Related = vec![
        (SPACES, listed(&grants, "space_ids")),
        (DEVICES, devices),
        (CONNECTED_ACCOUNTS, accounts),
        (ACS_SYSTEMS, listed(&grants, "_acs_system_ids")),
        (USER_IDENTITIES, said(&grants, "user_identity_id")),
        (ACS_ACCESS_GROUPS, groups_for(state, &grants, &entrances)),
        (ACS_ENTRANCES, entrances),
        (ACCESS_METHODS, ids.iter().flat_map(|grant| methods_of(state, grant)).collect()),
    ];
    batch(state, call, &related)
}

/// The access groups by which the people of grants may use the entrances as well.
fn groups_for(state: &State, grants: &[Object], entrances: &[String]) -> Vec<String> {
    let people = said(grants, "user_identity_id");
    let users = state
        .rows(ACS_USERS)
        .filter(|user| text(user, "user_identity_id").is_some_and(|person| people.iter().any(|other| other == person)));
    let groups: Vec<&str> = users.flat_map(|user| texts(user, "_acs_access_group_ids")).collect();
    state.ids_where(ACS_ACCESS_GROUPS, |group| {
        text(group, "acs_access_group_id").is_some_and(|id| groups.contains(&id))
            && texts(group, "_acs_entrance_ids").any(|entrance| entrances.iter().any(|other| other == entrance))
    })
}

pub(crate) fn of_methods(state: &mut State, call: &Call) -> Answer {
    let ids = texts(&call.parameters, "access_method_ids");
    let methods: Result<Vec<Object>, ApiFault> =
        ids.map(|id| common::find(state, call, ACCESS_METHODS, id).cloned()).collect();
    let methods = methods?;
    let keys = said(&methods, "_instant_key_id");
    let sessions = said(&rows_of(state, INSTANT_KEYS, &keys), "client_session_id");
    let related: Related = vec![
        (SPACES, listed(&methods, "_space_ids")),
        (DEVICES, listed(&methods, "_device_ids")),
        (ACS_ENTRANCES, listed(&methods, "_acs_entrance_ids")),
        (ACCESS_GRANTS, listed(&methods, "_access_grant_ids")),
        (ACCESS_METHODS, said(&methods, "access_method_id")),
        (INSTANT_KEYS, keys),
        (CLIENT_SESSIONS, sessions),
        (ACS_CREDENTIALS, listed(&methods, "_acs_credential_ids")),
    ];
    batch(state, call, &related)
}
