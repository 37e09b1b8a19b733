//! The cases of the client: responses, errors, retries, pages, tenants and webhooks.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use seam_core::{
    Body, Credentials, Response, RetryPolicy, Seam, TransportError, TransportErrorKind, WebhookVerifier,
    http::{HeaderValue, StatusCode, header},
    transport_fn,
};
use seam_mock::API_KEY;
use serde_json::{Value, json};

use crate::{Case, Growth::Flat, Growth::Linear, Operation};

pub(crate) const CASES: [Case; 15] = [
    Case { name: "items of a page", growth: Linear, size: 50, prepare: items },
    Case { name: "unknown fields of a resource", growth: Linear, size: 100, prepare: unknown_fields },
    Case { name: "nesting of an unknown field", growth: Linear, size: 7, prepare: nesting },
    Case { name: "values of an unexpected type", growth: Linear, size: 50, prepare: unexpected_types },
    Case { name: "length of a string", growth: Linear, size: 4096, prepare: long_string },
    Case { name: "length of an error message", growth: Linear, size: 4096, prepare: error_message },
    Case { name: "parameters in a validation error", growth: Linear, size: 50, prepare: validation_errors },
    Case { name: "length of a response without JSON", growth: Linear, size: 4096, prepare: html },
    Case { name: "attempts of a call", growth: Linear, size: 2, prepare: retries },
    Case { name: "pages of a list", growth: Linear, size: 5, prepare: pages },
    Case { name: "ids in a query", growth: Linear, size: 25, prepare: ids },
    Case { name: "calls of different tenants", growth: Linear, size: 10, prepare: tenants },
    Case { name: "a call among other tenants", growth: Flat, size: 50, prepare: among_tenants },
    Case { name: "an action among other devices", growth: Flat, size: 50, prepare: among_devices },
    Case { name: "length of a webhook", growth: Linear, size: 4096, prepare: webhook },
];

const ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";

/// Returns a client that gets the same response to each request.
fn client(status: StatusCode, content_type: &'static str, body: String) -> Seam {
    let body = Body::from(body.into_bytes());
    let transport = transport_fn(move |_| {
        let mut response = Response::new(body.clone());
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        async move { Ok(response) }
    });
    seam_mock::seam(transport)
}

fn json_client(body: &Value) -> Seam {
    client(StatusCode::OK, "application/json", body.to_string())
}

fn get_device(body: &Value) -> Operation {
    let seam = json_client(&json!({ "device": body }));
    Box::new(move |_| drop(pollster::block_on(seam.devices().get(ID).into_future()).unwrap()))
}

fn items(size: usize) -> Operation {
    let device = json!({"device_id": ID, "device_type": "august_lock", "created_at": "2025-06-14T16:54:17.946Z",
        "properties": {"online": true, "name": "Front Door", "battery_level": 0.9}, "errors": [], "warnings": []});
    let seam = json_client(&json!({"devices": vec![device; size], "pagination": {"has_next_page": false}}));
    Box::new(move |_| assert_eq!(pollster::block_on(seam.devices().list().into_future()).unwrap().len(), size))
}

fn unknown_fields(size: usize) -> Operation {
    let unknown = (0..size).map(|number| (format!("unknown_{number}"), json!("value")));
    get_device(&[("device_id".to_owned(), json!(ID))].into_iter().chain(unknown).collect())
}

fn nesting(size: usize) -> Operation {
    let nested = (0..size).fold(json!(1), |inner, _| json!([inner]));
    get_device(&json!({ "device_id": ID, "unknown": nested }))
}

fn unexpected_types(size: usize) -> Operation {
    get_device(&json!({ "device_id": ID, "errors": vec![json!(17); size], "created_at": vec![json!({}); size] }))
}

fn long_string(size: usize) -> Operation {
    get_device(&json!({ "device_id": ID, "nickname": "é\"\u{1}n".repeat(size / 4) }))
}

/// Returns an operation that fails, and renders its error as a log would.
fn failing(seam: Seam) -> Operation {
    Box::new(move |_| {
        let call = seam.access_codes().create(ID).name("Guest").code("1988");
        let error = pollster::block_on(call.into_future()).unwrap_err();
        assert!(!format!("{error} {error:?}").is_empty());
    })
}

fn error_message(size: usize) -> Operation {
    let error = json!({"type": "invalid_input", "message": "1 19 198 1988 \u{7f}".repeat(size / 16)});
    failing(client(StatusCode::BAD_REQUEST, "application/json", json!({ "error": error }).to_string()))
}

fn validation_errors(size: usize) -> Operation {
    let errors: Value = (0..size).map(|number| (format!("p{number}"), json!({"_errors": ["1988 is wrong"]}))).collect();
    let error = json!({"type": "invalid_input", "message": "invalid", "validation_errors": errors});
    failing(client(StatusCode::BAD_REQUEST, "application/json", json!({ "error": error }).to_string()))
}

fn html(size: usize) -> Operation {
    failing(client(StatusCode::BAD_GATEWAY, "text/html", "<p>1988</p> ".repeat(size / 12)))
}

fn retries(size: usize) -> Operation {
    let attempts = AtomicUsize::new(0);
    let transport = transport_fn(move |_| {
        // The last attempt of each call succeeds.
        let succeeds = attempts.fetch_add(1, Ordering::Relaxed) % size == size - 1;
        async move {
            if succeeds {
                return Ok(seam_mock::json_response(200, json!({"device": {"device_id": ID}})));
            }
            Err(TransportError::new(TransportErrorKind::Interrupted, "connection reset"))
        }
    });
    let attempts = NonZeroU32::new(u32::try_from(size).unwrap()).unwrap();
    let policy =
        RetryPolicy::new().max_attempts(attempts).initial_backoff(Duration::from_millis(1)).retry_budget(10_000);
    let builder = seam_mock::builder(transport).retry_policy(policy).timeout(Duration::from_secs(100_000));
    let seam = builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap();
    Box::new(move |_| drop(pollster::block_on(seam.devices().get(ID).into_future()).unwrap()))
}

fn pages(size: usize) -> Operation {
    let served = AtomicUsize::new(0);
    let transport = transport_fn(move |_| {
        let page = served.fetch_add(1, Ordering::Relaxed) % size + 1;
        let cursor = (page < size).then(|| format!("cursor-{page}"));
        let pagination = json!({"has_next_page": cursor.is_some(), "next_page_cursor": cursor, "next_page_url": null});
        let body = json!({"devices": [{"device_id": format!("device-{page}")}], "pagination": pagination});
        async move { Ok(seam_mock::json_response(200, body)) }
    });
    let seam = seam_mock::seam(transport);
    Box::new(move |_| {
        let devices = pollster::block_on(seam.devices().list().items().try_collect::<Vec<_>>()).unwrap();
        assert_eq!(devices.len(), size);
    })
}

fn ids(size: usize) -> Operation {
    let seam = json_client(&json!({"devices": [], "pagination": {"has_next_page": false}}));
    let ids: Vec<String> = (0..size).map(|number| format!("device-{number}")).collect();
    Box::new(move |_| drop(pollster::block_on(seam.devices().list().device_ids(&ids).into_future()).unwrap()))
}

fn tenant(seam: &Seam, number: usize) -> Seam {
    seam.with_credentials(Credentials::api_key(format!("seam_tenant_{number}")).unwrap())
}

fn tenants(size: usize) -> Operation {
    let seam = json_client(&json!({ "device": { "device_id": ID } }));
    Box::new(move |_| {
        for number in 0..size {
            pollster::block_on(tenant(&seam, number).devices().get(ID).into_future()).unwrap();
        }
    })
}

fn among_tenants(size: usize) -> Operation {
    let seam = json_client(&json!({ "device": { "device_id": ID } }));
    let tenants: Vec<Seam> = (0..size).map(|number| tenant(&seam, number)).collect();
    for tenant in &tenants {
        pollster::block_on(tenant.devices().get(ID).into_future()).unwrap();
    }
    Box::new(move |_| drop(pollster::block_on(tenants.last().unwrap().devices().get(ID).into_future()).unwrap()))
}

fn among_devices(size: usize) -> Operation {
    let attempt = json!({"action_attempt_id": "a1", "action_type": "UNLOCK_DOOR", "status": "pending"});
    let seam = json_client(&json!({ "action_attempt": attempt }));
    for number in 0..size {
        pollster::block_on(seam.locks().unlock_door(format!("device-{number}")).into_future()).unwrap();
    }
    Box::new(move |round| {
        pollster::block_on(seam.locks().unlock_door(format!("device-{round}")).into_future()).unwrap();
    })
}

fn webhook(size: usize) -> Operation {
    let verifier = WebhookVerifier::new("whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==").unwrap();
    let event = json!({"event_id": "e1", "event_type": "device.connected", "device_id": ID, "workspace_id": "w1",
        "created_at": "2025-06-14T16:54:17.946Z", "occurred_at": "2025-06-14T16:54:17.946Z", "unknown": "x".repeat(size)});
    let body = event.to_string().into_bytes();
    let sent_at = SystemTime::now();
    let headers = verifier.sign("msg_1", sent_at, &body).unwrap();
    Box::new(move |_| drop(verifier.verify_at(&headers, &body, sent_at).unwrap().event().unwrap()))
}
