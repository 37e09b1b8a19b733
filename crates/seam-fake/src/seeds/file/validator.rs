//! Reads the values of a seed file, and collects the problems.

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
};

use jiff::Timestamp;

use super::document::{Entry, Node, Value};
use crate::routes::noise_sensors;

/// The number of problems after which no more suggestions are computed, since later problems are not listed.
const MAX_SUGGESTIONS: usize = 100;

/// The problems, and the names and ids seen so far.
#[derive(Default)]
pub(super) struct Validator {
    pub(super) problems: Vec<(usize, String)>,
    /// The names in use, each with its kind.
    pub(super) names: HashSet<(&'static str, String)>,
    /// The ids in use, each with its kind.
    pub(super) ids: HashSet<(&'static str, String)>,
    /// The ids of spaces by name.
    pub(super) spaces: HashMap<String, String>,
}

/// A table of the file, with its name in messages.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) at: usize,
    pub(super) title: &'a str,
    pub(super) entries: &'a [Entry],
}

impl<'a> Table<'a> {
    pub(super) fn get(self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// Returns the position of a value, or that of the table if the value is absent.
    pub(super) fn at(self, key: &str) -> usize {
        self.get(key).map_or(self.at, |node| node.at)
    }
}

impl Validator {
    pub(super) fn problem(&mut self, at: usize, message: impl Into<String>) {
        self.problems.push((at, message.into()));
    }

    pub(super) fn table<'a>(&mut self, node: &'a Node, title: &'a str) -> Option<Table<'a>> {
        match &node.value {
            Value::Table(entries) => Some(Table { at: node.at, title, entries }),
            other => {
                self.problem(node.at, format!("expected a table for {title}, found {}", other.type_name()));
                None
            }
        }
    }

    /// Returns the tables of a list.
    pub(super) fn section<'a>(&mut self, table: Table<'a>, key: &str, title: &'a str) -> Vec<Table<'a>> {
        let mut tables = Vec::new();
        for node in self.list(table, key) {
            tables.extend(self.table(node, title));
        }
        tables
    }

    pub(super) fn list<'a>(&mut self, table: Table<'a>, key: &str) -> &'a [Node] {
        match table.get(key).map(|node| (node.at, &node.value)) {
            None => &[],
            Some((_, Value::List(nodes))) => nodes,
            Some((at, other)) => {
                self.problem(at, format!("expected a list for '{key}', found {}", other.type_name()));
                &[]
            }
        }
    }

    /// Returns the strings of a list, each with its position.
    pub(super) fn strings(&mut self, table: Table<'_>, key: &str) -> Vec<(usize, String)> {
        let mut strings = Vec::new();
        for node in self.list(table, key) {
            strings.extend(self.string_in(node, key).map(|string| (node.at, string)));
        }
        strings
    }

    pub(super) fn string(&mut self, table: Table<'_>, key: &str) -> Option<String> {
        self.string_in(table.get(key)?, key)
    }

    fn string_in(&mut self, node: &Node, key: &str) -> Option<String> {
        let message = match &node.value {
            Value::String(string) if string.trim().is_empty() => format!("'{key}' is empty"),
            Value::String(string) if string.chars().any(char::is_control) => {
                format!("'{key}' contains a control character")
            }
            Value::String(string) => return Some(string.clone()),
            other => format!("expected a string for '{key}', found {}", other.type_name()),
        };
        self.problem(node.at, message);
        None
    }

    pub(super) fn required(&mut self, table: Table<'_>, key: &str) -> Option<String> {
        self.check_present(table, key);
        self.string(table, key)
    }

    pub(super) fn check_present(&mut self, table: Table<'_>, key: &str) {
        if table.get(key).is_none() {
            self.problem(table.at, format!("missing '{key}' in {}", table.title));
        }
    }

    pub(super) fn boolean(&mut self, table: Table<'_>, key: &str) -> Option<bool> {
        let node = table.get(key)?;
        match &node.value {
            Value::Boolean(boolean) => Some(*boolean),
            other => {
                self.problem(node.at, format!("expected true or false for '{key}', found {}", other.type_name()));
                None
            }
        }
    }

    pub(super) fn number(&mut self, table: Table<'_>, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let node = table.get(key)?;
        let expected = format!("expected a number from {} to {} for '{key}'", range.start(), range.end());
        match &node.value {
            Value::Number(number) if range.contains(number) => Some(*number),
            Value::Number(_) => {
                self.problem(node.at, expected);
                None
            }
            other => {
                self.problem(node.at, format!("{expected}, found {}", other.type_name()));
                None
            }
        }
    }

    pub(super) fn time(&mut self, table: Table<'_>, key: &str) -> Option<Timestamp> {
        let node = table.get(key)?;
        if let Value::String(text) | Value::Time(text) = &node.value {
            if let Ok(time) = text.parse() {
                return Some(time);
            }
        }
        self.problem(node.at, format!("expected a time with its offset for '{key}', such as 2026-11-24T09:00:00Z"));
        None
    }

    pub(super) fn time_of_day(&mut self, table: Table<'_>, key: &str) -> Option<String> {
        let time = self.required(table, key)?;
        if noise_sensors::is_time_of_day(&time) {
            return Some(time);
        }
        let message = format!("expected a time of day with its time zone for '{key}', such as 22:00:00[Europe/Berlin]");
        self.problem(table.at(key), message);
        None
    }

    /// Reports keys that are unknown or, in JSON, duplicate.
    pub(super) fn check_keys(&mut self, table: Table<'_>, known: &[&str]) {
        let mut seen = HashSet::new();
        for entry in table.entries {
            if !known.contains(&&*entry.key) {
                let hint = self.suggestion(&entry.key, known.iter().copied());
                self.problem(entry.at, format!("unknown key {} in {}{hint}", quoted(&entry.key), table.title));
            } else if !seen.insert(&*entry.key) {
                self.problem(entry.at, format!("duplicate key '{}' in {}", entry.key, table.title));
            }
        }
    }

    /// Returns `; did you mean ...?` if one of the candidates is similar.
    pub(super) fn suggestion<'a>(&self, given: &str, candidates: impl Iterator<Item = &'a str>) -> String {
        if self.problems.len() > MAX_SUGGESTIONS || given.len() > 100 {
            return String::new();
        }
        candidates
            .map(|candidate| (strsim::jaro_winkler(given, candidate), candidate))
            .filter(|(similarity, _)| *similarity > 0.8)
            // Of equally similar candidates, the alphabetically first one.
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(one.1)))
            .map_or_else(String::new, |(_, candidate)| format!("; did you mean {}?", quoted(candidate)))
    }
}

/// Quotes a string of the file for a message: shortened, and with escaped control characters.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(60).is_some() { "..." } else { "" };
    format!("'{short}{more}'")
}
