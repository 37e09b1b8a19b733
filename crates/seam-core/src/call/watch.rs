//! Watching events: `/events/list`, polled and resumed, as one stream.
//!
//! A poll requests the events from a little before the newest known one, because events can appear late, and drops
//! those that were delivered. The list is not paginated and its order is not documented, so a response that may be
//! truncated is not used: its time frame is read in halves, the earlier one first.
//!
//! The functions are `#[inline]`, so that only programs that watch events compile them, and the payloads of all events.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::Stream;
use http::StatusCode;
use seam_model::{Event, EventId, Timestamp};

use crate::{
    BlockingIter, Call, Endpoint, Error, ErrorKind, FullResponse, Seam,
    endpoints::events::{Events, List},
    policy::trace,
};

/// The default interval between two polls of a [`Watch`]: 5 s.
pub const DEFAULT_WATCH_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// The default overlap of the polls of a [`Watch`]: 60 s.
pub const DEFAULT_WATCH_OVERLAP: Duration = Duration::from_secs(60);

/// The maximum pause after a failed poll, unless the poll interval is longer or the server requests a longer pause: 5
/// min.
const MAX_BACKOFF: Duration = Duration::from_secs(300);

/// The maximum number of events in a response: the default `limit` of Seam, to which Seam may reduce a larger one.
const DEFAULT_LIMIT: u32 = 500;

/// The number of consecutive requests without a new event that are sent without a pause. Reading a long time frame in
/// halves needs fewer.
const MAX_UNPAUSED: u32 = 64;

/// The resolution of Seam's timestamps.
const MILLISECOND: Duration = Duration::from_millis(1);

/// An endless [`Stream`] of the events since a point in time, with an inherent method [`next`](Self::next) for programs
/// without `StreamExt`. Created by `seam.events().watch(since)`, or with filters by [`Call::watch`].
///
/// ```
/// use std::time::Duration;
///
/// use seam_core::model::{EventType, Timestamp};
///
/// # async fn example(seam: seam_core::Seam) {
/// let since = Timestamp::now() - Duration::from_secs(3600);
/// let mut events = seam.events().list().event_type(EventType::LockUnlocked).watch(since);
/// while let Some(event) = events.next().await {
///     match event {
///         Ok(event) => println!("{event:?}"),
///         // The watch continues, with longer pauses while polls fail.
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # }
/// ```
///
/// # Guarantees
///
/// * **Once.** An event is delivered once, by its `event_id`.
/// * **No gaps.** Every event that Seam lists is delivered if it appears in the list no later than the
///   [overlap](Self::overlap) after the newest event so far. More events than fit in one response are read in parts.
/// * **Order.** The events of one response are delivered by the time at which Seam created them. An event that appears late is
///   delivered late.
/// * **Resumable.** A watch that begins at the [`position`](Self::position) of an earlier one misses no event. It
///   delivers the events of the overlap again, unless they are [skipped](Self::skip_events).
/// * **Errors are reported.** A poll is retried like any read. An error after that is an item of the stream, and the
///   next poll follows after a pause that doubles with each failure, up to 5 min, and that `Retry-After` can extend.
///   The next poll returns the events of the failed one. The stream ends only after the error of a request that is
///   invalid or that Seam rejects with a client error. Rejected credentials do not end it: they can be
///   [replaced](Seam::replace_credentials).
/// * **Cancel safe.** The future of [`next`](Self::next) can be dropped, such as in a `select!`, and no event is lost.
///   Dropping the watch ends the polling.
///
/// There is one request at a time and none before the stream is polled. Pauses are by the client's clock. The memory holds one
/// response, and the ids of the events of the overlap.
#[must_use = "a stream does nothing until it is polled"]
pub struct Watch {
    seam: Seam,
    poll_interval: Duration,
    overlap: Duration,
    since: Timestamp,
    /// The latest creation time of a delivered event.
    delivered: Option<Timestamp>,
    /// Events that were read and not delivered yet.
    queue: VecDeque<Event>,
    state: State,
}

enum State {
    Idle(Box<Poller>),
    Polling(Pin<Box<dyn Future<Output = Polled> + Send>>),
    Done,
}

/// The poller, and the new events of its request.
type Polled = (Box<Poller>, Result<Vec<Event>, Error>);

impl Events<'_> {
    /// Watches all events, beginning with those since a point in time, by polling `GET /events/list`. [`Call::watch`]
    /// does the same with filters.
    pub fn watch(&self, since: impl Into<Timestamp>) -> Watch {
        self.list().watch(since)
    }
}

impl Call<List> {
    /// Watches the events that match the filters of this call, beginning with those since a point in time. The options
    /// of the call apply to each poll.
    ///
    /// The watch sets `since` and `between` itself and removes `unstable_offset`. `limit` is the maximum number of
    /// events in a response, at most 500.
    pub fn watch(self, since: impl Into<Timestamp>) -> Watch {
        let since = since.into();
        Watch {
            seam: self.seam().clone(),
            poll_interval: DEFAULT_WATCH_POLL_INTERVAL,
            overlap: DEFAULT_WATCH_OVERLAP,
            since: since.clone(),
            delivered: None,
            queue: VecDeque::new(),
            state: State::Idle(Box::new(Poller::new(self.polled(), since))),
        }
    }
}

impl Watch {
    /// Sets the interval between two polls. Defaults to [`DEFAULT_WATCH_POLL_INTERVAL`]. Must not be zero.
    #[inline]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Sets the overlap of the polls, the maximum delay with which an event may appear in Seam's list and still be
    /// delivered. Defaults to [`DEFAULT_WATCH_OVERLAP`]. Each poll requests the events of that time again.
    #[inline]
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = overlap;
        self
    }

    /// Skips events that an earlier watch delivered, by their ids. Call it before the first poll.
    #[inline]
    pub fn skip_events(mut self, event_ids: impl IntoIterator<Item = impl Into<EventId>>) -> Self {
        if let State::Idle(poller) = &mut self.state {
            let since = &self.since;
            poller.seen.extend(event_ids.into_iter().map(|id| (id.into(), since.clone())));
        }
        self
    }

    /// Waits for the next event and returns it, or the error of a poll. `None` after an error that ends the watch.
    #[inline]
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the point in time at which another watch resumes after the delivered events: the
    /// [overlap](Self::overlap) before the newest of them, and never before the beginning of this watch.
    #[inline]
    #[must_use]
    pub fn position(&self) -> Timestamp {
        let newest = self.delivered.as_ref().map(|newest| newest - self.overlap);
        newest.filter(|newest| *newest > self.since).unwrap_or_else(|| self.since.clone())
    }

    /// Returns the events as a blocking iterator, for programs without async.
    #[inline]
    pub fn blocking(self) -> BlockingIter<Self> {
        BlockingIter::new(&self.seam.clone(), self)
    }
}

// No field is structurally pinned: the future is boxed.
impl Unpin for Watch {}

impl Stream for Watch {
    type Item = Result<Event, Error>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                if event.created_at > self.delivered {
                    self.delivered.clone_from(&event.created_at);
                }
                return Poll::Ready(Some(Ok(event)));
            }
            match std::mem::replace(&mut self.state, State::Done) {
                State::Idle(poller) => {
                    self.state = State::Polling(Box::pin(poller.poll(self.poll_interval, self.overlap)));
                }
                State::Polling(mut future) => {
                    let Poll::Ready((poller, result)) = future.as_mut().poll(context) else {
                        self.state = State::Polling(future);
                        return Poll::Pending;
                    };
                    match result {
                        Ok(events) => self.queue = events.into(),
                        Err(error) if is_final(&error) => return Poll::Ready(Some(Err(error))),
                        Err(error) => {
                            self.state = State::Idle(poller);
                            return Poll::Ready(Some(Err(error)));
                        }
                    }
                    self.state = State::Idle(poller);
                }
                State::Done => return Poll::Ready(None),
            }
        }
    }
}

impl BlockingIter<Watch> {
    /// Returns the point in time at which another watch resumes, see [`Watch::position`].
    #[inline]
    #[must_use]
    pub fn position(&self) -> Timestamp {
        self.stream().position()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("since", &self.since)
            .field("poll_interval", &self.poll_interval)
            .field("overlap", &self.overlap)
            .field("queued", &self.queue.len())
            .finish_non_exhaustive()
    }
}

/// A time frame whose events have not been read.
struct Window {
    from: Timestamp,
    /// `None` if the time frame has no end.
    until: Option<Timestamp>,
}

impl Window {
    /// Returns whether one of the times of an event is in the time frame as it is requested.
    #[inline]
    fn contains(&self, event: &Event) -> bool {
        let from = &self.from - MILLISECOND;
        let until = self.until.as_ref().map(|until| until + MILLISECOND);
        let times = [&event.created_at, &event.occurred_at];
        times.into_iter().flatten().any(|time| *time >= from && until.as_ref().is_none_or(|until| time <= until))
    }
}

/// Sends the requests of a watch.
struct Poller {
    call: Call<List>,
    limit: u32,
    since: Timestamp,
    /// The start of the current round of requests.
    start: Timestamp,
    /// The latest creation time of an event.
    newest: Option<Timestamp>,
    /// The time frames of this round that have not been read, the earliest last.
    windows: Vec<Window>,
    /// The events that were read, with their times. Those before the start of a round are removed.
    seen: HashMap<EventId, Timestamp>,
    /// The pause before the next request.
    pause: Duration,
    /// The number of consecutive failed polls.
    failures: u32,
    /// The number of requests since the last new event.
    without_events: u32,
    /// An error to return after the events that were read.
    error: Option<Error>,
}

impl Poller {
    #[inline]
    fn new(mut call: Call<List>, since: Timestamp) -> Self {
        let request = call.request_mut();
        request.unstable_offset = None;
        let limit = *request.limit.get_or_insert(DEFAULT_LIMIT);
        Self {
            call,
            limit: limit.min(DEFAULT_LIMIT),
            start: since.clone(),
            since,
            newest: None,
            windows: Vec::new(),
            seen: HashMap::new(),
            pause: Duration::ZERO,
            failures: 0,
            without_events: 0,
            error: None,
        }
    }

    /// Sends one request, after a pause if one is due, and returns the new events of its response.
    #[inline]
    async fn poll(
        mut self: Box<Self>,
        interval: Duration,
        overlap: Duration,
    ) -> (Box<Self>, Result<Vec<Event>, Error>) {
        if interval.is_zero() || self.limit == 0 {
            let name = if interval.is_zero() { "the interval between two polls" } else { "limit" };
            let message = format!("{name} must not be zero (nothing was sent)");
            let error = Error::of_kind(ErrorKind::InvalidRequest, message);
            return (self, Err(error.of_operation(List::SPEC.method().clone(), List::SPEC)));
        }
        if let Some(error) = self.error.take() {
            return (self, Err(error));
        }
        if !self.pause.is_zero() {
            trace::watch(self.pause);
            let clock = self.call.seam().clock().clone();
            clock.sleep(std::mem::take(&mut self.pause)).await;
        }
        if self.windows.is_empty() {
            self.begin_round(overlap);
        }
        let Some(window) = self.windows.pop() else { return (self, Ok(Vec::new())) };
        let request = self.call.request_mut();
        (request.since, request.between) = match &window.until {
            None => (Some(window.from.clone()), None),
            // Both ends are exclusive.
            Some(until) => (None, Some(vec![&window.from - MILLISECOND, until + MILLISECOND])),
        };
        match self.call.send().await {
            Ok(response) => {
                self.failures = 0;
                let events = self.read(window, response);
                self.without_events = if events.is_empty() { self.without_events.saturating_add(1) } else { 0 };
                if self.windows.is_empty() || self.without_events > MAX_UNPAUSED {
                    self.pause = interval;
                }
                (self, Ok(events))
            }
            Err(error) => {
                self.windows.push(window);
                self.failures = self.failures.saturating_add(1);
                self.pause = backoff(interval, self.failures).max(error.retry_after().unwrap_or_default());
                (self, Err(error))
            }
        }
    }

    #[inline]
    fn begin_round(&mut self, overlap: Duration) {
        let from = self.newest.as_ref().map(|newest| newest - overlap);
        self.start = from.filter(|from| *from > self.since).unwrap_or_else(|| self.since.clone());
        let start = &self.start;
        self.seen.retain(|_, time| *time >= *start);
        self.windows.push(Window { from: start.clone(), until: None });
    }

    /// Returns the new events of a response. Splits the time frame of a response that may be truncated instead.
    #[inline]
    fn read(&mut self, window: Window, response: FullResponse<Vec<Event>>) -> Vec<Event> {
        let count = response.value.len();
        if count >= usize::try_from(self.limit).unwrap_or(usize::MAX) {
            let last = response.value.iter().filter_map(time_of).max();
            let end = window.until.as_ref().or(last).filter(|end| **end > window.from).unwrap_or(&window.from).clone();
            // A server that does not filter by time would return as many events for each half.
            let is_filtered = response.value.iter().all(|event| window.contains(event));
            let middle = middle(&window.from, &end).filter(|_| is_filtered);
            if window.until.is_none() && is_filtered {
                // Read after the halves, or after the time frame that cannot be split.
                let from = if middle.is_some() { end.clone() } else { &end + MILLISECOND };
                self.windows.push(Window { from, until: None });
            }
            if let Some(middle) = middle {
                self.windows.push(Window { from: middle.clone(), until: Some(end) });
                self.windows.push(Window { from: window.from, until: Some(middle) });
                return Vec::new();
            }
            let message = format!(
                "invalid response: {count} events, which is the limit, in a time frame that cannot be divided, so there may be \
                 more that are not delivered"
            );
            self.error = Some(response.origin.error(ErrorKind::InvalidResponse, &message));
        }
        // `occurred_at` is ignored here: a device whose clock is wrong must not end the watch.
        let newest = response.value.iter().filter_map(|event| event.created_at.as_ref()).max();
        if newest > self.newest.as_ref() {
            self.newest = newest.cloned();
        }
        let (start, seen) = (&self.start, &mut self.seen);
        let mut events = response.value;
        events.retain(|event| {
            // An event that was created before the round may have been removed from `seen`, and must not be delivered twice.
            let is_earlier = event.created_at.as_ref().is_some_and(|created_at| created_at < start);
            let time = time_of(event).unwrap_or(start).clone();
            !is_earlier && seen.insert(event.event_id.clone(), time).is_none()
        });
        events.sort_by(|left, right| time_of(left).cmp(&time_of(right)));
        events
    }
}

/// Returns the time by which events are sorted and split.
#[inline]
fn time_of(event: &Event) -> Option<&Timestamp> {
    event.created_at.as_ref().or(event.occurred_at.as_ref())
}

/// Returns the middle of a time frame; `None` if it is too short to be split.
#[inline]
fn middle(from: &Timestamp, until: &Timestamp) -> Option<Timestamp> {
    let half = Duration::try_from(until.duration_since(from)).ok()? / 2;
    (half >= MILLISECOND).then(|| from + half)
}

/// Returns a random pause after consecutive failures, whose maximum doubles with each.
#[inline]
fn backoff(interval: Duration, failures: u32) -> Duration {
    let factor = 2_u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let pause = interval.saturating_mul(factor).min(MAX_BACKOFF);
    pause.mul_f64(0.5 + fastrand::f64() / 2.0).max(interval)
}

/// Returns whether every further poll would fail in the same way.
#[inline]
fn is_final(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidRequest | ErrorKind::InvalidConfiguration => true,
        ErrorKind::Api => {
            let transient = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
            error.status().is_some_and(|status| status.is_client_error() && !transient.contains(&status))
        }
        _ => false,
    }
}
