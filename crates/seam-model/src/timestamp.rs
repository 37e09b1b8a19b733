//! Points in time as Seam writes them: RFC 3339, usually UTC with milliseconds.

use std::{fmt, str::FromStr, time::SystemTime};

use crate::object::{Slot, Text, Value, View, serde_by_value};

/// A point in time, read from and written as RFC 3339 text.
///
/// Two timestamps are equal, ordered and hashed by the instant they name. The text they were read
/// from is kept when it differs from Seam's usual form (`2022-08-26T12:50:17.858Z`), so that a
/// fraction of a second or an offset from UTC is written back as it came.
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
#[derive(Clone)]
pub struct Timestamp {
    instant: jiff::Timestamp,
    /// The text as it was read, when [`Canonical`] would not write it that way.
    text: Option<Box<str>>,
}

impl Timestamp {
    /// The instant, for arithmetic and time zones.
    #[must_use]
    pub fn as_jiff(&self) -> jiff::Timestamp {
        self.instant
    }
}

/// Writes Seam's usual form: UTC, and milliseconds unless there are finer digits to keep.
struct Canonical(jiff::Timestamp);

impl fmt::Display for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subsec_nanosecond() % 1_000_000 == 0 { write!(f, "{:.3}", self.0) } else { write!(f, "{}", self.0) }
    }
}

/// "For ever" is often written as the last second of the year 9999, which is some hours past the last
/// instant that jiff knows. It is read as that instant, and written back as it came.
fn for_ever(text: &str) -> Option<jiff::Timestamp> {
    let last: jiff::civil::DateTime = text.strip_suffix('Z')?.parse().ok()?;
    (last.year() == 9999).then_some(jiff::Timestamp::MAX)
}

/// Whether a valid timestamp is surely written like `2022-08-26T12:50:17.858Z`, which saves writing it
/// to find out. A leap second is not: its instant is that of the second before.
fn is_usual(text: &str) -> bool {
    match text.as_bytes() {
        [b'9', b'9', b'9', b'9', ..] => false,
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', second, _, b'.', _, _, _, b'Z'] => {
            *second != b'6'
        }
        _ => false,
    }
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

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampError;

    /// Fails where the platform's clock cannot express the time.
    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        timestamp.instant.try_into().map_err(|_| TimestampError::OUT_OF_RANGE)
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = TimestampError;

    /// Fails outside the years -9999 to 9999.
    fn try_from(time: SystemTime) -> Result<Self, TimestampError> {
        jiff::Timestamp::try_from(time).map(Self::from).map_err(|_| TimestampError::OUT_OF_RANGE)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let instant = text.parse().ok().or_else(|| for_ever(text)).ok_or(TimestampError::NOT_RFC_3339)?;
        let kept = (!is_usual(text) && Canonical(instant).to_string() != text).then(|| text.into());
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
    fn blank() -> Self {
        Self::from(jiff::Timestamp::UNIX_EPOCH)
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::Text(self)
    }

    fn view(&self) -> View<'_> {
        View::Time(self)
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

/// Some device makers' systems leave the offset from UTC out, or the time. Inside a model that is read as UTC, and
/// reported.
///
/// A string with an offset or a time zone names another instant, so it is not read this way.
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

/// A text is not a timestamp, or a time is out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampError(&'static str);

impl TimestampError {
    const NOT_RFC_3339: Self = Self("not an RFC 3339 timestamp with an offset, such as 2022-08-26T12:50:17.858Z");
    const OUT_OF_RANGE: Self = Self("a time out of range");
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for TimestampError {}
