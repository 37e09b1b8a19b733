//! Faults by chance: what happens to a request is a function of a seed, of the request, and of how often it arrived.
//!
//! Nothing depends on which request came first, so that a seed that fails does so again.

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: it is answered.
    None,
    /// It is answered, but not at once.
    Late,
    /// It is answered in small pieces with pauses between them, and within the time of most calls.
    SlowDrip,
    /// It is answered after a status that is not final.
    Interim,
    /// It is answered in chunks.
    Chunked,
    /// It is answered without a length: the body ends with the connection.
    CloseDelimited,
    /// It is answered, and the connection is closed as the answer said.
    SaysClose,
    /// It is answered, and the connection is closed a little later, of which the answer said nothing.
    ClosesSilently,
    /// It is answered, and the next connection that somebody makes is closed as soon as it is there.
    ClosesNext,
    /// It is answered, and then nobody listens for a while: connections are refused.
    Refuses,
    /// It is answered, and with the answer comes another one that nobody asked for.
    Stray,
    /// The connection is closed without an answer.
    CloseUnanswered,
    /// The connection is reset.
    Reset,
    /// The connection is closed in the middle of the head of the answer.
    HalfHead,
    /// The connection is closed in the middle of the body of the answer.
    HalfBody,
    /// Nothing more comes from the middle of the body of the answer on.
    Stall,
    /// An answer with this status. Those of Seam's own quote the secrets of the request in their message.
    Status(u16),
    /// An answer with status 429 that asks to wait so many seconds.
    RetryAfter(u16),
    /// A successful status, and a page for people that quotes the secrets of the request.
    Garbage,
    /// A successful status, and JSON in which the answer is of another shape, with the secrets in it.
    WrongShape,
    /// Bytes that are not HTTP.
    GarbageHead,
    /// Headers without end.
    HeadFlood,
    /// A length that is more than what comes before the connection is closed.
    TooLong,
    /// A length that is less than what comes: the rest is where the next answer should be.
    TooShort,
    /// Chunks that are none.
    WrongChunks,
    /// Two lengths that contradict each other.
    TwoLengths,
    /// No answer ever.
    Hang,
    /// An answer that comes byte by byte, and never ends.
    Drip,
}

/// How often each fault happens, of a thousand requests. The others are answered.
const BY_CHANCE: [(Fault, u16); 37] = [
    (Fault::Late, 60),
    (Fault::SlowDrip, 30),
    (Fault::Interim, 15),
    (Fault::Chunked, 15),
    (Fault::CloseDelimited, 15),
    (Fault::SaysClose, 15),
    (Fault::ClosesSilently, 25),
    (Fault::ClosesNext, 5),
    (Fault::Refuses, 2),
    (Fault::Stray, 20),
    (Fault::CloseUnanswered, 30),
    (Fault::Reset, 30),
    (Fault::HalfHead, 25),
    (Fault::HalfBody, 25),
    (Fault::Stall, 1),
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
    (Fault::Garbage, 15),
    (Fault::WrongShape, 15),
    (Fault::GarbageHead, 15),
    (Fault::HeadFlood, 1),
    (Fault::TooLong, 15),
    (Fault::TooShort, 15),
    (Fault::WrongChunks, 10),
    (Fault::TwoLengths, 10),
    // So few, since each takes all the time that its call has.
    (Fault::Hang, 1),
];

impl Fault {
    fn by_chance(random: &mut fastrand::Rng) -> Self {
        let mut number = random.u16(0..1000);
        if number == 999 {
            return Self::Drip;
        }
        for (fault, times) in BY_CHANCE {
            match number.checked_sub(times) {
                Some(rest) => number = rest,
                None => return fault,
            }
        }
        Self::None
    }

    /// Its name, for counting.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

/// Who decides about the faults.
#[derive(Clone, Copy, Debug)]
pub enum Faults {
    /// All requests have the same one.
    Always(Fault),
    /// Chance, with this seed.
    Seeded(u64),
}

impl Faults {
    /// What happens to the request that arrives for the `arrival`-th time.
    #[must_use]
    pub fn of(self, request: &str, arrival: usize) -> Fault {
        match self {
            Self::Always(fault) => fault,
            Self::Seeded(seed) => Fault::by_chance(&mut chance(seed, &format!("{request} #{arrival}"))),
        }
    }

    /// The seed.
    pub(crate) fn seed(self) -> u64 {
        match self {
            Self::Always(_) => 0,
            Self::Seeded(seed) => seed,
        }
    }
}

/// A source of chance that is the same for the same seed and matter.
pub(crate) fn chance(seed: u64, matter: &str) -> fastrand::Rng {
    // FNV-1a, and then the last steps of SplitMix64, so that numbers that follow each other have nothing in common.
    let hash = matter.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    fastrand::Rng::with_seed(hash ^ (hash >> 31))
}

/// What becomes of an action: how many looks it is pending for, if it ends at all, and whether it fails then.
pub(crate) fn action(seed: u64, id: &str) -> (Option<usize>, bool) {
    let mut random = chance(seed, &format!("{id} acts"));
    let looks = match random.u8(0..20) {
        0 => None,
        1..=8 => Some(0),
        number => Some(usize::from(number % 4)),
    };
    (looks, random.u8(0..8) == 0)
}

/// How many pages a list has.
pub(crate) fn pages(seed: u64, id: &str) -> usize {
    chance(seed, &format!("{id} lists")).usize(1..=4)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_seed_decides_and_nothing_else() {
        let faults = |seed| (0..1000).map(move |number| Faults::Seeded(seed).of(&format!("call-{number}"), 1));
        assert!(faults(1).eq(faults(1)));
        assert!(!faults(1).eq(faults(2)));
        let again = (0..1000).map(|number| Faults::Seeded(1).of(&format!("call-{number}"), 2));
        assert!(!faults(1).eq(again));
    }

    #[test]
    fn every_fault_happens_about_as_often_as_it_should() {
        let mut counts: BTreeMap<String, u16> = BTreeMap::new();
        for number in 0..50_000 {
            *counts.entry(Faults::Seeded(3).of(&format!("call-{number}"), 1).name()).or_default() += 1;
        }
        for (fault, times) in BY_CHANCE {
            let count = counts.get(&fault.name()).copied().unwrap_or_default();
            assert!((times * 25..=times * 80).contains(&count), "{fault:?}: {count}");
        }
        assert!(BY_CHANCE.iter().map(|(_, times)| times).sum::<u16>() < 600);
        assert!(counts.contains_key("Drip") && counts.contains_key("None"), "{counts:?}");
    }
}
