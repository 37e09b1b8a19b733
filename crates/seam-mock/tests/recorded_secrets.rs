//! No cassette contains a secret: every value that the API description marks as a secret, in the parameters and
//! responses of all routes, is a canary.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

#[path = "../../seam-model/tests/support/mod.rs"]
mod support;

use std::fs;

use seam_core::{Body, ENDPOINTS, Transport, http, transport_fn};
use seam_mock::{
    json_response,
    recording::{Recorder, Replay},
};
use seam_spec::{Kind, Schema};
use serde_json::{Map, Value};
use support::{CANARY, Mode, Sampler, variants};

/// Makes each canary unique, so that none is found by the content of another. Returns their number.
fn number(value: &mut Value, count: &mut usize) {
    match value {
        Value::String(text) if text == CANARY => {
            *count += 1;
            *text = format!("canary{count:05}x");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| number(item, count)),
        Value::Object(members) => members.values_mut().for_each(|member| number(member, count)),
        _ => {}
    }
}

fn sample(round: usize) -> Sampler {
    let mut sampler = Sampler::new(Mode::Full, u64::try_from(round).unwrap());
    sampler.round = round;
    sampler.canaries = true;
    sampler
}

/// Returns the number of variants of the response of a route.
fn variants_of_answer(schema: &Schema) -> usize {
    match &schema.kind {
        Kind::Reference(name) => seam_spec::api().resource(name).map_or(1, |resource| variants(&resource.schema)),
        _ => 3,
    }
}

/// Removes replaced values, which are the only permitted difference.
fn without_replaced(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains("canary") || text.contains("scrubbed") || text.contains("***") => {
            Value::Null
        }
        Value::Array(items) => items.iter().map(without_replaced).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), without_replaced(value))).collect(),
        other => other.clone(),
    }
}

fn answering(body: Value) -> impl Transport {
    transport_fn(move |_| {
        let body = body.clone();
        async move { Ok(json_response(200, body)) }
    })
}

#[tokio::test]
async fn no_route_leaves_a_secret_in_a_cassette() {
    let folder = std::env::temp_dir().join(format!("seam-recorded-secrets-{}", std::process::id()));
    let mut count = 0;
    for route in seam_spec::api().routes() {
        let spec = *ENDPOINTS.iter().find(|spec| spec.path() == route.path).unwrap();
        let key = route.response_key.and_then(|key| route.response.iter().find(|field| field.name == key));
        let rounds = variants(&route.parameters).max(key.map_or(1, |key| variants_of_answer(&key.schema)));
        let path = folder.join("a.json");
        for round in 0..rounds {
            let recorder = Recorder::new(&path);
            let mut parameters = sample(round).parameters(route.path);
            number(&mut parameters, &mut count);
            let mut body = Map::new();
            if let Some(key) = key {
                let mut answer = sample(round).answer(route.path);
                number(&mut answer, &mut count);
                body.insert(key.name.to_owned(), answer);
            }
            let body = Value::Object(body);
            let request = || {
                let mut request = http::Request::post(format!("https://localhost{}", route.path))
                    .body(Body::from(parameters.to_string()))
                    .unwrap();
                request.extensions_mut().insert(spec);
                request
            };
            recorder.transport(answering(body.clone())).send(request()).await.unwrap();
            recorder.finish().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let found = text.lines().find(|line| line.contains("canary"));
            assert_eq!(found, None, "{}", route.path);

            let replay = Replay::open(&path).unwrap();
            let response = replay.transport().send(request()).await.unwrap();
            let replayed: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
            assert_eq!(without_replaced(&replayed), without_replaced(&body), "{}", route.path);
            replay.verify();
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(count > 1000, "{count} canaries are too few for a meaningful test");
}
