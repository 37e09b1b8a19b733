//! Heads of responses.
use seam_core::ErrorKind;
use seam_faults::{Case, Script, expect};

use crate::matrix::support::json;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(Case::both(
        "503 without end, whatever its body",
        Script::answer(json(503, "{}")),
        expect(ErrorKind::UnexpectedStatus).status(503).requests(3),
        expect(ErrorKind::OutcomeUnknown).status(503),
    ));
    cases
}
