//! Matches responses with requests: ids and keys that occur in both must be equal.

use memchr::{memchr, memmem};
use seam_model::Token;
use serde::de::{IgnoredAny, MapAccess};
use serde_json::{Map, Value};

use crate::{
    Parameter, ParameterKind, ResponseKey, Spec,
    response::{
        decode::DecodeFailure,
        skim::{self, Lenient, Reader, Text, Within},
    },
};

/// The ids in a request, and the other parameters that its response repeats.
#[derive(Debug, Default)]
pub(crate) struct Echoes(Vec<Echo>);

#[derive(Debug)]
struct Echo {
    name: &'static str,
    /// The value in the request. A key may be a secret.
    sent: Token,
    is_id: bool,
    /// Whether the resource in the response repeats it.
    is_echoed: bool,
}

impl Echo {
    fn is(&self, received: &str) -> bool {
        let sent = self.sent.expose_secret();
        if self.is_id { is_same_id(sent, received) } else { sent == received }
    }

    /// Returns whether a JSON document has members of this name, and all have the value of the request, as Seam writes them. The
    /// document then need not be parsed. `false` proves nothing.
    fn is_repeated_in(&self, document: &[u8]) -> bool {
        let sent = self.sent.expose_secret();
        // A backslash could write a name or a value in another way.
        if memchr(b'\\', document).is_some() || sent.contains('"') {
            return false;
        }
        let names = memmem::find_iter(document, self.name).filter_map(|start| {
            let (before, rest) = document.split_at_checked(start)?;
            before.ends_with(b"\"").then(|| rest.get(self.name.len()..)?.strip_prefix(b"\"")).flatten()
        });
        let mut members = names.peekable();
        let is_sent = |rest: &[u8]| {
            let rest = rest.strip_prefix(b":\"").and_then(|rest| rest.strip_prefix(sent.as_bytes()));
            rest.is_some_and(|rest| rest.starts_with(b"\""))
        };
        members.peek().is_some() && members.all(is_sent)
    }
}

/// Compares ids, which Seam accepts in either case and returns in lower case.
fn is_same_id(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Echoes {
    pub(crate) fn of(spec: &Spec, parameters: &Map<String, Value>) -> Self {
        let echoes = spec.parameters().iter().filter_map(|Parameter { name, kind, .. }| {
            let is_id = *kind == ParameterKind::Id;
            let is_echoed = spec.echoes().contains(name);
            let sent = parameters.get(*name)?.as_str().filter(|_| is_id || is_echoed)?;
            Some(Echo { name, sent: Token::from(sent), is_id, is_echoed })
        });
        Self(echoes.collect())
    }

    /// Returns the field that shows that a successful response belongs to another request; `None` if there is none. A
    /// field that is absent, or not a string, is ignored.
    pub(crate) fn mismatch(&self, key: ResponseKey, body: &[u8]) -> Option<DecodeFailure> {
        let key = key.name()?;
        let echo = self.0.iter().filter(|echo| echo.is_echoed && !echo.is_repeated_in(body)).find(|echo| {
            let differs = |received: &str| !echo.is(received);
            field_is(body, key, echo.name, &differs)
        })?;
        let reason = "differs from the request, so this is the response to another request".to_owned();
        Some(DecodeFailure { path: format!("{key}.{}", echo.name), reason })
    }

    /// Returns the field of an action's result whose resource or device differs from those of the request, and of the
    /// response to it with the ids `started`.
    pub(crate) fn result_mismatch(&self, started: &ResourceIds, result: &Value) -> Option<String> {
        result.as_object()?.iter().find_map(|(key, resource)| {
            [format!("{key}_id"), "device_id".to_owned()].into_iter().find_map(|name| {
                let received = resource.get(&name)?.as_str()?;
                let is_other = self.0.iter().any(|echo| echo.name == name && !echo.is(received))
                    || started.get(key, &name).is_some_and(|known| !is_same_id(known, received));
                is_other.then(|| format!("result.{key}.{name}"))
            })
        })
    }
}

/// The ids of the resources in a response, and of their devices, by the key of the resource and the name of the id.
/// They are read once, because a result may have any number of keys to compare.
#[derive(Debug, Default)]
pub(crate) struct ResourceIds(Map<String, Value>);

impl ResourceIds {
    pub(crate) fn read(body: &[u8]) -> Self {
        skim::read(ResourcesReader, body).unwrap_or_default()
    }

    fn get(&self, key: &str, name: &str) -> Option<&str> {
        self.0.get(key)?.get(name)?.as_str()
    }
}

#[derive(Clone, Copy)]
struct ResourcesReader;

impl<'de> Reader<'de> for ResourcesReader {
    type Output = ResourceIds;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<ResourceIds>, A::Error> {
        let mut resources = ResourceIds::default();
        while let Some(key) = object.next_key::<String>()? {
            let ids = object.next_value_seed(Lenient(IdsReader(&key)))?;
            match ids.filter(|ids| !ids.is_empty()) {
                Some(ids) => drop(resources.0.insert(key, Value::Object(ids))),
                None => drop(resources.0.remove(&key)),
            }
        }
        Ok(Some(resources))
    }
}

/// Reads the ids of the resource under a key.
struct IdsReader<'a>(&'a str);

impl<'de> Reader<'de> for IdsReader<'_> {
    type Output = Map<String, Value>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<Self::Output>, A::Error> {
        let mut ids = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if name == "device_id" || name.strip_suffix("_id") == Some(self.0) {
                match object.next_value_seed(Lenient(Text(str::to_owned)))? {
                    Some(id) => drop(ids.insert(name, Value::String(id))),
                    None => drop(ids.remove(&name)),
                }
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(ids))
    }
}

/// Returns whether `test` holds for the string at `key.name` in a JSON document.
fn field_is(body: &[u8], key: &str, name: &str, test: &dyn Fn(&str) -> bool) -> bool {
    skim::read(Within { path: &[key, name], reader: Text(test) }, body).unwrap_or(false)
}
