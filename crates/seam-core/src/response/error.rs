//! The one error type: what went wrong, what may be concluded, and what to tell Seam's support.

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

/// What can go wrong between a call and its value.
///
/// [`kind`](Self::kind) says what it is, [`outcome`](Self::outcome) what became of the request, the predicates answer the
/// questions that programs ask, and `Display` is a sentence that a person can act on, such as the one below. `Debug` adds kind and outcome. Clones share one value.
///
/// ```text
/// GET /access_codes/unmanaged/get: 404 access_code_not_found: Could not find an access_code with device_id or access_code_id (request bf6643a3)
/// ```
///
/// Neither `Display` nor `Debug`, nor those of any [`source`](StdError::source), show the API key, a
/// PIN or a query. Strings of the server's, such as [`message`](Self::message) and [`error_type`](Self::error_type), are
/// cut to 2048 bytes at most, with control characters escaped as in Rust, and with `***` in the place of each secret of
/// the request that they quote, be it escaped, in base64 or in part. [`body`](Self::body) and [`data`](Self::data) are
/// what the server sent.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    kind: ErrorKind,
    /// The verb and path, when a request was being made.
    pub(crate) operation: Option<(http::Method, &'static str)>,
    pub(crate) message: String,
    pub(crate) status: Option<StatusCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) error_type: Option<String>,
    pub(crate) validation_errors: ValidationErrors,
    pub(crate) action_attempt_id: Option<ActionAttemptId>,
    pub(crate) action_attempt: Option<ActionAttempt>,
    /// What the last poll of a condition returned.
    pub(crate) last_value: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) body: Option<Body>,
    pub(crate) transport_error_kind: Option<TransportErrorKind>,
    pub(crate) history: AttemptHistory,
    pub(crate) retry_after: Option<Duration>,
    /// Whether what was asked for may have been done although the call failed.
    pub(crate) may_have_been_applied: bool,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
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
    /// An [action](Idempotency::NonIdempotent) may have been carried out, or not: there is no telling from what
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
    /// The condition of [`until`](crate::Call::until) did not hold before its timeout. [`Error::last_value`] has what the
    /// last poll returned.
    ConditionNotMet,
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

    /// Whether time ran out: before anything was sent, before the answer came, before an action was done, or before a
    /// condition held.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind(), ErrorKind::ActionPending | ErrorKind::ConditionNotMet)
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
    /// pending; but also with an [idempotent](Idempotency::Idempotent) request that was sent again because the answer to
    /// its first attempt was lost. If a delete then finds nothing, it is
    /// [`is_not_found`](Self::is_not_found) and this: its own first attempt may have deleted it.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        self.0.may_have_been_applied
    }

    /// Returns what became of what was requested, and with that what a program may do next.
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

    /// Parses what else Seam reports about the error, in a form that depends on its type: `error.data` of the
    /// [`body`](Self::body). It may hold secrets. The value takes up to 100 times the memory of its JSON, of which there is
    /// at most [`ERROR_BODY_LIMIT`](crate::ERROR_BODY_LIMIT).
    #[must_use]
    pub fn data(&self) -> Option<Value> {
        self.error_type()?;
        error_body::data(self.body()?.as_ref())
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

    /// Returns the value of the last poll, when the condition of [`until`](crate::Call::until) did not hold in time. `T` is the
    /// output of the call. `None` for another type, and when no poll had a response.
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

    /// Says whether what was asked for may be done; an action's error that leaves this open says just that.
    pub(crate) fn judged_by(mut self, idempotency: Idempotency) -> Self {
        let is_open = match self.kind() {
            // What is known of a response with a refusal is enough, though its body be missing.
            ErrorKind::Transport => match self.0.status {
                Some(status) => status.is_success() || is_ambiguous(status),
                None => !self.transport_error_kind().is_some_and(TransportErrorKind::is_not_sent),
            },
            ErrorKind::InvalidResponse => true,
            // An error of Seam's is a refusal, whatever number among the 4xx it has.
            ErrorKind::Api if self.0.status.is_some_and(|status| status.is_client_error()) => {
                self.0.status.is_some_and(is_transient)
            }
            _ => self.0.status.is_some_and(is_ambiguous),
        };
        let may_have_been_applied =
            idempotency != Idempotency::ReadOnly && (is_open || self.0.history.earlier_may_have_been_applied);
        self = self.change(|inner| inner.may_have_been_applied = may_have_been_applied);
        if idempotency != Idempotency::NonIdempotent || !is_open {
            return self;
        }
        let message = format!("it may have been carried out, or not: {}", self.0.message);
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
            f.write_str(", of which an earlier one may have done it")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// Writes what `Display` writes, with kind and outcome, since `main` and `unwrap` print it; with `{:#?}` a struct. Each
    /// string is written once: of the sources only what the message does not contain.
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

    /// Returns what the sources say that the message does not contain.
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
