//! The sections of access systems, with their entrances and encoders.

use super::{
    description::{AccessSystem, Part},
    document::{Entry, Node, Value},
    documented::enum_values,
    validator::{Table, Validator, quoted},
};
use crate::routes::acs;

impl Validator {
    pub(super) fn access_system(&mut self, table: Table<'_>) -> Option<AccessSystem> {
        self.check_keys(table, &["name", "id", "type", "spaces", "entrances", "encoders"]);
        let system_type = self.system_type(table);
        let spaces = self.spaces(table);
        let identity = self.identity(table, "access system", "acs_system", "");
        let system_id = identity.as_ref().map_or_else(|| table.at.to_string(), |(id, _)| id.clone());
        let entrances = self.parts(table, ("entrances", "entrance", "acs_entrance"), &system_id, &spaces);
        let encoders = self.parts(table, ("encoders", "encoder", "acs_encoder"), &system_id, &[]);
        if let (Some(system_type), false) = (system_type, encoders.is_empty()) {
            if !acs::kind_of_type(system_type).is_some_and(|kind| kind.has_encoders) {
                let message = format!("an access system of type '{system_type}' does not support encoders");
                self.problem(table.at("encoders"), message);
            }
        }
        let (id, name) = identity?;
        Some(AccessSystem { id, name, system_type: system_type?, entrances, encoders })
    }

    fn system_type(&mut self, table: Table<'_>) -> Option<&'static str> {
        let system_type = match table.get("type") {
            Some(_) => self.string(table, "type")?,
            None => "visionline_system".to_owned(),
        };
        let known = enum_values("acs_system", "external_type");
        let found = known.iter().copied().find(|known| *known == system_type);
        if found.is_none() {
            let hint = self.suggestion(&system_type, known.iter().copied());
            self.problem(table.at("type"), format!("unknown access system type {}{hint}", quoted(&system_type)));
        }
        found
    }

    /// Returns the entrances or encoders of an access system. Each is a name or a table.
    fn parts(
        &mut self,
        table: Table<'_>,
        (key, noun, kind): (&str, &str, &'static str),
        system_id: &str,
        all_in: &[String],
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        for node in self.list(table, key) {
            // A string is a shorthand for a table with this name.
            let named;
            let entries = match &node.value {
                Value::Table(entries) => entries.as_slice(),
                Value::String(name) => {
                    let node = Node { at: node.at, value: Value::String(name.clone()) };
                    named = [Entry { key: "name".to_owned(), at: node.at, node }];
                    &named
                }
                other => {
                    let message = format!("expected names or tables in '{key}', found {}", other.type_name());
                    self.problem(node.at, message);
                    continue;
                }
            };
            let part = Table { at: node.at, title: key, entries };
            self.check_keys(part, if kind == "acs_entrance" { &["name", "id", "spaces"] } else { &["name", "id"] });
            let mut spaces = self.spaces(part);
            spaces.extend(all_in.iter().filter(|space| !spaces.contains(space)).cloned().collect::<Vec<_>>());
            if let Some((id, name)) = self.identity(part, noun, kind, system_id) {
                parts.push(Part { id, name, spaces });
            }
        }
        parts
    }
}
