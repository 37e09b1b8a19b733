//! Reads the members of control requests, and reports those that are invalid.

use std::time::Duration;

use seam_core::{Request, test_util::ApiFault};
use serde_json::Value;

use crate::{builders::kinds, json::Object, tables::Id};

/// The longest duration that a control route accepts, in seconds: 366 days.
const MAX_SECONDS: u64 = 366 * 24 * 60 * 60;

/// Reads the members of the body and the parameters of the query; `None` as `known` accepts any.
pub(super) fn read_members(known: Option<&[&str]>, request: &Request) -> Result<Object, ApiFault> {
    let expected = match known {
        Some([]) => "no members".to_owned(),
        Some(known) => format!("the members {}", known.join(", ")),
        None => format!("the members {}", kinds()),
    };
    let mut members = match request.body().as_ref() {
        b"" => Object::new(),
        // The error of serde_json would quote the body.
        body => match serde_json::from_slice(body) {
            Ok(Value::Object(body)) => body,
            Ok(_) => return Err(invalid("", &format!("the body is not a JSON object; expected one with {expected}"))),
            Err(_) => return Err(invalid("", &format!("the body is not JSON; expected an object with {expected}"))),
        },
    };
    for (name, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        let value = match &*value {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            value => Value::from(value),
        };
        members.insert(name.into_owned(), value);
    }
    members.retain(|_, value| !value.is_null());
    if let Some(known) = known {
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let unknown: String = unknown.chars().take(60).collect();
            return Err(invalid("", &format!("unknown member {unknown:?}; expected {expected}")));
        }
    }
    Ok(members)
}

/// Reads a member of one type; `None` if it is absent.
pub(super) fn member<'a, T>(
    members: &'a Object,
    name: &str,
    expected: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, ApiFault> {
    match members.get(name) {
        None => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| invalid(name, &format!("expected {expected}"))),
    }
}

pub(super) fn id<K>(members: &Object, name: &str) -> Result<Option<Id<K>>, ApiFault> {
    Ok(string_member(members, name)?.map(Id::new))
}

pub(super) fn string_member<'a>(members: &'a Object, name: &str) -> Result<Option<&'a str>, ApiFault> {
    member(members, name, "a string", Value::as_str)
}

pub(super) fn boolean(members: &Object, name: &str) -> Result<Option<bool>, ApiFault> {
    member(members, name, "true or false", Value::as_bool)
}

/// Reads a number of seconds. The limit bounds how many jobs one request runs.
pub(super) fn duration(members: &Object, name: &str) -> Result<Option<Duration>, ApiFault> {
    let longest = Duration::from_secs(MAX_SECONDS);
    let read = |value: &Value| Duration::try_from_secs_f64(value.as_f64()?).ok().filter(|seconds| *seconds <= longest);
    member(members, name, &format!("a number of seconds from 0 to {MAX_SECONDS}"), read)
}

pub(super) fn strings(members: &Object, name: &str) -> Result<Vec<String>, ApiFault> {
    let read = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
    };
    Ok(member(members, name, "an array of strings", read)?.unwrap_or_default())
}

/// Returns the error for an absent required member.
pub(super) fn required<T>(name: &str, value: Option<T>) -> Result<T, ApiFault> {
    value.ok_or_else(|| invalid(name, "required"))
}

/// Returns an error of status 400 for a member, or for the whole request if `member` is empty.
pub(super) fn invalid(member: &str, message: &str) -> ApiFault {
    let whole = if member.is_empty() { message.to_owned() } else { format!("{member}: {message}") };
    ApiFault::invalid_input(whole).with_validation_error(member, message)
}
