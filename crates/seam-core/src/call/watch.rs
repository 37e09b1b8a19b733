//! Watching events: `/events/list`, polled and resumed, as one stream.
//!
//! A poll requests the events from a little before the newest one that is known, because events can appear late, and leaves
//! out those that were delivered. The list is not paginated and its order is not documented, so a response that may be
//! truncated is not used: its time frame is read in halves, the earlier one first.

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

/// The time between two polls of a [`Watch`] unless set otherwise: 5 s.
pub const DEFAULT_WATCH_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// How late an event may appear for a [`Watch`] unless set otherwise: 60 s.
pub const DEFAULT_WATCH_OVERLAP: Duration = Duration::from_secs(60);

/// The longest pause after a failed poll, unless the poll interval is longer or the server requests a longer one: 5 min.
const MAX_BACKOFF: Duration = Duration::from_secs(300);

/// The most events of a response: what Seam returns unless `limit` is set, and what a larger `limit` may be cut to.
const DEFAULT_LIMIT: u32 = 500;

/// How many requests in a row may return no new event and be followed by another without a pause. Reading a long time frame in
/// halves takes fewer.
const MAX_UNPAUSED: u32 = 64;

/// The resolution of Seam's timestamps.
const MILLISECOND: Duration = Duration::from_millis(1);

/// The events since a point in time, and all that follow: a [`Stream`] without an end, with a [`next`](Self::next) of its
/// own for programs that do without stream extensions. Made by `seam.events().watch(since)`, or with filters by
/// [`Call::watch`].
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
///         // The watch goes on, with longer pauses while polls fail.
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
///   [overlap](Self::overlap) after the newest event so far. More events than a response may hold are read in parts.
/// * **Order.** The events of one response are delivered by the time at which Seam created them. An event that appears late is
///   delivered late.
/// * **Resumable.** A watch that begins at the [`position`](Self::position) of an earlier one misses nothing. It delivers the
///   events of the overlap again, unless they are [skipped](Self::skip_events).
/// * **Errors are reported.** A poll is retried as any read. An error after that is an item of the stream, and the next poll
///   follows after a pause that doubles with each failure, up to 5 min, and that `Retry-After` can extend. What the failed poll
///   would have returned comes with the next one. Only a request that Seam rejects as such, and one that cannot be sent, end
///   the stream after their error. A rejected credential does not: it can be [replaced](Seam::replace_credentials).
/// * **Cancel safe.** The future of [`next`](Self::next) can be dropped, in a `select!` say, and no event is lost. Dropping the
///   watch ends the polling.
///
/// There is one request at a time and none before the stream is polled. Pauses are by the client's clock. The memory holds one
/// response, and the ids of the events of the overlap.
#[must_use = "a stream does nothing until it is polled"]
pub struct Watch {
    seam: Seam,
    poll_interval: Duration,
    overlap: Duration,
    since: Timestamp,
    /// The newest time at which a delivered event was created.
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

/// The poller again, and the new events of its request.
type Polled = (Box<Poller>, Result<Vec<Event>, Error>);

impl Events<'_> {
    /// All events since a point in time, and those that follow: `GET /events/list`, polled. [`Call::watch`] does the same with
    /// filters.
    pub fn watch(&self, since: impl Into<Timestamp>) -> Watch {
        self.list().watch(since)
    }
}

impl Call<List> {
    /// Watches the events that fit the filters of this call, beginning with those since a point in time. The options of the
    /// call apply to each poll.
    ///
    /// The watch sets `since` and `between` itself and removes `unstable_offset`. `limit` is the size of a response, and 500 at
    /// most.
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
    /// Sets the time between two polls: [`DEFAULT_WATCH_POLL_INTERVAL`] unless set. Not zero.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Sets how late an event may appear in Seam's list and still be delivered: [`DEFAULT_WATCH_OVERLAP`] unless set. Each poll
    /// requests the events of that time again.
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = overlap;
        self
    }

    /// Leaves out events that an earlier watch delivered, by their ids. Call it before the first poll.
    pub fn skip_events(mut self, event_ids: impl IntoIterator<Item = impl Into<EventId>>) -> Self {
        if let State::Idle(poller) = &mut self.state {
            let since = &self.since;
            poller.seen.extend(event_ids.into_iter().map(|id| (id.into(), since.clone())));
        }
        self
    }

    /// Returns the next event, as soon as there is one, or the error of a poll. `None` after an error that ends the watch.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns where another watch can resume after the events that were delivered. It lies the [overlap](Self::overlap)
    /// before the newest of them, and never before the beginning of this watch.
    #[must_use]
    pub fn position(&self) -> Timestamp {
        let newest = self.delivered.as_ref().map(|newest| newest - self.overlap);
        newest.filter(|newest| *newest > self.since).unwrap_or_else(|| self.since.clone())
    }

    /// Returns the events for a program without async: an iterator that waits on this thread.
    pub fn blocking(self) -> BlockingIter<Self> {
        BlockingIter::new(&self.seam.clone(), self)
    }
}

// The future lies in a box of its own.
impl Unpin for Watch {}

impl Stream for Watch {
    type Item = Result<Event, Error>;

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
    /// Returns where another watch can resume, see [`Watch::position`].
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

/// A time frame of which the events are to be read.
struct Window {
    from: Timestamp,
    /// `None` for all that follow.
    until: Option<Timestamp>,
}

impl Window {
    /// Whether one of the times of an event lies in the time frame as it is requested.
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
    /// Where the current round of requests began.
    start: Timestamp,
    /// The newest time at which an event was created.
    newest: Option<Timestamp>,
    /// What is left to be read in this round, the earliest last.
    windows: Vec<Window>,
    /// The events that were read, with their times. Those before the start of a round are forgotten.
    seen: HashMap<EventId, Timestamp>,
    /// The pause before the next request.
    pause: Duration,
    /// How many polls failed since the last one that did not.
    failures: u32,
    /// How many requests since the last new event.
    barren: u32,
    /// An error that belongs to events that were read.
    error: Option<Error>,
}

impl Poller {
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
            barren: 0,
            error: None,
        }
    }

    /// Sends one request, after a pause if it is due, and returns the events in it that are new.
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
                self.barren = if events.is_empty() { self.barren.saturating_add(1) } else { 0 };
                if self.windows.is_empty() || self.barren > MAX_UNPAUSED {
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

    fn begin_round(&mut self, overlap: Duration) {
        let from = self.newest.as_ref().map(|newest| newest - overlap);
        self.start = from.filter(|from| *from > self.since).unwrap_or_else(|| self.since.clone());
        let start = &self.start;
        self.seen.retain(|_, time| *time >= *start);
        self.windows.push(Window { from: start.clone(), until: None });
    }

    /// Returns the new events of a response. Splits the time frame of a response that may be truncated instead.
    fn read(&mut self, window: Window, response: FullResponse<Vec<Event>>) -> Vec<Event> {
        let count = response.value.len();
        if count >= usize::try_from(self.limit).unwrap_or(usize::MAX) {
            let last = response.value.iter().filter_map(time_of).max();
            let end = window.until.as_ref().or(last).filter(|end| **end > window.from).unwrap_or(&window.from).clone();
            // A server that does not filter by time would return as many events for each half.
            let is_filtered = response.value.iter().all(|event| window.contains(event));
            let middle = middle(&window.from, &end).filter(|_| is_filtered);
            if window.until.is_none() && is_filtered {
                // After the halves, or after what cannot be split.
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
        // Not by `occurred_at`: a device whose clock is wrong must not end the watch.
        let newest = response.value.iter().filter_map(|event| event.created_at.as_ref()).max();
        if newest > self.newest.as_ref() {
            self.newest = newest.cloned();
        }
        let (start, seen) = (&self.start, &mut self.seen);
        let mut events = response.value;
        events.retain(|event| {
            // One that was created before, and was forgotten since, is not to be listed at all.
            let is_earlier = event.created_at.as_ref().is_some_and(|created_at| created_at < start);
            let time = time_of(event).unwrap_or(start).clone();
            !is_earlier && seen.insert(event.event_id.clone(), time).is_none()
        });
        events.sort_by(|left, right| time_of(left).cmp(&time_of(right)));
        events
    }
}

/// The time by which events are ordered and split.
fn time_of(event: &Event) -> Option<&Timestamp> {
    event.created_at.as_ref().or(event.occurred_at.as_ref())
}

/// The middle of a time frame; `None` where both halves would be as long as it.
fn middle(from: &Timestamp, until: &Timestamp) -> Option<Timestamp> {
    let half = Duration::try_from(until.duration_since(from)).ok()? / 2;
    (half >= MILLISECOND).then(|| from + half)
}

/// A random pause after that many failures, of at most twice as long after each.
fn backoff(interval: Duration, failures: u32) -> Duration {
    let factor = 2_u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let pause = interval.saturating_mul(factor).min(MAX_BACKOFF);
    pause.mul_f64(0.5 + fastrand::f64() / 2.0).max(interval)
}

/// Whether the next poll would fail in the same way, whatever happens meanwhile.
fn is_final(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidRequest | ErrorKind::InvalidConfiguration => true,
        ErrorKind::Api => {
            let passes = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
            error.status().is_some_and(|status| status.is_client_error() && !passes.contains(&status))
        }
        _ => false,
    }
}
