//! Times of day and durations.

use std::{fmt, str::FromStr};

use crate::object::{Kind, ParameterKind, Slot, Text, Value, View, serde_by_value};

/// Implements the traits of a string with a parsed value. Equality and hashing use the string.
macro_rules! parsed_string {
    ($name:ident, $parsed:ty, $parse:path, $empty:literal, $empty_value:expr, $error:ident, $expected:literal) => {
        impl $name {
            /// Returns the string as Seam writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// Returns the value as a type of `jiff`, for calculations.
            #[must_use]
            pub fn to_jiff(&self) -> $parsed {
                self.value
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let value = $parse(text).ok_or($error)?;
                Ok(Self { text: text.into(), value })
            }
        }

        impl Kind for $name {
            const KIND: ParameterKind = ParameterKind::Text;
        }

        impl TryFrom<&str> for $name {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for $parsed {
            fn from(value: $name) -> Self {
                value.value
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.text)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.text.hash(state);
            }
        }

        impl Value for $name {
            fn empty() -> Self {
                Self { text: $empty.into(), value: $empty_value }
            }

            fn slot(&mut self) -> Slot<'_> {
                Slot::Text(self)
            }

            fn view(&self) -> View<'_> {
                View::Text(self.as_str().into())
            }
        }

        impl Text for $name {
            fn set(&mut self, text: &str) -> Result<(), &'static str> {
                *self = text.parse().map_err(|_| self.expected())?;
                Ok(())
            }

            fn expected(&self) -> &'static str {
                $expected
            }
        }

        serde_by_value!($name, text);

        /// The error for a string that is not
        #[doc = concat!($expected, ".")]
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $error;

        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("not ", $expected))
            }
        }

        impl std::error::Error for $error {}
    };
}

/// A time of day without a date and a time zone, such as `15:00` or `06:30:00`.
///
/// The 24-hour clock counts from `00:00` to `23:59:59`. The string is kept as it was read, and two values are equal
/// when their strings are: compare [`to_jiff`](Self::to_jiff) to treat `15:00` and `15:00:00` as equal.
///
/// ```
/// use seam_model::TimeOfDay;
///
/// let checkin: TimeOfDay = "15:00".parse()?;
/// assert_eq!((checkin.to_jiff().hour(), checkin.to_jiff().minute()), (15, 0));
/// assert_eq!(checkin.to_string(), "15:00");
/// assert!("3 pm".parse::<TimeOfDay>().is_err());
/// # Ok::<(), seam_model::TimeOfDayError>(())
/// ```
#[derive(Clone)]
pub struct TimeOfDay {
    text: Box<str>,
    value: jiff::civil::Time,
}

parsed_string!(
    TimeOfDay,
    jiff::civil::Time,
    parse_time,
    "00:00:00",
    jiff::civil::Time::midnight(),
    TimeOfDayError,
    "a time of day such as 15:00 or 06:30:00"
);

impl From<jiff::civil::Time> for TimeOfDay {
    /// Formats hours, minutes and seconds, and drops a fraction of a second.
    fn from(value: jiff::civil::Time) -> Self {
        let text = format!("{:02}:{:02}:{:02}", value.hour(), value.minute(), value.second());
        Self { text: text.into(), value: value.with().subsec_nanosecond(0).build().unwrap_or(value) }
    }
}

/// A duration in the format of ISO 8601, such as `PT672H` or `P29D`.
///
/// A day of such a duration is a calendar day, which has 23 or 25 hours when the clocks change. For that reason
/// [`to_jiff`](Self::to_jiff) returns a span and not a `std::time::Duration`. The string is kept as it was read, and
/// two values are equal when their strings are.
///
/// ```
/// use seam_model::IsoDuration;
///
/// let longest: IsoDuration = "P29D".parse()?;
/// assert_eq!(longest.to_jiff().get_days(), 29);
/// assert_eq!(longest.to_string(), "P29D");
/// assert!("29 days".parse::<IsoDuration>().is_err());
/// # Ok::<(), seam_model::IsoDurationError>(())
/// ```
#[derive(Clone)]
pub struct IsoDuration {
    text: Box<str>,
    value: jiff::Span,
}

parsed_string!(
    IsoDuration,
    jiff::Span,
    parse_duration,
    "PT0S",
    jiff::Span::new(),
    IsoDurationError,
    "an ISO 8601 duration such as PT672H or P29D"
);

/// Parses a time. `jiff` alone would accept other formats, such as a time without colons and the time of a date.
fn parse_time(text: &str) -> Option<jiff::civil::Time> {
    let is_time = match text.as_bytes() {
        [_, _, b':', _, _] | [_, _, b':', _, _, b':', _, _] => true,
        [_, _, b':', _, _, b':', _, _, b'.', fraction @ ..] => fraction.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    text.parse().ok().filter(|_| is_time)
}

/// Parses a duration. `jiff` alone would accept other formats, such as `29 days`.
fn parse_duration(text: &str) -> Option<jiff::Span> {
    text.parse().ok().filter(|_| text.starts_with('P'))
}
