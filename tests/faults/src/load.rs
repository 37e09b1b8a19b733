//! Calls of every kind to a [`RandomServer`](crate::RandomServer), each of which is judged: that it gets its own answer, that
//! it is over in time, and that its errors show no secret.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use seam_core::{Credentials, Error, RetryPolicy, Seam, model::ActionAttempt};

use crate::{
    Canaries, KEY, PIN, Stack,
    random::{chance, pages},
    random_server::{ITEMS, LOOKS},
};

/// The time between two looks at an action.
const INTERVAL: Duration = Duration::from_millis(15);

/// What came of many calls.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many calls were made.
    pub calls: u64,
    /// What they came to: a value, the kind of an error, or that nobody waited for them.
    pub ends: BTreeMap<String, u64>,
    /// Calls that got what belongs to another one.
    pub mixed_up: u64,
    /// Errors that show a secret.
    pub secrets: u64,
    /// Calls that were over later than they had to be, and more than is tolerated.
    pub late: u64,
    /// The longest time that a call went on after its deadline.
    pub latest: Duration,
    /// Some of what must not be.
    pub examples: Vec<String>,
    /// Actions that are said never to have been sent. [`Load::take_not_sent`] empties it.
    not_sent: Vec<String>,
}

/// Calls by chance. Which call has which number is decided by the seed.
#[derive(Clone, Debug)]
pub struct Load {
    seed: u64,
    tolerance: Duration,
    canaries: Arc<Canaries>,
    outcome: Arc<Mutex<Outcome>>,
}

impl Load {
    /// Calls with this seed. A call that goes on after its deadline for longer than is tolerated counts as late.
    #[must_use]
    pub fn new(seed: u64, tolerance: Duration) -> Self {
        Self { seed, tolerance, canaries: Arc::new(Canaries::new()), outcome: Arc::default() }
    }

    /// A client over this stack as the calls need it. Its budget of retries never ends, so that whatever may be repeated is.
    ///
    /// # Errors
    ///
    /// When this machine has no TLS.
    pub fn client(stack: Stack, url: &str) -> Result<Seam, Error> {
        let retry = RetryPolicy::new().initial_backoff(Duration::from_millis(10)).retry_budget(u32::MAX / 10);
        let builder = match stack {
            Stack::Reqwest => seam_reqwest::builder()?,
            Stack::Hyper => seam_hyper::builder()?,
        };
        builder.credentials(Credentials::api_key(KEY)?).base_url(url).retry_policy(retry).build()
    }

    /// What came of the calls so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.lock().clone()
    }

    /// The actions that are said never to have been sent, since this was last asked.
    #[must_use]
    pub fn take_not_sent(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().not_sent)
    }

    fn lock(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the call with this number. Every tenth is dropped after a while.
    pub async fn call(&self, seam: &Seam, number: u64) {
        let id = format!("call-{number}");
        let mut random = chance(self.seed, &format!("{id} is made"));
        let patience = (random.u8(0..10) == 0).then(|| Duration::from_millis(random.u64(0..40)));
        let call = One { load: self, seam, id: &id, timeout: Duration::from_millis(random.u64(100..1000)) };
        self.lock().calls += 1;
        let end = match patience {
            None => call.make(&mut random).await,
            Some(patience) => match tokio::time::timeout(patience, call.make(&mut random)).await {
                Ok(end) => end,
                Err(_) => "dropped".to_owned(),
            },
        };
        *self.lock().ends.entry(end).or_default() += 1;
    }
}

/// One call.
struct One<'a> {
    load: &'a Load,
    seam: &'a Seam,
    id: &'a str,
    timeout: Duration,
}

impl One<'_> {
    /// Makes it, judges it, and says what it came to.
    async fn make(&self, random: &mut fastrand::Rng) -> String {
        let (seam, id, timeout) = (self.seam, self.id, self.timeout);
        let wait = Duration::from_millis(random.u64(50..600));
        debug_assert!(wait.as_millis() / INTERVAL.as_millis() <= LOOKS as u128);
        let kind = random.u8(0..14);
        let started = Instant::now();
        let (ours, error) = match kind {
            0 | 1 => {
                let code = seam.access_codes().unmanaged().get(format!("code-{id}")).with_timeout(timeout).await;
                self.on_time(started, timeout);
                split(code, |code| code.access_code_id.as_ref() == format!("code-{id}"))
            }
            2 => {
                let code = seam.access_codes().get(id).with_timeout(timeout).await;
                self.on_time(started, timeout);
                split(code, |code| code.device_id.is_some_and(|device| device.as_ref() == id))
            }
            3 => {
                let code = seam.access_codes().unmanaged().get_by_code(id, PIN).with_timeout(timeout).await;
                self.on_time(started, timeout);
                split(code, |code| code.device_id.is_some_and(|device| device.as_ref() == id))
            }
            4 | 5 => {
                let attempt = seam.locks().unlock_door(id).with_timeout(timeout).await;
                self.on_time(started, timeout);
                self.action(split(attempt, |attempt| self.is_own(&attempt)))
            }
            6 => {
                let code = seam.access_codes().create(id).code(PIN).with_timeout(timeout).await;
                self.on_time(started, timeout);
                self.action(split(code, |code| code.access_code_id.as_ref() == format!("code-{id}")))
            }
            7 => {
                let deleted = seam.access_codes().delete(id).with_timeout(timeout).await;
                self.on_time(started, timeout);
                split(deleted, |attempt| attempt.is_none_or(|attempt| self.is_own(&attempt)))
            }
            8 | 9 => {
                let unlock = seam.locks().unlock_door(id).with_timeout(timeout);
                let attempt = unlock.and_wait().timeout(wait).poll_interval(INTERVAL).await;
                self.on_time(started, timeout + wait);
                self.action(split(attempt, |attempt| self.is_own(&attempt)))
            }
            10 => {
                let create = seam.access_codes().create(id).code(PIN).with_timeout(timeout);
                let code = create.and_wait().timeout(wait).poll_interval(INTERVAL).await;
                self.on_time(started, timeout + wait);
                self.action(split(code, |code| code.access_code_id.as_ref() == format!("code-{id}")))
            }
            kind => self.list(kind == 11, random).await,
        };
        if !ours {
            self.broken("a call got what belongs to another one", |outcome| &mut outcome.mixed_up);
        }
        match error {
            None => "a value".to_owned(),
            Some(error) => {
                self.judge(&error);
                format!("{:?}", error.kind())
            }
        }
    }

    /// Reads a list to its end: nothing is missing, nothing comes twice, and nothing is somebody else's.
    async fn list(&self, by_item: bool, random: &mut fastrand::Rng) -> (bool, Option<Error>) {
        let list = self.seam.devices().list().search(self.id).with_timeout(self.timeout);
        let all = pages(self.load.seed, self.id);
        let expected = (1..=all).flat_map(|page| (0..ITEMS).map(move |item| (page, item)));
        let mut expected = expected.map(|(page, item)| format!("{}.p{page}.i{item}", self.id));
        let mut is_next = |device: &str| expected.next().is_some_and(|expected| device == expected);
        if by_item {
            let mut items = list.items();
            if random.bool() {
                items = items.prefetch();
            }
            loop {
                let started = Instant::now();
                let item = items.next().await;
                self.on_time(started, self.timeout);
                match item {
                    Some(Ok(device)) if is_next(device.device_id.as_ref()) => {}
                    Some(Ok(_)) => return (false, None),
                    Some(Err(error)) => return (true, Some(error)),
                    None => return (expected.next().is_none(), None),
                }
                if random.u8(0..8) == 0 {
                    tokio::time::sleep(Duration::from_millis(random.u64(0..20))).await;
                }
            }
        }
        let mut pages = list.pages().prefetch();
        loop {
            let started = Instant::now();
            let page = pages.next().await;
            self.on_time(started, self.timeout);
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

    /// Keeps an action in mind that is said not to have been sent.
    fn action(&self, end: (bool, Option<Error>)) -> (bool, Option<Error>) {
        if end.1.as_ref().is_some_and(Error::is_not_sent) {
            let mut outcome = self.load.lock();
            if outcome.not_sent.len() < 1000 {
                outcome.not_sent.push(self.id.to_owned());
            }
        }
        end
    }

    fn on_time(&self, started: Instant, patience: Duration) {
        let late = started.elapsed().saturating_sub(patience);
        let mut outcome = self.load.lock();
        outcome.latest = outcome.latest.max(late);
        if late > self.load.tolerance {
            outcome.late += 1;
        }
    }

    /// An error speaks of its own request and of no secret.
    fn judge(&self, error: &Error) {
        let is_own =
            |text: &str| text.strip_prefix(self.id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let attempt =
            error.action_attempt_id().is_none_or(|attempt| attempt.as_ref() == format!("attempt-{}", self.id));
        if !attempt || !error.request_id().is_none_or(is_own) {
            self.broken(&format!("an error belongs to another call: {error:?}"), |outcome| &mut outcome.mixed_up);
        }
        if let Some(found) = self.load.canaries.find_in_error(error) {
            self.broken(&format!("a secret is shown: {found}"), |outcome| &mut outcome.secrets);
        }
    }

    fn broken(&self, what: &str, counter: fn(&mut Outcome) -> &mut u64) {
        let mut outcome = self.load.lock();
        *counter(&mut outcome) += 1;
        if outcome.examples.len() < 10 {
            outcome.examples.push(format!("{}: {what}", self.id));
        }
    }
}

/// Whether what came is what it should be, and the error if there is one.
fn split<T>(result: Result<T, Error>, is_own: impl FnOnce(T) -> bool) -> (bool, Option<Error>) {
    match result {
        Ok(value) => (is_own(value), None),
        Err(error) => (true, Some(error)),
    }
}
