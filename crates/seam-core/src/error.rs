//! The one error type: what went wrong, what may be concluded, and what to tell Seam's support.

use std::{collections::BTreeMap, error::Error as StdError, fmt, time::Duration};

use http::StatusCode;
use seam_model::{ActionAttempt, ActionAttemptId, Json, Token};
use serde_json::{Map, Value};

use crate::{
    Body, Safety, Spec, TransportErrorKind, quoted,
    retry::{History, leaves_open, may_pass},
};

/// What can go wrong between a call and its value.
///
/// [`kind`](Self::kind) says what it is, the predicates answer the questions that programs ask, and
/// `Display` is a sentence that a person can act on:
///
/// ```text
/// GET /access_codes/unmanaged/get: 404 access_code_not_found: Could not find an access_code with device_id or access_code_id (request bf6643a3)
/// ```
///
/// Neither `Display` nor `Debug`, nor those of any [`source`](StdError::source), show the API key, a
/// PIN or a query. Where Seam's own message quotes a secret of the request, be it escaped or in base64, it is replaced by
/// `***`.
pub struct Error(Box<Inner>);

pub(crate) struct Inner {
    kind: ErrorKind,
    /// The verb and path, when a request was being made.
    pub(crate) operation: Option<(http::Method, &'static str)>,
    pub(crate) message: String,
    pub(crate) status: Option<StatusCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) error_type: Option<String>,
    pub(crate) validation_errors: ValidationErrors,
    pub(crate) data: Option<Json>,
    pub(crate) action_attempt_id: Option<ActionAttemptId>,
    pub(crate) action_attempt: Option<ActionAttempt>,
    pub(crate) body: Option<Body>,
    pub(crate) transport_error_kind: Option<TransportErrorKind>,
    pub(crate) history: History,
    pub(crate) retry_after: Option<Duration>,
    /// Whether what was asked for may have been done although the call failed.
    pub(crate) may_be_done: bool,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The settings of the client make no sense: a base URL, an environment variable.
    InvalidConfiguration,
    /// There are no credentials, they are of the wrong kind, or they cannot be sent.
    InvalidCredentials,
    /// The request makes no sense: a parameter that is empty, missing or cannot be sent. Nothing
    /// was sent.
    InvalidRequest,
    /// Seam refused the credentials: status 401, whatever the body says.
    Unauthorized,
    /// Seam answered with an error of its own, see [`Error::error_type`].
    Api,
    /// The status says that it failed, but the body is not an error of Seam: a proxy's, perhaps.
    UnexpectedStatus,
    /// The status says that it worked, but the body does not hold the answer, or holds the answer to another request:
    /// a resource with another id than the one that was requested.
    InvalidResponse,
    /// There is no response, see [`Error::transport_error_kind`].
    Transport,
    /// An [action](Safety::Action) may have been carried out, or not: there is no telling from what
    /// came back. Look before you do it again. The [`source`](StdError::source) says what happened.
    ///
    /// So it is too with [`and_wait`](crate::Call::and_wait), on any call, when Seam accepted what was asked for, and then
    /// asking how it went failed: [`Error::action_attempt`] has what was known last. Status and predicates of that failure, a
    /// 401 say, are the source's alone, so that nobody takes them for those of the action.
    OutcomeUnknown,
    /// What was asked for was tried and failed: [`Error::action_attempt`] has the details. A device out of
    /// reach, perhaps.
    ActionFailed,
    /// The action was still pending when the time for waiting was over. It goes on without being waited for.
    ActionPending,
    /// The action attempt has a status that this version does not know.
    ActionStatusUnknown,
}

impl Error {
    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether Seam says that there is no such thing: status 404 with an error of Seam's. The 404 of a
    /// proxy, or of a wrong base URL, is not that.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::Api && self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Whether Seam refused the credentials: status 401.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Whether Seam refused a parameter, see [`validation_errors`](Self::validation_errors).
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == ErrorKind::Api && self.error_type() == Some("invalid_input")
    }

    /// Whether there were too many requests: Seam refused one with status 429, or the client's own
    /// [`RateLimits`](crate::RateLimits) held it back until its deadline. See [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        match self.kind() {
            ErrorKind::Api | ErrorKind::UnexpectedStatus => self.status() == Some(StatusCode::TOO_MANY_REQUESTS),
            ErrorKind::Transport => self.0.retry_after.is_some(),
            _ => false,
        }
    }

    /// Whether time ran out: before anything was sent, before the answer came, or before an action was done.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::ActionPending
            || self.transport_error_kind().is_some_and(TransportErrorKind::is_timeout)
    }

    /// Whether it is certain that nothing reached Seam, so that trying again does no harm.
    #[must_use]
    pub fn is_not_sent(&self) -> bool {
        match self.kind() {
            ErrorKind::InvalidConfiguration | ErrorKind::InvalidCredentials | ErrorKind::InvalidRequest => true,
            ErrorKind::Transport => {
                !self.0.history.earlier_was_sent
                    && self.transport_error_kind().is_some_and(TransportErrorKind::is_not_sent)
            }
            _ => false,
        }
    }

    /// Whether what was asked for may have been done although the call failed.
    ///
    /// So it is with every [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) and every action that is still
    /// pending; but also with an [idempotent](Safety::Idempotent) request that was sent again because the answer to
    /// its first attempt was lost. If a delete then finds nothing, it is
    /// [`is_not_found`](Self::is_not_found) and this: its own first attempt may have deleted it.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        self.0.may_be_done
    }

    /// How often it was tried to send the request. Zero when it did not come to that: the request made no sense, or
    /// no time was left.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.history.attempts
    }

    /// How long to wait before asking again, where Seam says so (`Retry-After`) or the client's own
    /// [`RateLimits`](crate::RateLimits) do. A year at most, so that it can be added to a time.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether an action may have been carried out, or not.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.kind() == ErrorKind::OutcomeUnknown
    }

    /// What may be concluded from the failed exchange, if there was one and it failed. Of several attempts, it
    /// is the last one that counts.
    #[must_use]
    pub fn transport_error_kind(&self) -> Option<TransportErrorKind> {
        self.0.transport_error_kind
    }

    /// The verb and the path of the request that was made, or was to be made.
    #[must_use]
    pub fn operation(&self) -> Option<(&http::Method, &'static str)> {
        self.0.operation.as_ref().map(|(method, path)| (method, *path))
    }

    /// The status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// What Seam's support asks for: the id of the request, if Seam gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Seam's name for the error, such as `access_code_not_found`.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.0.error_type.as_deref()
    }

    /// What happened, in words. For an error of Seam's: its message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What is wrong with which parameter, where Seam says so. Empty for every other error.
    #[must_use]
    pub fn validation_errors(&self) -> &ValidationErrors {
        &self.0.validation_errors
    }

    /// What else Seam says about the error, in a form that depends on its type.
    #[must_use]
    pub fn data(&self) -> Option<&Value> {
        self.0.data.as_ref().map(|data| &data.0)
    }

    /// The action attempt that the response speaks of, where an action's outcome is unknown. Ask for it with
    /// [`action_attempts().get`](crate::endpoints::action_attempts::ActionAttempts::get).
    #[must_use]
    pub fn action_attempt_id(&self) -> Option<&ActionAttemptId> {
        self.0.action_attempt_id.as_ref().or(self.0.action_attempt.as_ref().map(|attempt| &attempt.action_attempt_id))
    }

    /// The action attempt that was waited for, as it was when it was last seen.
    #[must_use]
    pub fn action_attempt(&self) -> Option<&ActionAttempt> {
        self.0.action_attempt.as_ref()
    }

    /// The body of the response, if there was one. It may hold anything, secrets too.
    #[must_use]
    pub fn body(&self) -> Option<&Body> {
        self.0.body.as_ref()
    }

    /// An error for a transport that cannot be set up.
    pub fn invalid_configuration(message: &str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self::of_kind(ErrorKind::InvalidConfiguration, format!("{message}: {source}")).with_source(source)
    }

    pub(crate) fn of_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            message: message.into(),
            status: None,
            request_id: None,
            error_type: None,
            validation_errors: ValidationErrors::default(),
            data: None,
            action_attempt_id: None,
            action_attempt: None,
            body: None,
            transport_error_kind: None,
            history: History::default(),
            retry_after: None,
            may_be_done: false,
            source: None,
        }))
    }

    pub(crate) fn of_operation(mut self, method: http::Method, spec: &'static Spec) -> Self {
        self.0.operation = Some((method, spec.path));
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(&mut self.0);
        self
    }

    /// Says whether what was asked for may be done; an action's error that leaves this open says just that.
    pub(crate) fn judged_by(mut self, safety: Safety) -> Self {
        let is_open = match self.kind() {
            // What is known of a response with a refusal is enough, though its body be missing.
            ErrorKind::Transport => match self.0.status {
                Some(status) => status.is_success() || leaves_open(status),
                None => !self.transport_error_kind().is_some_and(TransportErrorKind::is_not_sent),
            },
            ErrorKind::InvalidResponse => true,
            // An error of Seam's is a refusal, whatever number among the 4xx it has.
            ErrorKind::Api if self.0.status.is_some_and(|status| status.is_client_error()) => {
                self.0.status.is_some_and(may_pass)
            }
            _ => self.0.status.is_some_and(leaves_open),
        };
        self.0.may_be_done = safety != Safety::Read && (is_open || self.0.history.earlier_may_be_done);
        if safety != Safety::Action || !is_open {
            return self;
        }
        let message = format!("it may have been carried out, or not: {}", self.0.message);
        Self::of_kind(ErrorKind::OutcomeUnknown, message)
            .change(|inner| {
                inner.operation.clone_from(&self.0.operation);
                inner.status = self.0.status;
                inner.request_id.clone_from(&self.0.request_id);
                inner.error_type.clone_from(&self.0.error_type);
                inner.action_attempt_id = self.0.body.as_ref().and_then(action_attempt_id);
                inner.body.clone_from(&self.0.body);
                inner.transport_error_kind = self.0.transport_error_kind;
                inner.history = self.0.history;
                inner.retry_after = self.0.retry_after;
                inner.may_be_done = true;
            })
            .with_source(self)
    }
}

/// The id of the action attempt in a response that could not be read as a whole.
fn action_attempt_id(body: &Body) -> Option<ActionAttemptId> {
    let body: Value = serde_json::from_slice(body.as_ref()).ok()?;
    body.pointer("/action_attempt/action_attempt_id")?.as_str().map(ActionAttemptId::from)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some((method, path)) = &inner.operation {
            write!(f, "{method} {path}: ")?;
        }
        if let Some(status) = inner.status {
            write!(f, "{} ", status.as_u16())?;
        }
        match &inner.error_type {
            Some(error_type) => write!(f, "{error_type}: {}", inner.message)?,
            None => f.write_str(&inner.message)?,
        }
        for (parameter, message) in inner.validation_errors.iter() {
            match parameter {
                "" => write!(f, "; {message}")?,
                _ => write!(f, "; {parameter}: {message}")?,
            }
        }
        if let Some(request_id) = &inner.request_id {
            write!(f, " (request {request_id})")?;
        }
        if inner.history.attempts > 1 {
            write!(f, " after {} attempts", inner.history.attempts)?;
        }
        if inner.history.earlier_may_be_done && inner.may_be_done && inner.kind != ErrorKind::OutcomeUnknown {
            f.write_str(", of which an earlier one may have done it")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("message", &format_args!("{self}"))
            .field("body", &self.0.body)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// What Seam says is wrong with the parameters of a request, by the name of the parameter.
///
/// Parts of nested parameters have names with dots, entries of lists their place: `device_ids.0`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidationErrors(BTreeMap<String, Vec<String>>);

impl ValidationErrors {
    /// The messages about one parameter.
    pub fn get(&self, parameter: &str) -> impl Iterator<Item = &str> {
        self.0.get(parameter).into_iter().flatten().map(String::as_str)
    }

    /// The messages about the request as a whole, such as "one of these is required".
    pub fn root(&self) -> impl Iterator<Item = &str> {
        self.get("")
    }

    /// All messages with the names of their parameters; the name is empty for the request as a whole.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, messages)| messages.iter().map(move |message| (name.as_str(), message.as_str())))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `{"_errors": ["about all"], "device_id": {"_errors": ["about it"]}}`, however deep.
    fn read(&mut self, name: &str, errors: &Map<String, Value>, scrubber: &Scrubber) {
        for (key, value) in errors {
            match value {
                Value::Array(messages) if key == "_errors" => {
                    let messages = messages.iter().filter_map(Value::as_str).map(|message| scrubber.scrub(message));
                    let mut messages = messages.peekable();
                    if messages.peek().is_some() {
                        self.0.entry(name.to_owned()).or_default().extend(messages);
                    }
                }
                Value::Object(nested) => {
                    let key = scrubber.scrub_unless_name(key);
                    self.read(&if name.is_empty() { key } else { format!("{name}.{key}") }, nested, scrubber);
                }
                _ => {}
            }
        }
    }
}

/// An error of Seam's, read from a response.
pub(crate) struct ApiError {
    pub(crate) error_type: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) validation_errors: ValidationErrors,
    pub(crate) data: Option<Json>,
}

impl ApiError {
    /// `None` unless the body is an object with the texts `error.type` and `error.message`.
    pub(crate) fn read(body: &[u8], scrubber: &Scrubber) -> Option<Self> {
        let mut body: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let Some(Value::Object(mut error)) = body.remove("error") else { return None };
        let text = |value: &Value| value.as_str().map(|text| scrubber.scrub(text));
        let mut validation_errors = ValidationErrors::default();
        if let Some(Value::Object(errors)) = error.get("validation_errors") {
            validation_errors.read("", errors, scrubber);
        }
        Some(Self {
            error_type: error.get("type")?.as_str().map(|name| scrubber.scrub_unless_name(name))?,
            message: text(error.get("message")?)?,
            request_id: error.get("request_id").and_then(text),
            validation_errors,
            data: error.remove("data").map(Json),
        })
    }
}

/// Replaces the secrets of one request in what Seam answers to it.
#[derive(Debug, Default)]
pub(crate) struct Scrubber(Vec<Token>);

impl Scrubber {
    /// Longer ones come first, so that one which another begins with leaves nothing of it.
    pub(crate) fn add(&mut self, secret: Token) {
        let length = secret.expose_secret().len();
        if length > 0 {
            let place = self.0.partition_point(|other| other.expose_secret().len() >= length);
            self.0.insert(place, secret);
        }
    }

    /// The secrets of another request too.
    pub(crate) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|secret| self.add(secret.clone()));
    }

    /// Whether `text` is one of the secrets.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.0.iter().any(|secret| secret.expose_secret() == text)
    }

    pub(crate) fn scrub(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| match secret.expose_secret() {
            // A secret this short stands in half of all words, so only a word of its own counts.
            short if short.len() < 4 => replace_word(&text, short),
            secret => quoted::hide(&text, secret),
        })
    }

    /// For the names of errors and parameters, which programs compare: a secret as short as a word must not
    /// change one that is written as Seam writes them.
    pub(crate) fn scrub_unless_name(&self, text: &str) -> String {
        let is_name = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let is_quoted =
            self.0.iter().any(|secret| secret.expose_secret().len() > 12 && text.contains(secret.expose_secret()));
        if is_name && !is_quoted { text.to_owned() } else { self.scrub(text) }
    }
}

/// Replaces `word` where no letter, digit or `_` is beside it.
fn replace_word(text: &str, word: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut replaced = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        replaced.push_str(before);
        let is_inside = replaced.ends_with(is_part) || after.starts_with(is_part);
        replaced.push_str(if is_inside { word } else { "***" });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}
