//! Waiting instead of being refused: the limits that Seam has for each device.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::{
    Clock, Request, Response, Spec, Transport, TransportError, TransportErrorKind, trace,
    transport::{self, Terms},
};

/// What Seam documents. Both ways to create codes put one on each device that they name.
const DOCUMENTED: [(&[&str], u32); 5] = [
    (&["/access_codes/create", "/access_codes/create_multiple"], 10),
    (&["/access_codes/update"], 10),
    (&["/access_codes/delete"], 20),
    (&["/locks/lock_door"], 15),
    (&["/locks/unlock_door"], 15),
];

/// A minute, and what a request may be faster on its way than the one before it.
const WINDOW: Duration = Duration::from_secs(61);

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
pub struct RateLimits(pub(crate) Vec<(Vec<String>, u32)>);

impl RateLimits {
    /// What Seam documents, for each device and minute: 10 codes created, 10 updated, 20 deleted; locked 15
    /// times, unlocked 15 times.
    pub fn documented() -> Self {
        let limits =
            DOCUMENTED.map(|(paths, requests)| (paths.iter().map(|&path| path.to_owned()).collect(), requests));
        Self(limits.into())
    }

    /// No limits, to begin a list of your own.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// With another limit: how many requests for one device in a minute, by all routes of `paths` together. Takes
    /// the place of the limits that these routes have. Not zero.
    ///
    /// ```
    /// use seam_core::RateLimits;
    ///
    /// let limits = RateLimits::documented().per_minute(["/locks/lock_door", "/locks/unlock_door"], 15);
    /// ```
    pub fn per_minute(mut self, paths: impl IntoIterator<Item = impl Into<String>>, requests: u32) -> Self {
        let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        for (others, _) in &mut self.0 {
            others.retain(|other| !paths.contains(other));
        }
        self.0.push((paths, requests));
        self
    }
}

/// Holds requests back until their devices have room for them.
#[derive(Debug)]
pub(crate) struct RateLimit<T> {
    limits: RateLimits,
    slots: Mutex<Slots>,
    clock: Arc<dyn Clock>,
    inner: T,
}

/// When requests were or will be sent, by limit and device.
#[derive(Debug, Default)]
struct Slots {
    by_device: HashMap<(usize, String), VecDeque<Instant>>,
    /// How many devices there were after the last look for those that nobody asked for anything of late.
    after_cleaning: usize,
}

impl Slots {
    /// The first moment when all `keys` have room for one more request among `limit` of them, and nobody's turn who came
    /// before is still to come.
    fn next(&self, keys: &[(usize, String)], limit: usize, now: Instant) -> Instant {
        let slots = keys.iter().filter_map(|key| self.by_device.get(key));
        slots.fold(now, |next, slots| {
            let place = slots.len().checked_sub(limit);
            let has_room = place.and_then(|place| slots.get(place)).and_then(|slot| slot.checked_add(WINDOW));
            [slots.back().copied(), has_room].into_iter().flatten().fold(next, Instant::max)
        })
    }

    fn take(&mut self, keys: Vec<(usize, String)>, limit: usize, slot: Instant, now: Instant) {
        for key in keys {
            let slots = self.by_device.entry(key).or_default();
            slots.push_back(slot);
            // Only the last ones decide when there is room again.
            while slots.len() > limit {
                slots.pop_front();
            }
        }
        if self.by_device.len() > 2 * self.after_cleaning.max(64) {
            self.by_device.retain(|_, slots| {
                slots.back().and_then(|slot| slot.checked_add(WINDOW)).is_some_and(|is_forgotten| is_forgotten > now)
            });
            self.after_cleaning = self.by_device.len();
        }
    }
}

impl<T: Transport> RateLimit<T> {
    pub(crate) fn new(limits: RateLimits, clock: Arc<dyn Clock>, inner: T) -> Self {
        Self { limits, slots: Mutex::default(), clock, inner }
    }

    /// How long `request` has to wait for its turn, which is then its own. A caller that goes away while it
    /// waits leaves it unused: those behind it know their turns already.
    fn reserve(&self, request: &Request) -> Result<Duration, TransportError> {
        let (Some(spec), Some(terms)) = (Spec::of(request), Terms::of(request)) else { return Ok(Duration::ZERO) };
        let limit = self.limits.0.iter().enumerate().find(|(_, (paths, _))| paths.iter().any(|path| path == spec.path));
        let Some((place, &(_, limit))) = limit else { return Ok(Duration::ZERO) };
        let mut keys: Vec<_> = terms.device_ids.iter().map(|id| (place, id.clone())).collect();
        keys.sort_unstable();
        keys.dedup();

        let count = usize::try_from(limit).unwrap_or(usize::MAX);
        // Also after a panic elsewhere: slots are never left half taken.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let slot = slots.next(&keys, count, now);
        let wait = slot.saturating_duration_since(now);
        if !wait.is_zero() && transport::deadline(request).is_some_and(|deadline| slot >= deadline) {
            let source = format!(
                "{limit} requests a minute are allowed for a device, and the next turn is in {} s, after the deadline",
                wait.as_secs_f64().ceil()
            );
            return Err(TransportError::new(TransportErrorKind::NotSentInTime, source).with_retry_after(wait));
        }
        slots.take(keys, count, slot, now);
        Ok(wait)
    }
}

#[async_trait]
impl<T: Transport> Transport for RateLimit<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let wait = self.reserve(&request)?;
        if !wait.is_zero() {
            trace::rate_limit(wait);
            self.clock.sleep(wait).await;
        }
        self.inner.send(request).await
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
            slots.take(vec![(0, number.to_string())], 10, now, now);
            assert!(slots.by_device.len() <= 2 * 6_200, "{number}: {}", slots.by_device.len());
        }
        // One device that is asked for a lot takes no more room than its limit.
        for _ in 0..1000 {
            slots.take(vec![(0, "front".to_owned())], 10, started, started);
        }
        assert_eq!(slots.by_device.get(&(0, "front".to_owned())).map(VecDeque::len), Some(10));
    }
}
