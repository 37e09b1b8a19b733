//! Whether a response answers its request: ids and keys that occur in both must be the same.

use seam_model::Token;
use serde_json::{Map, Value};

use crate::{
    ParameterKind, ResponseKey, Spec,
    response::DecodeFailure,
    skim::{self, Text, Within},
};

/// The ids of one request, and the other parameters that its response repeats.
#[derive(Debug, Default)]
pub(crate) struct Echoes(Vec<Echo>);

#[derive(Debug)]
struct Echo {
    name: String,
    /// A key may be a secret.
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
}

/// Seam accepts ids in either case, and writes them in lower case.
fn is_same_id(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Echoes {
    pub(crate) fn of(spec: &Spec, parameters: &Map<String, Value>) -> Self {
        let echoes = parameters.iter().filter_map(|(name, value)| {
            let is_id = spec.parameters.iter().any(|known| known.name == name && known.kind == ParameterKind::Id);
            let is_echoed = spec.echoes.contains(&name.as_str());
            let sent = value.as_str().filter(|_| is_id || is_echoed)?;
            Some(Echo { name: name.clone(), sent: Token::from(sent), is_id, is_echoed })
        });
        Self(echoes.collect())
    }

    /// Why the body of a successful response is not the answer to the request; `None` if it is, as far as can be
    /// seen. A field that is absent, or not a string, proves nothing.
    pub(crate) fn mismatch(&self, key: ResponseKey, body: &[u8]) -> Option<DecodeFailure> {
        let key = key.name()?;
        let echo = self.0.iter().filter(|echo| echo.is_echoed).find(|echo| {
            let differs = |received: &str| !echo.is(received);
            field_is(body, key, &echo.name, &differs)
        })?;
        let reason = "not the value in the request; this is the answer to another request".to_owned();
        Some(DecodeFailure { path: format!("{key}.{}", echo.name), reason })
    }

    /// Which field of an action's result is about another resource or device than the request and `started`, the
    /// body of the response to it.
    pub(crate) fn result_mismatch(&self, started: &[u8], result: &Value) -> Option<String> {
        result.as_object()?.iter().find_map(|(key, resource)| {
            [format!("{key}_id"), "device_id".to_owned()].into_iter().find_map(|name| {
                let received = resource.get(&name)?.as_str()?;
                let is_other = self.0.iter().any(|echo| echo.name == name && !echo.is(received))
                    || field_is(started, key, &name, &|known| !is_same_id(known, received));
                is_other.then(|| format!("result.{key}.{name}"))
            })
        })
    }
}

/// Whether `test` is true of the string at `key.name` in a JSON document.
fn field_is(body: &[u8], key: &str, name: &str, test: &dyn Fn(&str) -> bool) -> bool {
    skim::read(Within { path: &[key, name], reader: Text(test) }, body).unwrap_or(false)
}
