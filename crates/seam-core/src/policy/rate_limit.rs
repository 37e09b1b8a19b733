//! Waiting instead of being rejected: the limits that Seam has for each device.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    Clock, Instant, Request, RequestExt, Response, Spec, TransportError, TransportErrorKind,
    endpoints::RATE_LIMITS,
    policy::{
        context::RequestContext,
        trace::{self, Trace},
    },
};

/// A minute, and what a request may be faster on its way than the one before it.
const WINDOW: Duration = Duration::from_secs(61);

/// How much later than its permit allows a request may be sent and still be counted at the time of the permit.
const SLACK: Duration = Duration::from_secs(1);

/// How often each device may be asked for something, for [`Builder::rate_limits`](crate::Builder::rate_limits).
///
/// A call that would be too much for its device waits until it is not, in the order in which calls come. One
/// that would have to wait beyond its deadline fails at once, with nothing sent and
/// [`Error::retry_after`](crate::Error::retry_after); so give calls the time that they may take.
///
/// Within any 61 seconds no more requests than allowed are sent to a device by all clones of a client. Other
/// programs, and other clients, are not known here: Seam may still reject a request with status 429.
///
/// A request is counted by its parameters `device_id` and `device_ids`. One that names no device is not
/// held back; so give the `device_id` also when you update or delete a code. One that names several devices waits for all of them,
/// and later ones for any of these wait behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct RateLimits(pub(crate) Vec<(Vec<&'static str>, u32)>);

impl RateLimits {
    /// What Seam documents, for each device and minute: 10 codes created, 10 updated, 20 deleted; locked 15
    /// times, unlocked 15 times. Updates and deletions count only where the call says on which device the code is.
    pub fn documented() -> Self {
        Self(RATE_LIMITS.iter().map(|(specs, requests)| (paths(specs.iter().copied()), *requests)).collect())
    }

    /// No limits, to begin a list of your own.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Sets how many requests of these routes together are sent for one device in a minute, in place of the limits that the
    /// routes have. With zero, which would let nothing through, [`Builder::build`](crate::Builder::build) fails and names the route.
    ///
    /// ```
    /// use seam_core::{Endpoint, RateLimits, endpoints::locks::{LockDoor, UnlockDoor}};
    ///
    /// let limits = RateLimits::documented().per_minute([LockDoor::SPEC, UnlockDoor::SPEC], 15);
    /// ```
    pub fn per_minute(mut self, routes: impl IntoIterator<Item = &'static Spec>, requests: u32) -> Self {
        let paths = paths(routes);
        for (others, _) in &mut self.0 {
            others.retain(|other| !paths.contains(other));
        }
        self.0.push((paths, requests));
        self
    }
}

fn paths(specs: impl IntoIterator<Item = &'static Spec>) -> Vec<&'static str> {
    specs.into_iter().map(Spec::path).collect()
}

/// Delays requests until the limits of their devices permit them.
#[derive(Debug)]
pub(crate) struct RateLimit {
    limits: RateLimits,
    slots: Mutex<Slots>,
    clock: Arc<dyn Clock>,
    inner: Trace,
}

/// A limit, by its index in the list, and a device.
type Key = (usize, String);

/// When requests were or will be sent: those of the last [`WINDOW`], and those that wait.
#[derive(Debug, Default)]
struct Slots {
    by_device: HashMap<Key, VecDeque<Instant>>,
    /// How many devices were left when those without recent requests were last removed.
    after_cleaning: usize,
}

impl Slots {
    /// Returns the first instant at which the `limit` of all `keys` permits one more request, after all requests that wait
    /// already.
    fn next(&self, keys: &[Key], limit: usize, now: Instant) -> Instant {
        let slots = keys.iter().filter_map(|key| self.by_device.get(key));
        slots.fold(now, |next, slots| {
            let index = slots.len().checked_sub(limit);
            let is_free = index.and_then(|index| slots.get(index)).and_then(|slot| slot.checked_add(WINDOW));
            [slots.back().copied(), is_free].into_iter().flatten().fold(next, Instant::max)
        })
    }

    fn take(&mut self, keys: &[Key], slot: Instant, now: Instant) {
        let is_over = |slot: &Instant| slot.checked_add(WINDOW).is_none_or(|over| over <= now);
        for key in keys {
            let slots = self.by_device.entry(key.clone()).or_default();
            while slots.front().is_some_and(is_over) {
                slots.pop_front();
            }
            slots.push_back(slot);
        }
        if self.by_device.len() > 2 * self.after_cleaning.max(64) {
            self.by_device.retain(|_, slots| slots.back().is_some_and(|slot| !is_over(slot)));
            self.after_cleaning = self.by_device.len();
        }
    }

    /// Removes a slot that was not used. Other requests keep theirs, and the next one may be sent sooner.
    fn give_back(&mut self, keys: &[Key], slot: Instant) {
        for key in keys {
            let Some(slots) = self.by_device.get_mut(key) else { continue };
            if let Some(index) = slots.iter().rposition(|other| *other == slot) {
                slots.remove(index);
            }
        }
    }
}

/// Permits a request at the time of its slot. Dropping a permit that was not used frees the slot.
struct Permit<'a> {
    slots: &'a Mutex<Slots>,
    keys: Vec<Key>,
    slot: Instant,
    was_used: bool,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.was_used {
            lock(self.slots).give_back(&self.keys, self.slot);
        }
    }
}

/// The slots, also after a panic elsewhere: they are never left half taken.
fn lock(slots: &Mutex<Slots>) -> MutexGuard<'_, Slots> {
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RateLimit {
    pub(crate) fn new(limits: RateLimits, clock: Arc<dyn Clock>, inner: Trace) -> Self {
        Self { limits, slots: Mutex::default(), clock, inner }
    }

    /// Returns the next permit for `request`, or `None` where nothing limits it. The slot of a call that is dropped while it
    /// waits is free again.
    fn acquire(&self, request: &Request) -> Result<Option<Permit<'_>>, TransportError> {
        let (Some(spec), Some(context)) = (request.spec(), RequestContext::of(request)) else { return Ok(None) };
        let limit = self.limits.0.iter().enumerate().find(|(_, (paths, _))| paths.contains(&spec.path()));
        let Some((index, &(_, limit))) = limit else { return Ok(None) };
        let mut keys: Vec<Key> = context.device_ids.iter().map(|id| (index, id.clone())).collect();
        keys.sort_unstable();
        keys.dedup();

        let mut slots = lock(&self.slots);
        let now = self.clock.now();
        let slot = slots.next(&keys, usize::try_from(limit).unwrap_or(usize::MAX), now);
        let wait = slot.saturating_duration_since(now);
        if !wait.is_zero() && request.deadline().is_some_and(|deadline| slot >= deadline) {
            let source = format!(
                "{limit} requests a minute are allowed for a device, and the next one is permitted in {} s, after the deadline",
                wait.as_secs_f64().ceil()
            );
            return Err(TransportError::new(TransportErrorKind::NotSentInTime, source).with_retry_after(wait));
        }
        slots.take(&keys, slot, now);
        Ok(Some(Permit { slots: &self.slots, keys, slot, was_used: false }))
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response, TransportError> {
        loop {
            let Some(mut permit) = self.acquire(&request)? else { return self.inner.send(request).await };
            let wait = permit.slot.saturating_duration_since(self.clock.now());
            if !wait.is_zero() {
                trace::rate_limit(wait);
                self.clock.sleep(wait).await;
            }
            // A request that is much too late, after the machine was suspended for example, would be sent together with others.
            if self.clock.now().saturating_duration_since(permit.slot) > SLACK {
                continue;
            }
            permit.was_used = true;
            let result = self.inner.send(request).await;
            // What was not sent has not used it.
            permit.was_used = !result.as_ref().is_err_and(|error| error.kind().is_not_sent());
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From outside it cannot be seen what is remembered.
    #[test]
    fn devices_without_requests_are_forgotten() {
        let mut slots = Slots::default();
        let started = Instant::now();
        for number in 0..100_000_u64 {
            // A hundred devices a second, so that some 6,100 matter at any time.
            let now = started + Duration::from_millis(10 * number);
            slots.take(&[(0, number.to_string())], now, now);
            assert!(slots.by_device.len() <= 2 * 6_200, "{number}: {}", slots.by_device.len());
        }
        // Of one device, what is a window old is.
        let key = (0, "front".to_owned());
        for number in 0..1000_u64 {
            let now = started + Duration::from_secs(number);
            slots.take(std::slice::from_ref(&key), now, now);
            assert!(slots.by_device.get(&key).is_some_and(|slots| slots.len() <= 62));
        }
    }
}
