//! `cargo xtask conformance`: whether this client and the official Python SDK make the same requests of the same calls,
//! whether our fake and the official SDKs, and our client and the official fake, understand each other, and whether an
//! independent validator accepts our OpenAPI document.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::{Result, fakes, openapi, python, run};

/// The release of the Python SDK, package `seam`, that is compared with.
const PINNED: &str = "3.18.0";

/// The release of the validator of OpenAPI documents, package `openapi-spec-validator`.
const VALIDATOR: &str = "0.9.0";

/// The document that it validates.
const DOCUMENT: &str = "target/conformance/openapi.json";

/// What makes the calls with this client.
const OURS: [&str; 6] = ["run", "--quiet", "--package", "seam-guide", "--example", "conformance_requests"];

/// What makes them with the SDK.
const THEIRS: &str = "xtask/conformance/requests.py";

/// Where the SDK is installed.
const VENV: &str = "target/conformance/venv";

/// A case in which the requests differ, and are meant to.
struct Difference {
    case: &'static str,
    reason: &'static str,
}

/// All differences are of one kind: what Python sends as a query, this client sends as the body of a `POST`. That
/// it is nothing but that is checked, by [`is_moved_to_body`].
const DIFFERENCES: [Difference; 12] = [
    Difference { case: "access_codes/get by code", reason: PIN },
    Difference { case: "access_codes/list page", reason: USER },
    Difference { case: "access_codes/list search", reason: PIN_SEARCH },
    Difference { case: "access_codes/unmanaged/get by code", reason: PIN },
    Difference { case: "access_codes/unmanaged/list all", reason: USER },
    Difference { case: "access_codes/unmanaged/list search", reason: PIN_SEARCH },
    Difference { case: "acs/credentials/list search", reason: PIN_SEARCH },
    Difference { case: "client_sessions/get all", reason: USER },
    Difference { case: "connect_webviews/list all", reason: USER },
    Difference { case: "devices/list all", reason: USER },
    Difference { case: "instant_keys/get by url", reason: LINK },
    Difference { case: "thermostats/schedules/list of user", reason: USER },
];
const PIN: &str = "a PIN belongs in no URL, since URLs are logged on the way; Seam takes a POST for every GET";
const PIN_SEARCH: &str = "the text is searched for in PINs too, so that it may be one";
const USER: &str = "anyone who has a user_identifier_key can act as that user";
const LINK: &str = "whoever has the link has the key: it is a secret like a PIN";

pub(crate) fn run() -> Result {
    let python = install()?;
    validate(&python)?;
    println!("Asking both for their requests");
    let ours = cases(&run::output(&mut run::cargo(OURS))?)?;
    let theirs = cases(&run::output(Command::new(&python).args(["-I", THEIRS]))?)?;

    let complaints = compare(&ours, &theirs, &DIFFERENCES);
    if !complaints.is_empty() {
        return Err(format!("the clients do not agree:\n{}", complaints.join("\n")));
    }
    let paths: BTreeSet<_> = ours.values().filter_map(|request| request.get("path")?.as_str()).collect();
    println!(
        "{} cases over {} routes compared with seam {PINNED} for Python: {} the same, {} different as listed",
        ours.len(),
        paths.len(),
        ours.len() - DIFFERENCES.len(),
        DIFFERENCES.len(),
    );
    fakes::check(&python)
}

/// Validates our OpenAPI document.
fn validate(python: &str) -> Result {
    openapi::run(Some(DOCUMENT))?;
    run::run(Command::new(python).args(["-I", "-m", "openapi_spec_validator", "--schema", "3.0", DOCUMENT]))
}

/// Installs the SDK and the validator in a virtual environment, which costs nothing when they are there already, and
/// returns its Python.
fn install() -> Result<String> {
    let python = python::venv(VENV)?;
    let packages = [format!("seam=={PINNED}"), format!("openapi-spec-validator=={VALIDATOR}")];
    run::run(python::pip_install(&python).args(packages))?;
    Ok(python)
}

/// The requests of one client, by the names of the cases.
type Cases = BTreeMap<String, Value>;

fn cases(lines: &str) -> Result<Cases> {
    let mut cases = Cases::new();
    for line in lines.lines() {
        let mut request: Value = serde_json::from_str(line).map_err(|error| format!("{error} in: {line}"))?;
        let name = request.as_object_mut().and_then(|request| request.remove("name"));
        let Some(Value::String(name)) = name else {
            return Err(format!("a case without a name: {line}"));
        };
        if let Some(first) = cases.insert(name.clone(), request) {
            return Err(format!("two cases are called `{name}`; one is {first}"));
        }
    }
    if cases.is_empty() { Err("there are no cases".to_owned()) } else { Ok(cases) }
}

fn compare(ours: &Cases, theirs: &Cases, differences: &[Difference]) -> Vec<String> {
    let mut complaints = Vec::new();
    for name in theirs.keys().filter(|name| !ours.contains_key(*name)) {
        complaints.push(format!("{name}: only Python makes this call"));
    }
    for (name, our) in ours {
        let Some(their) = theirs.get(name) else {
            complaints.push(format!("{name}: Python does not make this call"));
            continue;
        };
        match differences.iter().find(|difference| difference.case == name) {
            None if is_same(our, their) => {}
            None => complaints.push(format!("{name}:\n    here   {our}\n    Python {their}")),
            Some(_) if is_moved_to_body(our, their) => {}
            Some(Difference { reason, .. }) => complaints.push(format!(
                "{name}: is in the table of differences ({reason}), but differs in another way, or not at all:\n    \
                 here   {our}\n    Python {their}"
            )),
        }
    }
    for difference in differences.iter().filter(|difference| !ours.contains_key(difference.case)) {
        complaints.push(format!("{}: is in the table of differences, but not a case", difference.case));
    }
    complaints
}

/// Whether two JSON values are the same. Numbers are by what they are worth: this client writes 45.0 as `45`, Python as
/// it was given, and to JSON there is one kind of number only.
fn is_same(our: &Value, their: &Value) -> bool {
    match (our, their) {
        (Value::Number(our), Value::Number(their)) if our.is_f64() || their.is_f64() => our.as_f64() == their.as_f64(),
        (Value::Array(our), Value::Array(their)) => {
            our.len() == their.len() && our.iter().zip(their).all(|(our, their)| is_same(our, their))
        }
        (Value::Object(our), Value::Object(their)) => {
            our.len() == their.len()
                && our.iter().all(|(name, our)| their.get(name).is_some_and(|their| is_same(our, their)))
        }
        (our, their) => our == their,
    }
}

/// Whether `our` request is a `POST` with a body of just what is in the query of `their` `GET`.
fn is_moved_to_body(our: &Value, their: &Value) -> bool {
    let is = |request: &Value, part: &str, value: &str| request.get(part).is_some_and(|part| part == value);
    let verbs = is(our, "method", "POST") && is(their, "method", "GET");
    let places =
        our.get("path") == their.get("path") && is(our, "query", "") && their.get("body") == Some(&Value::Null);
    let (Some(Value::Object(body)), Some(Value::String(query))) = (our.get("body"), their.get("query")) else {
        return false;
    };
    let from_body: BTreeMap<_, _> = body.iter().collect();
    let from_body = from_body.into_iter().flat_map(|(name, value)| match value {
        // An item each in a query.
        Value::Array(items) => items.iter().map(|item| (name.clone(), plain(item))).collect(),
        value => vec![(name.clone(), plain(value))],
    });
    let from_query: Option<Vec<(String, String)>> = query
        .split('&')
        .filter(|pair| *pair != "_strict=true")
        .map(|pair| pair.split_once('=').and_then(|(name, value)| Some((decode(name)?, decode(value)?))))
        .collect();
    verbs && places && from_query.is_some_and(|pairs| pairs.into_iter().eq(from_body))
}

/// A value as it stands in a query. An object does not stand in one, and so is equal to nothing there.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Undoes the encoding of a query.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LISTED: [Difference; 1] = [Difference { case: "a", reason: "because" }];

    fn get(query: &str) -> Value {
        json!({"method": "GET", "path": "/a", "query": query, "body": null})
    }

    fn post(body: &Value) -> Value {
        json!({"method": "POST", "path": "/a", "query": "", "body": body})
    }

    fn one(request: Value) -> Cases {
        Cases::from([("a".to_owned(), request)])
    }

    #[test]
    fn equal_requests_are_fine_and_others_are_not() {
        let ours = one(get("b=1"));
        assert_eq!(compare(&ours, &one(get("b=1")), &[]), [""; 0]);
        assert_eq!(compare(&ours, &one(get("b=2")), &[]).len(), 1);
        assert_eq!(compare(&one(post(&json!({"b": 1}))), &one(post(&json!({"b": "1"}))), &[]).len(), 1);
        assert_eq!(compare(&one(post(&json!({"b": null}))), &one(post(&json!({}))), &[]).len(), 1);
        assert_eq!(compare(&one(post(&json!({"b": [1, 2]}))), &one(post(&json!({"b": [2, 1]}))), &[]).len(), 1);
        assert_eq!(compare(&one(post(&json!({"b": [1]}))), &one(post(&json!({"b": [1, 2]}))), &[]).len(), 1);
        assert_eq!(compare(&one(post(&json!({"b": {"c": 45}}))), &one(post(&json!({"b": {"c": 45.0}}))), &[]), [""; 0]);
        assert_eq!(compare(&one(post(&json!({"b": 45}))), &one(post(&json!({"b": 45.5}))), &[]).len(), 1);
    }

    #[test]
    fn a_case_without_a_partner_is_a_failure() {
        let two = Cases::from([("a".to_owned(), get("")), ("b".to_owned(), get(""))]);
        assert_eq!(compare(&two, &one(get("")), &[]), ["b: Python does not make this call"]);
        assert_eq!(compare(&one(get("")), &two, &[]), ["b: only Python makes this call"]);
        assert_eq!(compare(&Cases::new(), &Cases::new(), &LISTED).len(), 1);
    }

    #[test]
    fn a_listed_difference_is_just_that() {
        let theirs = one(get("code=0+%C3%BC%2B&limit=5&_strict=true"));
        let complaints = |ours| compare(&one(ours), &theirs, &LISTED).len();
        assert_eq!(complaints(post(&json!({"code": "0 ü+", "limit": 5}))), 0);
        assert_eq!(complaints(post(&json!({"code": "0 ü+", "limit": 6}))), 1);
        assert_eq!(complaints(post(&json!({"code": "0 ü+"}))), 1);
        assert_eq!(complaints(post(&json!({"code": "0 ü+", "limit": 5, "more": true}))), 1);
        assert_eq!(complaints(get("code=0+%C3%BC%2B&limit=5&_strict=true")), 1);
        let theirs = one(get("id=a&id=b&limit=5&_strict=true"));
        let complaints = |ours| compare(&one(ours), &theirs, &LISTED).len();
        assert_eq!(complaints(post(&json!({"id": ["a", "b"], "limit": 5}))), 0);
        assert_eq!(complaints(post(&json!({"id": ["b", "a"], "limit": 5}))), 1);
        assert_eq!(complaints(post(&json!({"id": ["a"], "limit": 5}))), 1);
    }

    #[test]
    fn names_are_read_and_may_not_repeat() {
        let line = r#"{"name":"a","method":"GET"}"#;
        assert_eq!(cases(line).unwrap(), one(json!({"method": "GET"})));
        assert!(cases(&format!("{line}\n{line}")).is_err());
        assert!(cases("{}").is_err());
        assert!(cases("").is_err());
        assert!(cases("Traceback").is_err());
    }
}
