//! Transports over other HTTP stacks, as a starting point for your own. The tests of this package check each with the transport kit.
//!
//! | Module | HTTP stack |
//! |---|---|
//! | [`hyper`] | hyper-util with rustls, through `seam-tower` |
//! | [`reqwest_middleware`] | reqwest with middleware of `reqwest-middleware` |
//! | [`isahc`] | isahc, which runs libcurl on a separate thread |
//! | [`curl`] | libcurl, on a thread for each exchange |
//! | [`ureq`] | ureq, on a thread for each exchange |

pub mod curl;
pub mod hyper;
pub mod isahc;
pub mod reqwest_middleware;
pub mod ureq;
