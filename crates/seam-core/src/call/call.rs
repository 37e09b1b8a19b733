//! A call: a request and a client. Awaiting it sends the request.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use seam_model::Token;
use serde::Serialize;

use crate::{
    Endpoint, Error, FullResponse, ParameterError, Request, Seam,
    call::{
        blocking, curl,
        parameters::{self, Added, Parameters},
        request::CallOptions,
    },
    policy::context::RequestContext,
};

/// The maximum timeout of one poll unless its call sets another, so that a poll over an unresponsive connection leaves
/// time for more.
pub(crate) const MAX_POLL_TIMEOUT: Duration = Duration::from_secs(5);

/// A request with the client that sends it. Awaiting the call sends the request and returns the value of the response.
///
/// | To send it | |
/// |---|---|
/// | `.await` | sends the request and returns the value |
/// | [`full_response`](Self::full_response) | returns the value with the status and headers of the response |
/// | [`and_wait`](Self::and_wait) | starts an action and waits until it is done |
/// | [`until`](Self::until) | polls a read until its value satisfies a condition |
/// | [`pages`](Self::pages), [`items`](Self::items) | streams a list, page by page or item by item |
/// | [`block`](Self::block) | blocks the thread, for clients that [may block](crate::Builder::allow_blocking) |
///
/// | To change it | |
/// |---|---|
/// | [`with_timeout`](Self::with_timeout) | another timeout than the client's |
/// | [`without_retries`](Self::without_retries) | at most one request |
/// | [`with_header`](Self::with_header), [`with_parameter`](Self::with_parameter), [`with_secret_parameter`](Self::with_secret_parameter) | a header or parameter that this version does not know |
///
/// [`to_curl`](Self::to_curl) and [`to_request`](Self::to_request) return the request without sending it.
///
/// The calls of each endpoint have setters for its optional parameters. The page of a request type, such as
/// [`access_codes::Create`](crate::endpoints::access_codes::Create), documents the parameters and has the same setters.
///
/// A call that is dropped before it is awaited sends nothing. Dropping the future of an awaited call aborts the
/// exchange; the request may have been carried out by then.
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<E> {
    seam: Seam,
    pub(crate) request: E,
    options: CallOptions,
}

impl Seam {
    /// Returns a call of a request that was created separately. Nothing is sent before the call is awaited.
    pub fn call<E: Endpoint>(&self, request: E) -> Call<E> {
        Call::new(self.clone(), request)
    }
}

impl<E: Endpoint> Call<E> {
    fn new(seam: Seam, request: E) -> Self {
        let options = CallOptions {
            timeout: None,
            may_retry: true,
            headers: Vec::new(),
            is_poll: false,
            added: Vec::new(),
            follows: None,
        };
        Self { seam, request, options }
    }

    /// Returns the request.
    pub fn request(&self) -> &E {
        &self.request
    }

    pub(crate) fn request_mut(&mut self) -> &mut E {
        &mut self.request
    }

    pub(crate) fn seam(&self) -> &Seam {
        &self.seam
    }

    /// Returns a call with the same options that polls the outcome of this one, which was sent with `context`. Its
    /// response may quote secrets of this call, such as a PIN.
    pub(crate) fn poll<F: Endpoint>(&self, request: F, context: &Arc<RequestContext>) -> Call<F> {
        let options = CallOptions {
            follows: Some(Arc::clone(context)),
            is_poll: true,
            added: Vec::new(),
            ..self.options.clone()
        };
        Call { seam: self.seam.clone(), request, options }
    }

    /// Marks this call as one of several polls with the same URL.
    pub(crate) fn polled(mut self) -> Self {
        self.options.is_poll = true;
        self
    }

    /// Returns the timeout of one poll: that of the call or, if it sets none, that of the client up to
    /// [`MAX_POLL_TIMEOUT`].
    pub(crate) fn poll_timeout(&self) -> Duration {
        self.options.timeout.unwrap_or(self.seam.timeout().min(MAX_POLL_TIMEOUT))
    }

    /// Returns whether the caller allows retries.
    pub(crate) fn may_retry(&self) -> bool {
        self.options.may_retry
    }

    /// Sets the timeout of this call, from its start to the last byte of its response, including all attempts and
    /// waits. Defaults to the timeout of the client. [`Duration::MAX`] disables it.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sends the request at most once, regardless of the client's [`RetryPolicy`](crate::RetryPolicy).
    pub fn without_retries(mut self) -> Self {
        self.options.may_retry = false;
        self
    }

    /// Adds a header, whose value is treated as a secret. Awaiting the call fails with
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) when the name or the value is not valid in HTTP, or when
    /// the client or the connection sets this header.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a parameter that this version of the crate does not know, for the call and for all pages of a list.
    ///
    /// ```
    /// # fn example(seam: seam_core::Seam) -> Result<(), seam_core::Error> {
    /// let line = seam.devices().list().with_parameter("floor", 3).to_curl()?;
    /// assert!(line.contains("/devices/list?floor=3&_strict=true"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The parameter is validated like all others: awaiting the call fails with
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest), and nothing is sent, when the call already has a parameter
    /// of this name, when the name is `_strict` or the `page_cursor` of a list, or when a query cannot express the
    /// value. Pass a secret as a type of [`model`](crate::model) such as `Pin`, or use
    /// [`with_secret_parameter`](Self::with_secret_parameter).
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.options.added.push(Added::new(name.into(), &value));
        self
    }

    /// Adds a secret string like [`with_parameter`](Self::with_parameter): the request is sent as `POST` with a body,
    /// and the value is never printed.
    pub fn with_secret_parameter(mut self, name: impl Into<String>, value: impl Into<Token>) -> Self {
        self.options.added.push(Added::secret(name.into(), value.into()));
        self
    }

    /// Returns all parameters of the call.
    fn parameters(&self) -> Result<Parameters, ParameterError> {
        let mut parameters = parameters::collect(&self.request)?;
        for added in &self.options.added {
            parameters.add(E::SPEC, added)?;
        }
        Ok(parameters)
    }

    /// Returns the HTTP request of this call, including credentials and PINs, without sending it.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidRequest`](crate::ErrorKind::InvalidRequest) or
    /// [`InvalidCredentials`](crate::ErrorKind::InvalidCredentials): the errors of a call that occur before anything is
    /// sent.
    pub fn to_request(&self) -> Result<Request, Error> {
        Ok(self.seam.prepare(E::SPEC, self.parameters(), &self.options)?.0)
    }

    /// Returns the call as a curl command, with `***` for every secret.
    ///
    /// ```
    /// # fn example(seam: seam_core::Seam) -> Result<(), seam_core::Error> {
    /// let line = seam.access_codes().unmanaged().get_by_code("front-door", "1988").to_curl()?;
    /// assert!(line.starts_with("curl --request POST 'https://"));
    /// assert!(line.ends_with(r#" --data '{"code":"***","device_id":"front-door"}'"#));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`to_request`](Self::to_request).
    pub fn to_curl(&self) -> Result<String, Error> {
        let (request, context) = self.seam.prepare(E::SPEC, self.parameters(), &self.options)?;
        Ok(curl::line(&request, &context.redactor))
    }

    /// Sends the request, and returns the value with the status, headers and body of the response.
    ///
    /// # Errors
    ///
    /// Returns the same errors as awaiting the call.
    pub async fn full_response(self) -> Result<FullResponse<E::Output>, Error> {
        self.send().await
    }

    /// Sends the request and blocks the thread until the call is done, for programs without async.
    ///
    /// # Errors
    ///
    /// Returns the same errors as awaiting the call, and
    /// [`InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) when the client does not [allow
    /// blocking](crate::Builder::allow_blocking).
    pub fn block(self) -> Result<E::Output, Error> {
        blocking::run(&self.seam, async { Ok(self.send().await?.value) })
    }

    /// Sends the request without consuming the call, which can be changed and sent again.
    pub(crate) async fn send(&self) -> Result<FullResponse<E::Output>, Error> {
        let success = self.seam.exchange(E::SPEC, self.parameters(), &self.options).await?;
        success.decode()
    }
}

impl<E: Endpoint> IntoFuture for Call<E> {
    type Output = Result<E::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.send().await?.value) })
    }
}

impl<E: fmt::Debug> fmt::Debug for Call<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = f.debug_tuple("Call");
        call.field(&self.request);
        for added in &self.options.added {
            call.field(&format_args!("with {}", added.name.escape_debug()));
        }
        call.finish()
    }
}
