//! Calls of every kind to a [`RandomServer`](crate::RandomServer). Each call is checked: it must get its own response, end within
//! its timeout, and return an error without secrets.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use seam_core::{Credentials, Error, RetryPolicy, Seam, model::ActionAttempt};

use crate::{
    Canaries, KEY, PIN, Stack,
    random::{page_count, rng},
    random_server::{ITEMS_PER_PAGE, MAX_POLLS},
};

/// The time between two polls of an action attempt.
const POLL_INTERVAL: Duration = Duration::from_millis(15);

/// The results of many calls.
#[derive(Clone, Debug, Default)]
pub struct LoadResults {
    /// The number of calls.
    pub calls: u64,
    /// The number of calls for each result: a value, the kind of an error, or dropped before the end.
    pub results: BTreeMap<String, u64>,
    /// The number of calls that got the response of another call.
    pub mismatched: u64,
    /// The number of errors that contain a secret.
    pub leaked_secrets: u64,
    /// The number of calls that ended later than the tolerance after their deadline.
    pub late: u64,
    /// The longest time between the deadline of a call and its end.
    pub max_delay: Duration,
    /// Examples of the failures.
    pub examples: Vec<String>,
    /// The actions that the client reported as not sent, since the last [`Load::take_not_sent`].
    not_sent: Vec<String>,
}

/// A source of random calls. The kind of the call with a given number depends on the seed.
#[derive(Clone, Debug)]
pub struct Load {
    seed: u64,
    tolerance: Duration,
    canaries: Arc<Canaries>,
    results: Arc<Mutex<LoadResults>>,
}

impl Load {
    /// Creates a load with this seed. A call that ends later than the tolerance after its deadline counts as late.
    #[must_use]
    pub fn new(seed: u64, tolerance: Duration) -> Self {
        Self { seed, tolerance, canaries: Arc::new(Canaries::new()), results: Arc::default() }
    }

    /// Creates a client over an HTTP stack for the calls. Its retry budget is unbounded, so that the client sends as many retries as its policy allows.
    ///
    /// # Errors
    ///
    /// If no TLS implementation is available.
    pub fn client(stack: Stack, url: &str) -> Result<Seam, Error> {
        let retry = RetryPolicy::new().initial_backoff(Duration::from_millis(10)).retry_budget(u32::MAX / 10);
        let builder = match stack {
            Stack::Reqwest => seam_reqwest::builder()?,
            Stack::Hyper => seam_hyper::builder()?,
        };
        builder.credentials(Credentials::api_key(KEY)?).base_url(url).retry_policy(retry).build()
    }

    /// Returns the results of the calls so far.
    #[must_use]
    pub fn results(&self) -> LoadResults {
        self.lock().clone()
    }

    /// Returns the actions that the client reported as not sent since the last call of this function.
    #[must_use]
    pub fn take_not_sent(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().not_sent)
    }

    fn lock(&self) -> MutexGuard<'_, LoadResults> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the call with this number. One call in ten is dropped after a random time.
    pub async fn call(&self, seam: &Seam, number: u64) {
        let id = format!("call-{number}");
        let mut rng = rng(self.seed, &format!("{id} is made"));
        let drop_after = (rng.u8(0..10) == 0).then(|| Duration::from_millis(rng.u64(0..40)));
        let call = Call { load: self, seam, id: &id, timeout: Duration::from_millis(rng.u64(100..1000)) };
        self.lock().calls += 1;
        let end = match drop_after {
            None => call.run(&mut rng).await,
            Some(drop_after) => match tokio::time::timeout(drop_after, call.run(&mut rng)).await {
                Ok(end) => end,
                Err(_) => "dropped".to_owned(),
            },
        };
        *self.lock().results.entry(end).or_default() += 1;
    }
}

/// A call.
struct Call<'a> {
    load: &'a Load,
    seam: &'a Seam,
    id: &'a str,
    timeout: Duration,
}

impl Call<'_> {
    /// Sends the call, checks it, and returns the name of its result.
    async fn run(&self, rng: &mut fastrand::Rng) -> String {
        let (seam, id, timeout) = (self.seam, self.id, self.timeout);
        let wait = Duration::from_millis(rng.u64(50..600));
        debug_assert!(wait.as_millis() / POLL_INTERVAL.as_millis() <= MAX_POLLS as u128);
        let kind = rng.u8(0..14);
        let started = Instant::now();
        let (is_own, error) = match kind {
            0 | 1 => {
                let code = seam.access_codes().unmanaged().get(format!("code-{id}")).with_timeout(timeout).await;
                self.check_deadline(started, timeout);
                split(code, |code| code.access_code_id.as_ref() == format!("code-{id}"))
            }
            2 => {
                let code = seam.access_codes().get(id).with_timeout(timeout).await;
                self.check_deadline(started, timeout);
                split(code, |code| code.device_id.is_some_and(|device| device.as_ref() == id))
            }
            3 => {
                let code = seam.access_codes().unmanaged().get_by_code(id, PIN).with_timeout(timeout).await;
                self.check_deadline(started, timeout);
                split(code, |code| code.device_id.is_some_and(|device| device.as_ref() == id))
            }
            4 | 5 => {
                let attempt = seam.locks().unlock_door(id).with_timeout(timeout).await;
                self.check_deadline(started, timeout);
                self.record_not_sent(split(attempt, |attempt| self.is_own(&attempt)))
            }
            6 => {
                let code = seam.access_codes().create(id).code(PIN).with_timeout(timeout).await;
                self.check_deadline(started, timeout);
                self.record_not_sent(split(code, |code| code.access_code_id.as_ref() == format!("code-{id}")))
            }
            7 => {
                let deleted = seam.access_codes().delete(id).with_timeout(timeout).await;
                self.check_deadline(started, timeout);
                split(deleted, |attempt| attempt.is_none_or(|attempt| self.is_own(&attempt)))
            }
            8 | 9 => {
                let unlock = seam.locks().unlock_door(id).with_timeout(timeout);
                let attempt = unlock.and_wait().timeout(wait).poll_interval(POLL_INTERVAL).await;
                self.check_deadline(started, timeout + wait);
                self.record_not_sent(split(attempt, |attempt| self.is_own(&attempt)))
            }
            10 => {
                let create = seam.access_codes().create(id).code(PIN).with_timeout(timeout);
                let code = create.and_wait().timeout(wait).poll_interval(POLL_INTERVAL).await;
                self.check_deadline(started, timeout + wait);
                self.record_not_sent(split(code, |code| code.access_code_id.as_ref() == format!("code-{id}")))
            }
            kind => self.list(kind == 11, rng).await,
        };
        if !is_own {
            self.fail("the call got the response of another call", |results| &mut results.mismatched);
        }
        match error {
            None => "a value".to_owned(),
            Some(error) => {
                self.check_error(&error);
                format!("{:?}", error.kind())
            }
        }
    }

    /// Reads a list to its end, and checks that it has exactly the expected items in order.
    async fn list(&self, by_item: bool, rng: &mut fastrand::Rng) -> (bool, Option<Error>) {
        let list = self.seam.devices().list().search(self.id).with_timeout(self.timeout);
        let page_count = page_count(self.load.seed, self.id);
        let expected = (1..=page_count).flat_map(|page| (0..ITEMS_PER_PAGE).map(move |item| (page, item)));
        let mut expected = expected.map(|(page, item)| format!("{}.p{page}.i{item}", self.id));
        let mut is_next = |device: &str| expected.next().is_some_and(|expected| device == expected);
        if by_item {
            let mut items = list.items();
            if rng.bool() {
                items = items.prefetch();
            }
            loop {
                let started = Instant::now();
                let item = items.next().await;
                self.check_deadline(started, self.timeout);
                match item {
                    Some(Ok(device)) if is_next(device.device_id.as_ref()) => {}
                    Some(Ok(_)) => return (false, None),
                    Some(Err(error)) => return (true, Some(error)),
                    None => return (expected.next().is_none(), None),
                }
                if rng.u8(0..8) == 0 {
                    tokio::time::sleep(Duration::from_millis(rng.u64(0..20))).await;
                }
            }
        }
        let mut pages = list.pages().prefetch();
        loop {
            let started = Instant::now();
            let page = pages.next().await;
            self.check_deadline(started, self.timeout);
            match page {
                Some(Ok(page)) if page.items.iter().all(|device| is_next(device.device_id.as_ref())) => {}
                Some(Ok(_)) => return (false, None),
                Some(Err(error)) => return (true, Some(error)),
                None => return (expected.next().is_none(), None),
            }
        }
    }

    fn is_own(&self, attempt: &ActionAttempt) -> bool {
        attempt.action_attempt_id.as_ref() == format!("attempt-{}", self.id)
    }

    /// Records an action that the client reports as not sent.
    fn record_not_sent(&self, result: (bool, Option<Error>)) -> (bool, Option<Error>) {
        if result.1.as_ref().is_some_and(Error::is_not_sent) {
            let mut results = self.load.lock();
            if results.not_sent.len() < 1000 {
                results.not_sent.push(self.id.to_owned());
            }
        }
        result
    }

    /// Checks that the call has ended within its timeout and the tolerance.
    fn check_deadline(&self, started: Instant, timeout: Duration) {
        let delay = started.elapsed().saturating_sub(timeout);
        let mut results = self.load.lock();
        results.max_delay = results.max_delay.max(delay);
        if delay > self.load.tolerance {
            results.late += 1;
        }
    }

    /// Checks that an error belongs to this call, and that it contains no secret.
    fn check_error(&self, error: &Error) {
        let is_own = |id: &str| id.strip_prefix(self.id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let is_own_attempt =
            error.action_attempt_id().is_none_or(|attempt| attempt.as_ref() == format!("attempt-{}", self.id));
        if !is_own_attempt || !error.request_id().is_none_or(is_own) {
            self.fail(&format!("the error belongs to another call: {error:?}"), |results| &mut results.mismatched);
        }
        if let Some(found) = self.load.canaries.find_in_error(error) {
            self.fail(&format!("the error contains a secret: {found}"), |results| &mut results.leaked_secrets);
        }
    }

    /// Counts a failure, and records it as an example.
    fn fail(&self, description: &str, counter: fn(&mut LoadResults) -> &mut u64) {
        let mut results = self.load.lock();
        *counter(&mut results) += 1;
        if results.examples.len() < 10 {
            results.examples.push(format!("{}: {description}", self.id));
        }
    }
}

/// Returns whether a value is the expected one, and the error if there is one. An error counts as expected.
fn split<T>(result: Result<T, Error>, is_own: impl FnOnce(T) -> bool) -> (bool, Option<Error>) {
    match result {
        Ok(value) => (is_own(value), None),
        Err(error) => (true, Some(error)),
    }
}
