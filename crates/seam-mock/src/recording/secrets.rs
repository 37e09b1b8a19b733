//! Classifies values in requests and responses as secrets, by the annotations of the API description.

use std::{collections::HashSet, sync::LazyLock};

use seam_spec::{Field, Kind, Schema, SecretDecision};

/// The classification of a value by its name and its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// The value is not a secret.
    Public,
    /// The value is a secret of this type in `seam-model`.
    Secret(&'static str),
    /// The API description does not have the name, and the name suggests a secret.
    Possible,
}

/// Returns whether the value at `path`, such as `/access_codes/create.code` or `access_codes.code`, is a secret.
pub(crate) fn secrecy(path: &str) -> Secrecy {
    let decisions = &seam_spec::annotations().secrets;
    // An item of the list `device_providers` is `device_provider` in the annotations. The longest path takes precedence.
    let singular = singular(path);
    let found = [Some(path), singular.as_deref()].into_iter().flatten().filter_map(|path| decisions.get(path));
    match found.max_by_key(|(key, _)| key.len()) {
        Some((_, SecretDecision::Secret(kind))) => Secrecy::Secret(kind),
        Some((_, SecretDecision::Public(_))) => Secrecy::Public,
        None => {
            let name = name(path);
            let is_id = ["_id", "_ids"].iter().any(|suffix| name.ends_with(suffix));
            let possible = &seam_spec::annotations().possible_secrets;
            let is_possible = name.split('_').any(|word| possible.contains(&word.to_ascii_lowercase().as_str()));
            match is_possible && !is_id && !KNOWN.contains(name) {
                true => Secrecy::Possible,
                false => Secrecy::Public,
            }
        }
    }
}

/// Returns the last name of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}

/// Returns the path with the second to last name in the singular.
fn singular(path: &str) -> Option<String> {
    let (outer, name) = path.rsplit_once('.')?;
    Some(format!("{}.{name}", outer.strip_suffix('s')?))
}

/// The names in the API description. The annotations classify each string among them whose name suggests a secret, so
/// the others are not secrets.
static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let api = seam_spec::api();
    let mut known = HashSet::new();
    for resource in api.resources() {
        known.insert(resource.name);
        add_names(&resource.schema, &mut known);
    }
    for route in api.routes() {
        add_names(&route.parameters, &mut known);
        route.response.iter().for_each(|field| add_field(field, &mut known));
    }
    known
});

fn add_field(field: &'static Field, known: &mut HashSet<&'static str>) {
    known.insert(field.name);
    add_names(&field.schema, known);
}

fn add_names(schema: &'static Schema, known: &mut HashSet<&'static str>) {
    match &schema.kind {
        Kind::List(item) | Kind::Map(item) => add_names(item, known),
        Kind::Choice(options) => options.iter().for_each(|option| add_names(option, known)),
        Kind::Variants { by, .. } => known.extend(by),
        _ => {}
    }
    schema.fields().for_each(|field| add_field(field, known));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_annotations_decide() {
        for (path, kind) in [
            ("/access_codes/create.code", "Pin"),
            ("access_codes.code", "Pin"),
            ("action_attempt.result.code", "Pin"),
            ("event.changed_properties.to", "Pin"),
            ("/access_codes/list.search", "SearchText"),
            ("client_session.token", "Token"),
            ("webhooks.url", "SecretUrl"),
            ("devices.errors.message", "Message"),
            ("pagination.next_page_url", "SecretUrl"),
        ] {
            assert_eq!(secrecy(path), Secrecy::Secret(kind), "{path}");
        }
        for path in [
            "/devices/list.search",
            "device_providers.image_url",
            "devices.errors.error_code",
            "access_codes",
            "access_codes.access_code_id",
            "access_codes.status",
            "unknown.person_key_id",
            "name",
        ] {
            assert_eq!(secrecy(path), Secrecy::Public, "{path}");
        }
        for path in ["device.properties.master_pin", "device.Secret", "a.new_token"] {
            assert_eq!(secrecy(path), Secrecy::Possible, "{path}");
        }
    }
}
