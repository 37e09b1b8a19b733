//! Writes the endpoints of `seam-core`: one file per group of routes, and an index.

mod plan;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use seam_spec::{ApiDescription, Route};

use super::{
    File,
    code::{Code, Links},
    names::{CallMethods, pascal},
    resolve::Resolver,
};

const SRC: &str = "crates/seam-core/src/endpoints";

/// Returns the files. Reports problems to `resolver`.
pub(super) fn files<'a>(
    api: &'a ApiDescription,
    resolver: &mut Resolver<'a>,
    links: &Links<'_>,
    call_methods: &CallMethods,
) -> Vec<File> {
    let mut groups: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for route in api.routes() {
        let group = route.path.rsplit_once('/').map_or("", |(group, _)| group);
        groups.entry(group).or_default().push(route);
        // Groups that contain only other groups.
        let mut outer = group;
        while let Some((parent, _)) = outer.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) {
            groups.entry(parent).or_default();
            outer = parent;
        }
    }
    let mut files = Vec::new();
    for (path, routes) in &groups {
        let is_child = |other: &&str| other.rsplit_once('/').is_some_and(|(parent, _)| parent == *path);
        let children: Vec<&str> = groups.keys().copied().filter(is_child).collect();
        let group = plan::group(api, path, routes, &children, resolver, call_methods);
        let name = path.trim_start_matches('/');
        let file = if children.is_empty() { format!("{SRC}/{name}.rs") } else { format!("{SRC}/{name}/mod.rs") };
        let links = Links { imported: group.imports.clone(), ..links.clone() };
        files.push(File { path: file, code: write::group(&group, &links) });
    }
    files.push(root(&groups, resolver, links));
    files.push(accepted_credentials(resolver, links));
    files.push(index(api, resolver, links));
    files.push(test(api, links));
    for (path, annotation) in resolver.annotations.routes.iter().filter(|(path, _)| api.route(path).is_none()) {
        resolver.problem(annotation.location, format!("{path}: not a route of the API description"));
    }
    files
}

/// Returns `endpoints/mod.rs`, which declares the modules. It defines no items, so that its modules can import each other
/// without a cycle.
fn root(groups: &BTreeMap<&str, Vec<&Route>>, resolver: &Resolver<'_>, links: &Links<'_>) -> File {
    let about = "\
The routes of the API, one module per group, named after their paths.

Each route is a type with its parameters as fields, an [`Endpoint`](crate::Endpoint) impl that
describes it, and a method of its group: `/access_codes/unmanaged/get` is
[`access_codes::unmanaged::Get`] and `seam.access_codes().unmanaged().get(..)`.";
    let mut code = Code::file(about, links);
    code.blank();
    code.line("mod accepted_credentials;");
    code.line("mod index;");
    for group in groups.keys().filter(|group| group.matches('/').count() == 1) {
        code.line(format!("pub mod {};", group.trim_start_matches('/')));
    }
    code.blank();
    let sets: Vec<&str> = resolver.annotations.credential_sets.iter().map(|set| set.name).collect();
    code.line(format!("pub(crate) use accepted_credentials::{{{}}};", sets.join(", ")));
    code.line("pub use index::ENDPOINTS;");
    code.line("pub(crate) use index::RATE_LIMITS;");
    File { path: format!("{SRC}/mod.rs"), code: code.finish() }
}

/// Returns `endpoints/accepted_credentials.rs`: the sets of credentials that routes accept.
fn accepted_credentials(resolver: &Resolver<'_>, links: &Links<'_>) -> File {
    let mut code = Code::file("The sets of credentials that routes accept.", links);
    code.blank();
    code.line("use crate::CredentialKind;");
    for set in &resolver.annotations.credential_sets {
        code.blank();
        code.doc(&set.doc);
        code.line(format!("pub(crate) const {}: &[CredentialKind] = &[", set.name));
        for kind in &set.kinds {
            code.line(format!("CredentialKind::{kind},"));
        }
        code.line("];");
    }
    File { path: format!("{SRC}/accepted_credentials.rs"), code: code.finish() }
}

/// Returns `endpoints/index.rs`: the list of all endpoints, and the rate limits.
fn index(api: &ApiDescription, resolver: &mut Resolver<'_>, links: &Links<'_>) -> File {
    let mut code = Code::file("The list of all routes, and their rate limits.", links);
    code.blank();
    let groups: BTreeSet<&str> = api.routes().iter().filter_map(|route| route.path.split('/').nth(1)).collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    code.line(format!("use crate::{{Endpoint, Spec, endpoints::{{{}}}}};", groups.join(", ")));
    code.blank();
    code.doc("All routes that this crate supports, by path.");
    code.line("pub const ENDPOINTS: &[&Spec] = &[");
    for route in api.routes() {
        code.line(format!("{}::SPEC,", type_path(route.path)));
    }
    code.line("];");
    code.blank();
    code.doc("The rate limits that Seam documents: requests per device and minute, shared by all routes of an entry.");
    code.line("pub(crate) const RATE_LIMITS: &[(&[&Spec], u32)] = &[");
    for limit in &resolver.annotations.rate_limits {
        let specs: Vec<String> = limit.routes.iter().map(|path| format!("{}::SPEC", type_path(path))).collect();
        code.line(format!("(&[{}], {}),", specs.join(", "), limit.requests));
    }
    code.line("];");
    for limit in &resolver.annotations.rate_limits {
        for path in limit.routes.iter().filter(|path| api.route(path).is_none()) {
            resolver.problem(limit.location, format!("{path}: not a route of the API description"));
        }
    }
    File { path: format!("{SRC}/index.rs"), code: code.finish() }
}

/// Returns the list of all request types, for a test of each of them.
fn test(api: &ApiDescription, links: &Links<'_>) -> File {
    let mut code = Code::file("Every request type, by its route.", links);
    code.blank();
    code.line("use super::Check;");
    code.line("use seam_core::endpoints::*;");
    code.blank();
    code.block("pub(crate) fn all() -> Vec<(&'static str, Check)>", |code| {
        code.line("vec![");
        for route in api.routes() {
            code.line(format!("    ({:?}, super::check::<{}>),", route.path, type_path(route.path)));
        }
        code.line("]");
    });
    File { path: "crates/seam-core/tests/every_request/all.rs".to_owned(), code: code.finish() }
}

/// Returns the path of the request type: `access_codes::Get` for `/access_codes/get`.
fn type_path(path: &str) -> String {
    let (modules, name) = path.trim_start_matches('/').rsplit_once('/').unwrap_or(("", path));
    format!("{}::{}", modules.replace('/', "::"), pascal(name))
}
