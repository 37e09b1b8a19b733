//! Checks that secrets are not printed, for every public type outside of `seam-model` (which has its own test) and for
//! every failure of a call.
//!
//! The key and the PIN are canaries. A public type that is not in the table below fails the test, so that a new one
//! cannot be forgotten.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests assert by panicking")]

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    fmt::{Debug, Display},
    io::Write,
    path::{Path, PathBuf},
    thread,
};

use axum::extract::FromRequest;
use seam_axum::{SeamEvent, WebhookReceiver};
use seam_core::{
    Body, Credentials, Environment, Error, Request, Response, Seam, Transport, TransportError, TransportErrorKind,
    WebhookVerifier, async_trait, endpoints::access_codes::unmanaged::List, http, model::UnmanagedAccessCode,
    test_util::SecretMask,
};
use seam_fake::{FakeSeam, NewAccessCode, NewAcsSystem, NewDevice, NewSpace, NewUserIdentity};
use seam_hyper::{HyperTransport, HyperTransportBuilder};
use seam_mock::{
    ApiFault, Script, json_response,
    recording::{Cassette, Recorder, Replay},
    transport_kit::{Record, Server},
};
use seam_reqwest::{ReqwestTransport, blocking::BackgroundTransport, reqwest};
use seam_tokio::{BodyBuffer, Connections};
use seam_tower::{TowerTransport, TransportService};
use serde_json::json;

const KEY: &str = "seam_canary_key_4f1d";
const PIN: &str = "canary-pin-7391";

/// Returns every public type, with the `Debug` output of a value with canaries. `None` for a type that cannot contain a
/// secret.
fn printed() -> Vec<(&'static str, Option<String>)> {
    let seam = seam_over(Answers(|| {
        let mut response = json_response(200, json!({ "access_codes": [{ "access_code_id": "x", "code": PIN }] }));
        response.headers_mut().insert("x-said", KEY.parse().unwrap());
        Ok(response)
    }));
    let unmanaged = seam.access_codes().unmanaged();
    let script = Script::new();
    let refused = match block_on(get_by_pin(echo)) {
        Err(error) => error,
        Ok(code) => panic!("{code:?} was found"),
    };
    let mut code = UnmanagedAccessCode::new("26d6138c");
    code.code = Some(PIN.into());
    let fake = FakeSeam::empty();
    fake.add_unmanaged_access_code(code.clone());
    let headers = http::HeaderMap::from_iter([(http::header::AUTHORIZATION, KEY.parse().unwrap())]);
    let own = move |client: reqwest::ClientBuilder| client.default_headers(headers.clone());
    let transport = || ReqwestTransport::builder().client(own.clone());
    let environment = Environment::read_from(|name| match name {
        "SEAM_API_KEY" | "SEAM_ENDPOINT" => Ok(Some(KEY.to_owned())),
        _ => Ok(None),
    });
    let unlock = seam.locks().unlock_door("front-door").with_header("x-canary", KEY).and_wait();
    let full = block_on(unmanaged.list("door").full_response()).unwrap();
    let background = BackgroundTransport::new(transport().build().unwrap()).unwrap();
    let recorded = FakeSeam::new();
    drop(block_on(async { recorded.seam().access_codes().create(seam_fake::FRONT_DOOR).code(PIN).await }));
    let requests = recorded.requests();
    assert_eq!(requests.len(), 1);
    let seed = format!("[[lock]]\nname = 'Gate'\ncodes = [{{ name = '{PIN}', code = '{PIN}', starts_at = '{PIN}' }}]");
    let seed = FakeSeam::from_seed(&seed).unwrap_err();
    let mut saved = Vec::new();
    fake.save(&mut saved).unwrap();
    let saved = String::from_utf8(saved).unwrap().replace(&format!("\"code\":\"{PIN}\""), &format!("\"code\":{PIN}"));
    assert!(saved.contains(PIN));
    let load = FakeSeam::load(saved.as_bytes()).unwrap_err();
    let kit = kit_server();
    let tower = TowerTransport::new(TransportService::new(transport().build().unwrap()));
    let recording = recording();
    let mut body = BodyBuffer::new(0, usize::MAX).unwrap();
    body.add(PIN.into()).unwrap();
    let exchange = block_on(async { Connections::fixed(KEY).begin(&http::Request::new(Body::from(PIN))) });
    let table = vec![
        ("AddedAcsSystem", None), // Identifiers.
        ("Claim", None),
        ("MemoryReplayGuard", Some(debug(&seam_axum::MemoryReplayGuard::new()))),
        ("SeamEvent", Some(webhook_event())),
        ("WebhookReceiver", Some(debug(&webhook_receiver()))),
        ("WebhookRejection", Some(webhook_rejections())),
        ("AndWait", Some(debug(&unlock))),
        ("ApiFault", None), // Created by tests, from strings that the test prints.
        ("BackgroundTransport", Some(debug(&background))),
        ("BodyBuffer", Some(debug(&body))),
        ("BlockingIter", Some(debug(&unmanaged.list("door").search(PIN).items().blocking()))),
        ("Body", Some(debug(&Body::from(PIN)))),
        ("Builder", Some(debug(&Seam::builder(fake.clone()).credentials(credentials()).base_url(KEY)))),
        ("Call", Some(debug(&unmanaged.get_by_code("door", PIN)))),
        ("Cassette", Some(recording.cassette.clone())),
        ("CassetteError", Some(recording.error.clone())),
        ("Connections", Some(debug(&Connections::fixed(KEY)))),
        ("CredentialKind", None),
        ("Credentials", Some(debug(&credentials()))),
        ("Environment", Some(debug(&environment.unwrap()))),
        ("Error", Some(chain(&refused))),
        ("ErrorKind", None),
        ("Exchange", Some(debug(&exchange))),
        ("Expectation", Some(debug(&script.expect::<List>(|list| list.search == Some(PIN.into()))))),
        ("FakeSeam", Some(debug(&fake))),
        ("Fault", None),
        ("FaultId", None),
        ("FullResponse", Some(debug(&full))),
        ("HyperTransport", Some(debug(&hyper().build().unwrap()))),
        ("HyperTransportBuilder", Some(debug(&hyper()))),
        ("Instant", None), // A time.
        ("Items", Some(debug(&unmanaged.list("door").search(PIN).items()))),
        ("Lookups", None), // A count.
        ("LoadError", Some(chain(&load))),
        ("NewAccessCode", Some(debug(&NewAccessCode::on("door").code(PIN).name(PIN)))),
        ("NewAcsSystem", Some(debug(&NewAcsSystem::brivo().field("canary", PIN)))),
        ("NewDevice", Some(debug(&NewDevice::of_type("august_lock").property("code", PIN).field("code", PIN)))),
        ("NewSpace", Some(debug(&NewSpace::named("Lobby").key(PIN)))),
        ("NewUserIdentity", Some(debug(&NewUserIdentity::named("Guest").email(PIN)))),
        ("Page", Some(debug(&seam_core::Page::from(vec![code])))),
        ("Pages", Some(debug(&unmanaged.list("door").search(PIN).pages()))),
        ("Parameter", None),
        ("ParameterError", Some(chain(&seam_core::query::to_string(&json!({ "list": [PIN, null] })).unwrap_err()))),
        ("RateLimits", None),
        ("RecordedRequest", Some(debug(&requests))),
        ("Recorder", Some(recording.recorder.clone())),
        ("Replay", Some(recording.replay.clone())),
        ("ReqwestTransport", Some(debug(&transport().build().unwrap()))),
        ("ReqwestTransportBuilder", Some(debug(&transport()))),
        ("ResponseKey", None),
        ("RetryPolicy", None),
        ("Idempotency", None),
        ("Outcome", None),
        ("Script", Some(debug(&script))),
        ("ScriptError", Some(script_error())),
        ("Seam", Some(debug(&seam))),
        ("SecretMask", Some(recording.mask.clone())),
        ("SeedError", Some(chain(&seed))),
        ("SeedProblem", Some(debug(&seed.problems()))),
        ("Serve", None),  // An address and a pace.
        ("Server", None), // A URL with a port.
        ("Spec", None),
        ("SystemTls", None), // Settings that hold no secret.
        ("Start", None),     // A time.
        ("SystemClock", None),
        ("TestClock", None),
        ("TokioClock", None),
        ("TransportError", Some(chain(&TransportError::from(TransportErrorKind::Body)))),
        ("TransportErrorKind", None),
        (
            "TransportFn",
            Some(debug(&seam_core::transport_fn(|_| async {
                Err(TransportError::new(TransportErrorKind::NotSent, PIN))
            }))),
        ),
        ("TowerTransport", Some(debug(&tower))),
        ("TransportService", Some(debug(&TransportService::new(transport().build().unwrap())))),
        ("Until", Some(debug(&unmanaged.get_by_code("door", PIN).until(|_| true)))),
        (
            "Watch",
            Some(debug(
                &seam
                    .events()
                    .list()
                    .device_id("door")
                    .with_header("x-canary", KEY)
                    .watch(seam_core::model::Timestamp::now()),
            )),
        ),
        ("ValidationErrors", Some(debug(refused.validation_errors()))),
        ("UnknownKindError", None), // The name of a table that there is not.
        ("WebhookDelivery", Some(delivery())),
        ("WebhookError", Some(webhook_errors())),
        ("Authority", None), // A certificate and a key of a test.
        ("BrokenExchange", None),
        ("Certificate", None),
        ("Connection", None), // Bytes that a test wants a server to write.
        ("Entry", None),
        ("Frame", None),
        ("Frames", Some(kit.wire.clone())),
        ("Gate", None),
        ("Obligation", None),
        ("Received", Some(debug(&kit.record.requests()))),
        ("Record", Some(debug(&kit.record))),
        ("Report", None),
        ("Step", None), // Bytes that a test wants a server to write.
        ("TransportKit", None),
        ("Verdict", None),
        ("Wire", Some(kit.wire.clone())),
        ("WebhookVerifier", None), // Contains keys derived from secrets; the tests of seam-core check its output.
    ];
    table
}

/// The output of a recording with a PIN, and of a replay in which another PIN does not match.
struct Recording {
    cassette: String,
    recorder: String,
    replay: String,
    error: String,
    mask: String,
}

fn recording() -> Recording {
    let path = std::env::temp_dir().join(format!("seam-canaries-{}-{:?}", std::process::id(), thread::current().id()));
    let recorder = Recorder::new(&path);
    let fake = FakeSeam::new();
    let seam = fake.seam_through(|transport| recorder.transport(transport));
    drop(block_on(seam.access_codes().create(seam_fake::FRONT_DOOR).name(PIN).code(PIN).into_future()));
    let (printed, replay) = (debug(&recorder), recorder.finish().map(|()| Replay::open(&path).unwrap()).unwrap());
    let create = |code: &str| replay.seam().access_codes().create(seam_fake::BACK_DOOR).code(code);
    let refused = block_on(create(PIN).with_header("x-canary", KEY).into_future()).unwrap_err();
    let mut mask = SecretMask::new();
    mask.add(PIN);
    let cassette = Cassette::open(&path).unwrap();
    let cassette = (debug(&cassette), cassette.try_verify().unwrap_err()).0;
    let recording = Recording {
        cassette,
        recorder: printed,
        replay: debug(&replay),
        error: chain(&refused) + &chain(&replay.try_verify().unwrap_err()),
        mask: debug(&mask),
    };
    std::fs::remove_file(&path).unwrap();
    recording
}

/// The record of a server of the transport kit that received the key and the PIN.
struct KitServer {
    record: Record,
    wire: String,
}

/// Returns the builder of a transport with a password for its proxy.
fn hyper() -> HyperTransportBuilder {
    HyperTransport::builder().proxy(format!("http://user:{KEY}@proxy.example"))
}

fn kit_server() -> KitServer {
    let (printed, print) = std::sync::mpsc::channel();
    let server = Server::serve(move |mut wire| {
        wire.head()?;
        wire.bytes(3)?;
        printed.send(debug(&wire)).ok()?;
        wire.request()?;
        wire.wait_for_close()
    });
    let server = server.unwrap();
    let mut client = std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let request = format!("GET /{PIN} HTTP/1.1\r\nauthorization: {KEY}\r\n\r\n");
    client.write_all(format!("{request}and{request}").as_bytes()).unwrap();
    block_on(server.record().until(|record| record.request_count() == 1));
    KitServer { record: server.record().clone(), wire: print.recv().unwrap() }
}

fn webhook_receiver() -> WebhookReceiver {
    WebhookReceiver::new(WebhookVerifier::with_short_secret_for_tests("YQ==").unwrap())
}

/// Creates a request with a signed body, and with canaries in headers that are not read.
fn webhook_request(body: &str) -> axum::extract::Request {
    let verifier = WebhookVerifier::with_short_secret_for_tests("YQ==").unwrap();
    let mut request =
        http::Request::post("/").header("x-canary", KEY).body(axum::body::Body::from(body.to_owned())).unwrap();
    request.headers_mut().extend(verifier.sign("msg_1", std::time::SystemTime::now(), body.as_bytes()).unwrap());
    request
}

/// Returns the output of an event with a PIN that a handler receives.
fn webhook_event() -> String {
    let body = json!({ "event_id": "e1", "event_type": "access_code.changed", "code": PIN, "unknown": PIN });
    let request = webhook_request(&body.to_string());
    debug(&block_on(SeamEvent::from_request(request, &webhook_receiver())).unwrap())
}

/// Returns the output of rejections of deliveries with the PIN.
fn webhook_rejections() -> String {
    let receiver = webhook_receiver();
    let mut requests: Vec<_> = [PIN, "{\"event_id\":\"canary"].map(webhook_request).into();
    let mut forged = webhook_request(PIN);
    *forged.body_mut() = axum::body::Body::from(KEY);
    requests.push(forged);
    requests.push(webhook_request(&PIN.repeat(100)));
    let receiver = receiver.body_limit(200);
    let rejections = requests.into_iter().map(|request| {
        let rejection = block_on(SeamEvent::from_request(request, &receiver)).unwrap_err();
        chain(&rejection)
    });
    rejections.collect()
}

/// Returns the output of a delivery with a PIN.
fn delivery() -> String {
    let verifier = WebhookVerifier::with_short_secret_for_tests("YQ==").unwrap();
    let headers = verifier.sign("msg_1", std::time::SystemTime::now(), PIN.as_bytes()).unwrap();
    debug(&verifier.verify(&headers, PIN.as_bytes()).unwrap())
}

/// Returns the output of errors for an invalid secret, for headers with the key, and for a body with the PIN.
fn webhook_errors() -> String {
    let verifier = WebhookVerifier::with_short_secret_for_tests("YQ==").unwrap();
    let now = std::time::SystemTime::now();
    let mut errors = vec![WebhookVerifier::new(KEY).unwrap_err()];
    for name in ["svix-id", "svix-timestamp", "svix-signature"] {
        let mut headers = verifier.sign("msg_1", now, b"").unwrap();
        headers.append(name, KEY.parse().unwrap());
        headers.append(name, PIN.parse().unwrap());
        errors.extend(verifier.verify(&headers, PIN.as_bytes()).err());
    }
    let open = format!("{{\"event_id\":\"{PIN}");
    for body in [json!(PIN).to_string(), json!({ "event_id": [PIN] }).to_string(), PIN.to_owned(), open] {
        let headers = verifier.sign("msg_1", now, body.as_bytes()).unwrap();
        errors.extend(verifier.verify(&headers, body.as_bytes()).unwrap().event().err());
    }
    errors.iter().map(|error| chain(error)).collect()
}

/// Returns errors that a server may send, some of which quote the request everywhere.
fn answers() -> Vec<fn() -> Result<Response, TransportError>> {
    let mut answers: Vec<fn() -> Result<Response, TransportError>> = vec![
        echo,
        || Ok(ApiFault::unauthorized().to_response()),
        || Ok(json_response(200, json!({ "access_code": { "access_code_id": [PIN] } }))),
        || Ok(json_response(200, json!({ "access_code": { "access_code_id": { PIN: PIN } } }))),
        || Ok(json_response(200, json!({ "access_code": PIN }))),
        || Ok(json_response(200, json!({ "error": { "type": PIN, "message": KEY } }))),
        || Ok(json_response(502, json!(PIN))),
        || Ok(text(200, PIN)),
        || Ok(text(200, &format!("{{\"access_code\":{{\"{PIN}\":{{\"{KEY}\":"))),
        || {
            let mut response = text(500, "");
            response.headers_mut().insert("seam-request-id", KEY.parse().unwrap());
            response.headers_mut().insert("content-type", PIN.parse().unwrap());
            Ok(response)
        },
        || Ok(text(500, PIN)),
        || Ok(text(200, &format!("{{\"access_code\":{{\"code\":\"{PIN}"))),
    ];
    answers.extend([
        || Err(TransportErrorKind::NotSent.into()),
        || Err(TransportErrorKind::Interrupted.into()),
        || Err(TransportErrorKind::Timeout.into()),
    ] as [fn() -> Result<Response, TransportError>; 3]);
    answers
}

/// Returns an error response that repeats the key and the PIN in all its strings.
fn echo() -> Result<Response, TransportError> {
    let said = format!("the key {KEY} may not request {PIN}");
    let mut response = json_response(
        400,
        json!({ "error": {
            "type": "invalid_input", "message": said, "request_id": "7c1e", "data": { "said": said },
            "validation_errors": { "_errors": [said], "code": { "_errors": [said] }, PIN: { "_errors": [said] } },
        } }),
    );
    response.headers_mut().insert("x-said", said.parse().unwrap());
    Ok(response)
}

#[test]
fn nothing_public_prints_a_secret() {
    for (name, printed) in printed() {
        if let Some(printed) = printed {
            assert!(!printed.contains("canary"), "{name} prints {printed}");
        }
    }
}

#[test]
fn every_public_type_is_in_the_table() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut public = BTreeSet::new();
    const CRATES: [&str; 8] =
        ["seam-axum", "seam-core", "seam-fake", "seam-hyper", "seam-mock", "seam-reqwest", "seam-tokio", "seam-tower"];

    for name in CRATES {
        public_types(&crates.join(name).join("src"), &mut public);
    }
    let table: BTreeSet<String> = printed().into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(public, table);
}

/// Adds the names after `pub struct` and `pub enum` in the Rust files below `folder`.
fn public_types(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        // Requests are generated, and their secrets have secret types, which `secrets_of_requests` checks.
        if path.is_dir() && path.ends_with("seam-core/src/endpoints") {
            continue;
        }
        if path.is_dir() {
            public_types(&path, names);
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let declarations = source.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))
        });
        let name = |rest: &str| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        // Declarations in macros have no name.
        names.extend(declarations.map(name).filter(|name: &String| !name.is_empty()));
    }
}

#[test]
fn no_way_to_fail_prints_a_secret() {
    for answer in answers() {
        let error = block_on(get_by_pin(answer)).unwrap_err();
        let printed = chain(&error);
        assert!(!printed.contains("canary"), "{printed}");
    }
}

#[test]
fn a_rejected_key_is_not_printed() {
    let bad =
        [format!("{KEY}\n"), KEY.replace("seam_", "seam_cst_"), KEY.replace("seam_", "other_"), format!("{KEY}ü")];
    for key in bad {
        let printed = chain(&Credentials::api_key(key).unwrap_err());
        assert!(!printed.contains("canary"), "{printed}");
    }
    for url in [format!("https://user:{KEY}@host"), format!("https://host?{KEY}"), format!("ftp://{KEY}"), KEY.into()] {
        let printed =
            chain(&Seam::builder(FakeSeam::new()).credentials(credentials()).base_url(url).build().unwrap_err());
        assert!(!printed.contains("canary"), "{printed}");
    }
}

/// Returns the error of a script for an unexpected request.
fn script_error() -> String {
    let script = Script::new();
    let seam = script.seam();
    let error = block_on(seam.access_codes().unmanaged().get_by_code("door", PIN).into_future()).unwrap_err();
    format!("{} {}", chain(&error), chain(&script.try_verify().unwrap_err()))
}

async fn get_by_pin(answer: fn() -> Result<Response, TransportError>) -> Result<UnmanagedAccessCode, Error> {
    seam_over(Answers(answer)).access_codes().unmanaged().get_by_code("door", PIN).await
}

fn credentials() -> Credentials {
    Credentials::api_key(KEY).unwrap()
}

fn seam_over(transport: impl Transport) -> Seam {
    seam_mock::builder(transport).credentials(credentials()).build().unwrap()
}

fn text(status: u16, body: &str) -> Response {
    let mut response = http::Response::new(Body::from(body.to_owned()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// Returns everything that an error and its sources print.
fn chain(error: &(dyn StdError + 'static)) -> String {
    fn both(error: &(impl Display + Debug + ?Sized)) -> String {
        format!("{error} {error:?} {error:#?}\n")
    }
    let mut printed = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        printed.push_str(&both(error));
        next = error.source();
    }
    printed
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A transport that responds to every request in the same way.
#[derive(Debug)]
struct Answers(fn() -> Result<Response, TransportError>);

#[async_trait]
impl Transport for Answers {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        (self.0)()
    }
}

/// Every parameter that the annotations mark as a secret has a secret type, at any depth of a request.
#[test]
fn secrets_of_requests_have_the_types_of_secrets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let secret = |name: &str| match seam_spec::annotations().secrets.get(name) {
        Some((_, seam_spec::SecretDecision::Secret(kind))) => Some(kind.clone()),
        _ => None,
    };
    let mut folders = vec![root.join("crates/seam-core/src/endpoints")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let Some((name, kind)) =
                    line.trim_start().strip_prefix("pub ").and_then(|field| field.split_once(": "))
                else {
                    continue;
                };
                if let Some(secret) = secret(name) {
                    assert!(kind.contains(&secret), "{}: {line}", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 8, "{seen} secrets are too few for a meaningful test");
}
