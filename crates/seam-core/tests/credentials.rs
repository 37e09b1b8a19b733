//! Credentials: the tokens that each constructor accepts, the headers of each kind, and that no token is printed.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use std::collections::BTreeMap;

use seam_core::{CredentialKind, Credentials, Environment, Error, ErrorKind, Request, Seam};
use serde_json::json;
use support::{CODE_ID, DEVICE_ID, Recorder, everything_printed, ok, run};

/// A part of every token here that must not be printed.
const CANARY: &str = "canary7391";
const WORKSPACE_ID: &str = "398d80b7-3f96-47c2-b85a-6f8ba21d07be";

const API_KEY: &str = "seam_canary7391";
const ACCESS_TOKEN: &str = "seam_at1canary7391";
const CLIENT_SESSION_TOKEN: &str = "seam_cst1canary7391";
const PUBLISHABLE_KEY: &str = "seam_pk1canary7391";
const JWT: &str = "eyJhbGciOi.canary7391.x-_";

/// The tokens, by their descriptions in messages.
const TOKENS: &[(&str, &str)] = &[
    ("an API key", API_KEY),
    ("a personal access token", ACCESS_TOKEN),
    ("a client session token", CLIENT_SESSION_TOKEN),
    ("a publishable key", PUBLISHABLE_KEY),
    ("a console session token (a JWT)", JWT),
];

type Slot = fn(&str) -> Result<Credentials, Error>;

/// The constructors: the description of their token, and the kind of credentials that they create.
const SLOTS: &[(&str, CredentialKind, Slot)] = &[
    ("an API key", CredentialKind::ApiKey, |token| Credentials::api_key(token)),
    ("a personal access token", CredentialKind::PersonalAccessToken, |token| {
        Credentials::personal_access_token(token, WORKSPACE_ID)
    }),
    ("a personal access token", CredentialKind::PersonalAccessTokenWithoutWorkspace, |token| {
        Credentials::personal_access_token_without_workspace(token)
    }),
    ("a console session token (a JWT)", CredentialKind::ConsoleSession, |token| {
        Credentials::console_session(token, WORKSPACE_ID)
    }),
    ("a console session token (a JWT)", CredentialKind::ConsoleSessionWithoutWorkspace, |token| {
        Credentials::console_session_without_workspace(token)
    }),
    ("a client session token", CredentialKind::ClientSessionToken, |token| Credentials::client_session_token(token)),
    ("a publishable key", CredentialKind::PublishableKey, |token| Credentials::publishable_key(token)),
];

/// Checks that `result` is a rejection of credentials that does not quote them.
#[track_caller]
fn rejection<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCredentials);
    assert!(error.is_not_sent());
    let printed = everything_printed(&error);
    assert!(!printed.contains(CANARY), "{printed}");
    error.to_string()
}

#[test]
fn each_constructor_accepts_its_kind_and_names_any_other() {
    for (wanted, kind, slot) in SLOTS {
        for (given, token) in TOKENS {
            if given == wanted {
                let credentials = slot(token).unwrap();
                assert_eq!(credentials.kind(), *kind);
                let printed = format!("{credentials:?} {credentials:#?}");
                assert!(printed.starts_with("Credentials(") && !printed.contains(CANARY), "{printed}");
            } else {
                assert_eq!(rejection(slot(token)), format!("expected {wanted}, but this is {given}"));
            }
        }
    }
}

#[test]
fn the_error_for_an_unknown_token_names_the_expected_prefix() {
    for (slot, prefix) in
        SLOTS.iter().map(|(_, _, slot)| slot).zip(["seam_", "seam_at", "seam_at", "ey", "ey", "seam_cst", "seam_pk"])
    {
        for token in ["canary7391", "SEAM_canary7391", "sk_canary7391", "Bearer:seam_canary7391"] {
            let message = rejection(slot(token));
            assert!(message.ends_with(&format!("which begins with {prefix}")), "{message}");
        }
    }
}

#[test]
fn an_empty_token_is_rejected() {
    for (wanted, _, slot) in SLOTS {
        for token in ["", " ", "\t\r\n", "\u{a0}"] {
            assert_eq!(rejection(slot(token)), format!("expected {wanted}, but the string is empty"));
        }
    }
}

#[test]
fn a_token_with_a_trailing_line_break_is_rejected_with_a_hint() {
    for (token, (_, _, slot)) in
        [API_KEY, ACCESS_TOKEN, ACCESS_TOKEN, JWT, JWT, CLIENT_SESSION_TOKEN, PUBLISHABLE_KEY].iter().zip(SLOTS)
    {
        for token in [format!("{token}\n"), format!("{token}\r\n"), format!(" {token}")] {
            let message = rejection(slot(&token));
            assert!(message.ends_with("at the beginning or end (was it read from a file?)"), "{message}");
        }
    }
}

/// `docker --env-file` and some other tools keep quotation marks.
#[test]
fn the_error_names_quotation_marks_around_a_token() {
    let is_named = |message: &str| assert!(message.contains("is in quotation marks"), "{message}");
    for (token, (_, _, slot)) in
        [API_KEY, ACCESS_TOKEN, ACCESS_TOKEN, JWT, JWT, CLIENT_SESSION_TOKEN, PUBLISHABLE_KEY].iter().zip(SLOTS)
    {
        for token in [
            format!("\"{token}\""),
            format!("'{token}'"),
            format!("\"{token}\"\n"),
            format!("{token}\""),
            format!("'{token}"),
            "\"\"".to_owned(),
        ] {
            is_named(&rejection(slot(&token)));
        }
    }
    for workspace_id in ["\"canary7391\"", "'canary7391'", "canary7391\""] {
        is_named(&rejection(Credentials::personal_access_token(ACCESS_TOKEN, workspace_id)));
        is_named(&rejection(Credentials::console_session(JWT, workspace_id)));
    }
}

#[test]
fn a_token_that_is_invalid_in_a_header_is_rejected() {
    for (_, _, slot) in SLOTS {
        for inside in ["\r\n", "\n", "\r", " ", "\0", "\u{7f}", "é", "\u{1f512}", "\u{200b}"] {
            for (_, token) in TOKENS {
                let (start, end) = token.split_at(token.len() - 3);
                let message = rejection(slot(&format!("{start}{inside}{end}")));
                assert!(message.ends_with("must not contain spaces, line breaks or non-ASCII characters"), "{message}");
            }
        }
    }
}

#[test]
fn a_workspace_id_that_is_invalid_in_a_header_is_rejected() {
    for workspace_id in ["", " ", "a b", "a\r\nx-attacker: 1", "a\n", "\u{1f512}", "a\0"] {
        rejection(Credentials::personal_access_token(ACCESS_TOKEN, workspace_id));
        rejection(Credentials::console_session(JWT, workspace_id));
    }
    for workspace_id in ["canary7391\n", " canary7391", "canary7391\r\n"] {
        let message = rejection(Credentials::personal_access_token(ACCESS_TOKEN, workspace_id));
        assert!(message.ends_with("at the beginning or end (was it read from a file?)"), "{message}");
    }
}

/// Returns the request that is sent with these credentials.
fn sent_with(credentials: Credentials) -> Request {
    let recorder = Recorder::new([ok(&json!({ "access_code": { "access_code_id": CODE_ID }, "ok": true }))]);
    run(recorder.client_with(credentials).access_codes().unmanaged().get(CODE_ID)).unwrap();
    recorder.only_request()
}

/// Returns the headers of a request by name.
fn headers(request: &Request) -> BTreeMap<&str, &str> {
    assert_eq!(request.headers().len(), request.headers().keys_len(), "each header once");
    request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
}

/// Returns the headers of a read without those of the credentials.
fn common_headers() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("accept", "application/json"),
        ("user-agent", concat!("seam-rs/", env!("CARGO_PKG_VERSION"))),
        ("seam-sdk-name", "seam-rs"),
        ("seam-sdk-version", env!("CARGO_PKG_VERSION")),
    ])
}

#[track_caller]
fn check_headers(credentials: Credentials, own: &[(&'static str, &'static str)]) {
    let request = sent_with(credentials);
    let mut expected = common_headers();
    expected.extend(own.iter().copied());
    assert_eq!(headers(&request), expected);
    for (name, value) in request.headers() {
        let is_secret = value.to_str().unwrap().contains(CANARY);
        assert_eq!(value.is_sensitive(), is_secret, "{name} is marked sensitive when it holds a token, only then");
    }
    let printed = format!("{request:?} {request:#?}");
    assert!(!printed.contains(CANARY), "{printed}");
}

#[test]
fn an_api_key_is_sent_as_bearer() {
    check_headers(Credentials::api_key(API_KEY).unwrap(), &[("authorization", "Bearer seam_canary7391")]);
}

#[test]
fn a_personal_access_token_is_sent_as_bearer_with_its_workspace() {
    check_headers(
        Credentials::personal_access_token(ACCESS_TOKEN, WORKSPACE_ID).unwrap(),
        &[("authorization", "Bearer seam_at1canary7391"), ("seam-workspace", WORKSPACE_ID)],
    );
}

#[test]
fn a_console_session_is_sent_as_bearer_with_its_workspace() {
    check_headers(
        Credentials::console_session(JWT, WORKSPACE_ID).unwrap(),
        &[("authorization", "Bearer eyJhbGciOi.canary7391.x-_"), ("seam-workspace", WORKSPACE_ID)],
    );
}

#[test]
fn a_client_session_token_is_sent_as_bearer_and_in_its_own_header() {
    check_headers(
        Credentials::client_session_token(CLIENT_SESSION_TOKEN).unwrap(),
        &[("authorization", "Bearer seam_cst1canary7391"), ("client-session-token", CLIENT_SESSION_TOKEN)],
    );
}

/// A route that accepts any credentials, as routes without a workspace do.
mod open_route {
    use seam_core::{Endpoint, Idempotency, Spec, http::Method};

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Open {}

    impl Endpoint for Open {
        type Output = ();
        const SPEC: &'static Spec = &Spec::new(Method::GET, "/open", Idempotency::ReadOnly);
    }
}

#[test]
fn a_publishable_key_is_sent_in_its_header_only() {
    let recorder = Recorder::new([ok(&json!({ "ok": true }))]);
    run(recorder.client_with(Credentials::publishable_key(PUBLISHABLE_KEY).unwrap()).call(open_route::Open {}))
        .unwrap();
    let request = recorder.only_request();
    let mut expected = common_headers();
    expected.insert("seam-publishable-key", PUBLISHABLE_KEY);
    assert_eq!(headers(&request), expected);
    assert!(request.headers()["seam-publishable-key"].is_sensitive());
}

#[test]
fn credentials_without_a_workspace_send_no_workspace_header() {
    for (credentials, bearer) in [
        (Credentials::personal_access_token_without_workspace(ACCESS_TOKEN), "Bearer seam_at1canary7391"),
        (Credentials::console_session_without_workspace(JWT), "Bearer eyJhbGciOi.canary7391.x-_"),
    ] {
        let recorder = Recorder::new([ok(&json!({ "ok": true }))]);
        run(recorder.client_with(credentials.unwrap()).call(open_route::Open {})).unwrap();
        let mut expected = common_headers();
        expected.insert("authorization", bearer);
        assert_eq!(headers(&recorder.only_request()), expected);
    }
}

#[test]
fn nothing_is_sent_to_a_route_that_does_not_accept_the_credentials() {
    for (credentials, description) in [
        (
            Credentials::personal_access_token_without_workspace(ACCESS_TOKEN),
            "a personal access token without a workspace",
        ),
        (Credentials::console_session_without_workspace(JWT), "a console session token without a workspace"),
        (Credentials::publishable_key(PUBLISHABLE_KEY), "a publishable key"),
    ] {
        let recorder = Recorder::default();
        let seam = recorder.client_with(credentials.unwrap());
        let unmanaged = seam.access_codes().unmanaged();
        for message in [
            rejection(run(unmanaged.get(CODE_ID))),
            rejection(run(unmanaged.get_by_code(DEVICE_ID, CANARY))),
            rejection(run(unmanaged.list(DEVICE_ID))),
            rejection(run(unmanaged.update(CODE_ID, true))),
            rejection(run(unmanaged.convert_to_managed(CODE_ID))),
            rejection(run(unmanaged.delete(CODE_ID))),
        ] {
            assert!(message.contains("/access_codes/unmanaged/"), "{message}");
            assert!(message.contains(&format!("does not accept {description}; it accepts an API key, ")), "{message}");
            assert!(message.ends_with("(nothing was sent)"), "{message}");
        }
        recorder.assert_nothing_sent();
    }
}

#[test]
fn credentials_can_be_replaced_on_a_live_client() {
    let recorder = Recorder::new((0..4).map(|_| ok(&json!({ "devices": [] }))));
    let builder = Seam::builder(recorder.clone());
    let seam = builder.credentials(Credentials::client_session_token("seam_cst_old").unwrap()).build().unwrap();
    let clone = seam.clone();
    let call = seam.devices().list();
    let old = seam.replace_credentials(Credentials::client_session_token("seam_cst_new").unwrap());
    assert_eq!(old.kind(), CredentialKind::ClientSessionToken);
    // Calls that were created and not awaited, and those of clones, use the new credentials.
    run(call).unwrap();
    run(clone.devices().list()).unwrap();
    // A client with other credentials is not affected.
    let other = seam.with_credentials(Credentials::api_key("seam_other").unwrap());
    seam.replace_credentials(Credentials::client_session_token("seam_cst_newer").unwrap());
    run(other.devices().list()).unwrap();
    other.replace_credentials(Credentials::api_key("seam_another").unwrap());
    run(seam.devices().list()).unwrap();
    let tokens: Vec<_> = recorder
        .requests()
        .iter()
        .map(|request| request.headers()["authorization"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens, ["Bearer seam_cst_new", "Bearer seam_cst_new", "Bearer seam_other", "Bearer seam_cst_newer"]);
    assert!(!format!("{seam:?} {other:?}").contains("seam_cst"));
}

#[test]
fn a_publishable_key_is_exchanged_for_a_client_session() {
    let session = json!({ "client_session": { "client_session_id": "s1", "token": "seam_cst_session" } });
    let recorder = Recorder::new([ok(&session), ok(&json!({ "devices": [] }))]);
    let builder = Seam::builder(recorder.clone());
    let seam = builder.credentials(Credentials::publishable_key("seam_pk_example").unwrap()).build().unwrap();
    // The key alone grants no access.
    assert_eq!(run(seam.devices().list()).unwrap_err().kind(), ErrorKind::InvalidCredentials);
    recorder.assert_nothing_sent();

    let (guest, session) = run(seam.start_client_session("guest-7f3a")).unwrap();
    assert_eq!(session.client_session_id.as_str(), "s1");
    // The client with the key is unchanged, so that several sessions can be started concurrently.
    assert_eq!(seam.credentials().kind(), CredentialKind::PublishableKey);
    run(guest.devices().list()).unwrap();
    let requests = recorder.requests();
    assert_eq!(requests[0].uri().path(), "/client_sessions/get_or_create");
    assert_eq!(requests[0].body().as_ref(), br#"{"user_identifier_key":"guest-7f3a"}"#);
    assert_eq!(headers(&requests[0])["seam-publishable-key"], "seam_pk_example");
    assert_eq!(headers(&requests[1])["authorization"], "Bearer seam_cst_session");
    assert!(!requests[1].headers().contains_key("seam-publishable-key"));
}

#[test]
fn only_a_publishable_key_can_be_exchanged() {
    // The route would accept the API key, and return the session of an end user.
    let recorder = Recorder::default();
    let error = run(recorder.client().start_client_session("guest-7f3a")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCredentials);
    recorder.assert_nothing_sent();
}

#[test]
fn an_impossible_exchange_is_rejected_or_invalid() {
    let cases = [
        ("", ok(&json!({})), ErrorKind::InvalidRequest),
        (" ", ok(&json!({})), ErrorKind::InvalidRequest),
        ("guest", ok(&json!({ "client_session": { "client_session_id": "s1" } })), ErrorKind::InvalidResponse),
        (
            "guest",
            ok(&json!({ "client_session": { "client_session_id": "s1", "token": "not a token" } })),
            ErrorKind::InvalidResponse,
        ),
        (
            "guest",
            ok(&json!({ "client_session": {
                "client_session_id": "s1", "token": "seam_cst_session", "user_identifier_key": "another guest",
            } })),
            ErrorKind::OutcomeUnknown,
        ),
    ];
    for (key, answer, kind) in cases {
        let recorder = Recorder::new([answer]);
        let builder = Seam::builder(recorder.clone());
        let seam = builder.credentials(Credentials::publishable_key("seam_pk_example").unwrap()).build().unwrap();
        let error = run(seam.start_client_session(key)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[test]
fn a_client_without_credentials_cannot_be_built() {
    rejection(Seam::builder(Recorder::default()).build());
}

#[test]
fn a_client_prints_neither_token_nor_key() {
    let seam = Recorder::default().client_with(Credentials::api_key(API_KEY).unwrap());
    let builder = Seam::builder(Recorder::default()).credentials(Credentials::api_key(API_KEY).unwrap());
    let printed = format!("{seam:?} {seam:#?} {builder:?} {builder:#?}");
    assert!(!printed.contains(CANARY), "{printed}");
}

// The environment.

fn environment(variables: &[(&str, &str)]) -> Result<Environment, Error> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    Environment::read_from(|name| Ok(variables.get(name).map(|value| (*value).to_owned())))
}

const KEY: (&str, &str) = ("SEAM_API_KEY", API_KEY);
const PAT: (&str, &str) = ("SEAM_PERSONAL_ACCESS_TOKEN", ACCESS_TOKEN);
const WORKSPACE: (&str, &str) = ("SEAM_WORKSPACE_ID", WORKSPACE_ID);

#[test]
fn credentials_are_read_from_the_environment() {
    assert_eq!(environment(&[KEY]).unwrap().credentials.kind(), CredentialKind::ApiKey);
    assert_eq!(environment(&[PAT, WORKSPACE]).unwrap().credentials.kind(), CredentialKind::PersonalAccessToken);

    let request = sent_with(environment(&[PAT, WORKSPACE]).unwrap().credentials);
    assert_eq!(request.headers()["authorization"], "Bearer seam_at1canary7391");
    assert_eq!(request.headers()["seam-workspace"], WORKSPACE_ID);

    // An API key belongs to a workspace, so the variable with a workspace is ignored.
    let request = sent_with(environment(&[KEY, WORKSPACE]).unwrap().credentials);
    assert_eq!(request.headers()["authorization"], "Bearer seam_canary7391");
    assert!(!request.headers().contains_key("seam-workspace"));
}

#[test]
fn an_environment_without_credentials_is_rejected() {
    for variables in [&[][..], &[WORKSPACE], &[("SEAM_ENDPOINT", "https://example.com")], &[("SEAM_API_KEY", " ")]] {
        assert_eq!(
            rejection(environment(variables)),
            "no credentials found; set SEAM_API_KEY, or SEAM_PERSONAL_ACCESS_TOKEN and SEAM_WORKSPACE_ID"
        );
    }
}

#[test]
fn an_environment_with_both_kinds_of_credentials_is_rejected() {
    for variables in [&[KEY, PAT][..], &[KEY, PAT, WORKSPACE]] {
        assert_eq!(
            rejection(environment(variables)),
            "SEAM_API_KEY and SEAM_PERSONAL_ACCESS_TOKEN are both set; unset one of them"
        );
    }
}

#[test]
fn a_personal_access_token_needs_its_workspace() {
    for variables in [&[PAT][..], &[PAT, ("SEAM_WORKSPACE_ID", "")], &[PAT, ("SEAM_WORKSPACE_ID", " \n")]] {
        assert_eq!(
            rejection(environment(variables)),
            "SEAM_PERSONAL_ACCESS_TOKEN is set, but SEAM_WORKSPACE_ID is not; set both"
        );
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    for empty in ["", " ", "\n"] {
        let environment = environment(&[
            KEY,
            ("SEAM_PERSONAL_ACCESS_TOKEN", empty),
            ("SEAM_WORKSPACE_ID", empty),
            ("SEAM_ENDPOINT", empty),
            ("SEAM_API_URL", empty),
        ])
        .unwrap();
        assert_eq!(environment.credentials.kind(), CredentialKind::ApiKey);
        assert_eq!(environment.base_url, None);
    }
}

#[test]
fn the_error_for_a_token_in_the_wrong_variable_names_its_kind() {
    assert_eq!(
        rejection(environment(&[("SEAM_API_KEY", ACCESS_TOKEN)])),
        "expected an API key, but this is a personal access token"
    );
    assert_eq!(
        rejection(environment(&[("SEAM_PERSONAL_ACCESS_TOKEN", API_KEY), WORKSPACE])),
        "expected a personal access token, but this is an API key"
    );
    rejection(environment(&[("SEAM_API_KEY", "seam_canary7391\n")]));
    rejection(environment(&[PAT, ("SEAM_WORKSPACE_ID", "a b")]));
}

#[test]
fn the_error_for_quotation_marks_names_the_variable() {
    for name in ["SEAM_API_KEY", "SEAM_PERSONAL_ACCESS_TOKEN", "SEAM_WORKSPACE_ID", "SEAM_ENDPOINT", "SEAM_API_URL"] {
        let is_url = name == "SEAM_ENDPOINT" || name == "SEAM_API_URL";
        let value = match name {
            "SEAM_API_KEY" => API_KEY,
            "SEAM_PERSONAL_ACCESS_TOKEN" => ACCESS_TOKEN,
            "SEAM_WORKSPACE_ID" => WORKSPACE_ID,
            _ => "https://canary7391.example",
        };
        for value in [format!("\"{value}\""), format!("'{value}'"), format!(" \"{value}\"\r\n"), "\"\"".to_owned()] {
            let variables: BTreeMap<&str, &str> = match name {
                "SEAM_PERSONAL_ACCESS_TOKEN" => [WORKSPACE, (name, &*value)].into(),
                "SEAM_WORKSPACE_ID" => [PAT, (name, &*value)].into(),
                _ => [KEY, (name, &*value)].into(),
            };
            let error = environment(&variables.into_iter().collect::<Vec<_>>()).unwrap_err();
            let kind = if is_url { ErrorKind::InvalidConfiguration } else { ErrorKind::InvalidCredentials };
            assert_eq!(error.kind(), kind, "{name}");
            let expected =
                format!("{name} is in quotation marks, which `docker --env-file` and others do not strip; remove them");
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn the_endpoint_variable_takes_precedence_over_its_deprecated_name() {
    let base_url = |variables: &[(&str, &str)]| environment(variables).unwrap().base_url;
    let (new, old) = (("SEAM_ENDPOINT", "https://new.example"), ("SEAM_API_URL", "https://old.example"));
    assert_eq!(base_url(&[KEY]), None);
    assert_eq!(base_url(&[KEY, new]).as_deref(), Some("https://new.example"));
    assert_eq!(base_url(&[KEY, old]).as_deref(), Some("https://old.example"));
    assert_eq!(base_url(&[KEY, new, old]).as_deref(), Some("https://new.example"));
    assert_eq!(base_url(&[KEY, ("SEAM_ENDPOINT", ""), old]).as_deref(), Some("https://old.example"));
}

#[test]
fn an_error_of_the_lookup_is_returned() {
    let error = Environment::read_from(|name| match name {
        "SEAM_ENDPOINT" => Err(Error::invalid_configuration("the settings cannot be read", "not UTF-8")),
        name => Ok((name == "SEAM_API_KEY").then(|| API_KEY.to_owned())),
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    assert_eq!(error.to_string(), "the settings cannot be read: not UTF-8");
}

#[test]
fn an_environment_is_printed_without_its_token() {
    let printed = format!("{:?}", environment(&[PAT, WORKSPACE]).unwrap());
    assert!(!printed.contains(CANARY), "{printed}");
}

#[test]
fn an_argument_takes_precedence_over_the_environment_in_any_order() {
    let environment = || environment(&[KEY, ("SEAM_ENDPOINT", "https://environment.example")]).unwrap();
    let argument = || Credentials::client_session_token(CLIENT_SESSION_TOKEN).unwrap();
    let builder = |recorder: &Recorder| Seam::builder(recorder.clone());
    let sent = |build: &dyn Fn(&Recorder) -> Seam| {
        let recorder = Recorder::new([ok(&json!({ "access_code": { "access_code_id": CODE_ID } }))]);
        run(build(&recorder).access_codes().unmanaged().get(CODE_ID)).unwrap();
        let request = recorder.only_request();
        (request.uri().host().unwrap().to_owned(), request.headers()["authorization"].to_str().unwrap().to_owned())
    };
    let (from_environment, from_argument) = ("Bearer seam_canary7391", "Bearer seam_cst1canary7391");

    let (host, authorization) = sent(&|recorder| builder(recorder).environment(environment()).build().unwrap());
    assert_eq!((host.as_str(), authorization.as_str()), ("environment.example", from_environment));

    let url = "https://argument.example";
    let (host, _) = sent(&|recorder| builder(recorder).environment(environment()).base_url(url).build().unwrap());
    assert_eq!(host, "argument.example");
    let (host, _) = sent(&|recorder| builder(recorder).base_url(url).environment(environment()).build().unwrap());
    assert_eq!(host, "argument.example");

    let (host, authorization) =
        sent(&|recorder| builder(recorder).environment(environment()).credentials(argument()).build().unwrap());
    assert_eq!((host.as_str(), authorization.as_str()), ("environment.example", from_argument));
    let (_, authorization) =
        sent(&|recorder| builder(recorder).credentials(argument()).environment(environment()).build().unwrap());
    assert_eq!(authorization, from_argument);
}
