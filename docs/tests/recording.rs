//! Cassettes of the in-memory Seam: the committed ones equal a new recording, and no cassette contains a secret.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use seam_core::{
    Body, ENDPOINTS, Error, Idempotency, Request, Seam, Transport,
    endpoints::customers::CustomerData,
    http::{HeaderMap, HeaderValue, header},
    model::EventType,
    transport_fn,
};
use seam_fake::{API_KEY, ENCODER, FRONT_DOOR, FakeSeam, GUEST, GUEST_ROOMS, ROOM_101};
use seam_faults::Canaries;
use seam_mock::recording::{Cassette, Recorder, Replay};
use serde_json::{Value, json};

/// The folder of the cassettes, relative to the package, in which cargo runs the tests.
const FOLDER: &str = "tests/cassettes";

/// Makes the same calls as the page about recording, whose snippet replays the same cassette.
async fn names_of_codes(seam: &Seam) -> Result<(), Error> {
    seam.access_codes().unmanaged().list(FRONT_DOOR).await.map(drop)
}

/// Converts an unmanaged code of a lock to a managed one, and creates another code.
async fn adopt_codes(seam: &Seam) -> Result<(), Error> {
    let codes = seam.access_codes();
    let unmanaged = codes.unmanaged().list(FRONT_DOOR).await?;
    let adopted = unmanaged.items.iter().find(|code| code.name.as_deref() == Some("Neighbours")).unwrap();
    codes.unmanaged().convert_to_managed(&adopted.access_code_id).and_wait().await?;
    let created = codes.create(FRONT_DOOR).name("Guest").code("40716").and_wait().await?;
    assert_eq!(created.code, Some("40716".into()));
    codes.delete(&created.access_code_id).and_wait().await?;
    assert!(codes.get(&created.access_code_id).await.unwrap_err().is_not_found());
    Ok(())
}

/// Returns a builder of a client of an in-memory Seam, as a program does for the real one.
fn live() -> Result<seam_core::Builder, Error> {
    let credentials = seam_core::Credentials::api_key(API_KEY)?;
    Ok(FakeSeam::new().builder().credentials(credentials))
}

#[tokio::test]
async fn cassettes_are_replayed() {
    let cassette = Cassette::open(format!("{FOLDER}/adopt_codes.json")).unwrap();
    adopt_codes(&cassette.seam(live).unwrap()).await.unwrap();
    cassette.verify();

    let cassette = Cassette::open(format!("{FOLDER}/names_of_codes.json")).unwrap();
    names_of_codes(&cassette.seam(live).unwrap()).await.unwrap();
    cassette.verify();
}

#[tokio::test]
async fn the_cassettes_equal_a_new_recording() {
    compare("adopt_codes", adopt_codes).await;
    compare("names_of_codes", names_of_codes).await;
}

async fn compare(name: &str, program: impl AsyncFn(&Seam) -> Result<(), Error>) {
    let path = temporary(name);
    let recorder = Recorder::new(&path);
    let seam = live().unwrap().wrap(|transport| recorder.transport(transport)).build().unwrap();
    program(&seam).await.unwrap();
    recorder.finish().unwrap();
    let recorded = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let committed = fs::read_to_string(format!("{FOLDER}/{name}.json")).unwrap();
    assert!(
        recorded == committed,
        "{name}.json is out of date: SEAM_RECORD=1 cargo test -p seam-guide --test recording cassettes_are_replayed"
    );
    assert!(!committed.contains("40716") && !committed.contains(API_KEY));
}

/// The names of fields with secrets of the in-memory Seam.
const SECRET_NAMES: [&str; 10] = [
    "card_number",
    "client_session_token",
    "code",
    "custom_redirect_url",
    "instant_key_url",
    "next_page_url",
    "secret",
    "token",
    "url",
    "user_identifier_key",
];

/// Adds the strings with such names.
fn add_secrets(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| add_secrets(item, secrets)),
        Value::Object(members) => {
            for (name, member) in members {
                if let Some(secret) = member.as_str().filter(|_| SECRET_NAMES.contains(&name.as_str())) {
                    secrets.push(secret.to_owned());
                }
                add_secrets(member, secrets);
            }
        }
        _ => {}
    }
}

/// Calls all routes that accept or return secrets, with canaries as secrets.
async fn use_secrets(seam: &Seam) -> Result<Vec<String>, Error> {
    let [pin, key] = ["817263", "canary-user-key-4f1d"];
    let [url, redirect] = ["https://hooks.example/a?key=canary-7391", "https://app.example/?state=canary-state-99"];

    let codes = seam.access_codes();
    let code = codes.create(FRONT_DOOR).name(format!("Code {pin}")).code(pin).and_wait().await?;
    codes.update(&code.access_code_id).name(format!("is {pin}!")).and_wait().await?;
    codes.get_by_code(FRONT_DOOR, pin).await?;
    codes.list().device_id(FRONT_DOOR).search(pin).await?;
    codes.generate_code(FRONT_DOOR).await?;
    // The error quotes the PIN.
    codes.create(FRONT_DOOR).code(pin).await.unwrap_err();
    codes.unmanaged().list(FRONT_DOOR).await?;

    let webhook = seam.webhooks().create(url).event_types([EventType::LockUnlocked]).await?;
    seam.webhooks().get(&webhook.webhook_id).await?;
    seam.client_sessions().create().user_identifier_key(key).await?;
    seam.client_sessions().get_or_create().user_identifier_key(key).await?;
    seam.connect_webviews().create().custom_redirect_url(redirect).await?;
    seam.customers().create_portal().customer_data(CustomerData::new("hotel")).await?;
    seam.user_identities().generate_instant_key(GUEST).await?;
    let user = seam.acs().users().create(GUEST_ROOMS, "Ada").user_identity_id(GUEST).await?.acs_user_id;
    let card = seam.acs().credentials().create("card").acs_user_id(&user).allowed_acs_entrance_ids([ROOM_101]).await?;
    seam.acs().encoders().encode_credential(ENCODER, &card.acs_credential_id).and_wait().await?;
    seam.acs().credentials().get(&card.acs_credential_id).await?;
    Ok([pin, key, url, redirect].map(str::to_owned).into())
}

/// Returns a request to each list route.
fn lists() -> Vec<Request> {
    let is_list = |spec: &&&'static seam_core::Spec| {
        spec.idempotency() == Idempotency::ReadOnly && spec.parameters().iter().all(|parameter| !parameter.required)
    };
    ENDPOINTS
        .iter()
        .filter(is_list)
        .map(|spec| {
            let mut request = Request::new(Body::from(json!({}).to_string()));
            *request.method_mut() = seam_core::http::Method::POST;
            *request.uri_mut() = format!("https://localhost{}", spec.path()).parse().unwrap();
            let key = HeaderValue::from_str(&format!("Bearer {API_KEY}")).unwrap();
            *request.headers_mut() = HeaderMap::from_iter([
                (header::AUTHORIZATION, key),
                (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            ]);
            request.extensions_mut().insert(*spec);
            request
        })
        .collect()
}

#[tokio::test]
async fn no_cassette_contains_a_secret_of_the_in_memory_seam() {
    let fake = FakeSeam::new();
    let path = temporary("secrets");
    let recorder = Recorder::new(&path);
    let answered = Arc::new(Mutex::new(Vec::new()));
    let found = Arc::clone(&answered);
    let tap = |fake: FakeSeam| {
        transport_fn(move |request: Request| {
            let (fake, found) = (fake.clone(), Arc::clone(&found));
            async move {
                let response = fake.send(request).await?;
                add_secrets(&serde_json::from_slice(response.body().as_ref()).unwrap(), &mut found.lock().unwrap());
                Ok(response)
            }
        })
    };
    let transport = Arc::new(recorder.transport(tap(fake.clone())));
    let seam = fake.seam_through(|_| Arc::clone(&transport));
    let mut secrets = use_secrets(&seam).await.unwrap();
    let mut listed = 0;
    for request in lists() {
        listed += usize::from(transport.send(request).await.unwrap().status().is_success());
    }
    recorder.finish().unwrap();
    assert!(listed > 20, "{listed} lists");
    secrets.append(&mut answered.lock().unwrap());
    add_secrets(&fake.database(), &mut secrets);
    secrets.push(API_KEY.to_owned());
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() > 15, "{} secrets are too few for a meaningful test", secrets.len());

    let recorded = fs::read_to_string(&path).unwrap();
    let canaries = Canaries::of(secrets.iter().map(String::as_str));
    for line in recorded.lines() {
        assert_eq!(canaries.find_in(line), None, "{line}");
    }
    // The cassette can be replayed.
    let replay = Replay::open(&path).unwrap();
    use_secrets(&replay.seam()).await.unwrap();
    for request in lists() {
        replay.transport().send(request).await.unwrap();
    }
    replay.verify();
    fs::remove_file(&path).unwrap();
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("seam-{name}-{}.json", std::process::id()))
}
