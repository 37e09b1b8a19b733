//! The requests of this client compared with those of the official Python SDK, and the OpenAPI document validated by an
//! independent validator.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;
use xtask_programs::{Result, files, python, run};

use crate::drivers;

/// The version of the Python SDK, package `seam`.
const PINNED: &str = "3.18.0";

/// The version of the validator of OpenAPI documents, package `openapi-spec-validator`.
const VALIDATOR: &str = "0.9.0";

/// The path of the document to validate.
const DOCUMENT: &str = "target/conformance/openapi.json";

/// Prints the requests of this client.
const RUST_DRIVER: [&str; 6] = ["run", "--quiet", "--package", "seam-conformance", "--bin", "print_requests"];

/// Prints the requests of the Python SDK. The file is in [`drivers::FOLDER`].
const PYTHON_DRIVER: &str = "requests.py";

/// The virtual environment of the SDK.
const VENV: &str = "target/conformance/venv";

/// A case in which the requests differ on purpose.
struct Difference {
    case: &'static str,
    reason: &'static str,
}

/// All differences are of one kind: Python sends a query, and this client sends the same parameters as the body of a `POST`.
/// [`is_moved_to_body`] checks that they differ in nothing else.
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
const PIN: &str = "the parameter is a PIN, and proxies and servers log URLs; Seam accepts POST for every GET";
const PIN_SEARCH: &str = "the search covers PINs too, so the search string may be a PIN";
const USER: &str = "anyone who has a user_identifier_key can act as that user";
const LINK: &str = "the link opens the door, so it is a secret like a PIN";

/// Compares and validates. Returns the path of the Python that has the SDK.
pub(crate) fn check() -> Result<String> {
    let python = install()?;
    validate(&python)?;
    println!("Collecting the requests of both clients");
    let driver = format!("{}/{PYTHON_DRIVER}", drivers::FOLDER);
    let rust = cases(&run::output(&mut run::cargo(RUST_DRIVER))?)?;
    let python_sdk = cases(&run::output(Command::new(&python).args(["-I", &driver]))?)?;

    let failures = compare(&rust, &python_sdk, &DIFFERENCES);
    if !failures.is_empty() {
        return Err(format!("the requests differ:\n{}", failures.join("\n")));
    }
    let paths: BTreeSet<_> = rust.values().filter_map(|request| request.get("path")?.as_str()).collect();
    println!(
        "{} cases over {} routes compared with seam {PINNED} for Python: {} equal, {} with a listed difference",
        rust.len(),
        paths.len(),
        rust.len() - DIFFERENCES.len(),
        DIFFERENCES.len(),
    );
    Ok(python)
}

/// Validates the OpenAPI document of seam-spec.
fn validate(python: &str) -> Result {
    files::write(DOCUMENT, &seam_spec::openapi().to_string())?;
    run::run(Command::new(python).args(["-I", "-m", "openapi_spec_validator", "--schema", "3.0", DOCUMENT]))
}

/// Installs the SDK and the validator in a virtual environment, and returns the path of its Python.
fn install() -> Result<String> {
    let python = python::venv(VENV)?;
    let packages = [format!("seam=={PINNED}"), format!("openapi-spec-validator=={VALIDATOR}")];
    run::run(python::pip_install(&python).args(packages))?;
    Ok(python)
}

/// The requests of one client, by the name of the case.
type Cases = BTreeMap<String, Value>;

fn cases(lines: &str) -> Result<Cases> {
    let mut cases = Cases::new();
    for line in lines.lines() {
        let mut request: Value = serde_json::from_str(line).map_err(|error| format!("{error} in: {line}"))?;
        let name = request.as_object_mut().and_then(|request| request.remove("name"));
        let Some(Value::String(name)) = name else {
            return Err(format!("the driver printed a request without a case name: {line}"));
        };
        if let Some(first) = cases.insert(name.clone(), request) {
            return Err(format!("two cases have the name `{name}`; one is {first}"));
        }
    }
    if cases.is_empty() { Err("the driver printed no requests".to_owned()) } else { Ok(cases) }
}

fn compare(rust: &Cases, python: &Cases, differences: &[Difference]) -> Vec<String> {
    let mut failures = Vec::new();
    for name in python.keys().filter(|name| !rust.contains_key(*name)) {
        failures.push(format!("{name}: only Python has this case"));
    }
    for (name, rust_request) in rust {
        let Some(python_request) = python.get(name) else {
            failures.push(format!("{name}: Python does not have this case"));
            continue;
        };
        match differences.iter().find(|difference| difference.case == name) {
            None if is_same(rust_request, python_request) => {}
            None => failures.push(format!("{name}:\n    Rust   {rust_request}\n    Python {python_request}")),
            Some(_) if is_moved_to_body(rust_request, python_request) => {}
            Some(Difference { reason, .. }) => failures.push(format!(
                "{name}: is in the table of differences ({reason}), but does not differ in that way:\n    \
                 Rust   {rust_request}\n    Python {python_request}"
            )),
        }
    }
    for difference in differences.iter().filter(|difference| !rust.contains_key(difference.case)) {
        failures.push(format!("{}: in the table of differences, but not among the cases", difference.case));
    }
    failures
}

/// Returns whether two JSON values are equal. Numbers compare by value: this client writes 45.0 as `45`, Python writes the
/// literal of its source, and JSON has only one type of number.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) if left.is_f64() || right.is_f64() => {
            left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| is_same(left, right)))
        }
        (left, right) => left == right,
    }
}

/// Returns whether `post` is a `POST` whose body has exactly the parameters in the query of `get`.
fn is_moved_to_body(post: &Value, get: &Value) -> bool {
    let is = |request: &Value, part: &str, value: &str| request.get(part).is_some_and(|part| part == value);
    let methods = is(post, "method", "POST") && is(get, "method", "GET");
    let paths = post.get("path") == get.get("path") && is(post, "query", "") && get.get("body") == Some(&Value::Null);
    let (Some(Value::Object(body)), Some(Value::String(query))) = (post.get("body"), get.get("query")) else {
        return false;
    };
    let from_body: BTreeMap<_, _> = body.iter().collect();
    let from_body = from_body.into_iter().flat_map(|(name, value)| match value {
        // A query has one pair for each item.
        Value::Array(items) => items.iter().map(|item| (name.clone(), plain(item))).collect(),
        value => vec![(name.clone(), plain(value))],
    });
    let from_query = form_urlencoded::parse(query.as_bytes()).into_owned().filter(|(name, _)| name != "_strict");
    methods && paths && from_query.eq(from_body)
}

/// Returns a value as it is written in a query. Objects are never written in one, so they compare unequal.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
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
    fn only_equal_requests_are_accepted() {
        let rust_request = one(get("b=1"));
        assert_eq!(compare(&rust_request, &one(get("b=1")), &[]), [""; 0]);
        assert_eq!(compare(&rust_request, &one(get("b=2")), &[]).len(), 1);
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
        assert_eq!(compare(&two, &one(get("")), &[]), ["b: Python does not have this case"]);
        assert_eq!(compare(&one(get("")), &two, &[]), ["b: only Python has this case"]);
        assert_eq!(compare(&Cases::new(), &Cases::new(), &LISTED).len(), 1);
    }

    #[test]
    fn only_the_listed_difference_is_accepted() {
        let python_request = one(get("code=0+%C3%BC%2B&limit=5&_strict=true"));
        let failures = |rust_request| compare(&one(rust_request), &python_request, &LISTED).len();
        assert_eq!(failures(post(&json!({"code": "0 ü+", "limit": 5}))), 0);
        assert_eq!(failures(post(&json!({"code": "0 ü+", "limit": 6}))), 1);
        assert_eq!(failures(post(&json!({"code": "0 ü+"}))), 1);
        assert_eq!(failures(post(&json!({"code": "0 ü+", "limit": 5, "more": true}))), 1);
        assert_eq!(failures(get("code=0+%C3%BC%2B&limit=5&_strict=true")), 1);
        let python_request = one(get("id=a&id=b&limit=5&_strict=true"));
        let failures = |rust_request| compare(&one(rust_request), &python_request, &LISTED).len();
        assert_eq!(failures(post(&json!({"id": ["a", "b"], "limit": 5}))), 0);
        assert_eq!(failures(post(&json!({"id": ["b", "a"], "limit": 5}))), 1);
        assert_eq!(failures(post(&json!({"id": ["a"], "limit": 5}))), 1);
    }

    #[test]
    fn duplicate_and_missing_names_are_rejected() {
        let line = r#"{"name":"a","method":"GET"}"#;
        assert_eq!(cases(line).unwrap(), one(json!({"method": "GET"})));
        assert!(cases(&format!("{line}\n{line}")).is_err());
        assert!(cases("{}").is_err());
        assert!(cases("").is_err());
        assert!(cases("Traceback").is_err());
    }
}
