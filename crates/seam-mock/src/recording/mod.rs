//! Cassettes: recordings of the exchanges between a program and Seam, and replays of them.
//!
//! A [`Cassette`] is recorded once against a real workspace and committed. Tests replay it without a network, an
//! account or a key, and record it again when the environment variable `SEAM_RECORD` is `1`. [`Recorder`] and
//! [`Replay`] are its two halves, for programs that choose between them in another way.
//!
//! # The file
//!
//! A cassette is one JSON file with a format version and the exchanges in the order in which the requests began. A
//! request has the method, the path below the base URL, the parameters, and the workspace if the credentials do not
//! imply it. A response has the status, the body, and the headers `content-type`, `content-encoding` and `retry-after`.
//! A request without a response has the kind of its [`TransportError`](seam_core::TransportError); a request that the
//! client dropped is a `timeout`. Members of JSON objects are sorted, and nothing in the file depends on the time of
//! the recording. The file is replaced atomically.
//!
//! # Secrets
//!
//! A cassette has no headers of requests, hence no credentials. Placeholders replace all other secrets:
//!
//! | What | Found by |
//! |---|---|
//! | PINs, tokens, webhook secrets, card numbers, links that grant access, and all other fields and parameters whose types in [`seam_core::model`] are secrets, at any depth | their path, by the API description |
//! | strings that the API description does not have, and whose names suggest a secret | the words in their names |
//! | these secrets, and those of the request, in all other strings and in names of members | their content, also escaped or in base64; of values of the second row, those that contain digits and no spaces |
//! | numbers that have exactly the digits of such a secret: they become 0 | their content |
//! | values that [`Recorder::scrub`] declares | the name |
//! | the strings and digits of JSON that cannot be parsed, and bodies that are not UTF-8 | |
//!
//! Ids, timestamps and enum values are kept, even if the digits of a PIN occur in them by chance. Values that the API
//! does not treat as secrets are kept too, such as the names and email addresses of users: declare those fields with
//! [`Recorder::scrub`].
//!
//! The same secret has the same placeholder everywhere. A placeholder has a format that programs can parse:
//! `seam_cst_scrubbed_1` is accepted as a client session token, and `whsec_scrubbed/webhook/secret/0001` as a webhook
//! secret. Within a longer string, a secret is replaced by `***`. When a request of a replay has a secret where the
//! cassette has a placeholder, later responses contain that secret instead of the placeholder.

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
