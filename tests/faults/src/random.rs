//! Random faults. The fault of a request is a function of the seed, the request, and the number of times that it has arrived.
//!
//! It does not depend on the order of requests, so that a seed reproduces a failure.

/// The fault that the server applies to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A normal response.
    None,
    /// A delayed response.
    Delay,
    /// A response in small parts with pauses, complete before the timeout of most calls.
    SlowResponse,
    /// A response after an informational response.
    InformationalResponse,
    /// A response in chunks.
    Chunked,
    /// A response without a length, whose body ends with the connection.
    CloseDelimited,
    /// A response with `connection: close`, and then a closed connection.
    ConnectionClose,
    /// A response without `connection: close`, and then a closed connection after a short delay.
    CloseAfterResponse,
    /// A response, and then the next connection is closed as soon as it is accepted.
    CloseNextConnection,
    /// A response, and then no listener for a short time: connections are refused.
    RefuseConnections,
    /// A response, followed by a second, unrequested response.
    ExtraResponse,
    /// A closed connection without a response.
    CloseWithoutResponse,
    /// A reset connection without a response.
    Reset,
    /// A connection that is closed within the head of the response.
    TruncatedHead,
    /// A connection that is closed within the body of the response.
    TruncatedBody,
    /// A response that stops within its body, on a connection that stays open.
    StalledBody,
    /// A response with this status. The message of an error in Seam's format quotes the secrets of the request.
    Status(u16),
    /// A response with status 429 and this number of seconds in `retry-after`.
    RetryAfter(u16),
    /// A successful status with an HTML page that quotes the secrets of the request.
    HtmlPage,
    /// A successful status with JSON of unexpected types that quotes the secrets of the request.
    UnexpectedJson,
    /// Bytes that are not HTTP.
    NotHttp,
    /// Endless headers.
    EndlessHead,
    /// A `content-length` longer than the body, and then a closed connection.
    LengthTooLong,
    /// A `content-length` shorter than the body, so that the rest precedes the next response.
    LengthTooShort,
    /// A chunked body with an invalid chunk.
    InvalidChunk,
    /// Two conflicting `content-length` headers.
    ConflictingLengths,
    /// No response, on a connection that stays open.
    NoResponse,
    /// A response whose body is sent byte by byte, and never ends.
    EndlessBody,
}

/// The frequency of each fault in a thousand requests. All other requests get a normal response.
const FREQUENCIES: [(Fault, u16); 37] = [
    (Fault::Delay, 60),
    (Fault::SlowResponse, 30),
    (Fault::InformationalResponse, 15),
    (Fault::Chunked, 15),
    (Fault::CloseDelimited, 15),
    (Fault::ConnectionClose, 15),
    (Fault::CloseAfterResponse, 25),
    (Fault::CloseNextConnection, 5),
    (Fault::RefuseConnections, 2),
    (Fault::ExtraResponse, 20),
    (Fault::CloseWithoutResponse, 30),
    (Fault::Reset, 30),
    (Fault::TruncatedHead, 25),
    (Fault::TruncatedBody, 25),
    (Fault::StalledBody, 1),
    (Fault::Status(204), 3),
    (Fault::Status(302), 3),
    (Fault::Status(400), 15),
    (Fault::Status(401), 5),
    (Fault::Status(404), 10),
    (Fault::Status(407), 3),
    (Fault::Status(408), 15),
    (Fault::Status(429), 15),
    (Fault::Status(500), 20),
    (Fault::Status(502), 15),
    (Fault::Status(503), 20),
    (Fault::RetryAfter(0), 10),
    (Fault::RetryAfter(1), 5),
    (Fault::HtmlPage, 15),
    (Fault::UnexpectedJson, 15),
    (Fault::NotHttp, 15),
    (Fault::EndlessHead, 1),
    (Fault::LengthTooLong, 15),
    (Fault::LengthTooShort, 15),
    (Fault::InvalidChunk, 10),
    (Fault::ConflictingLengths, 10),
    // Rare, because each takes the whole timeout of its call.
    (Fault::NoResponse, 1),
];

impl Fault {
    fn random(rng: &mut fastrand::Rng) -> Self {
        let mut number = rng.u16(0..1000);
        if number == 999 {
            return Self::EndlessBody;
        }
        for (fault, frequency) in FREQUENCIES {
            match number.checked_sub(frequency) {
                Some(rest) => number = rest,
                None => return fault,
            }
        }
        Self::None
    }

    /// Returns the name of the fault.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

/// The choice of faults.
#[derive(Clone, Copy, Debug)]
pub enum Faults {
    /// The same fault for all requests.
    Always(Fault),
    /// Random faults with this seed.
    Seeded(u64),
}

impl Faults {
    /// Returns the fault of a request that arrives for the `arrival`-th time.
    #[must_use]
    pub fn of(self, request: &str, arrival: usize) -> Fault {
        match self {
            Self::Always(fault) => fault,
            Self::Seeded(seed) => Fault::random(&mut rng(seed, &format!("{request} #{arrival}"))),
        }
    }

    /// Returns the seed, or 0 if the faults are not random.
    pub(crate) fn seed(self) -> u64 {
        match self {
            Self::Always(_) => 0,
            Self::Seeded(seed) => seed,
        }
    }
}

/// Returns a random number generator for a seed and a label. Equal arguments yield equal numbers.
pub(crate) fn rng(seed: u64, label: &str) -> fastrand::Rng {
    // FNV-1a, and then the final steps of SplitMix64, so that similar labels yield unrelated numbers.
    let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    fastrand::Rng::with_seed(hash ^ (hash >> 31))
}

/// The course of an action attempt.
pub(crate) struct AttemptPlan {
    /// The number of polls for which the attempt is pending, or `None` if it stays pending.
    pub(crate) pending_polls: Option<usize>,
    /// Whether the attempt fails in the end.
    pub(crate) fails: bool,
}

/// Returns the course of the action attempt of a call.
pub(crate) fn attempt_plan(seed: u64, id: &str) -> AttemptPlan {
    let mut rng = rng(seed, &format!("{id} acts"));
    let pending_polls = match rng.u8(0..20) {
        0 => None,
        1..=8 => Some(0),
        number => Some(usize::from(number % 4)),
    };
    AttemptPlan { pending_polls, fails: rng.u8(0..8) == 0 }
}

/// Returns the number of pages of the list of a call.
pub(crate) fn page_count(seed: u64, id: &str) -> usize {
    rng(seed, &format!("{id} lists")).usize(1..=4)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn faults_depend_on_seed_request_and_arrival() {
        let faults = |seed| (0..1000).map(move |number| Faults::Seeded(seed).of(&format!("call-{number}"), 1));
        assert!(faults(1).eq(faults(1)));
        assert!(!faults(1).eq(faults(2)));
        let second_arrival = (0..1000).map(|number| Faults::Seeded(1).of(&format!("call-{number}"), 2));
        assert!(!faults(1).eq(second_arrival));
    }

    #[test]
    fn every_fault_has_about_its_frequency() {
        let mut counts: BTreeMap<String, u16> = BTreeMap::new();
        for number in 0..50_000 {
            *counts.entry(Faults::Seeded(3).of(&format!("call-{number}"), 1).name()).or_default() += 1;
        }
        for (fault, frequency) in FREQUENCIES {
            let count = counts.get(&fault.name()).copied().unwrap_or_default();
            assert!((frequency * 25..=frequency * 80).contains(&count), "{fault:?}: {count}");
        }
        assert!(FREQUENCIES.iter().map(|(_, frequency)| frequency).sum::<u16>() < 600);
        assert!(counts.contains_key("EndlessBody") && counts.contains_key("None"), "{counts:?}");
    }
}
