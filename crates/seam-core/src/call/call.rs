//! A call: request data and a client. Awaiting it sends the request.

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

/// The longest timeout of one poll unless its call sets another, so that one over a silent connection leaves time for more.
pub(crate) const MAX_POLL_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that is ready to be sent, and a future of its answer.
///
/// | To send it | |
/// |---|---|
/// | `.await` | waits for the value |
/// | [`full_response`](Self::full_response) | waits for the value, with the status and headers of the response |
/// | [`and_wait`](Self::and_wait) | starts an action and waits until it is done |
/// | [`until`](Self::until) | polls a read until its value satisfies a condition |
/// | [`pages`](Self::pages), [`items`](Self::items) | streams a list, page by page or item by item |
/// | [`block`](Self::block) | blocks the thread, for clients that [may block](crate::Builder::allow_blocking) |
///
/// | To change it | |
/// |---|---|
/// | [`with_timeout`](Self::with_timeout) | another timeout than the client's |
/// | [`without_retries`](Self::without_retries) | at most one request |
/// | [`with_header`](Self::with_header), [`with_parameter`](Self::with_parameter), [`with_secret_parameter`](Self::with_secret_parameter) | something that this version does not know |
///
/// [`to_curl`](Self::to_curl) and [`to_request`](Self::to_request) show it without sending it.
///
/// Then follow the setters for the optional parameters of each request. The page of a request, such as
/// [`access_codes::Create`](crate::endpoints::access_codes::Create), documents its parameters and has the same setters.
///
/// A call that is dropped before it is awaited sends nothing. Dropping the future while it waits ends the exchange, and the
/// request may have been carried out by then.
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<E> {
    seam: Seam,
    pub(crate) request: E,
    options: CallOptions,
}

impl Seam {
    /// A call of `request`, for request data that was made on its own. Nothing is sent before the
    /// call is awaited.
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

    /// The request data.
    pub fn request(&self) -> &E {
        &self.request
    }

    pub(crate) fn request_mut(&mut self) -> &mut E {
        &mut self.request
    }

    pub(crate) fn seam(&self) -> &Seam {
        &self.seam
    }

    /// A poll of what became of this call, which was sent with this context: another call with the same options. Its
    /// answer may quote what this one asked for, a PIN say.
    pub(crate) fn poll<F: Endpoint>(&self, request: F, context: &Arc<RequestContext>) -> Call<F> {
        let options = CallOptions {
            follows: Some(Arc::clone(context)),
            is_poll: true,
            added: Vec::new(),
            ..self.options.clone()
        };
        Call { seam: self.seam.clone(), request, options }
    }

    /// Makes this one of several polls with the same URL.
    pub(crate) fn polled(mut self) -> Self {
        self.options.is_poll = true;
        self
    }

    /// Returns the timeout of one poll: that of the call, or else that of the client but no more than [`MAX_POLL_TIMEOUT`].
    pub(crate) fn poll_timeout(&self) -> Duration {
        self.options.timeout.unwrap_or(self.seam.timeout().min(MAX_POLL_TIMEOUT))
    }

    /// Whether the caller allows that the request is sent again.
    pub(crate) fn may_retry(&self) -> bool {
        self.options.may_retry
    }

    /// Sets how long this call may take, from its start to the last byte of its response, with all attempts and waits.
    /// [`Duration::MAX`] is no timeout. Unless set, it is that of the client.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sends the request at most once, whatever the client's [`RetryPolicy`](crate::RetryPolicy) allows.
    pub fn without_retries(mut self) -> Self {
        self.options.may_retry = false;
        self
    }

    /// Sends one header more, which is treated as a secret. Awaiting the call fails with
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) when HTTP does not allow the name or the value, or when it is
    /// a header that the client or the connection sets.
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
    /// It is checked as other parameters are: awaiting the call fails with
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest), and nothing is sent, when the call has a parameter of this
    /// name already, when it is `page_cursor` of a list or `_strict`, or when the value cannot be written in a query.
    /// Secrets need a type of [`model`](crate::model) such as `Pin`, or
    /// [`with_secret_parameter`](Self::with_secret_parameter).
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.options.added.push(Added::new(name.into(), &value));
        self
    }

    /// Like [`with_parameter`](Self::with_parameter), for a string that is a secret: the request goes as `POST` with a
    /// body, and the value is never printed.
    pub fn with_secret_parameter(mut self, name: impl Into<String>, value: impl Into<Token>) -> Self {
        self.options.added.push(Added::secret(name.into(), value.into()));
        self
    }

    /// All parameters of the call.
    fn parameters(&self) -> Result<Parameters, ParameterError> {
        let mut parameters = parameters::collect(&self.request)?;
        for added in &self.options.added {
            parameters.add(E::SPEC, added)?;
        }
        Ok(parameters)
    }

    /// The HTTP request as it would be sent, credentials and PINs included.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) and
    /// [`InvalidCredentials`](crate::ErrorKind::InvalidCredentials): the errors of a call that come before anything
    /// is sent.
    pub fn to_request(&self) -> Result<Request, Error> {
        Ok(self.seam.prepare(E::SPEC, self.parameters(), &self.options)?.0)
    }

    /// The call as a line for a shell, with `***` for every secret.
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
    /// Those of [`to_request`](Self::to_request).
    pub fn to_curl(&self) -> Result<String, Error> {
        let (request, context) = self.seam.prepare(E::SPEC, self.parameters(), &self.options)?;
        Ok(curl::line(&request, &context.redactor))
    }

    /// Sends the request, and gives the answer with the status, headers and body that it came with.
    ///
    /// # Errors
    ///
    /// Those of awaiting the call.
    pub async fn full_response(self) -> Result<FullResponse<E::Output>, Error> {
        self.send().await
    }

    /// Sends the request and waits on this thread, for programs without async.
    ///
    /// # Errors
    ///
    /// Those of awaiting the call, and [`InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) when the
    /// client does not [allow to block](crate::Builder::allow_blocking).
    pub fn block(self) -> Result<E::Output, Error> {
        blocking::run(&self.seam, async { Ok(self.send().await?.value) })
    }

    /// Sends the request as it is now; it can be changed and sent again.
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
