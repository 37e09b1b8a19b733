//! The query encoding of `GET` and `DELETE` requests, which all Seam SDKs share.
//!
//! * Names are sorted by UTF-16 code unit; values of one name keep their order.
//! * `null` and `[]` are written as `name=`; an empty string is omitted.
//! * `[1, 2]` is `name=1&name=2`; `{"a": {"b": 1}}` is `a.b=1`.
//! * `_strict=true` comes last, unless the query is empty.
//! * Values that the server could not distinguish are rejected: a list that contains `null`, an empty string, a list or
//!   an object; a name with a dot; a number that is not finite.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::call::parameters::{ParameterError, STRICT, collect};

/// Serializes the fields of `parameters` as a query without the `?`. Empty if every field is omitted.
///
/// ```
/// # #[derive(serde::Serialize)] struct Parameters { name: &'static str, ids: [u32; 2] }
/// let query = seam_core::query::to_string(&Parameters { name: "Front door", ids: [1, 2] })?;
/// assert_eq!(query, "ids=1&ids=2&name=Front+door&_strict=true");
/// # Ok::<(), seam_core::ParameterError>(())
/// ```
///
/// # Errors
///
/// Returns a [`ParameterError`] that names the first parameter that a query cannot express.
pub fn to_string<T: Serialize + ?Sized>(parameters: &T) -> Result<String, ParameterError> {
    encode(&collect(parameters)?.values)
}

pub(crate) fn encode(parameters: &Map<String, Value>) -> Result<String, ParameterError> {
    let mut pairs = Vec::new();
    flatten(None, parameters, &mut pairs)?;
    // Only the client sets this parameter.
    pairs.retain(|(name, _)| name != STRICT);
    if pairs.is_empty() {
        return Ok(String::new());
    }
    pairs.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    let mut query = form_urlencoded::Serializer::new(String::with_capacity(USUAL_LENGTH));
    Ok(query.extend_pairs(pairs).append_pair(STRICT, "true").finish())
}

/// The capacity that suffices for most queries: the name and value of an id, and `_strict=true`.
const USUAL_LENGTH: usize = 80;

/// A name and a value.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

fn flatten<'a>(
    prefix: Option<&str>,
    parameters: &'a Map<String, Value>,
    pairs: &mut Vec<Pair<'a>>,
) -> Result<(), ParameterError> {
    for (key, value) in parameters {
        let name = prefix.map_or(Cow::from(key), |prefix| format!("{prefix}.{key}").into());
        if key.contains('.') {
            return Err(ParameterError::new(name, "has a dot in its name, which a query cannot express"));
        }
        match value {
            Value::Object(nested) => flatten(Some(&name), nested, pairs)?,
            Value::Array(items) if items.is_empty() => pairs.push((name, Cow::default())),
            Value::Array(items) => {
                for item in items {
                    let problem = match item {
                        Value::Null => "is a list that contains null",
                        Value::String(text) if text.is_empty() => "is a list that contains an empty string",
                        Value::Array(_) => "is a list that contains a list",
                        Value::Object(_) => "is a list that contains an object",
                        _ => {
                            pairs.push((name.clone(), scalar(item)));
                            continue;
                        }
                    };
                    return Err(ParameterError::new(name, format!("{problem}, which a query cannot express")));
                }
            }
            Value::String(text) if text.is_empty() => {}
            _ => pairs.push((name, scalar(value))),
        }
    }
    Ok(())
}

/// Returns a value that is neither a list nor an object as a string, with numbers as JavaScript writes them.
fn scalar(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Null => Cow::default(),
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(number) => ryu_js::Buffer::new().format(number).to_owned().into(),
            // No float can represent it: serde_json keeps the digits with its feature `arbitrary_precision`.
            None => number.to_string().into(),
        },
        other => other.to_string().into(),
    }
}
