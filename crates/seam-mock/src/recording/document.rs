//! The file format of cassettes.

use std::{
    error::Error as StdError,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use seam_core::{
    Body, Response, TransportError, TransportErrorKind,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use serde_json::{Map, Value, json};

use super::scrub::Scrubber;

/// The value of `format` in the file of a cassette.
const FORMAT: &str = "seam-cassette";

/// The version of the format that this crate writes, and the newest that it reads.
const VERSION: u64 = 1;

/// The headers of responses that are recorded. A client does not read the others, and they change with each recording.
const HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::RETRY_AFTER];

/// The names of the kinds of transport errors in a cassette.
const KINDS: [(&str, TransportErrorKind); 7] = [
    ("not_sent", TransportErrorKind::NotSent),
    ("not_sent_in_time", TransportErrorKind::NotSentInTime),
    ("interrupted", TransportErrorKind::Interrupted),
    ("timeout", TransportErrorKind::Timeout),
    ("body", TransportErrorKind::Body),
    ("too_large", TransportErrorKind::TooLarge),
    ("other", TransportErrorKind::Other),
];

/// The error of a cassette that cannot be read or written, or of a replay that differs from the recording.
#[derive(Debug)]
pub struct CassetteError {
    path: PathBuf,
    problem: String,
    source: Option<io::Error>,
}

impl CassetteError {
    pub(crate) fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into(), source: None }
    }

    fn io(path: &Path, problem: impl Into<String>, source: io::Error) -> Self {
        Self { source: Some(source), ..Self::new(path, problem) }
    }

    /// Returns the path of the cassette.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for CassetteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cassette {}: {}", self.path.display(), self.problem)
    }
}

impl StdError for CassetteError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// A request, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The workspace, if the credentials do not imply it.
    pub(crate) workspace: Option<String>,
    pub(crate) parameters: Value,
}

impl fmt::Display for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The result of a request, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Response(RecordedResponse),
    Error { kind: TransportErrorKind, status: Option<u16>, headers: Value, retry_after_ms: Option<u64> },
}

/// A response, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordedResponse {
    pub(crate) status: u16,
    pub(crate) headers: Value,
    pub(crate) content: Content,
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    Text(String),
    /// The number of bytes of a body that is not UTF-8, which is not recorded because it may contain secrets.
    Bytes(usize),
}

/// A request and its result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) request: RecordedRequest,
    pub(crate) outcome: Outcome,
}

impl Exchange {
    /// Replaces secrets that were found after the exchange was recorded.
    pub(crate) fn scrub_again(&mut self, scrubber: &mut Scrubber, mask: &seam_core::test_util::SecretMask) {
        scrubber.again(mask, "", &mut self.request.parameters);
        if let Outcome::Response(RecordedResponse { content, .. }) = &mut self.outcome {
            match content {
                Content::Json(body) => scrubber.again(mask, "", body),
                Content::Text(text) => *text = scrubber.text(text, mask),
                Content::Empty | Content::Bytes(_) => {}
            }
        }
    }

    fn to_json(&self) -> Value {
        let request = &self.request;
        let mut request_json =
            json!({ "method": request.method, "path": request.path, "parameters": request.parameters });
        set(&mut request_json, "workspace_id", request.workspace.clone());
        let mut exchange = json!({ "request": request_json });
        match &self.outcome {
            Outcome::Response(response) => {
                let mut answer = json!({ "status": response.status, "headers": response.headers });
                match &response.content {
                    Content::Empty => {}
                    Content::Json(body) => set(&mut answer, "body", Some(body.clone())),
                    Content::Text(text) => set(&mut answer, "text", Some(text.as_str())),
                    Content::Bytes(bytes) => set(&mut answer, "bytes", Some(*bytes)),
                }
                set(&mut exchange, "response", Some(answer));
            }
            Outcome::Error { kind, status, headers, retry_after_ms } => {
                let mut error = json!({ "kind": name_of(*kind) });
                set(&mut error, "status", *status);
                set(&mut error, "headers", status.map(|_| headers.clone()));
                set(&mut error, "retry_after_ms", *retry_after_ms);
                set(&mut exchange, "error", Some(error));
            }
        }
        exchange
    }
}

fn set<T: Into<Value>>(object: &mut Value, name: &str, value: Option<T>) {
    if let (Value::Object(members), Some(value)) = (object, value) {
        members.insert(name.to_owned(), value.into());
    }
}

fn name_of(kind: TransportErrorKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("other", |(name, _)| name)
}

/// Returns the recorded headers of a response.
pub(crate) fn kept_headers(headers: &HeaderMap, mask: impl Fn(&str) -> String) -> Value {
    // A `Retry-After` that is a date is relative to the date of the response.
    let date = Some(header::DATE).filter(|_| {
        let is_date = |value: &HeaderValue| value.as_bytes().iter().any(u8::is_ascii_alphabetic);
        headers.get_all(header::RETRY_AFTER).iter().any(is_date)
    });
    let mut kept = Map::new();
    for name in HEADERS.into_iter().chain(date) {
        let values = headers.get_all(&name).iter().filter_map(|value| value.to_str().ok());
        let mut values: Vec<Value> = values.map(|value| mask(value).into()).collect();
        match values.len() {
            0 => continue,
            1 => kept.insert(name.to_string(), values.remove(0)),
            _ => kept.insert(name.to_string(), values.into()),
        };
    }
    Value::Object(kept)
}

/// The exchanges of a cassette.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Document {
    /// Whether the recording was completed.
    pub(crate) is_complete: bool,
    pub(crate) exchanges: Vec<Exchange>,
}

impl Document {
    /// Writes the file, and creates its folder if necessary. The file is replaced atomically.
    pub(crate) fn write(&self, path: &Path, scrubber: &Scrubber) -> Result<(), CassetteError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);

        let mut exchanges = Value::Array(self.exchanges.iter().map(Exchange::to_json).collect());
        exchanges.sort_all_objects();
        scrubber.renumber(&mut exchanges);
        let mut document = json!({
            "format": FORMAT, "version": VERSION, "complete": self.is_complete, "exchanges": exchanges,
        });
        document.sort_all_objects();
        let text = format!("{document:#}\n");

        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let written = folder.map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{}-{number}.tmp", std::process::id()));
            let temporary = path.with_file_name(name);
            let replaced = fs::write(&temporary, &text).and_then(|()| fs::rename(&temporary, path));
            if replaced.is_err() {
                // The first error is reported.
                let _ = fs::remove_file(&temporary);
            }
            replaced
        });
        written.map_err(|error| CassetteError::io(path, format!("cannot write the file: {error}"), error))
    }

    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, CassetteError> {
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                CassetteError::io(path, "file not found; to record it, run the test with SEAM_RECORD=1", error)
            }
            _ => CassetteError::io(path, format!("cannot read the file: {error}"), error),
        })?;
        let damaged = |problem| {
            CassetteError::new(path, format!("{problem}; restore the file, or record it again with SEAM_RECORD=1"))
        };
        let document: Value = serde_json::from_str(&text).map_err(|error| damaged(format!("invalid JSON: {error}")))?;
        if document.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(damaged(format!("not a cassette: `format` is not \"{FORMAT}\"")));
        }
        match document.get("version").and_then(Value::as_u64) {
            Some(version) if (1..=VERSION).contains(&version) => {}
            Some(version) if version > VERSION => {
                return Err(CassetteError::new(
                    path,
                    format!(
                        "has version {version} of the format, and this version of seam-mock reads versions up to \
                         {VERSION}; update seam-mock, or record it again with SEAM_RECORD=1"
                    ),
                ));
            }
            _ => return Err(damaged("`version` is not a valid version of the format".to_owned())),
        }
        let is_complete = document.get("complete").and_then(Value::as_bool);
        let exchanges = document.get("exchanges").and_then(Value::as_array);
        let (Some(is_complete), Some(exchanges)) = (is_complete, exchanges) else {
            return Err(damaged("`complete` is not a boolean, or `exchanges` is not a list".to_owned()));
        };
        let read = |(number, exchange)| {
            Exchange::read(exchange).map_err(|problem| damaged(format!("exchange {number}: {problem}")))
        };
        let exchanges = (1..).zip(exchanges).map(read).collect::<Result<_, _>>()?;
        Ok(Self { is_complete, exchanges })
    }
}

/// A description of an invalid part of a cassette, without its value.
type Problem = String;

impl Exchange {
    fn read(exchange: &Value) -> Result<Self, Problem> {
        let request = object(exchange.get("request"), "request")?;
        let parameters = object(request.get("parameters"), "request.parameters")?;
        let workspace = request.get("workspace_id").map(|id| string(Some(id), "request.workspace_id"));
        let request = RecordedRequest {
            method: string(request.get("method"), "request.method")?,
            path: string(request.get("path"), "request.path")?,
            workspace: workspace.transpose()?,
            parameters: Value::Object(parameters.clone()),
        };
        let outcome = match (exchange.get("response"), exchange.get("error")) {
            (Some(response), None) => Outcome::Response(RecordedResponse::read(object(Some(response), "response")?)?),
            (None, Some(error)) => {
                let error = object(Some(error), "error")?;
                let name = string(error.get("kind"), "error.kind")?;
                let (_, kind) = KINDS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                    let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
                    format!("`error.kind` is none of {}", known.join(", "))
                })?;
                let retry_after = error.get("retry_after_ms");
                Outcome::Error {
                    kind: *kind,
                    status: error.get("status").map(|status| read_status(Some(status), "error.status")).transpose()?,
                    headers: read_headers(error.get("headers"), "error.headers")?,
                    retry_after_ms: retry_after
                        .map(|wait| wait.as_u64().ok_or("`error.retry_after_ms` is not a whole number"))
                        .transpose()?,
                }
            }
            _ => return Err("must have either a `response` or an `error`".to_owned()),
        };
        Ok(Self { request, outcome })
    }
}

impl RecordedResponse {
    fn read(response: &Map<String, Value>) -> Result<Self, Problem> {
        let content = match (response.get("body"), response.get("text"), response.get("bytes")) {
            (None, None, None) => Content::Empty,
            (Some(body), None, None) => Content::Json(body.clone()),
            (None, Some(text), None) => Content::Text(string(Some(text), "response.text")?),
            (None, None, Some(bytes)) => {
                let bytes = bytes.as_u64().and_then(|bytes| usize::try_from(bytes).ok());
                Content::Bytes(bytes.ok_or("`response.bytes` is not a number of bytes")?)
            }
            _ => return Err("`response` has more than one of `body`, `text` and `bytes`".to_owned()),
        };
        Ok(Self {
            status: read_status(response.get("status"), "response.status")?,
            headers: read_headers(response.get("headers"), "response.headers")?,
            content,
        })
    }

    pub(crate) fn to_response(&self) -> Response {
        let body = match &self.content {
            Content::Empty => Body::default(),
            Content::Json(body) => Body::from(body.to_string()),
            Content::Text(text) => Body::from(text.clone()),
            // The same number of bytes that are not UTF-8.
            Content::Bytes(bytes) => Body::from(vec![0xff; *bytes]),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status_code(self.status);
        *response.headers_mut() = header_map(&self.headers);
        response
    }
}

/// Returns the error that was recorded.
pub(crate) fn to_error(
    kind: TransportErrorKind,
    status: Option<u16>,
    headers: &Value,
    retry_after_ms: Option<u64>,
    source: String,
) -> TransportError {
    let mut error = TransportError::new(kind, source);
    if let Some(status) = status {
        error = error.with_response(status_code(status), &header_map(headers));
    }
    match retry_after_ms {
        Some(wait) => error.with_retry_after(std::time::Duration::from_millis(wait)),
        None => error,
    }
}

fn object<'a>(value: Option<&'a Value>, path: &str) -> Result<&'a Map<String, Value>, Problem> {
    value.and_then(Value::as_object).ok_or_else(|| format!("`{path}` is not an object"))
}

fn string(value: Option<&Value>, path: &str) -> Result<String, Problem> {
    value.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("`{path}` is not a string"))
}

fn read_status(value: Option<&Value>, path: &str) -> Result<u16, Problem> {
    let status = value.and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|status| StatusCode::from_u16(*status).is_ok());
    status.ok_or_else(|| format!("`{path}` is not an HTTP status"))
}

/// Checks headers: each is a string or a list of strings.
fn read_headers(value: Option<&Value>, path: &str) -> Result<Value, Problem> {
    let Some(value) = value else { return Ok(Value::Object(Map::new())) };
    let is_value = |value: &Value| value.as_str().is_some_and(|value| HeaderValue::from_str(value).is_ok());
    for (name, values) in object(Some(value), path)? {
        let is_valid = is_value(values) || values.as_array().is_some_and(|values| values.iter().all(is_value));
        if !is_valid || HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(format!("`{path}` has a header that is not valid in HTTP"));
        }
    }
    Ok(value.clone())
}

/// Returns the status that [`read_status`] checked.
fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Returns the headers that [`read_headers`] checked.
fn header_map(headers: &Value) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, values) in headers.as_object().into_iter().flatten() {
        let values = values.as_array().map_or(std::slice::from_ref(values), Vec::as_slice);
        for value in values.iter().filter_map(Value::as_str) {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                map.append(name, value);
            }
        }
    }
    map
}
