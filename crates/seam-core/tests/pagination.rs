//! Paginated lists: the requests for pages, their parameters and times, and the end of a list.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use std::{
    collections::BTreeMap,
    pin::pin,
    task::{Context, Poll, Waker},
};

use seam_core::{
    Call, Error, ErrorKind, MAX_EMPTY_PAGES, Page, Request, TransportErrorKind,
    endpoints::access_codes::unmanaged::List, model::UnmanagedAccessCode,
};
use serde_json::{Value, json};
use support::{Answer, DEVICE_ID, Recorder, answer, failure, ok, run, sent_query};

/// Returns a page with these codes and this cursor of the next page.
fn page(ids: &[&str], next_cursor: Option<&str>) -> Answer {
    let codes: Vec<Value> = ids.iter().map(|id| json!({ "access_code_id": id })).collect();
    ok(&json!({
        "access_codes": codes,
        "pagination": {
            "has_next_page": next_cursor.is_some(),
            "next_page_cursor": next_cursor,
            "next_page_url": next_cursor.map(|cursor| format!("https://attacker.example/list?page_cursor={cursor}")),
        },
        "ok": true,
    }))
}

fn list(recorder: &Recorder) -> Call<List> {
    recorder.client().access_codes().unmanaged().list(DEVICE_ID)
}

/// Returns the ids of the items of a stream and its error, after which it must end.
fn drain(mut next: impl FnMut() -> Option<Result<Vec<String>, Error>>) -> (Vec<Vec<String>>, Option<Error>) {
    let mut given = Vec::new();
    while let Some(result) = next() {
        match result {
            Ok(ids) => given.push(ids),
            Err(error) => {
                for _ in 0..3 {
                    assert!(next().is_none(), "a stream ends with its error");
                }
                return (given, Some(error));
            }
        }
    }
    for _ in 0..3 {
        assert!(next().is_none(), "the stream is fused");
    }
    (given, None)
}

fn id_of(code: &UnmanagedAccessCode) -> String {
    code.access_code_id.to_string()
}

/// Returns the ids on each page of a call.
fn pages(call: Call<List>) -> (Vec<Vec<String>>, Option<Error>) {
    let mut pages = call.pages();
    drain(|| run(pages.next()).map(|page| page.map(|page| page.items.iter().map(id_of).collect())))
}

/// Returns the ids of the items of a call.
fn items(call: Call<List>) -> (Vec<String>, Option<Error>) {
    let mut items = call.items();
    let (ids, error) = drain(|| run(items.next()).map(|item| item.map(|code| vec![id_of(&code)])));
    (ids.concat(), error)
}

fn cursors(requests: &[Request]) -> Vec<Option<String>> {
    requests
        .iter()
        .map(|request| sent_query(request).into_iter().find(|(name, _)| name == "page_cursor").map(|(_, value)| value))
        .collect()
}

fn strings<const N: usize>(strings: [&str; N]) -> Vec<String> {
    strings.map(str::to_owned).to_vec()
}

#[test]
fn a_server_without_pagination_has_one_page() {
    for body in [
        json!({ "access_codes": [{ "access_code_id": "a" }, { "access_code_id": "b" }], "ok": true }),
        json!({ "access_codes": [{ "access_code_id": "a" }, { "access_code_id": "b" }], "pagination": null }),
    ] {
        let recorder = Recorder::new([ok(&body), ok(&body), ok(&body)]);
        let page = run(list(&recorder)).unwrap();
        assert_eq!(page.items.len(), 2);
        assert_eq!((page.pagination.as_ref(), page.next_cursor()), (None, None));
        assert_eq!(pages(list(&recorder)).0, [strings(["a", "b"])]);
        assert_eq!(items(list(&recorder)).0, ["a", "b"]);
        assert_eq!(recorder.requests().len(), 3);
    }
}

#[test]
fn awaiting_the_call_returns_one_page_with_its_cursor() {
    let recorder = Recorder::new([page(&["a"], Some("c1"))]);
    let page = run(list(&recorder)).unwrap();
    assert_eq!(page.next_cursor(), Some("c1"));
    assert_eq!(page.into_iter().map(|code| id_of(&code)).collect::<Vec<_>>(), ["a"]);
    recorder.only_request();
}

#[test]
fn all_pages_are_requested_with_the_same_parameters_and_their_cursors() {
    let recorder = Recorder::new([page(&["a", "b"], Some("c1")), page(&["c"], Some("c+2/=")), page(&["d"], None)]);
    let call = list(&recorder).limit(2_u32);
    let (given, error) = pages(call);
    assert!(error.is_none());
    assert_eq!(given, [strings(["a", "b"]), strings(["c"]), strings(["d"])]);

    let requests = recorder.requests();
    assert_eq!(cursors(&requests), [None, Some("c1".to_owned()), Some("c+2/=".to_owned())]);
    for request in &requests {
        assert_eq!(request.method(), requests[0].method());
        assert_eq!(request.headers(), requests[0].headers());
        assert_eq!(request.uri().authority(), requests[0].uri().authority(), "next_page_url is never followed");
        assert_eq!(request.uri().path(), "/access_codes/unmanaged/list");
        let mut parameters: BTreeMap<String, String> = sent_query(request).into_iter().collect();
        parameters.remove("page_cursor");
        let expected = [("_strict", "true"), ("device_id", DEVICE_ID), ("limit", "2")];
        assert_eq!(parameters.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn items_span_all_pages_including_empty_ones() {
    let recorder =
        Recorder::new([page(&[], Some("1")), page(&["a", "b"], Some("2")), page(&[], Some("3")), page(&["c"], None)]);
    let (given, error) = items(list(&recorder));
    assert!(error.is_none());
    assert_eq!(given, ["a", "b", "c"]);
    assert_eq!(recorder.requests().len(), 4);
}

#[test]
fn an_empty_list_has_one_empty_page_and_no_items() {
    let recorder = Recorder::new([page(&[], None), page(&[], None)]);
    assert_eq!(pages(list(&recorder)).0, [Vec::<String>::new()]);
    assert!(items(list(&recorder)).0.is_empty());
}

#[test]
fn a_list_begins_at_the_cursor_of_its_request() {
    let recorder = Recorder::new([page(&["c"], Some("c3")), page(&["d"], None)]);
    let (given, error) = items(list(&recorder).page_cursor("c2"));
    assert!(error.is_none());
    assert_eq!(given, ["c", "d"]);
    assert_eq!(cursors(&recorder.requests()), [Some("c2".to_owned()), Some("c3".to_owned())]);
}

#[test]
fn a_cursor_without_a_next_page_is_the_end() {
    let body = json!({
        "access_codes": [{ "access_code_id": "a" }],
        "pagination": { "has_next_page": false, "next_page_cursor": "c1", "next_page_url": null },
    });
    let recorder = Recorder::new([ok(&body), ok(&body)]);
    assert_eq!(run(list(&recorder)).unwrap().next_cursor(), None);
    assert_eq!(pages(list(&recorder)).0.len(), 1);
}

#[track_caller]
fn is_invalid(error: Option<Error>, message: &str) {
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    let text = error.to_string();
    assert!(text.starts_with("GET /access_codes/unmanaged/list: ") && text.contains(message), "{text}");
}

#[test]
fn a_cursor_that_was_used_before_is_an_error() {
    for (answers, requests) in [
        (vec![page(&["a"], Some("c1")), page(&["b"], Some("c1"))], 2),
        (vec![page(&["a"], Some("c1")), page(&["b"], Some("c2")), page(&["c"], Some("c1"))], 3),
    ] {
        let recorder = Recorder::new(answers);
        let (given, error) = pages(list(&recorder));
        is_invalid(error, "used before");
        assert_eq!(given.len(), requests, "what came is not lost");
        assert_eq!(recorder.requests().len(), requests);
    }
    let recorder = Recorder::new([page(&["a"], Some("c1")), page(&["b"], Some("c1"))]);
    let (given, error) = items(list(&recorder));
    is_invalid(error, "used before");
    assert_eq!(given, ["a", "b"]);
}

#[test]
fn the_cursor_of_the_request_counts_as_used() {
    let recorder = Recorder::new([page(&["a"], Some("c0"))]);
    let (given, error) = pages(list(&recorder).page_cursor("c0"));
    is_invalid(error, "used before");
    assert_eq!(given, [strings(["a"])]);
    assert_eq!(recorder.requests().len(), 1);

    let recorder = Recorder::new([page(&["a"], Some("c1")), page(&["b"], Some("c0"))]);
    let (given, error) = pages(list(&recorder).page_cursor("c0"));
    is_invalid(error, "used before");
    assert_eq!(given, [strings(["a"]), strings(["b"])]);
}

#[test]
fn a_next_page_without_a_cursor_is_an_error() {
    for pagination in [
        json!({ "has_next_page": true, "next_page_cursor": null, "next_page_url": "https://attacker.example" }),
        json!({ "has_next_page": true }),
    ] {
        let code = json!({ "access_code_id": "a" });
        let recorder = Recorder::new([ok(&json!({ "access_codes": [code], "pagination": pagination }))]);
        let (given, error) = pages(list(&recorder));
        is_invalid(error, "no cursor");
        assert_eq!(given, [strings(["a"])], "what came is not lost");
        assert_eq!(recorder.requests().len(), 1);
    }
}

#[test]
fn an_error_on_the_second_page_follows_the_first_page_and_ends_the_stream() {
    let not_found = || answer(404, r#"{"error":{"type":"device_not_found","message":"gone"}}"#);
    let failures: [(fn() -> Answer, ErrorKind); 4] = [
        (not_found, ErrorKind::Api),
        (|| answer(503, "<html>"), ErrorKind::UnexpectedStatus),
        (|| answer(200, "{}"), ErrorKind::InvalidResponse),
        (|| failure(TransportErrorKind::Interrupted), ErrorKind::Transport),
    ];
    for (second, kind) in failures {
        let recorder = Recorder::new([page(&["a", "b"], Some("c1")), second()]);
        let (given, error) = pages(list(&recorder));
        assert_eq!(error.unwrap().kind(), kind);
        assert_eq!(given, [strings(["a", "b"])]);

        let recorder = Recorder::new([page(&["a", "b"], Some("c1")), second()]);
        let (given, error) = items(list(&recorder));
        assert_eq!(error.unwrap().kind(), kind);
        assert_eq!(given, ["a", "b"]);
        assert_eq!(recorder.requests().len(), 2);
    }
}

#[test]
fn an_invalid_request_ends_the_stream_without_being_sent() {
    let recorder = Recorder::default();
    let call = recorder.client().access_codes().unmanaged().list("a b");
    let (given, error) = items(call);
    assert_eq!(error.unwrap().kind(), ErrorKind::InvalidRequest);
    assert!(given.is_empty());
    recorder.assert_nothing_sent();
}

#[test]
fn no_page_is_requested_before_the_stream_is_polled() {
    let recorder = Recorder::new([page(&["a", "b"], Some("c1")), page(&["c"], None)]);
    let mut items = list(&recorder).items();
    drop(items.next());
    recorder.assert_nothing_sent();
    for (id, requests) in [("a", 1), ("b", 1), ("c", 2)] {
        assert_eq!(id_of(&run(items.next()).unwrap().unwrap()), id);
        assert_eq!(recorder.requests().len(), requests, "a page is requested when its items are polled");
    }
    assert!(run(items.next()).is_none());
    assert_eq!(recorder.requests().len(), 2);
}

#[test]
fn a_dropped_stream_requests_no_further_page() {
    let recorder = Recorder::new([page(&["a"], Some("c1"))]);
    let mut pages = list(&recorder).pages();
    run(pages.next()).unwrap().unwrap();
    drop(pages);
    recorder.only_request();
}

#[test]
fn a_dropped_next_is_resumed_with_the_same_request() {
    let recorder = Recorder::new([page(&["a"], None)]).waiting(2);
    let mut pages = list(&recorder).pages();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..2 {
        let next = pin!(pages.next());
        assert!(next.poll(&mut context).is_pending());
    }
    let Poll::Ready(Some(Ok(page))) = pin!(pages.next()).poll(&mut context) else { panic!("the page is there now") };
    assert_eq!(page.items.len(), 1);
    recorder.only_request();
}

#[test]
fn one_page_can_be_requested() {
    let recorder = Recorder::new([page(&["a"], Some("p2"))]);
    let page = run(list(&recorder).page()).unwrap();
    assert_eq!((page.items.len(), page.next_cursor()), (1, Some("p2")));
    recorder.only_request();
}

#[test]
fn a_list_can_be_resumed_at_the_page_that_failed() {
    let recorder =
        Recorder::new([page(&["a"], Some("p2")), page(&["b"], Some("p3")), failure(TransportErrorKind::Interrupted)]);
    let mut pages = list(&recorder).limit(1).pages();
    assert_eq!(pages.next_cursor(), None);
    run(pages.next()).unwrap().unwrap();
    assert_eq!(pages.next_cursor(), Some("p2"));
    run(pages.next()).unwrap().unwrap();
    run(pages.next()).unwrap().unwrap_err();
    // The list resumes at the page that failed.
    let cursor = pages.next_cursor().unwrap().to_owned();
    assert_eq!(cursor, "p3");
    assert!(run(pages.next()).is_none());

    let recorder = Recorder::new([page(&["c"], None)]);
    let mut rest = list(&recorder).limit(1).page_cursor(&cursor).pages();
    assert_eq!(rest.next_cursor(), Some("p3"));
    run(rest.next()).unwrap().unwrap();
    assert_eq!(rest.next_cursor(), None);
    assert_eq!(cursors(&recorder.requests()), [Some("p3".to_owned())]);
}

#[test]
fn items_have_the_cursor_of_their_page() {
    for prefetch in [false, true] {
        let recorder = Recorder::new([page(&["a", "b"], Some("p2")), page(&["c"], None)]);
        let items = list(&recorder).items();
        let mut items = if prefetch { items.prefetch() } else { items };
        let mut seen = Vec::new();
        while let Some(item) = run(items.next()) {
            seen.push((id_of(&item.unwrap()), items.page_cursor().map(str::to_owned)));
        }
        let expected = [("a", None), ("b", None), ("c", Some("p2"))];
        assert_eq!(seen, expected.map(|(id, cursor)| (id.to_owned(), cursor.map(str::to_owned))));
    }
}

#[test]
fn prefetch_requests_the_next_page_while_one_is_used() {
    let recorder = Recorder::new([page(&["a", "b"], Some("p2")), page(&["c"], Some("p3")), page(&["d"], None)]);
    let mut items = list(&recorder).items().prefetch();
    assert_eq!(recorder.requests().len(), 0);
    for (id, requests) in [("a", 2), ("b", 2), ("c", 3), ("d", 3)] {
        assert_eq!(id_of(&run(items.next()).unwrap().unwrap()), id);
        assert_eq!(recorder.requests().len(), requests, "after {id}");
    }
    assert!(run(items.next()).is_none());
    assert_eq!(cursors(&recorder.requests()), [None, Some("p2".to_owned()), Some("p3".to_owned())]);

    let recorder = Recorder::new([page(&["a"], Some("p2")), page(&["b"], None)]);
    let mut pages = list(&recorder).pages().prefetch();
    run(pages.next()).unwrap().unwrap();
    assert_eq!(recorder.requests().len(), 2);
    // A list with prefetch ends in the same way, with its errors in the same positions.
    let recorder = Recorder::new([page(&["a"], Some("p2")), failure(TransportErrorKind::Interrupted)]);
    let mut items = list(&recorder).items().prefetch();
    assert_eq!(id_of(&run(items.next()).unwrap().unwrap()), "a");
    assert!(run(items.next()).unwrap().is_err());
    assert!(run(items.next()).is_none());
}

/// A page in flight is driven by polls for items, and is not dropped.
#[test]
fn a_slow_prefetched_page_is_requested_once() {
    let recorder = Recorder::new([page(&["a", "b", "c"], Some("p2")), page(&["d"], None)]).waiting(1);
    let mut items = list(&recorder).items().prefetch();
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = || pin!(items.next()).poll(&mut context);
    assert!(poll().is_pending());
    for id in ["a", "b", "c", "d"] {
        let Poll::Ready(Some(Ok(item))) = poll() else { panic!("{id} is there") };
        assert_eq!(id_of(&item), id);
    }
    assert!(matches!(poll(), Poll::Ready(None)));
    assert_eq!(recorder.requests().len(), 2);
}

#[test]
fn a_prefetched_page_that_timed_out_is_requested_again() {
    let recorder = Recorder::new([
        page(&["a"], Some("p2")),
        failure(TransportErrorKind::Timeout),
        page(&["b"], Some("p3")),
        // A page that failed for another reason is not.
        failure(TransportErrorKind::Interrupted),
    ]);
    let mut items = list(&recorder).items().prefetch();
    for id in ["a", "b"] {
        assert_eq!(id_of(&run(items.next()).unwrap().unwrap()), id);
    }
    assert!(run(items.next()).unwrap().is_err());
    assert_eq!(recorder.requests().len(), 4);
    // Neither is a page that times out while the stream is polled.
    let recorder = Recorder::new([page(&["a"], Some("p2")), failure(TransportErrorKind::Timeout)]);
    let mut items = list(&recorder).items();
    run(items.next()).unwrap().unwrap();
    assert!(run(items.next()).unwrap().unwrap_err().is_timeout());
    assert_eq!(recorder.requests().len(), 2);
}

#[test]
fn a_resumed_list_that_fails_at_once_can_be_resumed_again() {
    let recorder = Recorder::new([failure(TransportErrorKind::Interrupted)]);
    let mut items = list(&recorder).page_cursor("p7").items();
    run(items.next()).unwrap().unwrap_err();
    assert_eq!(items.page_cursor(), Some("p7"));
}

#[test]
fn the_error_for_an_invalid_cursor_has_the_request_that_returned_it() {
    let recorder = Recorder::new([page(&["a"], Some("p2")), page(&["b"], Some("p2"))]);
    let (_, error) = pages(list(&recorder));
    assert_eq!(error.unwrap().request_id(), Some(support::REQUEST_ID));
}

#[test]
fn a_stream_is_printed_without_its_parameters() {
    let recorder = Recorder::new([page(&["a"], Some("canary-cursor"))]);
    let mut pages = list(&recorder).search("canary-7391").pages();
    run(pages.next()).unwrap().unwrap();
    let items = list(&recorder).search("canary-7391").items();
    let printed = format!("{pages:?} {items:?}");
    assert!(printed.contains("Pages(/access_codes/unmanaged/list, 1 read)"), "{printed}");
    assert!(!printed.contains("canary"), "{printed}");
}

/// An endless list: pages without items, each with a new cursor.
#[test]
fn a_list_of_empty_pages_with_new_cursors_ends() {
    let empty = |first: usize, count: usize| {
        (first..first + count).map(|n| page(&[], Some(&format!("cursor {n}")))).collect::<Vec<_>>()
    };
    let recorder = Recorder::new(empty(0, 10 * MAX_EMPTY_PAGES));
    let (ids, error) = items(list(&recorder));
    assert!(ids.is_empty());
    assert_eq!(recorder.requests().len(), MAX_EMPTY_PAGES + 1);
    is_invalid(error, "more than 100 consecutive pages are empty, so the list may never end");

    // The maximum number is allowed, also twice with an item in between.
    let answers = empty(0, MAX_EMPTY_PAGES).into_iter().chain([page(&["a"], Some("a"))]);
    let answers = answers.chain(empty(1000, MAX_EMPTY_PAGES)).chain([page(&["b"], None)]);
    let recorder = Recorder::new(answers);
    let (ids, error) = items(list(&recorder));
    assert_eq!(ids, ["a", "b"]);
    assert!(error.is_none());
    // The last page may exceed it.
    let recorder = Recorder::new(empty(0, MAX_EMPTY_PAGES).into_iter().chain([page(&[], None)]));
    assert!(pages(list(&recorder)).1.is_none());
}

/// The request of the caller is valid, but the cursor of the server cannot be sent.
#[test]
fn a_cursor_that_cannot_be_sent_is_an_invalid_response() {
    let long = "x".repeat(100_000);
    let recorder = Recorder::new([page(&["a"], Some(&long))]);
    let (given, error) = pages(list(&recorder));
    assert_eq!(given, [strings(["a"])]);
    is_invalid(error, "the cursor of the next page, of 100000 bytes, cannot be sent");
    recorder.only_request();

    for cursor in ["\n", " ", "\0", "\u{202e}", "%", "a&b=c#d", "é"] {
        let recorder = Recorder::new([page(&["a"], Some(cursor)), page(&["b"], None)]);
        let (ids, error) = items(list(&recorder));
        match error {
            None => assert_eq!(ids, ["a", "b"], "{cursor:?}"),
            Some(error) => assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{cursor:?}: {error}"),
        }
    }
}

#[test]
fn a_list_is_collected_up_to_its_end_or_its_error() {
    let recorder = Recorder::new([page(&["a", "b"], Some("2")), page(&["c"], None)]);
    let ids: Vec<_> = run(list(&recorder).items().try_collect::<Vec<_>>()).unwrap().iter().map(id_of).collect();
    assert_eq!(ids, ["a", "b", "c"]);

    let recorder = Recorder::new([page(&["a"], Some("2")), page(&[], None)]);
    let pages: Vec<Page<_>> = run(list(&recorder).pages().try_collect()).unwrap();
    assert_eq!(pages.iter().map(|page| page.items.len()).collect::<Vec<_>>(), [1, 0]);

    let recorder = Recorder::new([page(&["a"], Some("2")), failure(TransportErrorKind::Interrupted)]);
    let error = run(list(&recorder).items().try_collect::<Vec<_>>()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[test]
fn a_limited_list_requests_no_unnecessary_page() {
    for (count, requests) in [(0, 0), (1, 1), (2, 1), (3, 2), (9, 2)] {
        let recorder = Recorder::new([page(&["a", "b"], Some("2")), page(&["c"], None)]);
        let items: Vec<_> = run(list(&recorder).items().take(9).take(count).try_collect()).unwrap();
        assert_eq!((items.len(), recorder.requests().len()), (count.min(3), requests));
    }
}
