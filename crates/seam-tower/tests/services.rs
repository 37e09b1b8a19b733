//! Requests, their context and the errors of a service pass through services and transports unchanged.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    error::Error,
    fmt, io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, Empty, Full};
use seam_core::{
    Body, Bytes, Credentials, ErrorKind, Outcome, Request, RequestExt, Seam, Transport, TransportError,
    TransportErrorKind, http,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    test_util::set_response_limit,
    transport_fn,
};
use seam_tower::{TowerTransport, TransportService};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, load_shed::error::Overloaded, service_fn};

fn request() -> Request {
    http::Request::post("http://localhost/locks/unlock_door").body(Body::from("{}")).unwrap()
}

fn response<B>(body: B) -> http::Response<B> {
    http::Response::builder().header("seam-request-id", "7").body(body).unwrap()
}

/// Returns a transport over a service that always fails with this error.
fn failing(error: impl Fn() -> BoxError + Clone + Send + 'static) -> impl Transport {
    TowerTransport::new(service_fn(move |_: http::Request<Full<Bytes>>| {
        let error = error();
        async { Err::<http::Response<Full<Bytes>>, _>(error) }
    }))
}

/// An error of a layer around the error of a service.
#[derive(Debug)]
struct Outer(BoxError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the layer failed")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[tokio::test]
async fn an_unknown_error_leaves_the_outcome_open() {
    let error = failing(|| "lost".into()).send(request()).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Interrupted);
    assert_eq!(error.source().unwrap().to_string(), "lost");

    let seam = Seam::builder(failing(|| "lost".into())).credentials(Credentials::api_key("seam_key").unwrap());
    let error = seam.allow_blocking().build().unwrap().locks().unlock_door("front-door").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_classification_sees_the_sources() {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    let service = service_fn(move |_: http::Request<Full<Bytes>>| {
        let error = Outer(Outer(refused().into()).into());
        async { Err::<http::Response<Full<Bytes>>, _>(error) }
    });
    let transport = TowerTransport::new(service).classify_errors(|error| {
        let error = error.downcast_ref::<io::Error>()?;
        (error.kind() == io::ErrorKind::ConnectionRefused).then_some(TransportErrorKind::NotSent)
    });
    let error = transport.send(request()).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::NotSent);
    assert_eq!(error.source().unwrap().to_string(), "the layer failed");
}

#[tokio::test]
async fn the_error_of_a_transport_is_unchanged() {
    let headers = HeaderMap::from_iter([(header::SERVER, HeaderValue::from_static("proxy"))]);
    let failed = move || {
        TransportError::new(TransportErrorKind::Body, "cut")
            .with_response(StatusCode::ACCEPTED, &headers)
            .with_retry_after(Duration::from_secs(3))
    };
    let boxed = failed.clone();
    for transport in [
        Box::new(failing(move || boxed().into())) as Box<dyn Transport>,
        Box::new(failing(move || Outer(failed().into()).into())),
    ] {
        let error = transport.send(request()).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Body);
        assert_eq!(error.status(), Some(StatusCode::ACCEPTED));
        assert_eq!(error.headers().get(header::SERVER).unwrap(), "proxy");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    }
}

#[tokio::test]
async fn a_service_that_is_not_ready_sent_nothing() {
    #[derive(Clone)]
    struct Closed;

    impl Service<http::Request<Full<Bytes>>> for Closed {
        type Response = http::Response<Full<Bytes>>;
        type Error = BoxError;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Err("closed".into()))
        }

        fn call(&mut self, _: http::Request<Full<Bytes>>) -> Self::Future {
            panic!("called without being ready")
        }
    }

    let transport = TowerTransport::new(Closed).classify_errors(|_| Some(TransportErrorKind::Interrupted));
    assert_eq!(transport.send(request()).await.unwrap_err().kind(), TransportErrorKind::NotSent);
}

#[tokio::test]
async fn a_future_that_is_dropped_while_it_waits_blocks_no_other() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let never = service_fn(move |_: http::Request<Full<Bytes>>| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<Result<http::Response<Full<Bytes>>, BoxError>>()
    });
    let transport = TowerTransport::new(ServiceBuilder::new().concurrency_limit(1).service(never.clone()));
    let mut context = Context::from_waker(Waker::noop());
    let mut first = Box::pin(transport.send(request()));
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = Box::pin(transport.send(request()));
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    // Drops both tasks: the one that waits for the permit, and the one that has it.
    drop(second);
    drop(first);
    let mut third = Box::pin(transport.send(request()));
    assert!(third.as_mut().poll(&mut context).is_pending());
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn an_overloaded_service_can_be_classified() {
    let never = service_fn(|_: http::Request<Full<Bytes>>| {
        std::future::pending::<Result<http::Response<Full<Bytes>>, BoxError>>()
    });
    let mut context = Context::from_waker(Waker::noop());
    let transport = TowerTransport::new(ServiceBuilder::new().load_shed().concurrency_limit(1).service(never));
    let transport = transport.classify_errors(|error| error.is::<Overloaded>().then_some(TransportErrorKind::NotSent));
    let mut first = Box::pin(transport.send(request()));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert_eq!(transport.send(request()).await.unwrap_err().kind(), TransportErrorKind::NotSent);
}

/// A body of chunks with an optional size hint.
struct Chunks(Vec<Result<&'static str, BoxError>>, Option<u64>);

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(self.0.remove(0).map(|chunk| Frame::data(Bytes::from(chunk)))))
    }

    fn size_hint(&self) -> SizeHint {
        self.1.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[tokio::test]
async fn a_body_is_whole_and_within_the_limit_or_an_error() {
    use TransportErrorKind::{Body, TooLarge};

    type Row = (fn() -> Chunks, Result<&'static str, TransportErrorKind>);
    let rows: [Row; 7] = [
        (|| Chunks(vec![Ok("ab"), Ok("cd")], None), Ok("abcd")),
        (|| Chunks(vec![Ok("ab"), Ok("cde")], Some(5)), Ok("abcde")),
        (|| Chunks(vec![Ok("ab"), Ok("cdef")], None), Err(TooLarge)),
        // The body is not read.
        (|| Chunks(vec![Err("read on".into())], Some(6)), Err(TooLarge)),
        (|| Chunks(vec![], Some(u64::MAX)), Err(TooLarge)),
        (|| Chunks(vec![Ok("ab"), Err("lost".into())], None), Err(Body)),
        // Shorter than the size hint.
        (|| Chunks(vec![Ok("ab")], Some(3)), Err(Body)),
    ];
    for (number, (chunks, expected)) in rows.into_iter().enumerate() {
        let service = service_fn(move |_: http::Request<Full<Bytes>>| {
            let response = response(chunks());
            async { Ok::<_, BoxError>(response) }
        });
        let mut request = request();
        set_response_limit(&mut request, 5);
        match (TowerTransport::new(service).send(request).await, expected) {
            (Ok(response), Ok(body)) => assert_eq!(response.body().as_ref(), body.as_bytes(), "row {number}"),
            (Err(error), Err(kind)) => {
                assert_eq!(error.kind(), kind, "row {number}");
                assert_eq!(error.status(), Some(StatusCode::OK), "row {number}");
                assert!(error.headers().contains_key("seam-request-id"), "row {number}");
            }
            (result, expected) => panic!("row {number}: {result:?}, not {expected:?}"),
        }
    }
}

#[tokio::test]
async fn layers_can_read_the_context_of_a_request() {
    let unlocks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&unlocks);
    let seam = Seam::builder(seam_fake::FakeSeam::new()).wrap(move |inner| {
        let counted = Arc::clone(&counted);
        let stack = ServiceBuilder::new()
            .map_request(move |request: http::Request<Full<Bytes>>| {
                assert!(request.deadline().is_some());
                if request.spec().is_some_and(|spec| spec.path() == "/locks/unlock_door") {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                request
            })
            .service(TransportService::new(inner));
        TowerTransport::new(stack)
    });
    let seam = seam.credentials(Credentials::api_key(seam_fake::API_KEY).unwrap()).allow_blocking().build().unwrap();
    seam.locks().unlock_door(seam_fake::FRONT_DOOR).await.unwrap();
    assert_eq!(unlocks.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_transport_is_a_service() {
    let echo = transport_fn(|request: Request| async move {
        assert_eq!(request.extensions().get(), Some(&7_u8));
        Ok(response(request.into_body()))
    });
    let service = TransportService::new(echo);
    let mut request = http::Request::new(Full::new(Bytes::from("hello")));
    request.extensions_mut().insert(7_u8);
    let response = service.clone().oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");

    let broken = http::Request::new(Chunks(vec![Ok("a"), Err("lost".into())], None));
    assert_eq!(service.oneshot(broken).await.unwrap_err().kind(), TransportErrorKind::NotSent);
}

/// A service that accepts only the body type of axum.
#[tokio::test]
async fn the_type_of_the_request_body_can_be_set() {
    let service = service_fn(|request: http::Request<axum::body::Body>| async {
        Ok::<_, BoxError>(response(request.into_body()))
    });
    let transport = TowerTransport::<_, axum::body::Body>::with_request_body(service);
    assert_eq!(transport.send(request()).await.unwrap().body().as_ref(), b"{}");
}

#[tokio::test]
async fn the_router_of_axum_answers_in_the_same_process() {
    use axum::{Router, extract::Request, http::Uri, routing::post};

    let unlock = async |uri: Uri, request: Request| {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(uri.path(), "/locks/unlock_door");
        let attempt = serde_json::json!({ "action_attempt": {
            "action_attempt_id": body["device_id"], "action_type": "UNLOCK_DOOR", "status": "success", "result": {},
            "error": null,
        }});
        ([(header::CONTENT_TYPE, "application/json")], attempt.to_string())
    };
    let router = Router::new().route("/locks/unlock_door", post(unlock));
    let credentials = Credentials::api_key("seam_key").unwrap();
    let seam = Seam::builder(TowerTransport::new(router)).credentials(credentials).allow_blocking().build().unwrap();
    let attempt = seam.locks().unlock_door("front-door").await.unwrap();
    assert_eq!(attempt.action_attempt_id.as_str(), "front-door");
    let error = seam.locks().lock_door("front-door").await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
    assert_eq!(error.outcome(), Outcome::NotApplied);
}

#[tokio::test]
async fn a_request_without_a_body_is_a_request_with_an_empty_one() {
    let service = TransportService::new(transport_fn(|request: Request| async move {
        assert!(request.body().is_empty());
        Ok(response(Body::default()))
    }));
    assert_eq!(service.oneshot(http::Request::new(Empty::<Bytes>::new())).await.unwrap().status(), 200);
}

#[test]
fn the_value_of_a_service_is_not_printed() {
    let key = String::from("seam_secret");
    let service = service_fn(move |_: http::Request<Full<Bytes>>| {
        let response = response(Full::new(Bytes::from(key.clone())));
        async { Ok::<_, BoxError>(response) }
    });
    let printed = format!("{:?}", TowerTransport::new(service));
    assert!(printed.starts_with("TowerTransport("), "{printed}");
    assert!(!printed.contains("secret"), "{printed}");
}
