//! The report of the kit: a verdict for each obligation, and a table.

use std::fmt;

use super::Obligation;

/// The verdict on an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// The transport keeps the obligation.
    Held,
    /// The obligation was not checked, because the transport does not support the protocol.
    Skipped,
    /// The transport is safe, but not optimal: for example, a call fails that could have been retried.
    Weak,
    /// The transport breaks the obligation.
    Broken,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Held => "held",
            Self::Skipped => "skipped",
            Self::Weak => "weak",
            Self::Broken => "BROKEN",
        })
    }
}

/// One observation of the kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) saw: String,
}

/// The observations of the checks of one obligation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    pub(crate) fn broken(&mut self, saw: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Broken, saw: saw.into() });
    }

    pub(crate) fn weak(&mut self, saw: impl Into<String>) {
        self.0.push(Finding { verdict: Verdict::Weak, saw: saw.into() });
    }

    /// Removes duplicate observations.
    pub(crate) fn once(mut self) -> Self {
        let mut seen = Vec::new();
        self.0.retain(|finding| {
            let is_new = !seen.contains(finding);
            seen.push(finding.clone());
            is_new
        });
        self
    }

    pub(crate) fn skipped(saw: impl Into<String>) -> Self {
        Self(vec![Finding { verdict: Verdict::Skipped, saw: saw.into() }])
    }
}

/// The result for one obligation.
#[derive(Clone, Debug)]
pub struct Entry {
    obligation: Obligation,
    findings: Vec<Finding>,
}

impl Entry {
    pub(crate) fn new(obligation: Obligation, findings: Findings) -> Self {
        Self { obligation, findings: findings.0 }
    }

    /// Returns the obligation.
    #[must_use]
    pub fn obligation(&self) -> Obligation {
        self.obligation
    }

    /// Returns the worst verdict of its checks.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Held)
    }

    /// Returns the observations that differ from the obligation.
    pub fn observations(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| finding.saw.as_str())
    }
}

impl fmt::Display for Entry {
    /// Writes the verdict and the obligation, followed by the observations and the remedy if there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8} {:20} {}", self.verdict(), self.obligation, self.obligation.promise())?;
        for finding in &self.findings {
            write!(f, "\n{:30}- {}", "", finding.saw)?;
        }
        if self.verdict() >= Verdict::Weak {
            write!(f, "\n{:30}Remedy: {}", "", self.obligation.remedy())?;
        }
        Ok(())
    }
}

/// The result for all obligations. `Display` is a table.
#[derive(Clone, Debug)]
pub struct Report {
    entries: Vec<Entry>,
}

impl Report {
    pub(crate) fn new(entries: Vec<Entry>) -> Self {
        Self { entries }
    }

    /// Returns the results in the order of [`Obligation::ALL`].
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the verdict for an obligation.
    #[must_use]
    pub fn verdict(&self, obligation: Obligation) -> Verdict {
        let entry = self.entries.iter().find(|entry| entry.obligation == obligation);
        entry.map_or(Verdict::Skipped, Entry::verdict)
    }

    /// Returns the obligations that the transport breaks.
    pub fn broken(&self) -> impl Iterator<Item = Obligation> {
        self.entries.iter().filter(|entry| entry.verdict() == Verdict::Broken).map(|entry| entry.obligation)
    }

    /// Checks that the transport keeps every obligation. Weak verdicts pass.
    ///
    /// # Panics
    ///
    /// Panics if an obligation is broken. The message has the table, and an entry for each broken obligation.
    pub fn assert_kept(&self) {
        self.assert_kept_except(&[]);
    }

    /// Checks that the transport keeps every obligation except these, which a stack may be unable to keep. The
    /// exceptions must be broken, so that the list stays up to date.
    ///
    /// # Panics
    ///
    /// Panics if another obligation is broken, or one of these is not.
    pub fn assert_kept_except(&self, exceptions: &[Obligation]) {
        let broken: Vec<_> =
            self.broken().filter(|broken| !exceptions.contains(broken)).map(Obligation::name).collect();
        assert!(broken.is_empty(), "the transport breaks {}\n\n{self}", broken.join(", "));
        let kept: Vec<_> = exceptions.iter().filter(|exception| self.verdict(**exception) != Verdict::Broken).collect();
        assert!(kept.is_empty(), "the transport keeps {kept:?}, which are listed as exceptions\n\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            writeln!(f, "{entry}")?;
        }
        let count = |verdict| self.entries.iter().filter(|entry| entry.verdict() == verdict).count();
        write!(
            f,
            "{} obligations: {} held, {} weak, {} broken, {} skipped",
            self.entries.len(),
            count(Verdict::Held),
            count(Verdict::Weak),
            count(Verdict::Broken),
            count(Verdict::Skipped)
        )
    }
}
