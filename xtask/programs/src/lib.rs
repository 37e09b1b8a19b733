//! Other programs: cargo, Python, Node, valgrind and servers, started, waited for and ended.
//!
//! `xtask`, the conformance tests and the programs that measure costs share this.

#![allow(clippy::print_stdout, reason = "all users are command-line programs, which show what they run")]
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
pub mod valgrind;

/// The result of a step; the error is a message for the user.
pub type Result<T = ()> = std::result::Result<T, String>;
