//! Other programs: cargo, Python, Node and servers, started, waited for and ended.
//!
//! `xtask` and the conformance tests share this.

#![allow(clippy::print_stdout, reason = "both users are command-line programs, which show what they run")]
#![allow(
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "not published; all errors are messages that name the failed command or path"
)]

pub mod files;
pub mod node;
pub mod process;
pub mod python;
pub mod run;

/// The result of a step; the error is a message for the user.
pub type Result<T = ()> = std::result::Result<T, String>;
