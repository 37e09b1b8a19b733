//! Kinds of access systems: the external types of their users, credentials and groups, and their features.

use seam_spec::Kind;
use serde_json::Value;

use crate::{
    json::{Object, string},
    shape,
    state::State,
    tables::{AcsAccessGroup, AcsCredential, AcsSystem, AcsUser, Id, Resource, Table},
};

/// The features of a type of access systems.
pub(crate) struct SystemKind {
    external_type: &'static str,
    user_type: Option<&'static str>,
    credential_type: Option<&'static str>,
    /// The type of its groups; `None` if it has no groups.
    group_type: Option<&'static str>,
    /// Whether its cards are encoded; other systems identify cards by their number.
    pub(crate) has_encoders: bool,
    /// Whether its users can have access to individual entrances, in addition to those of their groups.
    pub(crate) has_single_entrances: bool,
    /// The types of systems that can manage its mobile keys.
    pub(crate) credential_managers: &'static [&'static str],
}

/// Returns a kind without groups.
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

/// Returns the kind of an access system; `None` for an unknown type, which only manages credentials.
pub(crate) fn kind_of(state: &State, system: &Id<AcsSystem>) -> Option<&'static SystemKind> {
    kind_of_type(string(state.get(system)?, "external_type")?)
}

/// Returns the kind of access systems of this type.
pub(crate) fn kind_of_type(external_type: &str) -> Option<&'static SystemKind> {
    KINDS.iter().find(|kind| kind.external_type == external_type)
}

/// Returns the type of the access systems of a provider: a documented type with the name of the provider as a prefix.
pub(crate) fn system_type_of(provider: &str) -> String {
    let described = shape::resource(AcsSystem::TABLE.resource).map(|schema| &schema.kind);
    let types = match described {
        Some(Kind::Object(fields)) => fields.iter().find(|field| field.name == "external_type"),
        _ => None,
    };
    let types = match types.map(|field| &field.schema.kind) {
        Some(Kind::Enum(types)) => &types[..],
        _ => &[],
    };
    let is_of_provider =
        |name: &&&str| name.strip_prefix(provider).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let found = types.iter().filter(is_of_provider).min_by_key(|name| name.len());
    found.map_or_else(|| format!("{provider}_system"), |found| (*found).to_owned())
}

/// Sets the external type of a user, credential or group of an access system, according to the type of the system.
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
