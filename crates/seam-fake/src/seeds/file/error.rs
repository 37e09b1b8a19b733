//! Errors of seed files, with their positions.

use std::{error::Error, fmt};

/// The maximum number of problems that a [`SeedError`] lists.
const MAX_PROBLEMS: usize = 20;

/// One or more problems in a seed file, in the order of their positions.
///
/// `Display` prints one line for each of the first 20: `12:8: unknown device type 'yale_lok'; did you mean 'yale_lock'?`.
/// [`in_file`](Self::in_file) adds the name of the file. Messages never contain PINs, API keys or secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedError {
    file: Option<String>,
    /// At least one.
    problems: Vec<SeedProblem>,
    omitted: usize,
}

/// One problem in a seed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedProblem {
    line: usize,
    column: usize,
    message: String,
}

impl SeedError {
    /// Creates the error for these problems, given by byte offset and message; `None` if there are none.
    pub(super) fn new(text: &str, mut problems: Vec<(usize, String)>) -> Option<Self> {
        problems.sort_by_key(|(at, _)| *at);
        let omitted = problems.len().saturating_sub(MAX_PROBLEMS);
        problems.truncate(MAX_PROBLEMS);
        let problems = problems.into_iter().map(|(at, message)| {
            let before = text.get(..at).unwrap_or(text);
            let start_of_line = before.rfind('\n').map_or(0, |newline| newline + 1);
            let line = before.matches('\n').count() + 1;
            let column = before.get(start_of_line..).unwrap_or_default().chars().count() + 1;
            SeedProblem { line, column, message }
        });
        let problems: Vec<SeedProblem> = problems.collect();
        (!problems.is_empty()).then_some(Self { file: None, problems, omitted })
    }

    /// Returns the line of the first problem, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.problems.first().map_or(1, SeedProblem::line)
    }

    /// Returns the column of the first problem in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.problems.first().map_or(1, SeedProblem::column)
    }

    /// Returns the message of the first problem, without its position.
    #[must_use]
    pub fn message(&self) -> &str {
        self.problems.first().map_or("", SeedProblem::message)
    }

    /// Returns the problems in the order of their positions, at most 20.
    #[must_use]
    pub fn problems(&self) -> &[SeedProblem] {
        &self.problems
    }

    /// Returns the number of problems that [`problems`](Self::problems) omits.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Adds a file name to the output of each problem, as in `hotel.toml:12:8: ...`.
    #[must_use]
    pub fn in_file(mut self, name: impl Into<String>) -> Self {
        self.file = Some(name.into());
        self
    }
}

impl SeedProblem {
    /// Returns the line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// Returns the message, without the position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for SeedProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            if let Some(file) = &self.file {
                write!(f, "{file}:")?;
            }
            write!(f, "{problem}")?;
        }
        match self.omitted {
            0 => Ok(()),
            1 => write!(f, "\nand 1 more problem"),
            omitted => write!(f, "\nand {omitted} more problems"),
        }
    }
}

impl Error for SeedError {}
