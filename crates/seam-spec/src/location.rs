//! Locations in the files of this crate, and parse errors.

use std::fmt;

/// A line of a file of this crate, such as `api/routes.txt:12`.
///
/// All locations are equal: descriptions are compared by their content, not by its position in the files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Location {
    /// The path of the file in this crate; empty for items that were not read from a file.
    pub file: &'static str,
    /// The line number, counted from 1.
    pub line: usize,
}

impl PartialEq for Location {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Location {}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Location {
    pub(crate) fn error(self, problem: impl Into<String>) -> ParseError {
        ParseError { location: self, problem: problem.into() }
    }
}

/// A line that cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line.
    pub location: Location,
    /// The problem.
    pub problem: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.problem)
    }
}

impl std::error::Error for ParseError {}
