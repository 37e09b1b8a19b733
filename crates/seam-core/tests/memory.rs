//! The memory of decoding and keeping a response or an error, relative to its size, measured by a counting allocator. A
//! single test, so that no other test allocates concurrently.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests panic, and this one prints its figures")]

mod support;

use peak_alloc::PeakAlloc;
use seam_core::{Call, Endpoint, Error, ErrorKind, Seam};
use support::{DEVICE_ID, Recorder, answer, run};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

/// Returns the peak memory of a call beyond the body of its response, as a multiple of that body, and the error of the
/// call.
fn factor<E: Endpoint>(status: u16, body: &str, call: impl Fn(&Seam) -> Call<E>) -> (f64, Option<Error>) {
    let recorder = Recorder::new([answer(status, body)]);
    let seam = recorder.client();
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = run(call(&seam));
    let peak = ALLOCATOR.peak_usage() - before;
    (peak as f64 / body.len() as f64, result.err())
}

/// Returns a list that repeats one item.
fn list(name: &str, item: &str, length: usize) -> String {
    let count = length / (item.len() + 1);
    format!("{{\"{name}\":[{}]}}", vec![item; count].join(","))
}

/// Returns many values of one kind in an item.
fn many(value: &str) -> String {
    vec![value; 200].join(",")
}

/// Pads an item to a length with a string that is dropped.
fn padded(item: &str, length: usize) -> String {
    let rest = item.strip_suffix('}').unwrap();
    let padding = length.saturating_sub(rest.len() + r#","nickname":""}"#.len());
    format!(r#"{rest},"nickname":"{}"}}"#, "x".repeat(padding))
}

#[test]
fn no_response_needs_more_than_twenty_times_its_size() {
    let mut worst: f64 = 0.0;
    let mut check = |name: String, (factor, error): (f64, Option<Error>)| {
        let outcome = error.map_or("read".to_owned(), |error| format!("{:?}", error.kind()));
        println!("{factor:6.2} times: {outcome}: {name}");
        assert!(factor <= 20.0, "{factor} times: {outcome}: {name}");
        worst = worst.max(factor);
    };

    // Typical items, and items of a hostile server.
    let device = include_str!("../../seam-model/benches/support/device.json");
    let device: serde_json::Value = serde_json::from_str(device).unwrap();
    let device = device.get("device").unwrap_or(&device).to_string();
    let items = [
        device,
        r#"{"device_id":"1"}"#.to_owned(),
        r#"{"device_id":"1","properties":{}}"#.to_owned(),
        r#"{"device_id":"1","a":{"b":{"c":{"d":{"e":{"f":{"g":{}}}}}}}}"#.to_owned(),
        format!(r#"{{"device_id":"1","errors":[{}]}}"#, many(r#"{"error_code":""}"#)),
        format!(r#"{{"device_id":"1","a":[{}]}}"#, many("{}")),
        format!(r#"{{"device_id":"1","a":[{}]}}"#, many(r#"{"a":0}"#)),
        format!(r#"{{"device_id":"1","a":[{}]}}"#, many("0")),
        format!(r#"{{"device_id":"1","a":[{}]}}"#, many("[]")),
        format!(r#"{{"device_id":"1","a":[{}]}}"#, many(r#""""#)),
        format!(r#"{{"device_id":"1","a":[{}]}}"#, many(r#""12345678901234""#)),
        format!(r#"{{"device_id":"1","capabilities_supported":[{}]}}"#, many(r#""""#)),
        format!(r#"{{"device_id":"1",{}}}"#, (0..200).map(|n| format!(r#""{n}":0"#)).collect::<Vec<_>>().join(",")),
        format!(
            r#"{{"device_id":"1",{}}}"#,
            (0..200).map(|n| format!(r#""name_of_a_field_{n}":0"#)).collect::<Vec<_>>().join(",")
        ),
    ];
    // Values of an unexpected type, which are kept, and damage, which is repaired first.
    let items: Vec<String> = items
        .into_iter()
        .chain([
            "1".to_owned(),
            r#"{"device_id":"1","created_at":1,"properties":"x","errors":1,"location":2,"warnings":"a","is_managed":3}"#.to_owned(),
            format!(r#"{{"device_id":"1","errors":[{}]}}"#, many("1")),
            format!(r#"{{"device_id":"1","errors":[{}]}}"#, many(r#"{"error_code":1,"message":2,"created_at":"never"}"#)),
            format!(r#"{{"device_id":"1","capabilities_supported":[{}]}}"#, many("123456789")),
            format!(r#"{{"device_id":"1","a":[{}]}}"#, many(r#""\ud83d\ud83d\ud83d\ud83d""#)),
            format!(r#"{{"device_id":"1","a":[{}]}}"#, many("1e999999999999")),
            format!(r#"{{"device_id":"1","errors":[{}]}}"#, many(r#"{"error_code":"\ud83d","x":1e999}"#)),
        ])
        .collect();
    for length in [2 * MIB, 6 * MIB] {
        for item in &items {
            let body = list("devices", item, length);
            check(format!("{length} bytes of {item:.60}"), factor(200, &body, |seam| seam.devices().list()));
        }
    }
    // The largest structs, at the size at which the estimate accepts them.
    for length in (20..300).step_by(40) {
        let item = padded(r#"{"device_id":"1","properties":{}}"#, length);
        check(
            format!("devices of {length}"),
            factor(200, &list("devices", &item, 2 * MIB), |seam| seam.devices().list()),
        );
        let item = padded(r#"{"acs_credential_id":"1"}"#, length);
        let body = list("acs_credentials", &item, 2 * MIB);
        check(format!("credentials of {length}"), factor(200, &body, |seam| seam.acs().credentials().list()));
        let item = padded(r#"{"access_code_id":"1"}"#, length);
        let body = list("access_codes", &item, 2 * MIB);
        check(format!("codes of {length}"), factor(200, &body, |seam| seam.access_codes().list().device_id(DEVICE_ID)));
        let item = format!(r#"{{"device_id":"1","a":[{}]}}"#, many(&padded("{\"a\":0}", length)));
        check(
            format!("unknown objects of {length}"),
            factor(200, &list("devices", &item, 2 * MIB), |seam| seam.devices().list()),
        );
    }

    let nested = format!("{}{}", r#"{"a":"#.repeat(100), "}".repeat(100)).replace(":}", ":1}");
    let error = |rest: &str| format!(r#"{{"error":{{"type":"a","message":"b",{rest}}}}}"#);
    let fill = |value: &str, length: usize| vec![value; length / (value.len() + 1)].join(",");
    for length in [MIB - 200, 2 * MIB] {
        let name = "a".repeat(length / 2);
        let children: Vec<String> = (0..length / 60).map(|n| format!(r#""{n}":{{"_errors":["x"]}}"#)).collect();
        for body in [
            error(&format!(r#""data":[{}]"#, fill("{}", length))),
            error(&format!(r#""data":[{}]"#, fill(r#"{"a":0}"#, length))),
            error(&format!(r#""data":[{}]"#, fill(&nested, length))),
            error(&format!(r#""validation_errors":{{"{name}":{{{}}}}}"#, children.join(","))),
            error(&format!(r#""validation_errors":{{"_errors":[{}]}}"#, fill(r#""x""#, length))),
            format!(r#"{{"error":{{"type":"a","message":"{}"}}}}"#, "\\u{".repeat(length / 3)),
            format!(r#"{{"error":{{"type":"a","message":"{}"}}}}"#, r"\u0061".repeat(length / 6)),
            format!(r#"{{"action_attempt":[{}]}}"#, fill("{}", length)),
            list("devices", r#"{"device_id":"1"}"#, length),
            format!("{{\"x\":{}", "[".repeat(length)),
            // Damage, which is repaired first.
            format!(r#"{{"error":{{"type":"a","message":"{}"}}}}"#, r"\ud83d".repeat(length / 6)),
            error(&format!(r#""data":[{}]"#, fill("1e999", length))),
            error(&format!(r#""request_id":{}1{}"#, "[".repeat(length / 2), "]".repeat(length / 2))),
        ] {
            for status in [200, 400, 503] {
                let name = format!("{status} with {} bytes of {:.60}", body.len(), body);
                let (factor, error) = factor(status, &body, |seam| seam.locks().unlock_door(DEVICE_ID));
                assert!(error.is_some(), "{name}");
                check(name, (factor, error));
            }
        }
    }
    println!("{worst:.1} times at most");

    // A large response of many tiny values is rejected; a small one is decoded.
    let item = r#"{"device_id":"1"}"#;
    let (_, error) = factor(200, &list("devices", item, 4 * MIB), |seam| seam.devices().list());
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(error.message().contains("20 times its size in memory"), "{error}");
    let (_, error) = factor(200, &list("devices", item, 100_000), |seam| seam.devices().list());
    assert!(error.is_none());
}
