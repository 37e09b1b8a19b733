//! One call of a route, and the errors that any route may answer.

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

/// What a route answers, before what is the fake's own is taken out; or the error.
pub(crate) type Answer = Result<Object, ApiFault>;

/// What a route does.
pub(crate) type Handler = fn(&mut State, &Call) -> Answer;

/// One call of a route, by somebody who may make it.
pub(crate) struct Call {
    pub(crate) spec: &'static Spec,
    pub(crate) described: &'static seam_spec::Route,
    pub(crate) caller: Caller,
    pub(crate) parameters: Object,
}

impl Call {
    /// The workspace of the caller. It is empty only for routes that accept callers without one.
    pub(crate) fn workspace(&self) -> Id<Workspace> {
        self.caller.workspace_id.clone().unwrap_or_default()
    }

    /// A parameter that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        json::text(&self.parameters, name)
    }

    /// A parameter that is a time.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiFault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| invalid(name, "Invalid datetime"))
    }

    /// A parameter that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.parameters.get(name)?.as_f64()
    }

    /// The answer that says the same under each of the route's keys. Keys that only newer or older servers have say it
    /// too.
    pub(crate) fn answer_fields(&self, value: impl Fn(&str) -> Value) -> Object {
        self.answer_fields_dyn(&value)
    }

    /// As [`answer_fields`](Self::answer_fields), compiled once.
    pub(crate) fn answer_fields_dyn(&self, value: &dyn Fn(&str) -> Value) -> Object {
        let fields = self.described.response.iter();
        json::collect_object(&mut fields.map(|field| (field.name.to_owned(), value(field.name))))
    }

    /// A parameter that is an identifier; empty if it is missing, which no row has.
    pub(crate) fn id<K: Resource>(&self) -> Id<K> {
        self.given_id().unwrap_or_default()
    }

    /// A parameter that is an identifier.
    pub(crate) fn given_id<K: Resource>(&self) -> Option<Id<K>> {
        Id::of(&self.parameters)
    }

    /// The row with this identifier; 404 if the caller may not see it.
    pub(crate) fn find<'a, K: Resource>(&self, state: &'a State, id: &Id<K>) -> Result<&'a Object, ApiFault> {
        let row = state.get(id).filter(|row| is_visible(state, &self.caller, row));
        row.ok_or_else(|| not_found(K::TABLE))
    }

    /// The answer with one row.
    pub(crate) fn answer_with<K: Resource>(&self, state: &State, key: &str, id: &Id<K>) -> Answer {
        let row = self.find(state, id)?.clone();
        Ok(Object::from_iter([(key.to_owned(), Value::Object(row))]))
    }

    /// Starts an action of the type that the description of the route names; the answer with its attempt.
    pub(crate) fn start(&self, state: &mut State, effect: Effect) -> Object {
        let action_type = self.described.action_type.unwrap_or_default();
        let attempt = state.start_action(&self.workspace(), action_type, effect);
        Object::from_iter([("action_attempt".to_owned(), Value::Object(attempt))])
    }
}

/// 400 for one parameter.
pub(crate) fn invalid(parameter: &str, message: &str) -> ApiFault {
    ApiFault::invalid_input("Invalid parameters").with_validation_error(parameter, message)
}

/// 404 for a path that is no route's.
pub(crate) fn no_such_route() -> ApiFault {
    ApiFault::not_found("route_not_found", "There is no such route")
}

/// 404 for a row of this table, in Seam's words.
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
