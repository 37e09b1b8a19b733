//! The guide to seam-rs. Each page is a module here. Its snippets run as tests, in the form that `build.rs` gives them.
//!
//! | Topic | Pages |
//! |---|---|
//! | Start | [getting started](getting_started), [coming from another SDK](coming_from_other_sdks) |
//! | Calls | [credentials], [calls and timeouts](calls), [lists and pages](mod@pages), [waiting for actions](actions), [errors], [without async](blocking) |
//! | How-to guides | [granting access](granting_access), [access codes](access_codes), [adopting unmanaged codes](adopting_unmanaged_codes), [locks and thermostats](locks_and_thermostats), [connecting accounts](connecting_accounts), [events], [webhooks] |
//! | Reliability | [retries], [unknown outcomes](outcome_unknown), [rate limits](rate_limits), [tracing] |
//! | Tests | [testing your code](testing), [the in-memory Seam](fake_seam) |
//! | Transports | [choosing or writing a transport](transports) |
//! | Background | [architecture], [security], [performance], [conformance] |
//! | Contributing | [the API description](api_description), [inside the in-memory Seam](in_memory_seam) |

pub mod environment;
pub mod example;
pub mod hyper_transport;
pub mod webhook_receiver;

/// Makes a page a module of documentation.
macro_rules! pages {
    ($($page:ident = $file:literal;)*) => { $(
        #[cfg_attr(not(doctest), doc = include_str!(concat!(env!("OUT_DIR"), "/linked/", stringify!($page), ".md")))]
        #[cfg_attr(doctest, doc = include_str!(concat!(env!("OUT_DIR"), "/", stringify!($page), ".md")))]
        pub mod $page {}
    )* };
}

pages! {
    readme = "../../README.md";
    access_codes = "../access-codes.md";
    actions = "../actions.md";
    adopting_unmanaged_codes = "../adopting-unmanaged-codes.md";
    api_description = "../contributing/api-description.md";
    architecture = "../architecture.md";
    blocking = "../blocking.md";
    calls = "../calls.md";
    coming_from_other_sdks = "../coming-from-other-sdks.md";
    conformance = "../conformance.md";
    connecting_accounts = "../connecting-accounts.md";
    credentials = "../credentials.md";
    errors = "../errors.md";
    events = "../events.md";
    fake_seam = "../fake-seam.md";
    getting_started = "../getting-started.md";
    granting_access = "../granting-access.md";
    in_memory_seam = "../contributing/in-memory-seam.md";
    locks_and_thermostats = "../locks-and-thermostats.md";
    outcome_unknown = "../outcome-unknown.md";
    pages = "../pages.md";
    performance = "../performance.md";
    rate_limits = "../rate-limits.md";
    recording = "../recording.md";
    retries = "../retries.md";
    seam_hyper = "../../crates/seam-hyper/README.md";
    seam_reqwest = "../../crates/seam-reqwest/README.md";
    security = "../security.md";
    testing = "../testing.md";
    tracing = "../tracing.md";
    transports = "../transports.md";
    webhooks = "../webhooks.md";
}
