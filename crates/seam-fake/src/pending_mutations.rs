//! Pending mutations: changes of a resource that its lock or access system has not applied yet.

use serde_json::{Value, json};

use crate::{
    json::{object, push, set},
    scheduler::Job,
    state::State,
    tables,
    tables::{Id, Resource},
};

impl State {
    /// Adds a pending mutation to a resource, which ends after the action delay.
    pub(crate) fn add_mutation<K: Resource>(&mut self, id: &Id<K>, code: &str, message: &str, more: Value) {
        let mut mutation = object(json!({
            "mutation_code": code, "message": message, "created_at": self.now_string(),
        }));
        for (name, value) in object(more) {
            set(&mut mutation, &name, value);
        }
        let mutation = Value::Object(mutation);
        let Some(row) = self.get_mut(id) else { return };
        push(row, "pending_mutations", mutation.clone());
        let job = Job::RemoveMutation { table: K::TABLE.name.to_owned(), id: id.to_string(), mutation };
        self.after(self.action_delay, job);
    }

    /// Removes a pending mutation of the row with this identifier.
    pub(crate) fn remove_mutation(&mut self, table: &str, id: &str, mutation: &Value) {
        let Some(table) = tables::by_name(table) else { return };
        let row = self.table_mut(table).get_mut(id).and_then(|row| row.get_mut("pending_mutations"));
        let Some(Value::Array(pending)) = row else { return };
        if let Some(position) = pending.iter().position(|other| other == mutation) {
            pending.remove(position);
        }
    }
}
