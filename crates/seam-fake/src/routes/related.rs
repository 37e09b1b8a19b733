//! Batches of the resources that belong to access grants and access methods.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, invalid, not_found},
    json::{Object, collect_object, has_string, object, string, strings},
    routes::access_methods::lifecycle as access_methods,
    state::State,
    tables::{
        AccessGrant, AccessMethod, AcsAccessGroup, AcsCredential, AcsEntrance, AcsSystem, AcsUser, ClientSession,
        ConnectedAccount, Device, Id, InstantKey, Resource, Space, Table, UserIdentity,
    },
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

/// The identifiers of related rows of a table.
type Related = (&'static Table, Vec<String>);

fn related<K: Resource>(ids: &[Id<K>]) -> Related {
    (K::TABLE, ids.iter().map(ToString::to_string).collect())
}

/// Returns the related resources of the requested types that are visible to the caller.
fn batch(state: &State, call: &Call, related: &[Related]) -> Answer {
    let is_listed = |list: &str, table: &Table| has_string(&call.parameters, list, table.name);
    let has_include = strings(&call.parameters, "include").next().is_some();
    let requested = related
        .iter()
        .filter(|(table, _)| (!has_include || is_listed("include", table)) && !is_listed("exclude", table));
    let mut entries = requested.map(|(table, ids)| {
        let is_related = |row: &&Object| {
            string(row, table.id).is_some_and(|id| ids.iter().any(|other| other == id))
                && is_visible(state, &call.caller, row)
        };
        let rows: Vec<Value> = state.table(table).iter().filter(is_related).cloned().map(Value::Object).collect();
        (table.name.to_owned(), Value::Array(rows))
    });
    let batch = collect_object(&mut entries);
    Ok(object(json!({ "batch": batch })))
}

/// Returns the identifiers in a list of each row.
fn in_lists<K: Resource>(rows: &[Object], name: &str) -> Vec<Id<K>> {
    rows.iter().flat_map(|row| Id::in_list(row, name)).collect()
}

/// Returns the identifiers in the id field of a table of each row.
fn in_rows<K: Resource>(rows: &[Object]) -> Vec<Id<K>> {
    rows.iter().filter_map(Id::of).collect()
}

/// Returns the rows with these identifiers.
fn rows_of<K: Resource>(state: &State, ids: &[Id<K>]) -> Vec<Object> {
    ids.iter().filter_map(|id| state.get(id)).cloned().collect()
}

pub(crate) fn of_grants(state: &mut State, call: &Call) -> Answer {
    let mut grants = Vec::new();
    for id in Id::<AccessGrant>::in_list(&call.parameters, "access_grant_ids") {
        grants.push(call.find(state, &id)?.clone());
    }
    for key in strings(&call.parameters, "access_grant_keys") {
        let has_key =
            |grant: &&Object| string(grant, "access_grant_key") == Some(key) && is_visible(state, &call.caller, grant);
        grants.push(state.rows::<AccessGrant>().find(has_key).ok_or_else(|| not_found(AccessGrant::TABLE))?.clone());
    }
    if grants.is_empty() {
        return Err(invalid("", "Expected access_grant_ids, or access_grant_keys"));
    }
    let devices: Vec<Id<Device>> = in_lists(&grants, "_device_ids");
    let entrances: Vec<Id<AcsEntrance>> = in_lists(&grants, "_acs_entrance_ids");
    let mut accounts: Vec<Id<ConnectedAccount>> = in_rows(&rows_of(state, &devices));
    accounts.extend(in_rows(&rows_of(state, &entrances)));
    let ids: Vec<Id<AccessGrant>> = in_rows(&grants);
    let methods: Vec<Id<AccessMethod>> = ids.iter().flat_map(|grant| access_methods::of_grant(state, grant)).collect();
    let batched = [
        related::<Space>(&in_lists(&grants, "space_ids")),
        related(&devices),
        related(&accounts),
        related::<AcsSystem>(&in_lists(&grants, "_acs_system_ids")),
        related::<UserIdentity>(&in_rows(&grants)),
        related(&groups_for(state, &grants, &entrances)),
        related(&entrances),
        related(&methods),
    ];
    batch(state, call, &batched)
}

/// Returns the access groups that also give the user identities of grants access to the entrances.
fn groups_for(state: &State, grants: &[Object], entrances: &[Id<AcsEntrance>]) -> Vec<Id<AcsAccessGroup>> {
    let identities: Vec<Id<UserIdentity>> = in_rows(grants);
    let users = state.rows::<AcsUser>().filter(|user| identities.iter().any(|identity| identity.is_in(user)));
    let groups: Vec<&str> = users.flat_map(|user| strings(user, "_acs_access_group_ids")).collect();
    state.ids_where::<AcsAccessGroup>(|group| {
        string(group, "acs_access_group_id").is_some_and(|id| groups.contains(&id))
            && entrances.iter().any(|entrance| has_string(group, "_acs_entrance_ids", entrance))
    })
}

pub(crate) fn of_methods(state: &mut State, call: &Call) -> Answer {
    let ids = Id::<AccessMethod>::in_list(&call.parameters, "access_method_ids");
    let methods: Result<Vec<Object>, ApiFault> = ids.iter().map(|id| call.find(state, id).cloned()).collect();
    let methods = methods?;
    let keys: Vec<Id<InstantKey>> =
        methods.iter().filter_map(|method| Id::in_field(method, "_instant_key_id")).collect();
    let batched = [
        related::<Space>(&in_lists(&methods, "_space_ids")),
        related::<Device>(&in_lists(&methods, "_device_ids")),
        related::<AcsEntrance>(&in_lists(&methods, "_acs_entrance_ids")),
        related::<AccessGrant>(&in_lists(&methods, "_access_grant_ids")),
        related::<AccessMethod>(&in_rows(&methods)),
        related(&keys),
        related::<ClientSession>(&in_rows(&rows_of(state, &keys))),
        related::<AcsCredential>(&in_lists(&methods, "_acs_credential_ids")),
    ];
    batch(state, call, &batched)
}
