//! Checks the strings that were printed during all other checks.

use crate::transport_kit::{probe::Probe, report::Findings};

pub(crate) async fn secrets(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for leak in probe.leaks() {
        findings.broken(leak);
    }
    findings
}
