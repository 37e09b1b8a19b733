//! The obligations of a transport, with common remedies.

use std::fmt;

macro_rules! obligations {
    ($($(#[$doc:meta])* $name:ident = $id:literal: $promise:literal, $remedy:literal;)*) => {
        /// The obligations of a transport, documented at [`Transport`](seam_core::Transport).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Obligation {
            $($(#[$doc])* $name,)*
        }

        impl Obligation {
            /// All obligations, in the order in which they are checked.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the name in reports.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Returns a sentence that states the obligation.
            #[must_use]
            pub fn promise(self) -> &'static str {
                match self { $(Self::$name => $promise,)* }
            }

            /// Returns the changes to a transport that breaks the obligation, for the most common HTTP stacks.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

obligations! {
    /// Method, target, headers and body are sent unchanged.
    Request = "request": "Method, target, headers and body are sent as given; no `accept-encoding` is added.",
        "Disable automatic decompression, and copy every header of the request. curl: clear the headers that it adds, such as `Expect:`. ureq: `accept_encoding(AutoHeaderValue::None)`.";
    /// Every status is a response.
    Statuses = "statuses": "Every status is `Ok`, with its headers and body.",
        "ureq: `http_status_as_error(false)`. curl: `fail_on_error(false)`. reqwest: no `error_for_status`.";
    /// Chunks, lengths, closed connections and interim responses are supported.
    Framing = "framing": "A complete response is returned completely, with any framing and any preceding interim responses.",
        "Skip the responses 100 to 199; with curl, discard the headers collected so far at each new status line.";
    /// Redirects are not followed.
    Redirects = "redirects": "Redirects are responses; the transport does not follow them.",
        "reqwest: `redirect(Policy::none())`. ureq: `max_redirects(0)`. isahc: `RedirectPolicy::None`. curl: `follow_location(false)`.";
    /// Cookies are not stored.
    Cookies = "cookies": "Cookies of a response are not sent with later requests.",
        "Do not enable a cookie store. curl: no cookie file, no cookie list.";
    /// Bodies are not decompressed.
    Compression = "compression": "Bodies are returned as received, not decompressed.",
        "reqwest: no `gzip`, `brotli`, `deflate`, `zstd`. ureq: no feature `gzip`. isahc: `automatic_decompression(false)`. curl: no `accept_encoding`.";
    /// Nothing is sent twice when a connection is lost.
    BrokenConnections = "broken connections": "A request whose connection is lost is not sent again.",
        "hyper-util: `retry_canceled_requests(false)`. reqwest: `retry(reqwest::retry::never())`. No retry middleware.";
    /// Nothing is sent twice when a pooled connection is lost.
    PooledConnections = "pooled connections": "A request on a pooled connection that is lost is not sent again.",
        "curl and isahc send a request again when a reused connection is lost before the response: `fresh_connect(true)` for every request, or `connection_cache_size(0)`. hyper-util: `retry_canceled_requests(false)`.";
    /// Nothing is sent twice because of a status.
    RetryStatuses = "retry statuses": "A request is not sent again because of the status of its response.",
        "Disable retries, also for 401, 408, 429 and 503, and automatic authentication. No `reqwest-retry`, no retry layer.";
    /// Nothing is sent twice because a response is slow.
    SlowResponses = "slow responses": "A request with a slow response is not sent again, and does not fail.",
        "No timeout that sends a request again, no hedging, no timeout except that of the client.";
    /// `NotSent` is returned only when nothing was sent.
    NotSent = "not sent": "`NotSent` is returned when a connection cannot be opened, and never when anything may have been sent.",
        "Map errors while connecting and resolving to `NotSent`, all others to `Interrupted`. hyper-util and reqwest: `error.is_connect()`. curl: `is_couldnt_resolve_host`, `is_couldnt_connect`.";
    /// A truncated response is an error.
    Truncation = "truncation": "A truncated response is an error of the kind `Body` with the status of its head.",
        "Return `TransportErrorKind::Body` for errors while the body is read, `with_response(status, &headers)`. curl and isahc return success for a truncated head: check that the empty line after it was received, or that the body is not empty.";
    /// A response is read up to the limit.
    ResponseLimit = "response limit": "A response beyond `request.response_limit()` is an error of the kind `TooLarge`, and is not read further.",
        "http-body-util: `Limited`. ureq: `with_config().limit(..)`. Otherwise count while you read, and close the connection at the limit.";
    /// Responses belong to their requests.
    Correlation = "correlation": "Each request gets its own response: stray bytes after a response are not treated as the next response.",
        "Do not reuse a connection on which unread bytes remain.";
    /// Requests do not wait for each other.
    Concurrency = "concurrency": "Requests are sent concurrently and do not block the thread that polls them.",
        "Do not hold a lock across the exchange. Run a blocking stack on its own threads, such as with `spawn_blocking`.";
    /// Connections are reused.
    Reuse = "connection reuse": "Consecutive requests share connections.",
        "Keep one client for the life of the transport, and read every body to its end. A stack that sends requests again on pooled connections is safer without reuse.";
    /// Dropping the future ends the exchange.
    Cancellation = "cancellation": "Dropping the future of `send` ends the exchange.",
        "Do not spawn the exchange on a separate task without aborting it. A blocking stack needs a way to close its socket.";
    /// TLS errors mean that nothing was sent.
    Tls = "tls": "Servers whose certificate is not valid receive nothing, and the error is `NotSent`.",
        "Do not disable certificate verification. Map errors of the handshake to `NotSent`.";
    /// The obligations hold over HTTP/2.
    Http2 = "http2": "Reset streams and connections closed with GOAWAY are errors, and no request is sent twice.",
        "h2: `is_go_away()` and `reason() == REFUSED_STREAM` may be `NotSent`; every other reset is `Interrupted`. No retries. hyper and reqwest treat a body that is reset with NO_ERROR as complete: compare its length with `content-length`.";
    /// Nothing secret is printed.
    Secrets = "secrets": "`Display` and `Debug` of errors and of the transport print no query, header or body.",
        "reqwest: `error.without_url()`. Omit the request from error messages.";
}

impl fmt::Display for Obligation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
