//! The files of the API description and the annotations, compiled in. A test compares the list with the folders.

/// A compiled-in file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    /// Its path in this crate.
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! file {
    ($path:literal) => {
        File { path: $path, text: include_str!(concat!("../", $path)) }
    };
}

pub(crate) const API: [File; 3] = [file!("api/resources.txt"), file!("api/events.txt"), file!("api/routes.txt")];
pub(crate) const SOURCES: File = file!("api/sources.txt");
pub(crate) const OBSERVED_ABSENT: File = file!("api/observed-absent.txt");

pub(crate) const CREDENTIAL_SETS: File = file!("annotations/credential-sets.txt");
pub(crate) const CREDENTIALS: File = file!("annotations/credentials.txt");
pub(crate) const DEPRECATED: File = file!("annotations/deprecated.txt");
pub(crate) const ENUMS: File = file!("annotations/enums.txt");
pub(crate) const EVENTS: File = file!("annotations/events.txt");
pub(crate) const FORMATS: File = file!("annotations/formats.txt");
pub(crate) const GLOSSARY: File = file!("annotations/glossary.txt");
pub(crate) const IDS: File = file!("annotations/ids.txt");
pub(crate) const POSSIBLE_SECRETS: File = file!("annotations/possible-secrets.txt");
pub(crate) const RATE_LIMITS: File = file!("annotations/rate-limits.txt");
pub(crate) const SECRETS: File = file!("annotations/secrets.txt");
pub(crate) const TYPES: File = file!("annotations/types.txt");

/// One file per group of routes.
pub(crate) const ROUTES: [File; 22] = [
    file!("annotations/routes/access_codes.txt"),
    file!("annotations/routes/access_grants.txt"),
    file!("annotations/routes/access_methods.txt"),
    file!("annotations/routes/acs.txt"),
    file!("annotations/routes/action_attempts.txt"),
    file!("annotations/routes/cameras.txt"),
    file!("annotations/routes/client_sessions.txt"),
    file!("annotations/routes/connect_webviews.txt"),
    file!("annotations/routes/connected_accounts.txt"),
    file!("annotations/routes/customers.txt"),
    file!("annotations/routes/devices.txt"),
    file!("annotations/routes/events.txt"),
    file!("annotations/routes/instant_keys.txt"),
    file!("annotations/routes/locks.txt"),
    file!("annotations/routes/media.txt"),
    file!("annotations/routes/noise_sensors.txt"),
    file!("annotations/routes/phones.txt"),
    file!("annotations/routes/spaces.txt"),
    file!("annotations/routes/thermostats.txt"),
    file!("annotations/routes/user_identities.txt"),
    file!("annotations/routes/webhooks.txt"),
    file!("annotations/routes/workspaces.txt"),
];
