//! The header `retry-after`, and the pauses between the attempts of a call.

use std::{ops::RangeInclusive, time::Duration};

use seam_core::{Error, ErrorKind};
use seam_faults::{Case, Expected, Network, Run};
use seam_mock::transport_kit::{Connection, Script};

use crate::matrix::support::{BODY, SHORT_TIMEOUT, json_response, unexpected, unusable_response, with_headers};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The date of all responses, to which dates in `retry-after` are relative.
const DATE: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    requested(&mut cases);
    ignored(&mut cases);
    too_long(&mut cases);
    repeated_failures(&mut cases);
    cases
}

/// Adds cases for a header that requests a pause of this number of seconds.
fn expect_pause(cases: &mut Vec<Case>, name: &str, headers: &str, seconds: u64) {
    pauses(cases, name, headers, Some(seconds));
}

/// Adds cases for the pause of a read, and the pause in the error of an action.
fn pauses(cases: &mut Vec<Case>, name: &str, headers: &str, seconds: Option<u64>) {
    let requested = seconds.map(Duration::from_secs);
    for status in [429, 503] {
        let response = with_headers(status, &format!("{DATE}{headers}"), "");
        let script = Script::each([
            Connection::new().read().write(response.clone()),
            Connection::new().read().write(json_response(200, BODY)),
        ]);
        cases.push(Case::new(format!("{name}, with {status}: a read"), move || read(script.clone(), requested)));
        let script = Script::answer(response);
        let has_retry_after =
            move |error: &Error| error.retry_after() == requested && error.is_rate_limited() == (status == 429);
        let expected = if status == 429 { unexpected(429) } else { unusable_response().status(503) };
        let connect = move || Network::http(script.clone());
        let name = format!("{name}, with {status}");
        cases.push(Case::action(name, connect, TIMEOUT, expected.that("with the requested pause", has_retry_after)));
    }
}

async fn read(script: Script, requested: Option<Duration>) -> Run {
    let network = Network::http(script).await?;
    let result = network.read(TIMEOUT).await;
    Expected::ok().requests(2).check(result, network.requests())?;
    check_pauses(&network, &[requested.unwrap_or_default()])
}

/// Checks the pauses of the client, each of which is the requested pause with jitter.
fn check_pauses(network: &Network, requested: &[Duration]) -> Run {
    let pauses = network.clock.pauses();
    let jitter = [Duration::from_millis(200), Duration::from_millis(400)];
    let allowed: Vec<RangeInclusive<Duration>> =
        requested.iter().zip(jitter).map(|(requested, jitter)| *requested..=*requested + jitter).collect();
    let is_right =
        pauses.len() == allowed.len() && pauses.iter().zip(&allowed).all(|(pause, range)| range.contains(pause));
    if is_right { Ok(()) } else { Err(format!("the pauses were {pauses:?}, expected {allowed:?}")) }
}

fn requested(cases: &mut Vec<Case>) {
    expect_pause(cases, "0 seconds", "retry-after: 0\r\n", 0);
    expect_pause(cases, "7 seconds", "retry-after: 7\r\n", 7);
    expect_pause(cases, "007 seconds", "retry-after: 007\r\n", 7);
    expect_pause(cases, "seconds with white space", "retry-after: \t 3 \t \r\n", 3);
    expect_pause(cases, "the header in upper case", "RETRY-AFTER: 4\r\n", 4);
    expect_pause(cases, "a date in the preferred format", "retry-after: Sun, 06 Nov 1994 08:49:42 GMT\r\n", 5);
    expect_pause(cases, "a date in the format of RFC 850", "retry-after: Sunday, 06-Nov-94 08:49:42 GMT\r\n", 5);
    expect_pause(cases, "a date in the format of asctime", "retry-after: Sun Nov  6 08:49:42 1994\r\n", 5);
    expect_pause(cases, "the current date", "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0);
    expect_pause(cases, "a date in the past", "retry-after: Sun, 06 Nov 1994 08:00:00 GMT\r\n", 0);
    expect_pause(cases, "the Unix epoch", "retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 0);
    expect_pause(cases, "two headers, the shorter pause first", "retry-after: 2\r\nretry-after: 3600\r\n", 2);
    expect_pause(cases, "seconds with a fraction", "retry-after: 2.0\r\n", 2);
    expect_pause(cases, "an invalid header, and a valid one", "retry-after: soon\r\nretry-after: 2\r\n", 2);
    expect_pause(cases, "a valid header, and an invalid one", "retry-after: 2\r\nretry-after: soon\r\n", 2);
}

fn ignored(cases: &mut Vec<Case>) {
    for (name, headers) in [
        ("no header", ""),
        ("an empty header", "retry-after:\r\n"),
        ("a header of spaces", "retry-after:    \r\n"),
        ("negative seconds", "retry-after: -1\r\n"),
        ("seconds with a sign", "retry-after: +5\r\n"),
        ("seconds with an exponent", "retry-after: 1e3\r\n"),
        ("seconds in hexadecimal", "retry-after: 0x10\r\n"),
        ("seconds with a unit", "retry-after: 5s\r\n"),
        ("a word", "retry-after: soon\r\n"),
        ("two numbers in one header", "retry-after: 2, 5\r\n"),
        ("seconds in quotes", "retry-after: \"5\"\r\n"),
        ("seconds in Arabic-Indic digits", "retry-after: ٥\r\n"),
        ("a date that does not exist", "retry-after: Sun, 31 Feb 1994 08:49:42 GMT\r\n"),
        ("a date with another time zone", "retry-after: Sun, 06 Nov 1994 08:49:42 CET\r\n"),
        ("a date in ISO 8601", "retry-after: 1994-11-06T08:49:42Z\r\n"),
        ("a truncated date", "retry-after: Sun, 06 Nov\r\n"),
        ("10 kB of words", &format!("retry-after: {}\r\n", "long ".repeat(2000))),
        ("other headers", "x-retry-after: 5\r\nratelimit-reset: 5\r\n"),
    ] {
        pauses(cases, name, headers, None);
    }
}

/// Pauses beyond the deadline of the call, which fails at once with an error that contains the pause.
fn too_long(cases: &mut Vec<Case>) {
    let day = Duration::from_secs(24 * 60 * 60);
    // The pause in an error is at most a year, so that it can be added to a time.
    let year = 365 * day;
    for (name, headers, requested) in [
        ("10 seconds of 10", "retry-after: 10\r\n", Duration::from_secs(10)),
        ("an hour", "retry-after: 3600\r\n", Duration::from_secs(3600)),
        ("2^63 seconds", "retry-after: 9223372036854775808\r\n", year),
        ("2^64 - 1 seconds", "retry-after: 18446744073709551615\r\n", year),
        ("2^64 seconds", "retry-after: 18446744073709551616\r\n", year),
        ("a number of 1,000 digits", &format!("retry-after: {}\r\n", "9".repeat(1000)), year),
        ("a date tomorrow", "retry-after: Mon, 07 Nov 1994 08:49:37 GMT\r\n", day),
        ("a date in the year 9999", "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n", year),
        ("two headers, the longer pause first", "retry-after: 3600\r\nretry-after: 2\r\n", Duration::from_secs(3600)),
    ] {
        for status in [429, 503] {
            let script = Script::answer(with_headers(status, &format!("{DATE}{headers}"), ""));
            let has_retry_after = move |error: &Error| error.retry_after() == Some(requested) && error.attempts() == 1;
            let (read, action) = match status {
                429 => (unexpected(429), unexpected(429)),
                _ => (unexpected(503), unusable_response().status(503)),
            };
            let name = format!("a pause beyond the deadline: {name}, with {status}");
            cases.extend(Case::both(
                &name,
                script,
                read.that("with the requested pause", has_retry_after),
                action.that("with the requested pause", has_retry_after),
            ));
        }
    }
    cases.push(Case::new("a pause longer than the timeout of the call: a read", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 1\r\n", ""))).await?;
        let result = network.read(SHORT_TIMEOUT).await;
        unexpected(503).check(result, network.requests())?;
        check_pauses(&network, &[])
    }));
    cases.push(Case::new("a pause of six minutes without a timeout: a read", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 360\r\n", ""))).await?;
        let result = network.read(Duration::MAX).await;
        unexpected(503).check(result, network.requests())?;
        check_pauses(&network, &[])
    }));
    cases.push(Case::new("a pause of four minutes without a timeout: a read", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 240\r\n", ""))).await?;
        let result = network.read(Duration::MAX).await;
        unexpected(503).requests(3).check(result, network.requests())?;
        check_pauses(&network, &[Duration::from_secs(240); 2])
    }));
}

fn repeated_failures(cases: &mut Vec<Case>) {
    for (what, header, requested) in
        [("without retry-after", "", 0), ("with retry-after of 2 seconds", "retry-after: 2\r\n", 2)]
    {
        for status in [429, 500, 503] {
            let response = with_headers(status, header, "");
            cases.push(Case::new(format!("{status} for each attempt {what}: a read"), move || {
                let script = Script::answer(response.clone());
                async move {
                    let network = Network::http(script).await?;
                    let result = network.read(TIMEOUT).await;
                    unexpected(status).requests(3).check(result, network.requests())?;
                    check_pauses(&network, &[Duration::from_secs(requested); 2])
                }
            }));
        }
    }
    for status in [503, 429] {
        let name = format!("{status} with retry-after, then 503 without: a read");
        let script = Script::each([
            Connection::new().read().write(with_headers(status, "retry-after: 3\r\n", "")),
            Connection::new().read().write(with_headers(503, "", "")),
            Connection::new().read().write(json_response(200, BODY)),
        ]);
        cases.push(Case::new(name, move || {
            let script = script.clone();
            async move {
                let network = Network::http(script).await?;
                let result = network.read(TIMEOUT).await;
                Expected::ok().requests(3).check(result, network.requests())?;
                check_pauses(&network, &[Duration::from_secs(3), Duration::ZERO])
            }
        }));
    }
    cases.push(Case::new("503 for 100 consecutive reads", || async {
        let network = Network::http(Script::answer(with_headers(503, "", ""))).await?;
        for _ in 0..100 {
            match network.read(TIMEOUT).await {
                Err(error) if error.kind() == ErrorKind::UnexpectedStatus => {}
                other => return Err(format!("expected an unexpected status, found {other:?}")),
            }
        }
        // The retry budget allows 20 retries.
        match network.requests() {
            120 => Ok(()),
            requests => Err(format!("100 reads sent {requests} requests, expected 120")),
        }
    }));
    cases.push(Case::new("503 for 100 consecutive actions", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 0\r\n", ""))).await?;
        for done in 1..=100 {
            unusable_response().requests(done).check(network.act(TIMEOUT).await, network.requests())?;
        }
        check_pauses(&network, &[])
    }));
    cases.push(Case::new("503 for some reads, then successes: the retry budget refills", || async {
        let unavailable = Connection::new().read().write(with_headers(503, "", ""));
        let ok = Connection::new().read().write(json_response(200, BODY));
        let connections = std::iter::repeat_n(unavailable, 30).chain(std::iter::repeat_n(ok, 200));
        let network = Network::http(Script::each(connections)).await?;
        let mut failed = 0;
        for _ in 0..200 {
            failed += usize::from(network.read(TIMEOUT).await.is_err());
        }
        // Ten reads use up the budget with 30 requests. All later reads succeed.
        match (failed, network.requests()) {
            (10, 220) => Ok(()),
            other => Err(format!("{other:?} failures and requests")),
        }
    }));
}
