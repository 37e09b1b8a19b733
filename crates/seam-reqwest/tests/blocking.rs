//! Clients for programs without async, over real sockets.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use seam_reqwest::{Credentials, ErrorKind, Seam, blocking};

/// A server that responds to each request with the next of `bodies`, and then hangs. Counts the requests.
fn serve(bodies: &'static [&'static str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let requests = Arc::clone(&count);
    std::thread::spawn(move || {
        let mut unanswered = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && !request.ends_with(b"}") {
                let mut bytes = [0; 1024];
                match stream.read(&mut bytes).unwrap_or(0) {
                    0 => break,
                    length => request.extend(bytes.iter().take(length)),
                }
            }
            match bodies.get(requests.fetch_add(1, Ordering::SeqCst)) {
                Some(body) => {
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                    let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                }
                None => unanswered.push(stream),
            }
        }
    });
    (url, count)
}

fn client(url: &str) -> Seam {
    let builder = blocking::builder().unwrap().credentials(Credentials::api_key("seam_example_key").unwrap());
    builder.base_url(url).build().unwrap()
}

#[test]
fn calls_lists_and_actions_need_no_runtime() {
    let (url, count) = serve(&[
        r#"{"access_code":{"access_code_id":"c1"}}"#,
        r#"{"devices":[{"device_id":"d1"}],"pagination":{"has_next_page":true,"next_page_cursor":"p2"}}"#,
        r#"{"devices":[{"device_id":"d2"}],"pagination":{"has_next_page":false,"next_page_cursor":null}}"#,
        r#"{"action_attempt":{"action_attempt_id":"a1","status":"pending"}}"#,
        r#"{"action_attempt":{"action_attempt_id":"a1","status":"success"}}"#,
    ]);
    let seam = client(&url);
    assert_eq!(seam.access_codes().get("c1").block().unwrap().access_code_id.as_str(), "c1");
    let devices: Result<Vec<_>, _> = seam.devices().list().items().blocking().collect();
    let ids: Vec<_> = devices.unwrap().into_iter().map(|device| device.device_id).collect();
    assert_eq!(ids, ["d1", "d2"]);
    let waiting = seam.locks().unlock_door("front").and_wait().poll_interval(Duration::from_millis(1));
    assert_eq!(waiting.block().unwrap().action_attempt_id.as_str(), "a1");
    assert_eq!(count.load(Ordering::SeqCst), 5);
}

#[test]
fn the_deadline_holds_without_a_runtime() {
    let (url, _) = serve(&[]);
    let error = client(&url).access_codes().get("c1").with_timeout(Duration::from_millis(100)).block().unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[test]
fn threads_can_share_a_client() {
    let (url, count) = serve(&[r#"{"access_code":{"access_code_id":"c1"}}"#; 9]);
    let seam = client(&url);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| seam.access_codes().get("c1").block().unwrap());
        }
    });
    let response = seam.block(seam.access_codes().get("c1").full_response()).unwrap();
    assert_eq!((response.status.as_u16(), count.load(Ordering::SeqCst)), (200, 9));
}

/// Blocking and dropping the client also work on the thread of a runtime, which is blocked meanwhile.
#[tokio::test]
async fn blocking_inside_of_a_runtime_does_not_hang() {
    let (url, _) = serve(&[r#"{"access_code":{"access_code_id":"c1"}}"#; 2]);
    let seam = client(&url);
    seam.access_codes().get("c1").block().unwrap();
    seam.access_codes().get("c1").await.unwrap();
}

#[test]
fn the_error_of_a_client_that_needs_a_runtime_states_that() {
    let builder = seam_reqwest::builder().unwrap().credentials(Credentials::api_key("seam_example_key").unwrap());
    let seam = builder.base_url("http://127.0.0.1:9").build().unwrap();
    let error = seam.access_codes().get("c1").block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    assert!(error.to_string().contains("seam_reqwest::blocking"), "{error}");
}
