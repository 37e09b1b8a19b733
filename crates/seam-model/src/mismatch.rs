//! Values of an unexpected type: their paths, the expected types, and the recorder that collects them while a response
//! is deserialized.

use std::{cell::RefCell, fmt};

/// A value that is not of the expected type. Its field is `None`, or its entry is omitted from its list; the value
/// itself is in the [`Extra`](crate::Extra) of its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    path: String,
    expected: &'static str,
}

impl Mismatch {
    #[doc(hidden)]
    #[must_use]
    pub fn new(path: String, expected: &'static str) -> Self {
        Self { path, expected }
    }

    /// Returns the JSON path of the value, such as `devices[3].properties.battery_level`. It begins at the root of the
    /// response or, for [`Extra::mismatches`](crate::Extra::mismatches), at the object. Its length is bounded, and it
    /// consists of letters, digits, `_`, `-`, `.`, `[`, `]`, and `?` for any other character.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the expected type, such as `a number`.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.path, self.expected)
    }
}

/// One step of a JSON path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The member of an object with this name.
    Name(&'a str),
    /// The entry of a list at this index.
    Index(usize),
}

/// The maximum length of a name in a path, in bytes.
const LONGEST_NAME: usize = 100;

impl Step<'_> {
    /// Returns the path of this step followed by the path `rest`.
    pub(crate) fn before(self, rest: &str) -> String {
        let mut path = match self {
            // Names may come from the server, so only characters that are safe in logs are kept.
            Self::Name(name) => name.bytes().take(LONGEST_NAME).map(shown).collect(),
            Self::Index(index) => format!("[{index}]"),
        };
        if !rest.is_empty() && !rest.starts_with('[') {
            path.push('.');
        }
        path + rest
    }
}

fn shown(byte: u8) -> char {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => byte.into(),
        _ => '?',
    }
}

/// The mismatches of one value: the first 20, and the number of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatches {
    listed: Vec<Mismatch>,
    more: usize,
}

impl Mismatches {
    /// The maximum number of listed mismatches.
    const MOST: usize = 20;

    /// Creates the mismatch of the value itself.
    pub(crate) fn one(expected: &'static str) -> Self {
        Self { listed: vec![Mismatch::new(String::new(), expected)], more: 0 }
    }

    /// Adds the mismatches of a part of the value.
    pub(crate) fn add(&mut self, step: Step<'_>, mut part: Self) {
        part.insert(0, step);
        self.append(part);
    }

    /// Adds the mismatches of another pass over the same value.
    pub fn append(&mut self, other: Self) {
        let capacity = Self::MOST - self.listed.len().min(Self::MOST);
        self.more += other.more + other.listed.len().saturating_sub(capacity);
        self.listed.extend(other.listed.into_iter().take(capacity));
    }

    /// Adds the mismatches of another pass over the same document, unless their paths are already listed.
    pub fn append_new(&mut self, mut other: Self) {
        if !self.listed.is_empty() {
            other.listed.retain(|new| self.listed.iter().all(|listed| listed.path != new.path));
        }
        self.append(other);
    }

    /// Changes all paths.
    pub fn change_paths(&mut self, change: impl Fn(&str) -> String) {
        self.listed.iter_mut().for_each(|mismatch| mismatch.path = change(&mismatch.path));
    }

    /// Adds a mismatch.
    pub fn push(&mut self, mismatch: Mismatch) {
        self.append(Self { listed: vec![mismatch], more: 0 });
    }

    /// Adds to the number of unlisted mismatches.
    pub fn add_unlisted(&mut self, more: usize) {
        self.more += more;
    }

    fn insert(&mut self, from: usize, step: Step<'_>) {
        for mismatch in self.listed.iter_mut().skip(from) {
            mismatch.path = step.before(&mismatch.path);
        }
    }

    /// Returns the listed mismatches.
    #[must_use]
    pub fn listed(&self) -> &[Mismatch] {
        &self.listed
    }

    /// Returns the number of unlisted mismatches.
    #[must_use]
    pub fn unlisted(&self) -> usize {
        self.more
    }
}

thread_local! {
    /// The mismatches recorded on this thread; `None` unless [`record`] is running.
    static RECORDED: RefCell<Option<Mismatches>> = const { RefCell::new(None) };
}

/// Calls `read`, and collects the mismatches of the models that it deserializes on this thread. Their paths begin at
/// the outermost model; [`placed`] adds the path to it.
pub fn record<T>(read: impl FnOnce() -> T) -> (T, Mismatches) {
    let outer = RECORDED.replace(Some(Mismatches::default()));
    let value = read();
    let recorded = RECORDED.replace(outer);
    (value, recorded.unwrap_or_default())
}

/// Reads the part of a value at `step`, and prepends that step to the paths of the mismatches in it.
pub fn placed<T>(step: Step<'_>, read: impl FnOnce() -> T) -> T {
    let listed = || RECORDED.with_borrow(|recorded| recorded.as_ref().map_or(0, |recorded| recorded.listed.len()));
    let before = listed();
    let value = read();
    if listed() != before {
        RECORDED.with_borrow_mut(|recorded| recorded.iter_mut().for_each(|recorded| recorded.insert(before, step)));
    }
    value
}

/// Records mismatches, if [`record`] is running.
#[cold]
pub(crate) fn report(mismatches: Mismatches) {
    RECORDED.with_borrow_mut(|recorded| {
        if let Some(recorded) = recorded {
            recorded.append(mismatches);
        }
    });
}
