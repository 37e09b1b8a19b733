//! Client-side rate limits per device: requests wait for capacity before Seam would reject them.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{BuildHasher, RandomState},
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

/// A minute, plus a margin for requests whose transit times differ.
const WINDOW: Duration = Duration::from_secs(61);

/// The maximum delay after the time of its permit with which a request still counts at that time.
const SLACK: Duration = Duration::from_secs(1);

/// The rate limits per device, for [`Builder::rate_limits`](crate::Builder::rate_limits).
///
/// A call over the limit of its device waits for capacity, in the order of the calls. A call that would wait beyond its
/// deadline fails at once: nothing is sent, and [`Error::retry_after`](crate::Error::retry_after) is set. Set timeouts
/// that allow for the waits.
///
/// All clones of a client together send no more requests to a device than the limit within any 61 seconds. Requests of
/// other clients and programs are not counted: Seam may still reject a request with status 429.
///
/// A request is counted by its parameters `device_id` and `device_ids`. A request without them is not limited; to limit
/// updates and deletions of codes, set their `device_id`. A request with several devices waits for all of them, and
/// later requests to any of these wait behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct RateLimits(pub(crate) Vec<(Vec<&'static str>, u32)>);

impl RateLimits {
    /// Returns the limits that Seam documents, per device and minute: 10 codes created, 10 updated and 20 deleted, 15
    /// lock and 15 unlock actions. Updates and deletions of codes count only if the call sets `device_id`.
    pub fn documented() -> Self {
        Self(RATE_LIMITS.iter().map(|(specs, requests)| (paths(specs.iter().copied()), *requests)).collect())
    }

    /// Returns an empty set of limits.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Sets the number of requests per device and minute for these routes together, and replaces their previous limits.
    /// With zero, [`Builder::build`](crate::Builder::build) fails and names the route.
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
    /// The keys of the hashes, so that no device id can be constructed to collide with another.
    hashes: RandomState,
    slots: Mutex<Slots>,
    clock: Arc<dyn Clock>,
    inner: Trace,
}

/// A limit and a device, as a keyed hash. Devices with the same hash would only wait for each other.
type Key = u64;

/// The instants of requests: those sent within the last [`WINDOW`], and those that wait.
#[derive(Debug, Default)]
struct Slots {
    by_device: BTreeMap<Key, VecDeque<Instant>>,
    /// The number of devices after those without recent requests were last removed.
    after_cleaning: usize,
}

impl Slots {
    /// Returns the first instant at which the `limit` of all `keys` permits another request, after all requests that
    /// already wait.
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
            // Most devices have a single request within a window.
            let slots = self.by_device.entry(*key).or_insert_with(|| VecDeque::with_capacity(1));
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

    /// Removes a slot that was not used. Requests that wait keep their slots; a new one may get an earlier slot.
    fn release(&mut self, keys: &[Key], slot: Instant) {
        for key in keys {
            let Some(slots) = self.by_device.get_mut(key) else { continue };
            if let Some(index) = slots.iter().rposition(|other| *other == slot) {
                slots.remove(index);
            }
        }
    }
}

/// The permit of a request for the time of its slot. Dropping an unused permit frees the slot.
struct Permit<'a> {
    slots: &'a Mutex<Slots>,
    keys: Vec<Key>,
    slot: Instant,
    was_used: bool,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.was_used {
            lock(self.slots).release(&self.keys, self.slot);
        }
    }
}

/// Locks the slots and ignores poisoning: no code panics while they are inconsistent.
fn lock(slots: &Mutex<Slots>) -> MutexGuard<'_, Slots> {
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RateLimit {
    pub(crate) fn new(limits: RateLimits, clock: Arc<dyn Clock>, inner: Trace) -> Self {
        Self { limits, hashes: RandomState::new(), slots: Mutex::default(), clock, inner }
    }

    /// Returns the next permit for `request`, or `None` if no limit applies. A call that is dropped while it waits
    /// frees its slot.
    fn acquire(&self, request: &Request) -> Result<Option<Permit<'_>>, TransportError> {
        let (Some(spec), Some(context)) = (request.spec(), RequestContext::of(request)) else { return Ok(None) };
        let limit = self.limits.0.iter().enumerate().find(|(_, (paths, _))| paths.contains(&spec.path()));
        let Some((index, &(_, limit))) = limit else { return Ok(None) };
        let mut keys: Vec<Key> = context.device_ids.iter().map(|id| self.hashes.hash_one((index, id))).collect();
        keys.sort_unstable();
        keys.dedup();

        let mut slots = lock(&self.slots);
        let now = self.clock.now();
        let slot = slots.next(&keys, usize::try_from(limit).unwrap_or(usize::MAX), now);
        let wait = slot.saturating_duration_since(now);
        if !wait.is_zero() && request.deadline().is_some_and(|deadline| slot >= deadline) {
            let source = format!(
                "the rate limit is {limit} requests per device and minute, and the next one is permitted in {} s, after the deadline",
                wait.as_secs_f64().ceil()
            );
            return Err(TransportError::new(TransportErrorKind::NotSentInTime, source).with_retry_after(wait));
        }
        slots.take(&keys, slot, now);
        Ok(Some(Permit { slots: &self.slots, keys, slot, was_used: false }))
    }

    /// Sends a request, and leaves what [`Carried::take`] leaves.
    pub(crate) async fn send(&self, request: &mut Request) -> Result<Response, TransportError> {
        loop {
            let Some(mut permit) = self.acquire(request)? else { return self.inner.send(request).await };
            let wait = permit.slot.saturating_duration_since(self.clock.now());
            if !wait.is_zero() {
                trace::rate_limit(wait);
                self.clock.sleep(wait).await;
            }
            // A request that is very late, such as after the machine was suspended, would exceed the limit together with others.
            if self.clock.now().saturating_duration_since(permit.slot) > SLACK {
                continue;
            }
            permit.was_used = true;
            let result = self.inner.send(request).await;
            // A request that was not sent does not count.
            permit.was_used = !result.as_ref().is_err_and(|error| error.kind().is_not_sent());
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A unit test, because the public API does not expose the state.
    #[test]
    fn devices_without_recent_requests_are_removed() {
        let mut slots = Slots::default();
        let started = Instant::now();
        for number in 0..100_000_u64 {
            // A hundred devices per second, so that about 6,100 have recent requests at any time.
            let now = started + Duration::from_millis(10 * number);
            slots.take(&[number], now, now);
            assert!(slots.by_device.len() <= 2 * 6_200, "{number}: {}", slots.by_device.len());
        }
        // The slots of one device that are older than a window are removed too.
        let key = u64::MAX;
        for number in 0..1000_u64 {
            let now = started + Duration::from_secs(number);
            slots.take(std::slice::from_ref(&key), now, now);
            assert!(slots.by_device.get(&key).is_some_and(|slots| slots.len() <= 62));
        }
    }
}
