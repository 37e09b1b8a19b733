//! Points in time as Seam writes them: RFC 3339, usually UTC with milliseconds.

use std::{
    fmt,
    ops::{Add, AddAssign, Sub, SubAssign},
    str::FromStr,
    time::{Duration, SystemTime},
};

use crate::object::{Kind, ParameterKind, Slot, Text, Time, Value, View, serde_by_value};

/// A point in time, serialized as an RFC 3339 string.
///
/// Timestamps are compared and hashed by their instants. The original string is kept if it differs from Seam's usual
/// format (`2022-08-26T12:50:17.858Z`), so that a fraction of a second or an offset from UTC is serialized unchanged.
///
/// ```
/// use seam_model::Timestamp;
///
/// let utc: Timestamp = "2022-08-26T12:50:17.858Z".parse()?;
/// let paris: Timestamp = "2022-08-26T14:50:17.858+02:00".parse()?;
/// assert_eq!(utc, paris);
/// assert_eq!(paris.to_string(), "2022-08-26T14:50:17.858+02:00");
/// # Ok::<(), seam_model::TimestampError>(())
/// ```
///
/// A timestamp is created from a [`SystemTime`] or a [`jiff::Timestamp`], and with the features `chrono` and `time`
/// from a `chrono::DateTime` or a `time::OffsetDateTime`. Parameters that are points in time accept all of these:
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use seam_model::Timestamp;
///
/// fn ends_at(time: impl Into<Timestamp>) -> Timestamp {
///     time.into()
/// }
///
/// let from_now = ends_at(SystemTime::now() + Duration::from_secs(3600));
/// assert!(from_now > Timestamp::now() && from_now < Timestamp::now() + Duration::from_secs(3601));
/// ```
///
/// # Range
///
/// A timestamp is between the years -9999 and 9999. Conversions from other types and arithmetic saturate at the first
/// and the last instant of this range. [`checked_add`](Self::checked_add) and [`checked_sub`](Self::checked_sub) return
/// `None` outside of it, and `jiff::Timestamp::try_from(system_time)` an error.
#[derive(Clone)]
pub struct Timestamp {
    instant: jiff::Timestamp,
    /// The original string, if [`Canonical`] would format the instant differently.
    text: Option<Box<str>>,
}

impl Timestamp {
    /// Returns the current time of the system clock, in whole milliseconds as Seam writes times.
    ///
    /// Not available on `wasm32-unknown-unknown`, which has no clock; convert the time of the host there.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    #[must_use]
    pub fn now() -> Self {
        let now = Self::from(SystemTime::now()).instant;
        Self::from(jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now))
    }

    /// Returns the time from `earlier` to this instant, which is negative if `earlier` is later.
    ///
    /// ```
    /// use seam_model::Timestamp;
    ///
    /// let created_at: Timestamp = "2026-01-01T12:00:00Z".parse()?;
    /// // In a program with a test clock, the time of that clock.
    /// let now = Timestamp::now();
    /// let age = now.duration_since(created_at);
    /// # Ok::<(), seam_model::TimestampError>(())
    /// ```
    #[must_use]
    pub fn duration_since(&self, earlier: impl Into<Self>) -> jiff::SignedDuration {
        self.instant.duration_since(earlier.into().instant)
    }

    /// Returns the time from this instant to `later`, which is negative if `later` is earlier.
    #[must_use]
    pub fn duration_until(&self, later: impl Into<Self>) -> jiff::SignedDuration {
        later.into().instant.duration_since(self.instant)
    }

    /// Returns the instant that is `duration` later, or `None` after the year 9999.
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.instant.checked_add(duration).ok().map(Self::from)
    }

    /// Returns the instant that is `duration` earlier, or `None` before the year -9999.
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.instant.checked_sub(duration).ok().map(Self::from)
    }

    /// Returns the instant as a type of `jiff`, for arithmetic and time zones.
    #[must_use]
    pub fn to_jiff(&self) -> jiff::Timestamp {
        self.instant
    }
}

/// Formats an instant as Seam does: in UTC, with milliseconds unless it has finer digits.
struct Canonical(jiff::Timestamp);

impl fmt::Display for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subsec_nanosecond() % 1_000_000 == 0 { write!(f, "{:.3}", self.0) } else { write!(f, "{}", self.0) }
    }
}

/// Parses an end of time. It is often written as the last second of the year 9999, some hours after the last instant
/// that `jiff` supports, and read as that last instant.
fn for_ever(text: &str) -> Option<jiff::Timestamp> {
    let last: jiff::civil::DateTime = text.strip_suffix('Z')?.parse().ok()?;
    (last.year() == 9999).then_some(jiff::Timestamp::MAX)
}

/// The length of Seam's usual format, `2022-08-26T12:50:17.858Z`.
const USUAL_LEN: usize = 24;

/// Parses the usual format, with or without milliseconds, from the year 1970. Returns `None` for all other formats, leap
/// seconds and times out of range, which jiff's parser handles.
fn usual(text: &str) -> Option<jiff::Timestamp> {
    let (start, end) = text.as_bytes().split_first_chunk::<16>()?;
    let (date, time) = start.split_first_chunk::<8>()?;
    let seconds = match *end {
        [a, b, c, d, e, f, g, h] => [a, b, c, d, e, f, g, h],
        [colon, tens, ones, z] => [colon, tens, ones, b'.', b'0', b'0', b'0', z],
        _ => return None,
    };
    let [y, _, yy, _, _, month, ..] = pairs(*date, *b"0000-00-")?;
    let [day, _, _, hour, _, _, minute, _] = pairs(time.try_into().ok()?, *b"00T00:00")?;
    let [_, second, _, tenths, _, rest, ..] = pairs(seconds, *b":00.000Z")?;
    let year = y * 100 + yy;
    let days_in_month = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1970 || day < 1 || day > days_in_month || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years begin in March, so that a leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - DAYS_BEFORE_1970;
    let seconds = i64::from(days) * 86400 + i64::from(hour * 3600 + minute * 60 + second);
    jiff::Timestamp::from_millisecond(seconds * 1000 + i64::from(tenths * 100 + rest)).ok()
}

/// The days from March 1 of the year 0 to 1970.
const DAYS_BEFORE_1970: u32 = 719_468;

/// Returns the number that each byte and the next one represent, if `text` has digits where `format` has zeros and is
/// equal to it elsewhere.
#[inline]
fn pairs(text: [u8; 8], format: [u8; 8]) -> Option<[u32; 8]> {
    // All eight bytes are compared and converted at once. The byte of a digit is at most 9 now, and others are zero.
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(format);
    let limits = u64::from_le_bytes(format.map(|byte| if byte == b'0' { 0xf - 9 } else { 0xf }));
    let is_format = (digits | digits.wrapping_add(limits)) & 0xf0f0_f0f0_f0f0_f0f0 == 0;
    is_format.then(|| (digits * 10 + (digits >> 8)).to_le_bytes().map(u32::from))
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self { instant, text: None }
    }
}

impl From<Timestamp> for jiff::Timestamp {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.instant
    }
}

impl From<&Timestamp> for jiff::Timestamp {
    fn from(timestamp: &Timestamp) -> Self {
        timestamp.instant
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampError;

    /// Fails if the platform's clock cannot represent the time.
    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        Self::try_from(&timestamp)
    }
}

impl TryFrom<&Timestamp> for SystemTime {
    type Error = TimestampError;

    /// Fails if the platform's clock cannot represent the time.
    fn try_from(timestamp: &Timestamp) -> Result<Self, TimestampError> {
        timestamp.instant.try_into().map_err(|_| TimestampError::OUT_OF_RANGE)
    }
}

impl From<SystemTime> for Timestamp {
    /// Saturates at the ends of the [range](Timestamp#range).
    fn from(time: SystemTime) -> Self {
        let is_early = time < SystemTime::UNIX_EPOCH;
        Self::from(jiff::Timestamp::try_from(time).unwrap_or(end_of_range(is_early)))
    }
}

impl From<&Self> for Timestamp {
    fn from(timestamp: &Self) -> Self {
        timestamp.clone()
    }
}

/// Returns the first or the last instant of the range.
fn end_of_range(is_early: bool) -> jiff::Timestamp {
    if is_early { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX }
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> From<chrono::DateTime<Tz>> for Timestamp {
    /// Converts the instant to UTC. It saturates at the ends of the [range](Timestamp#range), and a leap second becomes
    /// the end of the second before.
    fn from(time: chrono::DateTime<Tz>) -> Self {
        let seconds = time.timestamp();
        let nanoseconds =
            i32::try_from(time.timestamp_subsec_nanos()).map_or(LAST_NANOSECOND, |n| n.min(LAST_NANOSECOND));
        Self::from(jiff::Timestamp::new(seconds, nanoseconds).unwrap_or(end_of_range(seconds < 0)))
    }
}

/// The last nanosecond of a second.
#[cfg(feature = "chrono")]
const LAST_NANOSECOND: i32 = 999_999_999;

#[cfg(feature = "chrono")]
impl From<Timestamp> for chrono::DateTime<chrono::Utc> {
    fn from(timestamp: Timestamp) -> Self {
        Self::from(&timestamp)
    }
}

#[cfg(feature = "chrono")]
impl From<&Timestamp> for chrono::DateTime<chrono::Utc> {
    fn from(timestamp: &Timestamp) -> Self {
        let nanoseconds = timestamp.instant.as_nanosecond();
        let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok();
        let fraction = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).ok();
        #[expect(clippy::expect_used, reason = "the range of `chrono` is 26 times that of a timestamp")]
        seconds.zip(fraction).and_then(|(seconds, fraction)| Self::from_timestamp(seconds, fraction)).expect("in range")
    }
}

#[cfg(feature = "time")]
impl From<time::OffsetDateTime> for Timestamp {
    /// Converts the instant to UTC. It saturates at the ends of the [range](Timestamp#range).
    fn from(time: time::OffsetDateTime) -> Self {
        let nanoseconds = time.unix_timestamp_nanos();
        Self::from(jiff::Timestamp::from_nanosecond(nanoseconds).unwrap_or(end_of_range(nanoseconds < 0)))
    }
}

#[cfg(feature = "time")]
impl From<Timestamp> for time::OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::from(&timestamp)
    }
}

#[cfg(feature = "time")]
impl From<&Timestamp> for time::OffsetDateTime {
    /// The result is in UTC.
    fn from(timestamp: &Timestamp) -> Self {
        #[expect(clippy::expect_used, reason = "the range of `time` includes the years -9999 to 9999")]
        Self::from_unix_timestamp_nanos(timestamp.instant.as_nanosecond()).expect("in range")
    }
}

/// Implements arithmetic for timestamps and references to them.
macro_rules! arithmetic {
    ($($type:ty),*) => { $(
        /// Saturates at the last instant of the [range](Timestamp#range). The sum is in UTC.
        impl Add<Duration> for $type {
            type Output = Timestamp;

            fn add(self, duration: Duration) -> Timestamp {
                self.checked_add(duration).unwrap_or_else(|| Timestamp::from(end_of_range(false)))
            }
        }

        /// Saturates at the first instant of the [range](Timestamp#range). The difference is in UTC.
        impl Sub<Duration> for $type {
            type Output = Timestamp;

            fn sub(self, duration: Duration) -> Timestamp {
                self.checked_sub(duration).unwrap_or_else(|| Timestamp::from(end_of_range(true)))
            }
        }
    )* };
}

arithmetic!(Timestamp, &Timestamp);

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, duration: Duration) {
        *self = &*self + duration;
    }
}

impl SubAssign<Duration> for Timestamp {
    fn sub_assign(&mut self, duration: Duration) {
        *self = &*self - duration;
    }
}

impl TryFrom<&str> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: &str) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if let Some(instant) = usual(text) {
            return Ok(Self { instant, text: (text.len() != USUAL_LEN).then(|| text.into()) });
        }
        let instant = text.parse().ok().or_else(|| for_ever(text)).ok_or(TimestampError::NOT_RFC_3339)?;
        let kept = (Canonical(instant).to_string() != text).then(|| text.into());
        Ok(Self { instant, text: kept })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.write_str(text),
            None => Canonical(self.instant).fmt(f),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.instant.cmp(&other.instant)
    }
}

impl std::hash::Hash for Timestamp {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.instant.hash(state);
    }
}

impl Value for Timestamp {
    fn empty() -> Self {
        Self::from(jiff::Timestamp::UNIX_EPOCH)
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::Text(self)
    }

    fn view(&self) -> View<'_> {
        View::Time(self)
    }
}

impl Kind for Timestamp {
    const KIND: ParameterKind = ParameterKind::Time;
}

impl Time for Timestamp {
    fn instant(&self) -> jiff::Timestamp {
        self.instant
    }
}

impl Text for Timestamp {
    fn set(&mut self, text: &str) -> Result<(), &'static str> {
        *self = text.parse().map_err(|_| self.expected())?;
        Ok(())
    }

    fn set_deviating(&mut self, text: &str) -> Option<&'static str> {
        *self = without_offset(text)?;
        Some("an RFC 3339 timestamp with an offset")
    }

    fn expected(&self) -> &'static str {
        "an RFC 3339 timestamp"
    }
}

/// Parses a timestamp without an offset from UTC, or without a time, as UTC. Some providers omit them. Only fields of
/// models accept such timestamps, and report them as mismatches.
///
/// A string with an offset or a time zone is a different instant, so it is not accepted.
fn without_offset(text: &str) -> Option<Timestamp> {
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    if pieces.offset().is_some() || pieces.time_zone_annotation().is_some() {
        return None;
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let instant = jiff::tz::Offset::UTC.to_timestamp(civil).ok()?;
    Some(Timestamp { instant, text: Some(text.into()) })
}

serde_by_value!(Timestamp, text);

/// The error for a string that is not a timestamp, or a time that is out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampError(&'static str);

impl TimestampError {
    const NOT_RFC_3339: Self = Self("not an RFC 3339 timestamp with an offset, such as 2022-08-26T12:50:17.858Z");
    const OUT_OF_RANGE: Self = Self("the time is out of range");
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for TimestampError {}
