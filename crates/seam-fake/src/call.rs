//! One call of a route, and the errors that any route may answer.

use jiff::Timestamp;
use seam_core::{Spec, test_util::ApiFault};
use serde_json::Value;

use crate::{
    auth::Caller,
    routes::common,
    scheduler::Effect,
    state::{self, Object, State, Table},
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
    /// The workspace that the caller works in. Only routes that take callers without one see an empty text.
    pub(crate) fn workspace(&self) -> &str {
        self.caller.workspace_id.as_deref().unwrap_or_default()
    }

    /// A parameter that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        state::text(&self.parameters, name)
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
        state::collect_object(&mut fields.map(|field| (field.name.to_owned(), value(field.name))))
    }

    /// The answer that is one thing.
    pub(crate) fn answer_with(&self, state: &State, key: &str, table: &'static Table, id: &str) -> Answer {
        let thing = common::find(state, self, table, id)?.clone();
        Ok(Object::from_iter([(key.to_owned(), Value::Object(thing))]))
    }

    /// Begins something that takes a while, of the type that the description of the route names; the answer that holds
    /// it.
    pub(crate) fn start(&self, state: &mut State, subject: &str, effect: Effect) -> Object {
        let attempt =
            state.start_action(self.workspace(), self.described.action_type.unwrap_or_default(), subject, effect);
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
