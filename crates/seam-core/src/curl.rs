//! A request as a line for a shell, to show to a colleague or to Seam's support: with all secrets masked.

use std::fmt::Write;

use serde_json::Value;

use crate::{Request, error::Scrubber};

const MASK: &str = "***";

/// The command that sends `request`, but for the secrets in it.
pub(crate) fn line(request: &Request, scrubber: &Scrubber) -> String {
    let mut line = format!("curl --request {} {}", request.method(), quoted(&request.uri().to_string()));
    for (name, value) in request.headers() {
        let value = match value.to_str() {
            // The scheme tells what kind of secret belongs there.
            Ok(text) if value.is_sensitive() && text.starts_with("Bearer ") => "Bearer ***",
            Ok(text) if !value.is_sensitive() => text,
            _ => MASK,
        };
        // Writing to a String cannot fail.
        let _ = write!(line, " --header {}", quoted(&format!("{name}: {value}")));
    }
    if let Ok(mut body) = serde_json::from_slice::<Value>(request.body().as_ref()) {
        mask(&mut body, scrubber);
        let _ = write!(line, " --data {}", quoted(&body.to_string()));
    }
    line
}

/// Replaces the texts that are secrets.
fn mask(value: &mut Value, scrubber: &Scrubber) {
    match value {
        Value::String(text) if scrubber.knows(text) => MASK.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, scrubber)),
        Value::Object(members) => members.values_mut().for_each(|member| mask(member, scrubber)),
        _ => {}
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
