//! Servers that ask for patience, and how much of it they get.

use std::{ops::RangeInclusive, time::Duration};

use seam_core::{Error, ErrorKind};
use seam_faults::{Case, Expected, Network, Run};
use seam_mock::transport_kit::{Connection, Script};

use crate::matrix::support::{FOUND, SHORT, json, unexpected, unknown_answer, with_headers};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The day of all responses here, so that dates are as far away as they say.
const DATE: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    asked(&mut cases);
    ignored(&mut cases);
    too_long(&mut cases);
    storms(&mut cases);
    cases
}

/// A wait that is granted: the second attempt comes that many seconds later, and a little.
fn granted(cases: &mut Vec<Case>, name: &str, headers: &str, seconds: u64) {
    waits(cases, name, headers, Some(seconds));
}

/// How long a read waits, and what an action says of it.
fn waits(cases: &mut Vec<Case>, name: &str, headers: &str, seconds: Option<u64>) {
    let asked = seconds.map(Duration::from_secs);
    for status in [429, 503] {
        let response = with_headers(status, &format!("{DATE}{headers}"), "");
        let script = Script::each([
            Connection::new().read().write(response.clone()),
            Connection::new().read().write(json(200, FOUND)),
        ]);
        cases.push(Case::new(format!("{name}, with {status}: a read"), move || read(script.clone(), asked)));
        let script = Script::answer(response);
        let told = move |error: &Error| error.retry_after() == asked && error.is_rate_limited() == (status == 429);
        let expected = if status == 429 { unexpected(429) } else { unknown_answer().status(503) };
        let connect = move || Network::http(script.clone());
        let name = format!("{name}, with {status}");
        cases.push(Case::action(name, connect, TIMEOUT, expected.that("saying how long", told)));
    }
}

async fn read(script: Script, asked: Option<Duration>) -> Run {
    let network = Network::http(script).await?;
    let result = network.read(TIMEOUT).await;
    Expected::ok().requests(2).judge(result, network.requests())?;
    paused(&network, &[asked.unwrap_or_default()])
}

/// There were these pauses, each with at most what chance may add.
fn paused(network: &Network, asked: &[Duration]) -> Run {
    let pauses = network.clock.pauses();
    let chance = [Duration::from_millis(200), Duration::from_millis(400)];
    let allowed: Vec<RangeInclusive<Duration>> =
        asked.iter().zip(chance).map(|(asked, chance)| *asked..=*asked + chance).collect();
    let is_right =
        pauses.len() == allowed.len() && pauses.iter().zip(&allowed).all(|(pause, range)| range.contains(pause));
    if is_right { Ok(()) } else { Err(format!("the pauses were {pauses:?}, and not {allowed:?}")) }
}

fn asked(cases: &mut Vec<Case>) {
    granted(cases, "0 seconds", "retry-after: 0\r\n", 0);
    granted(cases, "7 seconds", "retry-after: 7\r\n", 7);
    granted(cases, "007 seconds", "retry-after: 007\r\n", 7);
    granted(cases, "seconds with blanks around them", "retry-after: \t 3 \t \r\n", 3);
    granted(cases, "the header in capitals", "RETRY-AFTER: 4\r\n", 4);
    granted(cases, "a date in today's form", "retry-after: Sun, 06 Nov 1994 08:49:42 GMT\r\n", 5);
    granted(cases, "a date in the form of 1985", "retry-after: Sunday, 06-Nov-94 08:49:42 GMT\r\n", 5);
    granted(cases, "a date as asctime writes it", "retry-after: Sun Nov  6 08:49:42 1994\r\n", 5);
    granted(cases, "a date that is now", "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0);
    granted(cases, "a date that is over", "retry-after: Sun, 06 Nov 1994 08:00:00 GMT\r\n", 0);
    granted(cases, "a date of another century", "retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 0);
    granted(cases, "two waits, the short one first", "retry-after: 2\r\nretry-after: 3600\r\n", 2);
    granted(cases, "a wait with a fraction", "retry-after: 2.0\r\n", 2);
    granted(cases, "garbage, and then a wait", "retry-after: soon\r\nretry-after: 2\r\n", 2);
    granted(cases, "a wait, and then garbage", "retry-after: 2\r\nretry-after: soon\r\n", 2);
}

fn ignored(cases: &mut Vec<Case>) {
    for (name, headers) in [
        ("no wait", ""),
        ("an empty wait", "retry-after:\r\n"),
        ("a wait of blanks", "retry-after:    \r\n"),
        ("a negative wait", "retry-after: -1\r\n"),
        ("a wait with a sign", "retry-after: +5\r\n"),
        ("a wait in powers of ten", "retry-after: 1e3\r\n"),
        ("a wait in hexadecimal", "retry-after: 0x10\r\n"),
        ("a wait with its unit", "retry-after: 5s\r\n"),
        ("a wait in words", "retry-after: soon\r\n"),
        ("two waits in one line", "retry-after: 2, 5\r\n"),
        ("a wait in quotes", "retry-after: \"5\"\r\n"),
        ("a wait in the digits of another script", "retry-after: ٥\r\n"),
        ("a date that does not exist", "retry-after: Sun, 31 Feb 1994 08:49:42 GMT\r\n"),
        ("a date of another time zone", "retry-after: Sun, 06 Nov 1994 08:49:42 CET\r\n"),
        ("a date as ISO writes it", "retry-after: 1994-11-06T08:49:42Z\r\n"),
        ("a date that breaks off", "retry-after: Sun, 06 Nov\r\n"),
        ("a wait of 10 kB of words", &format!("retry-after: {}\r\n", "long ".repeat(2000))),
        ("a wait under another name", "x-retry-after: 5\r\nratelimit-reset: 5\r\n"),
    ] {
        waits(cases, name, headers, None);
    }
}

/// What the call has no time for: it fails at once, and says how long it would have been.
fn too_long(cases: &mut Vec<Case>) {
    let day = Duration::from_secs(24 * 60 * 60);
    // No more is said, so that it can be added to a time.
    let year = 365 * day;
    for (name, headers, asked) in [
        ("10 seconds of 10", "retry-after: 10\r\n", Duration::from_secs(10)),
        ("an hour", "retry-after: 3600\r\n", Duration::from_secs(3600)),
        ("2^63 seconds", "retry-after: 9223372036854775808\r\n", year),
        ("2^64 - 1 seconds", "retry-after: 18446744073709551615\r\n", year),
        ("2^64 seconds", "retry-after: 18446744073709551616\r\n", year),
        ("a wait of 1,000 digits", &format!("retry-after: {}\r\n", "9".repeat(1000)), year),
        ("a date tomorrow", "retry-after: Mon, 07 Nov 1994 08:49:37 GMT\r\n", day),
        ("a date in the year 9999", "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n", year),
        ("two waits, the long one first", "retry-after: 3600\r\nretry-after: 2\r\n", Duration::from_secs(3600)),
    ] {
        for status in [429, 503] {
            let script = Script::answer(with_headers(status, &format!("{DATE}{headers}"), ""));
            let told = move |error: &Error| error.retry_after() == Some(asked) && error.attempts() == 1;
            let (read, action) = match status {
                429 => (unexpected(429), unexpected(429)),
                _ => (unexpected(503), unknown_answer().status(503)),
            };
            let name = format!("too long to wait: {name}, with {status}");
            cases.extend(Case::both(&name, script, read.that("saying how long", told), action.that("saying so", told)));
        }
    }
    cases.push(Case::new("a wait that is longer than the deadline of the call: a read", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 1\r\n", ""))).await?;
        let result = network.read(SHORT).await;
        unexpected(503).judge(result, network.requests())?;
        paused(&network, &[])
    }));
    cases.push(Case::new("a wait without a timeout, of six minutes: a read", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 360\r\n", ""))).await?;
        let result = network.read(Duration::MAX).await;
        unexpected(503).judge(result, network.requests())?;
        paused(&network, &[])
    }));
    cases.push(Case::new("a wait without a timeout, of four minutes: a read", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 240\r\n", ""))).await?;
        let result = network.read(Duration::MAX).await;
        unexpected(503).requests(3).judge(result, network.requests())?;
        paused(&network, &[Duration::from_secs(240); 2])
    }));
}

fn storms(cases: &mut Vec<Case>) {
    for (what, header, asked) in [("without a wait", "", 0), ("with a wait of 2 seconds", "retry-after: 2\r\n", 2)] {
        for status in [429, 500, 503] {
            let response = with_headers(status, header, "");
            cases.push(Case::new(format!("{status} again and again {what}: a read"), move || {
                let script = Script::answer(response.clone());
                async move {
                    let network = Network::http(script).await?;
                    let result = network.read(TIMEOUT).await;
                    unexpected(status).requests(3).judge(result, network.requests())?;
                    paused(&network, &[Duration::from_secs(asked); 2])
                }
            }));
        }
    }
    for status in [503, 429] {
        let name = format!("a wait and none in turns, with {status} and 503: a read");
        let script = Script::each([
            Connection::new().read().write(with_headers(status, "retry-after: 3\r\n", "")),
            Connection::new().read().write(with_headers(503, "", "")),
            Connection::new().read().write(json(200, FOUND)),
        ]);
        cases.push(Case::new(name, move || {
            let script = script.clone();
            async move {
                let network = Network::http(script).await?;
                let result = network.read(TIMEOUT).await;
                Expected::ok().requests(3).judge(result, network.requests())?;
                paused(&network, &[Duration::from_secs(3), Duration::ZERO])
            }
        }));
    }
    cases.push(Case::new("a storm of 503 over 100 reads, one after another", || async {
        let network = Network::http(Script::answer(with_headers(503, "", ""))).await?;
        for _ in 0..100 {
            match network.read(TIMEOUT).await {
                Err(error) if error.kind() == ErrorKind::UnexpectedStatus => {}
                other => return Err(format!("not a failure with a status: {other:?}")),
            }
        }
        // The budget is of 20 retries.
        match network.requests() {
            120 => Ok(()),
            requests => Err(format!("100 reads were {requests} requests, and not 120")),
        }
    }));
    cases.push(Case::new("a storm of 503 over 100 actions, one after another", || async {
        let network = Network::http(Script::answer(with_headers(503, "retry-after: 0\r\n", ""))).await?;
        for done in 1..=100 {
            unknown_answer().requests(done).judge(network.act(TIMEOUT).await, network.requests())?;
        }
        paused(&network, &[])
    }));
    cases.push(Case::new("a storm that passes: the budget fills again", || async {
        let storm = Connection::new().read().write(with_headers(503, "", ""));
        let calm = Connection::new().read().write(json(200, FOUND));
        let days = std::iter::repeat_n(storm, 30).chain(std::iter::repeat_n(calm, 200));
        let network = Network::http(Script::each(days)).await?;
        let mut failed = 0;
        for _ in 0..200 {
            failed += usize::from(network.read(TIMEOUT).await.is_err());
        }
        // Ten reads use the budget up, in 30 requests; all that follow are answered.
        match (failed, network.requests()) {
            (10, 220) => Ok(()),
            other => Err(format!("{other:?} failures and requests")),
        }
    }));
}
