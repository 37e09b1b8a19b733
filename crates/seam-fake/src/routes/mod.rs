//! All routes, with their specifications and handlers. Each module has the name of its route group.

pub(crate) mod access_codes;
pub(crate) mod access_grants;
pub(crate) mod access_methods;
pub(crate) mod acs;
pub(crate) mod cameras;
pub(crate) mod client_sessions;
pub(crate) mod connect_webviews;
pub(crate) mod connected_accounts;
pub(crate) mod customers;
pub(crate) mod devices;
pub(crate) mod events;
pub(crate) mod filters;
pub(crate) mod generic;
pub(crate) mod instant_keys;
pub(crate) mod locks;
pub(crate) mod media;
pub(crate) mod noise_sensors;
pub(crate) mod pages;
pub(crate) mod phones;
pub(crate) mod related;
pub(crate) mod spaces;
pub(crate) mod thermostats;
pub(crate) mod user_identities;
pub(crate) mod webhooks;
pub(crate) mod workspaces;

use std::sync::LazyLock;

use crate::{
    call::Handler,
    projection::{self, Fields},
};
use seam_core::{ENDPOINTS, Spec};

/// A route: its specification, its description and its handler.
pub(crate) struct Route {
    pub(crate) spec: &'static Spec,
    pub(crate) described: &'static seam_spec::Route,
    pub(crate) handler: Handler,
    /// The fields of its responses.
    pub(crate) response: Fields,
}

/// All routes, by path.
pub(crate) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let mut routes: Vec<Route> = ENDPOINTS.iter().copied().filter_map(route).collect();
    routes.sort_by_key(|route| route.spec.path());
    routes
});

pub(crate) fn route(spec: &'static Spec) -> Option<Route> {
    let described = seam_spec::api().route(spec.path())?;
    let special: &[fn(&str) -> Option<Handler>] = &[
        access_codes::handler,
        access_grants::handler,
        access_methods::handler,
        acs::handler,
        cameras::live_views::handler,
        client_sessions::handler,
        connect_webviews::handler,
        connected_accounts::handler,
        customers::handler,
        devices::handler,
        events::handler,
        instant_keys::handler,
        locks::handler,
        media::handler,
        noise_sensors::handler,
        phones::handler,
        spaces::handler,
        thermostats::handler,
        user_identities::handler,
        webhooks::handler,
        workspaces::handler,
        generic::handler,
    ];
    let handler = special.iter().find_map(|handler| handler(spec.path()))?;
    Some(Route { spec, described, handler, response: projection::fields_of(&described.response) })
}

pub(crate) fn find_route(path: &str) -> Option<&'static Route> {
    let index = ROUTES.binary_search_by_key(&path, |route| route.spec.path()).ok()?;
    ROUTES.get(index)
}
