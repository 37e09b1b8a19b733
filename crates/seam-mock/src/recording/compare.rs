//! Compares a request with a recorded one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    document::RecordedRequest,
    scrub::is_placeholder,
    secrets::{Secrecy, name, secrecy},
};

/// The maximum number of characters of a value in a difference.
const SHOWN: usize = 80;

/// The secrets of the running program, by their placeholders in the cassette.
pub(crate) type Bindings = BTreeMap<String, Value>;

/// The differences between a request and a recorded one.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// One line for each parameter.
    pub(crate) differences: Vec<String>,
    /// The secrets in the request that are placeholders in the cassette.
    pub(crate) bindings: Bindings,
}

/// Compares `request` with `recorded`. `shown` is the request without secrets, for the messages.
pub(crate) fn compare(
    recorded: &RecordedRequest,
    request: &RecordedRequest,
    shown: &RecordedRequest,
    bindings: &Bindings,
    ignored: &BTreeSet<String>,
) -> Comparison {
    let mut comparison = Comparison::default();
    if recorded.workspace != request.workspace {
        let show = |id: &Option<String>| id.as_ref().map_or("none".to_owned(), |id| format!("\"{id}\""));
        let (recorded, requested) = (show(&recorded.workspace), show(&request.workspace));
        comparison.differences.push(format!("the workspace: recorded {recorded}, requested {requested}"));
    }
    let mut walk = Walk { route: &recorded.path, bindings, ignored, comparison };
    walk.compare("", Some(&recorded.parameters), Some(&request.parameters), Some(&shown.parameters));
    walk.comparison
}

struct Walk<'a> {
    route: &'a str,
    bindings: &'a Bindings,
    ignored: &'a BTreeSet<String>,
    comparison: Comparison,
}

impl Walk<'_> {
    fn compare(&mut self, path: &str, recorded: Option<&Value>, requested: Option<&Value>, shown: Option<&Value>) {
        if self.ignored.contains(path) || self.ignored.contains(name(path)) {
            return;
        }
        match (recorded, requested) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                for name in names {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.compare(&path, a.get(name), b.get(name), shown.and_then(|shown| shown.get(name)));
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
                for (index, (a, b)) in a.iter().zip(b).enumerate() {
                    self.compare(path, Some(a), Some(b), shown.and_then(|shown| shown.get(index)));
                }
            }
            _ => {
                let is_equal = match (recorded, requested) {
                    (Some(recorded), Some(requested)) => self.is_same(path, recorded, requested, shown),
                    (None, None) => true,
                    _ => false,
                };
                if !is_equal {
                    let line = difference(path, recorded, requested.map(|_| shown));
                    self.comparison.differences.push(line);
                }
            }
        }
    }

    /// Returns whether a value matches the recorded one.
    fn is_same(&mut self, path: &str, recorded: &Value, requested: &Value, shown: Option<&Value>) -> bool {
        if recorded == requested {
            return true;
        }
        let is_secret = secrecy(&format!("{}.{path}", self.route)) != Secrecy::Public;
        match (recorded, requested) {
            (Value::String(text), Value::String(_)) if is_secret || is_placeholder(text) => {
                // The same secret as before, or a new one.
                let bound = self.comparison.bindings.get(text).or_else(|| self.bindings.get(text));
                let is_same = bound.is_none_or(|bound| bound == requested);
                if is_same {
                    self.comparison.bindings.insert(text.clone(), requested.clone());
                }
                is_same
            }
            (Value::String(pattern), Value::String(text)) => matches(pattern, text) || shown == Some(recorded),
            (Value::Number(a), Value::Number(b)) if is_secret || a.as_f64() == b.as_f64() => true,
            _ => shown == Some(recorded),
        }
    }
}

/// Returns whether `text` matches `pattern`, in which `***` matches any secret.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split("***");
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

fn difference(path: &str, recorded: Option<&Value>, requested: Option<Option<&Value>>) -> String {
    let show = |value: &Value| {
        let text = value.to_string();
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}...", text.split_at(end).0),
            None => text,
        }
    };
    let recorded = recorded.map_or("not recorded".to_owned(), |value| format!("recorded {}", show(value)));
    let requested = match requested {
        Some(value) => format!("requested {}", value.map_or("***".to_owned(), show)),
        None => "not requested".to_owned(),
    };
    format!("{path}: {recorded}, {requested}")
}

/// Replaces the placeholders of a response by the secrets of the running program.
pub(crate) fn restore(bindings: &Bindings, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(secret) = bindings.get(text.as_str()) {
                *value = secret.clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| restore(bindings, item)),
        Value::Object(members) => members.values_mut().for_each(|value| restore(bindings, value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_asterisks_match_any_secret() {
        for (pattern, text) in
            [("Guest ***", "Guest 1988"), ("***", ""), ("a *** b *** c", "a 1 b 2 c"), ("x", "x"), ("***x***", "1x2")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("Guest ***", "guest 1988"), ("x", "xy"), ("a *** b", "a 1 c"), ("a***a", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
