//! Waiting instead of being refused: the limits that Seam has for each device.

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

/// How much later than at its turn a request may be sent and still be counted as of its turn.
const SLACK: Duration = Duration::from_secs(1);

/// How often each device may be asked for something, for [`Builder::rate_limits`](crate::Builder::rate_limits).
///
/// A call that would be too much for its device waits until it is not, in the order in which calls come. One
/// that would have to wait beyond its deadline fails at once, with nothing sent and
/// [`Error::retry_after`](crate::Error::retry_after); so give calls the time that they may take.
///
/// Within any 61 seconds no more requests than allowed are sent to a device by all clones of a client. Other
/// programs, and other clients, are not known here: Seam may still refuse a request with status 429.
///
/// A request is counted by its parameters `device_id` and `device_ids`. One that names no device is not
/// held back; so give the `device_id` also when you update or delete a code. One that names several devices waits for all of them,
/// and later ones for any of these wait behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// With another limit: how many requests for one device in a minute, by all these routes together. Takes
    /// the place of the limits that these routes have. Not zero.
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

/// Holds requests back until their devices have room for them.
#[derive(Debug)]
pub(crate) struct RateLimit {
    limits: RateLimits,
    slots: Mutex<Slots>,
    clock: Arc<dyn Clock>,
    inner: Trace,
}

/// A limit, by its place in the list, and a device.
type Key = (usize, String);

/// When requests were or will be sent: those of the last [`WINDOW`], and those that wait.
#[derive(Debug, Default)]
struct Slots {
    by_device: HashMap<Key, VecDeque<Instant>>,
    /// How many devices there were after the last look for those that nobody asked for anything of late.
    after_cleaning: usize,
}

impl Slots {
    /// The first moment when all `keys` have room for one more request among `limit` of them, and nobody's turn who came
    /// before is still to come.
    fn next(&self, keys: &[Key], limit: usize, now: Instant) -> Instant {
        let slots = keys.iter().filter_map(|key| self.by_device.get(key));
        slots.fold(now, |next, slots| {
            let place = slots.len().checked_sub(limit);
            let has_room = place.and_then(|place| slots.get(place)).and_then(|slot| slot.checked_add(WINDOW));
            [slots.back().copied(), has_room].into_iter().flatten().fold(next, Instant::max)
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

    /// Makes it as if a turn had not been taken. Others keep theirs, and who comes next may come sooner.
    fn give_back(&mut self, keys: &[Key], slot: Instant) {
        for key in keys {
            let Some(slots) = self.by_device.get_mut(key) else { continue };
            if let Some(place) = slots.iter().rposition(|other| *other == slot) {
                slots.remove(place);
            }
        }
    }
}

/// A turn that was taken; given back when it is dropped, unless it was used.
struct Turn<'a> {
    slots: &'a Mutex<Slots>,
    keys: Vec<Key>,
    slot: Instant,
    was_used: bool,
}

impl Drop for Turn<'_> {
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

    /// Takes the next turn for `request`; `None` where nothing limits it. A caller that goes away while it waits
    /// gives its turn back.
    fn take_turn(&self, request: &Request) -> Result<Option<Turn<'_>>, TransportError> {
        let (Some(spec), Some(context)) = (request.spec(), RequestContext::of(request)) else { return Ok(None) };
        let limit = self.limits.0.iter().enumerate().find(|(_, (paths, _))| paths.contains(&spec.path()));
        let Some((place, &(_, limit))) = limit else { return Ok(None) };
        let mut keys: Vec<Key> = context.device_ids.iter().map(|id| (place, id.clone())).collect();
        keys.sort_unstable();
        keys.dedup();

        let mut slots = lock(&self.slots);
        let now = self.clock.now();
        let slot = slots.next(&keys, usize::try_from(limit).unwrap_or(usize::MAX), now);
        let wait = slot.saturating_duration_since(now);
        if !wait.is_zero() && request.deadline().is_some_and(|deadline| slot >= deadline) {
            let source = format!(
                "{limit} requests a minute are allowed for a device, and the next turn is in {} s, after the deadline",
                wait.as_secs_f64().ceil()
            );
            return Err(TransportError::new(TransportErrorKind::NotSentInTime, source).with_retry_after(wait));
        }
        slots.take(&keys, slot, now);
        Ok(Some(Turn { slots: &self.slots, keys, slot, was_used: false }))
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response, TransportError> {
        loop {
            let Some(mut turn) = self.take_turn(&request)? else { return self.inner.send(request).await };
            let wait = turn.slot.saturating_duration_since(self.clock.now());
            if !wait.is_zero() {
                trace::rate_limit(wait);
                self.clock.sleep(wait).await;
            }
            // Who comes much too late, from a machine that slept, say, would meet those who come in time.
            if self.clock.now().saturating_duration_since(turn.slot) > SLACK {
                continue;
            }
            turn.was_used = true;
            let result = self.inner.send(request).await;
            // What was not sent has not used it.
            turn.was_used = !result.as_ref().is_err_and(|error| error.kind().is_not_sent());
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From outside it cannot be seen what is remembered.
    #[test]
    fn devices_that_nobody_asks_for_anything_are_forgotten() {
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
