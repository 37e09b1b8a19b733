//! The types of the annotations, and their parser.

use std::collections::BTreeMap;

use crate::{
    Location, ParseError, files,
    sections::{Section, entries, list, sections},
};

type Result<T> = std::result::Result<T, ParseError>;

/// All annotations.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// The structs (`types.txt`).
    pub types: Vec<TypeAnnotation>,
    /// The open enums (`enums.txt`).
    pub enums: Vec<TypeAnnotation>,
    /// The documentation of events, by event type (`events.txt`).
    pub events: BTreeMap<&'static str, String>,
    /// The documentation of fields and parameters (`glossary.txt`).
    pub glossary: Glossary<String>,
    /// The strings that are secrets (`secrets.txt`).
    pub secrets: Glossary<SecretDecision>,
    /// The words in a name that mark a string as a possible secret (`possible-secrets.txt`).
    pub possible_secrets: Vec<&'static str>,
    /// The formats that the API description does not specify (`formats.txt`).
    pub formats: Glossary<Format>,
    /// The replacements of deprecated items (`deprecated.txt`).
    pub deprecated: Glossary<String>,
    /// The types of ids (`ids.txt`).
    pub ids: Vec<IdType>,
    /// The routes, by path (`routes/`).
    pub routes: BTreeMap<&'static str, RouteAnnotation>,
    /// The documentation of groups of routes, by path (`routes/`).
    pub groups: BTreeMap<&'static str, String>,
    /// The kinds of credentials, by Seam's name (`credentials.txt`).
    pub credentials: BTreeMap<&'static str, CredentialAnnotation>,
    /// The sets of credentials that routes accept (`credential-sets.txt`).
    pub credential_sets: Vec<CredentialSet>,
    /// The rate limits that Seam documents (`rate-limits.txt`).
    pub rate_limits: Vec<RateLimit>,
}

/// The annotation of a struct or an enum.
#[derive(Clone, Debug, Default)]
pub struct TypeAnnotation {
    /// Its name in Rust.
    pub name: String,
    /// The paths at which it occurs, such as `access_code.errors`.
    pub at: Vec<String>,
    /// Its required fields, if they differ from the rule.
    pub required: Option<Vec<String>>,
    /// Its documentation.
    pub doc: String,
    /// The documentation of an enum's values.
    pub values: Vec<(String, String)>,
    /// The line that defines it.
    pub location: Location,
}

impl TypeAnnotation {
    /// Returns the annotation of the type at `path`: the one whose path is the longest suffix.
    #[must_use]
    pub fn find<'a>(annotations: &'a [Self], path: &str) -> Option<&'a Self> {
        let mut end = path;
        loop {
            if let Some(found) = annotations.iter().find(|annotation| annotation.at.iter().any(|at| at == end)) {
                return Some(found);
            }
            end = end.split_once('.')?.1;
        }
    }
}

/// A type of ids.
#[derive(Clone, Debug)]
pub struct IdType {
    /// Its name in Rust.
    pub name: &'static str,
    /// The names of fields that hold one, or a list of them.
    pub names: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// The line that defines it.
    pub location: Location,
}

/// Whether a string is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretDecision {
    /// A secret of this type.
    Secret(String),
    /// Not a secret, for this reason.
    Public(String),
}

/// A format that the API description does not specify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An integer, for parameters.
    WholeNumber,
    /// A date and time, for parameters.
    Time,
    /// A time of day such as `15:00`.
    TimeOfDay,
    /// An ISO 8601 duration such as `P29D`.
    Duration,
}

/// Whether a request may be sent more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// Changes nothing.
    ReadOnly,
    /// A second request has no further effect.
    Idempotent,
    /// Each request has an effect.
    NonIdempotent,
}

/// The annotation of a route.
#[derive(Clone, Debug)]
pub struct RouteAnnotation {
    /// Whether a request may be repeated.
    pub idempotency: Idempotency,
    /// The reason for the idempotency.
    pub reason: String,
    /// The sets of parameters that identify the resource.
    pub selectors: Vec<Selector>,
    /// Parameters of which at least one is required.
    pub any_of: Vec<String>,
    /// Where it works, if it is restricted, such as `in a sandbox workspace`.
    pub only: Option<String>,
    /// The type of its result, if the API description is wrong.
    pub answer: Option<String>,
    /// Parameters that the resource in the response repeats, in addition to those that identify the resource.
    pub echoed: Vec<String>,
    /// Parameters that identify the resource, and for which the resource in the response may have another value.
    pub not_echoed: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Its errors.
    pub errors: String,
    /// An example.
    pub example: String,
    /// The line that defines it.
    pub location: Location,
}

/// A set of parameters that identifies the resource of a route.
#[derive(Clone, Debug)]
pub struct Selector {
    /// The method of the client.
    pub method: String,
    /// The parameters.
    pub parameters: Vec<String>,
    /// Its documentation.
    pub doc: String,
}

/// The annotation of a kind of credentials.
#[derive(Clone, Debug)]
pub struct CredentialAnnotation {
    /// Its name in Rust; `None` if this library does not support it.
    pub kind: Option<String>,
    /// The header that contains it; `None` for a bearer token.
    pub header: Option<String>,
    /// An additional required header.
    pub also: Option<String>,
    /// Its documentation.
    pub doc: String,
}

/// A set of credentials that some routes accept.
#[derive(Clone, Debug)]
pub struct CredentialSet {
    /// Its name in Rust.
    pub name: &'static str,
    /// The kinds of credentials, by their names in Rust.
    pub kinds: Vec<String>,
    /// The sentence in the documentation of routes that accept it.
    pub accepted: String,
    /// Its documentation.
    pub doc: String,
    /// The line that defines it.
    pub location: Location,
}

/// A limit on the requests per device and minute, shared by several routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The number of requests.
    pub requests: u32,
    /// The paths of the routes.
    pub routes: Vec<String>,
    /// The line that defines it.
    pub location: Location,
}

impl RateLimit {
    pub(crate) fn embedded() -> Result<Vec<Self>> {
        let limit = |section: Section| {
            let requests = section.all("requests").next().and_then(|requests| requests.parse().ok());
            Ok(Self {
                requests: requests.ok_or_else(|| section.location.error("has no valid `requests`"))?,
                routes: section.words("routes"),
                location: section.location,
            })
        };
        sections(files::RATE_LIMITS, &["requests", "routes"])?.into_iter().map(limit).collect()
    }
}

/// Annotations of fields, by their name or the end of their path.
#[derive(Clone, Debug)]
pub struct Glossary<T>(BTreeMap<&'static str, T>);

impl<T> Default for Glossary<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Glossary<T> {
    /// Reads the entries of a file; `value` parses an annotation.
    fn read(file: files::File, value: impl Fn(&str) -> Option<T>, expected: &str) -> Result<Self> {
        let entry = |(key, (location, text)): (&'static str, (Location, String))| {
            let value = value(&text).ok_or_else(|| location.error(format!("`{key}` is neither {expected}")))?;
            Ok((key, value))
        };
        entries(file)?.into_iter().map(entry).collect::<Result<_>>().map(Self)
    }

    /// Returns the annotation of the field at `path`, such as `device.properties.battery.level`: the entry whose key is
    /// the longest suffix, and the key.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<(&str, &T)> {
        let mut end = path;
        loop {
            if let Some((key, value)) = self.0.get_key_value(end) {
                return Some((key, value));
            }
            end = end.split_once('.')?.1;
        }
    }

    /// Returns all keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

/// The attributes of a section in the files of routes.
const ROUTE_ATTRIBUTES: [&str; 10] =
    ["idempotency", "select", "select-doc", "any-of", "only", "answer", "echoed", "not-echoed", "errors", "example"];

impl Annotations {
    /// Parses the annotations that are compiled into this crate. [`annotations`](crate::annotations) returns them
    /// parsed.
    ///
    /// # Errors
    ///
    /// Fails at the first line that cannot be parsed.
    pub fn embedded() -> Result<Self> {
        let mut annotations = Self {
            types: types(files::TYPES)?,
            enums: types(files::ENUMS)?,
            events: entries(files::EVENTS)?.into_iter().map(|(key, (_, text))| (key, text)).collect(),
            glossary: Glossary::read(files::GLOSSARY, |text| Some(text.to_owned()), "")?,
            secrets: Glossary::read(files::SECRETS, secret_decision, "a type nor `public, since ...`")?,
            possible_secrets: list(files::POSSIBLE_SECRETS),
            formats: Glossary::read(files::FORMATS, format, "`whole number`, `time`, `time of day` nor `duration`")?,
            deprecated: Glossary::read(files::DEPRECATED, |text| Some(text.to_owned()), "")?,
            ids: sections(files::IDS, &["names"])?.into_iter().map(id).collect(),
            credentials: sections(files::CREDENTIALS, &["kind", "header", "also"])?
                .into_iter()
                .map(|section| (section.key, credential(section)))
                .collect(),
            credential_sets: sections(files::CREDENTIAL_SETS, &["kinds", "accepted"])?
                .into_iter()
                .map(credential_set)
                .collect(),
            rate_limits: RateLimit::embedded()?,
            ..Self::default()
        };
        for file in files::ROUTES {
            for section in sections(file, &ROUTE_ATTRIBUTES)? {
                annotations.add_route(section)?;
            }
        }
        Ok(annotations)
    }

    /// Adds a route, or a group of routes: a section without idempotency.
    fn add_route(&mut self, section: Section) -> Result<()> {
        let (path, location) = (section.key, section.location);
        let is_group = section.all("idempotency").next().is_none();
        let is_new = if is_group {
            self.groups.insert(path, section.text).is_none()
        } else {
            self.routes.insert(path, route(&section)?).is_none()
        };
        if is_new { Ok(()) } else { Err(location.error(format!("`{path}` already has a section"))) }
    }
}

fn secret_decision(text: &str) -> Option<SecretDecision> {
    match text.split_once(", since ") {
        Some(("public", reason)) => Some(SecretDecision::Public(reason.to_owned())),
        _ if !text.contains(' ') => Some(SecretDecision::Secret(text.to_owned())),
        _ => None,
    }
}

fn format(text: &str) -> Option<Format> {
    match text {
        "whole number" => Some(Format::WholeNumber),
        "time" => Some(Format::Time),
        "time of day" => Some(Format::TimeOfDay),
        "duration" => Some(Format::Duration),
        _ => None,
    }
}

fn route(section: &Section) -> Result<RouteAnnotation> {
    let location = section.location;
    let idempotency = section.all("idempotency").next().unwrap_or_default();
    let (class, reason) = idempotency.split_once(", since ").unwrap_or((idempotency, ""));
    let idempotency = match class {
        "read-only" => Idempotency::ReadOnly,
        "idempotent" => Idempotency::Idempotent,
        "non-idempotent" => Idempotency::NonIdempotent,
        _ => return Err(location.error(format!("unknown idempotency `{class}`"))),
    };
    if idempotency != Idempotency::ReadOnly && reason.is_empty() {
        return Err(location.error("the idempotency has no reason"));
    }
    let mut selectors = Vec::new();
    for (method, parameters) in section.named("select")? {
        let doc = section.named("select-doc")?.into_iter().find(|(name, _)| *name == method);
        selectors.push(Selector {
            method: method.to_owned(),
            parameters: parameters.split_whitespace().map(str::to_owned).collect(),
            doc: doc.ok_or_else(|| location.error(format!("`select {method}` has no `select-doc`")))?.1.to_owned(),
        });
    }
    Ok(RouteAnnotation {
        idempotency,
        reason: reason.to_owned(),
        selectors,
        any_of: section.words("any-of"),
        only: section.all("only").next().map(str::to_owned),
        answer: section.all("answer").next().map(str::to_owned),
        echoed: section.words("echoed"),
        not_echoed: section.words("not-echoed"),
        errors: section.all("errors").collect::<Vec<_>>().join(" "),
        example: section.all("example").collect::<Vec<_>>().join("\n"),
        doc: section.text.clone(),
        location,
    })
}

fn id(section: Section) -> IdType {
    let names = section.words("names");
    IdType { name: section.key, names, doc: section.text, location: section.location }
}

fn credential(section: Section) -> CredentialAnnotation {
    let attribute = |name| section.all(name).next().map(str::to_owned);
    CredentialAnnotation {
        kind: attribute("kind"),
        header: attribute("header"),
        also: attribute("also"),
        doc: section.text.clone(),
    }
}

fn credential_set(section: Section) -> CredentialSet {
    CredentialSet {
        name: section.key,
        kinds: section.words("kinds"),
        accepted: section.all("accepted").collect::<Vec<_>>().join(" "),
        doc: section.text,
        location: section.location,
    }
}

fn types(file: files::File) -> Result<Vec<TypeAnnotation>> {
    let annotation = |section: Section| {
        let required = section.all("required").next();
        Ok(TypeAnnotation {
            name: section.key.to_owned(),
            at: section.all("at").map(str::to_owned).collect(),
            required: required.map(|names| names.split_whitespace().map(str::to_owned).collect()),
            values: section.named("=")?.into_iter().map(|(value, doc)| (value.to_owned(), doc.to_owned())).collect(),
            doc: section.text,
            location: section.location,
        })
    };
    sections(file, &["at", "required", "="])?.into_iter().map(annotation).collect()
}
