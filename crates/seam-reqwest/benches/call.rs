//! Measures the time of a call through `Seam`, over a mock and over HTTP on loopback, compared with bare reqwest and
//! `serde_json`.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot make its calls is useless")]

use criterion::{Criterion, criterion_group, criterion_main};
use seam_fake::FakeSeam;
use seam_mock::{API_KEY, MockTransport, json_response};
use seam_reqwest::{Credentials, Seam, endpoints::access_codes::unmanaged, model::UnmanagedAccessCode};

const CODE_ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";

fn call(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let fake = FakeSeam::new();
    let server = runtime.block_on(fake.serve()).unwrap();

    let mut group = criterion.benchmark_group("get an unmanaged access code");

    let code = runtime.block_on(fake.seam().access_codes().unmanaged().get(CODE_ID).into_future()).unwrap();
    let body = serde_json::json!({ "access_code": code, "ok": true });
    let mut mock = MockTransport::new();
    mock.expect_send().returning(move |_| Ok(json_response(200, body.clone())));
    let over_mock = seam_mock::seam(mock);
    group.bench_function("Seam over MockTransport", |bencher| {
        bencher.iter(|| runtime.block_on(over_mock.access_codes().unmanaged().get(CODE_ID).into_future()).unwrap());
    });

    // The same cryptography provider for both clients, although loopback does not use it.
    let bare = reqwest::Client::new();
    let url = format!("{}/access_codes/unmanaged/get?access_code_id={CODE_ID}&_strict=true", server.url());
    group.bench_function("bare reqwest over HTTP", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let response = bare.get(&url).bearer_auth(API_KEY).send().await.unwrap();
                let mut body: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
                serde_json::from_value::<UnmanagedAccessCode>(body.remove("access_code").unwrap()).unwrap()
            })
        });
    });

    let over_http = seam_reqwest::builder()
        .unwrap()
        .credentials(Credentials::api_key(API_KEY).unwrap())
        .base_url(server.url())
        .build()
        .unwrap();
    group.bench_function("Seam over HTTP", |bencher| {
        bencher.iter(|| runtime.block_on(get(&over_http)));
    });
    group.finish();
}

async fn get(seam: &Seam) -> UnmanagedAccessCode {
    seam.call(unmanaged::Get::new(CODE_ID)).await.unwrap()
}

criterion_group!(benches, call);
criterion_main!(benches);
