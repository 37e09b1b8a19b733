//! Recordings of what a program and Seam exchanged, and replays of them: cassettes.
//!
//! A [`Cassette`] is recorded once against a real workspace and committed. Tests replay it without a network, an account or
//! a key, and record it again when the environment variable `SEAM_RECORD` is `1`. [`Recorder`] and [`Replay`] are its two
//! halves, for programs that decide otherwise.
//!
//! # The file
//!
//! A cassette is one JSON file with a format version and the exchanges in the order in which the requests began. Of a request it has the
//! method, the path below the base URL, the parameters, and the workspace where the credentials do not imply it. Of a response it has
//! the status, the body, and the headers `content-type`, `content-encoding` and `retry-after`. A request without a response has the
//! kind of its [`TransportError`](seam_core::TransportError); one that the client gave up is a `timeout`. Members of JSON objects
//! are sorted, and nothing in the file depends on the time of the recording. The file is replaced in one step.
//!
//! # Secrets
//!
//! A cassette has no headers of requests, hence no credentials. In everything else, placeholders replace
//!
//! | What | Found by |
//! |---|---|
//! | PINs, tokens, webhook secrets, card numbers, links that grant access, and all other fields and parameters whose types in [`seam_core::model`] are secrets, at any depth | their path, by the API description |
//! | strings whose names suggest a secret, and which the API description does not have | the words in their names |
//! | these secrets, and those of the request, in all other strings | their content, also escaped or in base64 |
//! | what [`Recorder::scrub`] names | the name |
//! | the strings and digits of JSON that cannot be parsed, and bodies that are not UTF-8 | |
//!
//! Ids, times and names of kinds stay, even if the digits of a PIN occur in them by chance. What the API does not treat as a secret stays as
//! well, such as the names and email addresses of people: name those fields with [`Recorder::scrub`].
//!
//! The same secret has the same placeholder everywhere. A placeholder has the form that programs parse: `seam_cst_scrubbed_1` is
//! accepted as a client session token, and `whsec_scrubbed/webhook/secret/0001` as a webhook secret. Within a sentence,
//! a secret is replaced by `***`. When a replay gets a request with a secret where the cassette has a placeholder, the responses
//! that follow contain that secret again.

mod cassette;
mod compare;
mod document;
mod recorder;
mod replay;
mod request;
mod scrub;
mod secrets;

pub use cassette::{Cassette, RECORD_VARIABLE};
pub use document::CassetteError;
pub use recorder::Recorder;
pub use replay::Replay;
