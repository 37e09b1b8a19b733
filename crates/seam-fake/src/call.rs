//! A call of a route, and the errors that all routes share.

use jiff::Timestamp;
use seam_core::{Spec, test_util::ApiFault};
use serde_json::Value;

use crate::{
    auth::Caller,
    json,
    json::Object,
    scheduler::Effect,
    shape,
    state::State,
    tables::{AccessCode, Id, Resource, Table, Workspace},
    visibility::is_visible,
};

/// The result of a handler, before internal fields are removed.
pub(crate) type Answer = Result<Object, ApiFault>;

/// The handler of a route.
pub(crate) type Handler = fn(&mut State, &Call) -> Answer;

/// A call of a route by an authorized caller.
pub(crate) struct Call {
    pub(crate) spec: &'static Spec,
    pub(crate) described: &'static seam_spec::Route,
    pub(crate) caller: Caller,
    pub(crate) parameters: Object,
}

impl Call {
    /// Returns the workspace of the caller. It is empty only for routes that accept callers without one.
    pub(crate) fn workspace(&self) -> Id<Workspace> {
        self.caller.workspace_id.clone().unwrap_or_default()
    }

    /// Returns a string parameter.
    pub(crate) fn string(&self, name: &str) -> Option<&str> {
        json::string(&self.parameters, name)
    }

    /// Parses a time parameter.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiFault> {
        let Some(text) = self.string(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| invalid(name, "Invalid datetime"))
    }

    /// Returns a number parameter.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.parameters.get(name)?.as_f64()
    }

    /// Returns a response with a value for each key of the route, including the keys of newer and older servers.
    pub(crate) fn answer_fields(&self, value: impl Fn(&str) -> Value) -> Object {
        self.answer_fields_dyn(&value)
    }

    /// Like [`answer_fields`](Self::answer_fields), without a copy per closure.
    pub(crate) fn answer_fields_dyn(&self, value: &dyn Fn(&str) -> Value) -> Object {
        let fields = self.described.response.iter();
        json::collect_object(&mut fields.map(|field| (field.name.to_owned(), value(field.name))))
    }

    /// Returns an identifier parameter. If it is absent, the identifier is empty and matches no row.
    pub(crate) fn id<K: Resource>(&self) -> Id<K> {
        self.given_id().unwrap_or_default()
    }

    /// Returns an identifier parameter, if it is present.
    pub(crate) fn given_id<K: Resource>(&self) -> Option<Id<K>> {
        Id::of(&self.parameters)
    }

    /// Returns the row with this identifier; status 404 if it is not visible to the caller.
    pub(crate) fn find<'a, K: Resource>(&self, state: &'a State, id: &Id<K>) -> Result<&'a Object, ApiFault> {
        let row = state.get(id).filter(|row| is_visible(state, &self.caller, row));
        row.ok_or_else(|| not_found(K::TABLE))
    }

    /// Returns a response with one row.
    pub(crate) fn answer_with<K: Resource>(&self, state: &State, key: &str, id: &Id<K>) -> Answer {
        let row = self.find(state, id)?.clone();
        Ok(Object::from_iter([(key.to_owned(), Value::Object(row))]))
    }

    /// Starts the action of the route, and returns a response with its attempt.
    pub(crate) fn start(&self, state: &mut State, effect: Effect) -> Object {
        let action_type = self.described.action_type.unwrap_or_default();
        let attempt = state.start_action(&self.workspace(), action_type, effect);
        Object::from_iter([("action_attempt".to_owned(), Value::Object(attempt))])
    }
}

/// Returns the error, status 400, for an invalid parameter.
pub(crate) fn invalid(parameter: &str, message: &str) -> ApiFault {
    ApiFault::invalid_input("Invalid parameters").with_validation_error(parameter, message)
}

/// Returns the error, status 404, for an unknown path.
pub(crate) fn no_such_route() -> ApiFault {
    ApiFault::not_found("route_not_found", "There is no such route")
}

/// Returns the error, status 404, for a missing row of this table, with Seam's type and message.
pub(crate) fn not_found(table: &Table) -> ApiFault {
    let name = table.resource;
    if table == AccessCode::TABLE {
        return ApiFault::not_found(
            "access_code_not_found",
            "Could not find an access_code with device_id or access_code_id",
        );
    }
    ApiFault::not_found(format!("{name}_not_found"), format!("{} not found", shape::in_words(name)))
}
