//! Names, ids and references in a seed file.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::validator::{Table, Validator, quoted};

impl Validator {
    /// Returns the id and the name of a table's resource. Names are unique within a kind and `parent`.
    pub(super) fn identity(
        &mut self,
        table: Table<'_>,
        noun: &str,
        kind: &'static str,
        parent: &str,
    ) -> Option<(String, String)> {
        let name = self.required(table, "name")?;
        if !self.names.insert((kind, format!("{parent}\n{name}"))) {
            self.problem(table.at("name"), format!("duplicate {noun} name {}", quoted(&name)));
            return None;
        }
        Some((self.id(table, kind, &[parent, &name])?, name))
    }

    /// Returns the `id` of a table, or one derived from `parts`, which does not change when the rest of the file changes.
    pub(super) fn id(&mut self, table: Table<'_>, kind: &'static str, parts: &[&str]) -> Option<String> {
        let id = match table.get("id") {
            Some(_) => self.string(table, "id")?,
            None => derived_id(kind, parts),
        };
        if !self.ids.insert((kind, id.clone())) {
            self.problem(table.at("id"), format!("duplicate id {}", quoted(&id)));
            return None;
        }
        Some(id)
    }

    /// Returns the ids of a table's spaces.
    pub(super) fn spaces(&mut self, table: Table<'_>) -> Vec<String> {
        let mut ids = Vec::new();
        for (at, name) in self.strings(table, "spaces") {
            // A name has precedence over an equal id.
            let is_id = self.ids.contains(&("space", name.clone()));
            match self.spaces.get(&name).or(is_id.then_some(&name)).cloned() {
                Some(id) if ids.contains(&id) => self.problem(at, format!("duplicate space {}", quoted(&name))),
                Some(id) => ids.push(id),
                None => {
                    let known: Vec<String> = self.spaces.keys().cloned().collect();
                    let hint = self.suggestion(&name, known.iter().map(String::as_str));
                    self.problem(at, format!("unknown space {}{hint}", quoted(&name)));
                }
            }
        }
        ids
    }
}

/// Returns an id in Seam's format that depends only on its kind and these parts.
pub(super) fn derived_id(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(&kind).chain(parts) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // A UUID of version 8, which has custom contents.
    let part = |range: Range<usize>| digits.get(range).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}
