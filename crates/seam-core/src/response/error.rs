//! The error type of calls.

use std::{any::Any, error::Error as StdError, fmt, sync::Arc, time::Duration};

use http::StatusCode;
use seam_model::{ActionAttempt, ActionAttemptId};
use serde_json::Value;

use crate::{
    Body, Idempotency, Outcome, Spec, TransportErrorKind, ValidationErrors,
    policy::attempt::AttemptHistory,
    response::{
        classify::{is_ambiguous, is_transient},
        error_body,
        redact::MAX_PRINTED,
    },
};

/// The error of a call.
///
/// [`kind`](Self::kind) returns what failed, [`outcome`](Self::outcome) whether the request may have been applied, and
/// the predicates classify the error for programs. `Display` is a message such as the one below, and `Debug` adds kind
/// and outcome. Clones share one value.
///
/// ```text
/// GET /access_codes/unmanaged/get: 404 access_code_not_found: Could not find an access_code with device_id or access_code_id (request bf6643a3)
/// ```
///
/// Neither `Display` nor `Debug`, nor those of any [`source`](StdError::source), contain the API key, a PIN or a query.
/// Strings from the server, such as [`message`](Self::message) and [`error_type`](Self::error_type), are truncated to
/// at most 2048 bytes, their control characters are escaped as in Rust, and each secret of the request that they quote,
/// even escaped, in base64 or in part, is replaced by `***`. [`body`](Self::body) and [`data`](Self::data) return what
/// the server sent, without redaction.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    kind: ErrorKind,
    /// The verb and path of the request, if there is one.
    pub(crate) operation: Option<(http::Method, &'static str)>,
    pub(crate) message: String,
    pub(crate) status: Option<StatusCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) error_type: Option<String>,
    pub(crate) validation_errors: ValidationErrors,
    pub(crate) action_attempt_id: Option<ActionAttemptId>,
    pub(crate) action_attempt: Option<ActionAttempt>,
    /// The value of the last poll of a condition.
    pub(crate) last_value: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) body: Option<Body>,
    pub(crate) transport_error_kind: Option<TransportErrorKind>,
    pub(crate) history: AttemptHistory,
    pub(crate) retry_after: Option<Duration>,
    /// Whether the request may have been applied although the call failed.
    pub(crate) may_have_been_applied: bool,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting of the client is invalid, such as the base URL or an environment variable.
    InvalidConfiguration,
    /// The credentials are missing, of the wrong kind, or cannot be sent.
    InvalidCredentials,
    /// A parameter of the request is empty, missing or cannot be sent. Nothing was sent.
    InvalidRequest,
    /// Seam rejected the credentials: status 401 with any body.
    Unauthorized,
    /// Seam returned an error, see [`Error::error_type`].
    Api,
    /// The status is not a success, and the body is not a Seam error. The response may come from a proxy.
    UnexpectedStatus,
    /// The status is a success, but the body has no valid value, or belongs to another request: it has a resource with
    /// another id than the requested one.
    InvalidResponse,
    /// No complete response was received, see [`Error::transport_error_kind`].
    Transport,
    /// An [action](Idempotency::NonIdempotent) may or may not have been carried out. Check whether it took effect
    /// before you send it again. The [`source`](StdError::source) is the error that made the outcome unknown.
    ///
    /// With [`and_wait`](crate::Call::and_wait), on any call, also when Seam accepted the request and a poll of its
    /// action attempt failed: [`Error::action_attempt`] has the last known attempt. The status and the predicates of
    /// the failed poll, such as of a 401, are those of the source only, because they do not describe the action.
    OutcomeUnknown,
    /// The action was attempted and failed, for example because the device is offline. [`Error::action_attempt`] has
    /// the details.
    ActionFailed,
    /// The action was still pending at the end of the timeout of the wait. It continues.
    ActionPending,
    /// The action attempt has a status that this version does not know.
    ActionStatusUnknown,
    /// The condition of [`until`](crate::Call::until) did not hold before its timeout. [`Error::last_value`] returns
    /// the value of the last poll.
    ConditionNotMet,
}

impl Error {
    /// Returns the kind of error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether Seam reports that a resource does not exist: status 404 with a Seam error. The 404 of a proxy,
    /// or of a wrong base URL, does not count.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::Api && self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Returns whether Seam rejected the credentials: status 401.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Returns whether Seam rejected a parameter, see [`validation_errors`](Self::validation_errors).
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == ErrorKind::Api && self.error_type() == Some("invalid_input")
    }

    /// Returns whether a rate limit was exceeded: Seam rejected the request with status 429, or it would have waited
    /// for the client's own [`RateLimits`](crate::RateLimits) beyond its deadline. See
    /// [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        match self.kind() {
            ErrorKind::Api | ErrorKind::UnexpectedStatus => self.status() == Some(StatusCode::TOO_MANY_REQUESTS),
            ErrorKind::Transport => self.0.retry_after.is_some(),
            _ => false,
        }
    }

    /// Returns whether a timeout expired: before anything was sent, before the response was received, before an action
    /// was finished, or before a condition held.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind(), ErrorKind::ActionPending | ErrorKind::ConditionNotMet)
            || self.transport_error_kind().is_some_and(TransportErrorKind::is_timeout)
    }

    /// Returns whether it is certain that nothing was sent, so that sending the request again is safe.
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

    /// Returns whether the request may have been applied although the call failed.
    ///
    /// This holds for every [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) and every action that is still pending, and
    /// also for an [idempotent](Idempotency::Idempotent) request that was sent again because the response to an earlier
    /// attempt was lost. If a repeated delete returns 404, both this and [`is_not_found`](Self::is_not_found) are true:
    /// the first attempt may have deleted the resource.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        self.0.may_have_been_applied
    }

    /// Returns the outcome of the request, which determines what a program may do next.
    ///
    /// ```
    /// use seam_core::{Error, Outcome, Seam};
    ///
    /// async fn unlock(seam: &Seam, lock: &str) -> Result<(), Error> {
    ///     match seam.locks().unlock_door(lock).await {
    ///         Err(error) if error.outcome() == Outcome::NotSent => seam.locks().unlock_door(lock).await.map(drop),
    ///         result => result.map(drop),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.kind() {
            ErrorKind::OutcomeUnknown => Outcome::Unknown,
            ErrorKind::ActionPending | ErrorKind::ActionStatusUnknown => Outcome::Pending,
            ErrorKind::ActionFailed => Outcome::Failed,
            _ if self.is_not_sent() => Outcome::NotSent,
            _ if self.may_have_been_applied() => Outcome::UnknownIdempotent,
            _ => Outcome::NotApplied,
        }
    }

    /// Returns the number of attempts to send the request. Zero if the request was invalid, or if the deadline passed
    /// before the first attempt.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.history.attempts
    }

    /// Returns the time to wait before the request is sent again, if Seam (`Retry-After`) or the client's own
    /// [`RateLimits`](crate::RateLimits) specify one. At most a year, so that it can be added to an instant.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns whether an action may or may not have been carried out.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.kind() == ErrorKind::OutcomeUnknown
    }

    /// Returns the kind of transport error of the last attempt, if that failed without a complete response.
    #[must_use]
    pub fn transport_error_kind(&self) -> Option<TransportErrorKind> {
        self.0.transport_error_kind
    }

    /// Returns the verb and the path of the request, even if it was not sent.
    #[must_use]
    pub fn operation(&self) -> Option<(&http::Method, &'static str)> {
        self.0.operation.as_ref().map(|(method, path)| (method, *path))
    }

    /// Returns the status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns Seam's id of the request, for requests to Seam's support, if the response has one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the type of a Seam error, such as `access_code_not_found`.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.0.error_type.as_deref()
    }

    /// Returns the message. For a Seam error, this is the message of the server.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the validation messages of Seam by parameter. Empty for other errors.
    #[must_use]
    pub fn validation_errors(&self) -> &ValidationErrors {
        &self.0.validation_errors
    }

    /// Parses `error.data` of the [`body`](Self::body), whose form depends on the type of the error. It may contain
    /// secrets. The value needs up to 100 times the memory of its JSON, which is at most
    /// [`ERROR_BODY_LIMIT`](crate::ERROR_BODY_LIMIT) bytes.
    #[must_use]
    pub fn data(&self) -> Option<Value> {
        self.error_type()?;
        error_body::data(self.body()?.as_ref())
    }

    /// Returns the id of the action attempt in the response, if the outcome of an action is unknown. Fetch it with
    /// [`action_attempts().get`](crate::endpoints::action_attempts::ActionAttempts::get).
    #[must_use]
    pub fn action_attempt_id(&self) -> Option<&ActionAttemptId> {
        self.0.action_attempt_id.as_ref().or(self.0.action_attempt.as_ref().map(|attempt| &attempt.action_attempt_id))
    }

    /// Returns the action attempt that a call waited for, as of the last poll.
    #[must_use]
    pub fn action_attempt(&self) -> Option<&ActionAttempt> {
        self.0.action_attempt.as_ref()
    }

    /// Returns the value of the last poll, if the condition of [`until`](crate::Call::until) did not hold before the
    /// timeout. `T` is the output of the call. `None` for another type, and if no poll had a response.
    ///
    /// ```
    /// # use seam_core::model::AccessCode;
    /// # async fn example(seam: seam_core::Seam) {
    /// let code = seam.access_codes().get("26d6138c").until(|code| code.pending_mutations.is_empty());
    /// if let Err(error) = code.await {
    ///     println!("{error}; the code has {:?}", error.last_value::<AccessCode>().map(|code| &code.errors));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn last_value<T: 'static>(&self) -> Option<&T> {
        self.0.last_value.as_deref()?.downcast_ref()
    }

    /// Returns the raw body of the response, if there was one. It may contain secrets.
    #[must_use]
    pub fn body(&self) -> Option<&Body> {
        self.0.body.as_ref()
    }

    /// Creates an error for a transport that cannot be configured.
    pub fn invalid_configuration(message: &str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self::of_kind(ErrorKind::InvalidConfiguration, format!("{message}: {source}")).with_source(source)
    }

    pub(crate) fn of_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            message: message.into(),
            status: None,
            request_id: None,
            error_type: None,
            validation_errors: ValidationErrors::default(),
            action_attempt_id: None,
            action_attempt: None,
            last_value: None,
            body: None,
            transport_error_kind: None,
            history: AttemptHistory::default(),
            retry_after: None,
            may_have_been_applied: false,
            source: None,
        }))
    }

    pub(crate) fn of_operation(self, method: http::Method, spec: &'static Spec) -> Self {
        self.change(|inner| inner.operation = Some((method, spec.path())))
    }

    pub(crate) fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source: Box<dyn StdError + Send + Sync> = source.into();
        self.change(|inner| inner.source = Some(source.into()))
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Sets whether the request may have been applied. The ambiguous error of an action becomes the source of an
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown).
    pub(crate) fn with_idempotency(mut self, idempotency: Idempotency) -> Self {
        let is_ambiguous_outcome = match self.kind() {
            // A status that rejects the request is conclusive even without the body.
            ErrorKind::Transport => match self.0.status {
                Some(status) => status.is_success() || is_ambiguous(status),
                None => !self.transport_error_kind().is_some_and(TransportErrorKind::is_not_sent),
            },
            ErrorKind::InvalidResponse => true,
            // A Seam error with any status of 4xx is a rejection, unless it is transient.
            ErrorKind::Api if self.0.status.is_some_and(|status| status.is_client_error()) => {
                self.0.status.is_some_and(is_transient)
            }
            _ => self.0.status.is_some_and(is_ambiguous),
        };
        let may_have_been_applied = idempotency != Idempotency::ReadOnly
            && (is_ambiguous_outcome || self.0.history.earlier_may_have_been_applied);
        self = self.change(|inner| inner.may_have_been_applied = may_have_been_applied);
        if idempotency != Idempotency::NonIdempotent || !is_ambiguous_outcome {
            return self;
        }
        let message = format!("the action may or may not have been carried out: {}", self.0.message);
        Self::of_kind(ErrorKind::OutcomeUnknown, message)
            .change(|inner| {
                inner.operation.clone_from(&self.0.operation);
                inner.status = self.0.status;
                inner.request_id.clone_from(&self.0.request_id);
                inner.error_type.clone_from(&self.0.error_type);
                let body = self.0.body.as_ref();
                inner.action_attempt_id = body.and_then(|body| error_body::action_attempt_id(body.as_ref()));
                inner.body.clone_from(&self.0.body);
                inner.transport_error_kind = self.0.transport_error_kind;
                inner.history = self.0.history;
                inner.retry_after = self.0.retry_after;
                inner.may_have_been_applied = true;
            })
            .with_source(self)
    }
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
        let mut printed = 0;
        let mut omitted = inner.validation_errors.omitted();
        for (parameter, message) in inner.validation_errors.iter() {
            printed += parameter.len() + message.len();
            match parameter {
                _ if printed > MAX_PRINTED => omitted += 1,
                "" => write!(f, "; {message}")?,
                _ => write!(f, "; {parameter}: {message}")?,
            }
        }
        if omitted > 0 {
            write!(f, "; and {omitted} more")?;
        }
        if let Some(request_id) = &inner.request_id {
            write!(f, " (request {request_id})")?;
        }
        if inner.history.attempts > 1 {
            write!(f, " after {} attempts", inner.history.attempts)?;
        }
        if inner.history.earlier_may_have_been_applied
            && inner.may_have_been_applied
            && inner.kind != ErrorKind::OutcomeUnknown
        {
            f.write_str(", an earlier one of which may have been applied")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// Writes the message of `Display` with kind and outcome, because `main` and `unwrap` print it; with `{:#?}`,
    /// writes a struct. Sources that the message contains are omitted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.fmt_struct(f);
        }
        write!(f, "{self}")?;
        self.unmentioned_sources().iter().try_for_each(|source| write!(f, ": {source}"))?;
        write!(f, " [kind: {:?}", self.kind())?;
        if let Some(kind) = self.transport_error_kind() {
            write!(f, ", transport_error_kind: {kind:?}")?;
        }
        write!(f, ", outcome: {:?}]", self.outcome())
    }
}

impl Error {
    fn fmt_struct(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &inner.kind).field("outcome", &self.outcome());
        if let Some((method, path)) = &inner.operation {
            debug.field("operation", &format_args!("{method} {path}"));
        }
        if let Some(status) = inner.status {
            debug.field("status", &status.as_u16());
        }
        if let Some(error_type) = &inner.error_type {
            debug.field("error_type", error_type);
        }
        debug.field("message", &inner.message);
        if !inner.validation_errors.is_empty() {
            debug.field("validation_errors", &inner.validation_errors.messages);
        }
        if let Some(request_id) = &inner.request_id {
            debug.field("request_id", request_id);
        }
        if let Some(kind) = inner.transport_error_kind {
            debug.field("transport_error_kind", &kind);
        }
        if let Some(retry_after) = inner.retry_after {
            debug.field("retry_after", &retry_after);
        }
        debug.field("attempts", &inner.history.attempts);
        if let Some(body) = &inner.body {
            debug.field("body", body);
        }
        let sources = self.unmentioned_sources();
        if !sources.is_empty() {
            debug.field("sources", &sources);
        }
        debug.finish()
    }

    /// Returns the messages of the sources that the message does not contain.
    fn unmentioned_sources(&self) -> Vec<String> {
        std::iter::successors(self.source(), |source: &&(dyn StdError + 'static)| (*source).source())
            .map(|source| {
                source.downcast_ref::<Self>().map_or_else(|| source.to_string(), |error| error.message().to_owned())
            })
            .filter(|source| !self.message().contains(source))
            .collect()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
