//! Unresponsive connections, and clients of the user with their own timeouts: which requests are sent again, as counted
//! by the server.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use seam_reqwest::{
    Credentials, Error, ReqwestTransport, RetryPolicy, Seam, TokioClock, TransportErrorKind,
    reqwest::{self, ClientBuilder},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const FOUND: &[u8] = br#"{"access_code":{"access_code_id":"26d6138c"}}"#;
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 45\r\n\r\n";

/// Longer than the half second after which a connection counts as unresponsive.
const ATTEMPT: Duration = Duration::from_millis(700);

#[derive(Clone, Default)]
struct Counts {
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Counts {
    fn request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
    }

    fn get(&self) -> (usize, usize) {
        (self.requests.load(Ordering::SeqCst), self.connections.load(Ordering::SeqCst))
    }
}

/// Serves each connection with `connection`, which receives its number, counted from zero. Returns the URL and the
/// counts.
async fn serve<F>(connection: impl Fn(TcpStream, usize, Counts) -> F + Send + 'static) -> (String, Counts)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let counts = Counts::default();
    let counted = counts.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = counted.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(connection(stream, number, counted.clone()));
        }
    });
    (url, counts)
}

/// Reads one request with at most a small body.
async fn request(stream: &mut TcpStream, counts: &Counts) {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") && !bytes.ends_with(b"}") {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return std::future::pending().await;
        }
    }
    counts.request();
}

async fn answer(stream: &mut TcpStream) {
    // In some tests the client closes the connection.
    let _ = stream.write_all(&[HEAD.as_bytes(), FOUND].concat()).await;
}

fn seam(transport: ReqwestTransport, url: &str) -> Seam {
    let builder = Seam::builder(transport).credentials(Credentials::api_key("seam_example_key").unwrap());
    let policy = RetryPolicy::new().attempt_timeout(ATTEMPT).initial_backoff(Duration::ZERO);
    builder.base_url(url).clock(TokioClock).retry_policy(policy).build().unwrap()
}

fn built(configure: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> ReqwestTransport {
    ReqwestTransport::builder().client(configure).build().unwrap()
}

async fn attempts(seam: &Seam) -> u32 {
    seam.access_codes().get("26d6138c").full_response().await.unwrap().attempts()
}

async fn act(seam: &Seam, timeout: Duration) -> Result<(), Error> {
    seam.access_codes().create("front-door").with_timeout(timeout).await.map(drop)
}

/// After a NAT or a load balancer dropped its state, all connections of the pool are unresponsive.
#[tokio::test]
async fn all_connections_of_a_pool_are_replaced_when_one_is_unresponsive() {
    let (url, counts) = serve(|mut stream, number, counts| async move {
        request(&mut stream, &counts).await;
        if number < 3 {
            // Responds once all three connections are open.
            while counts.get().0 < 3 {
                tokio::task::yield_now().await;
            }
            answer(&mut stream).await;
            return std::future::pending().await;
        }
        loop {
            answer(&mut stream).await;
            request(&mut stream, &counts).await;
        }
    })
    .await;
    let seam = seam(built(|client| client), &url);
    let (first, second, third) = tokio::join!(attempts(&seam), attempts(&seam), attempts(&seam));
    assert_eq!((first, second, third, counts.get()), (1, 1, 1, (3, 3)));
    assert_eq!((attempts(&seam).await, counts.get()), (2, (4, 4)));
    assert_eq!((attempts(&seam).await, counts.get()), (1, (5, 4)));
}

/// Actions are not sent again, so each unresponsive connection could leave the outcome of one unknown. Only the first
/// one may.
#[tokio::test]
async fn one_action_is_unknown_and_the_next_ones_use_another_connection() {
    let (url, counts) = serve(|mut stream, number, counts| async move {
        loop {
            request(&mut stream, &counts).await;
            if number == 0 {
                return std::future::pending().await;
            }
            answer(&mut stream).await;
        }
    })
    .await;
    let seam = seam(built(|client| client), &url);
    let error = act(&seam, ATTEMPT).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.is_timeout() && error.attempts() == 1, "{error}");
    act(&seam, ATTEMPT).await.unwrap();
    act(&seam, ATTEMPT).await.unwrap();
    assert_eq!(counts.get(), (3, 2));
}

#[cfg(feature = "http2")]
mod http2 {
    use super::*;

    /// Responds to all requests except those on the first connection, which only answers pings.
    async fn silent_at_first(stream: TcpStream, number: usize, counts: Counts) {
        let mut unanswered = Vec::new();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            counts.request();
            if number == 0 {
                unanswered.push(respond);
                continue;
            }
            let mut body = respond.send_response(http_response(), false).unwrap();
            body.send_data(FOUND.into(), true).unwrap();
        }
    }

    fn http_response() -> seam_reqwest::http::Response<()> {
        seam_reqwest::http::Response::builder().header("content-type", "application/json").body(()).unwrap()
    }

    #[tokio::test]
    async fn a_read_succeeds_with_its_second_attempt() {
        let (url, counts) = serve(silent_at_first).await;
        let seam = seam(built(ClientBuilder::http2_prior_knowledge), &url);
        assert_eq!((attempts(&seam).await, counts.get()), (2, (2, 2)));
        assert_eq!((attempts(&seam).await, counts.get()), (1, (3, 2)));
    }

    #[tokio::test]
    async fn one_action_is_unknown_and_the_next_ones_use_another_connection() {
        let (url, counts) = serve(silent_at_first).await;
        let seam = seam(built(ClientBuilder::http2_prior_knowledge), &url);
        let error = act(&seam, ATTEMPT).await.unwrap_err();
        assert!(error.is_outcome_unknown() && error.is_timeout(), "{error}");
        act(&seam, ATTEMPT).await.unwrap();
        assert_eq!(counts.get(), (2, 2));
    }

    /// A timeout of the client after an action was sent must not be `NotSent`.
    #[tokio::test]
    async fn a_timeout_of_the_users_client_leaves_the_outcome_unknown() {
        let (url, counts) = serve(silent_at_first).await;
        let client = reqwest::Client::builder().http2_prior_knowledge().timeout(Duration::from_millis(200));
        let seam = seam(ReqwestTransport::from_client(client.build().unwrap()), &url);
        let error = act(&seam, Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::Timeout));
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(counts.get(), (1, 1));
    }

    /// A connection that does not answer pings is closed before the call ends.
    #[tokio::test]
    async fn an_unanswered_ping_leaves_the_outcome_unknown() {
        let (url, counts) = serve(|stream, number, counts| async move {
            if number > 0 {
                return silent_at_first(stream, number, counts).await;
            }
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let _unanswered = connection.accept().await.unwrap().unwrap();
            counts.request();
            // The connection is open, and not read.
            std::future::pending::<()>().await;
        })
        .await;
        let own = |client: ClientBuilder| {
            let client = client.http2_keep_alive_interval(Duration::from_millis(100));
            client.http2_keep_alive_timeout(Duration::from_millis(100)).http2_prior_knowledge()
        };
        let seam = seam(built(own), &url);
        let error = act(&seam, Duration::from_secs(10)).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        act(&seam, Duration::from_secs(10)).await.unwrap();
        assert_eq!(counts.get(), (2, 2));
    }
}

/// The behavior of a server that receives an action.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Does not read a request that is larger than all buffers.
    ReadsNothing,
    /// Reads the request, and does not respond.
    SaysNothing,
    /// Sends a part of the response.
    StopsInTheHead,
    StopsInTheBody,
}

async fn stops(mut stream: TcpStream, phase: Phase, counts: Counts) {
    if !matches!(phase, Phase::ReadsNothing) {
        request(&mut stream, &counts).await;
    }
    let part = match phase {
        Phase::ReadsNothing | Phase::SaysNothing => "",
        Phase::StopsInTheHead => "HTTP/1.1 200 OK\r\ncontent-",
        Phase::StopsInTheBody => HEAD,
    };
    let _ = stream.write_all(part.as_bytes()).await;
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_users_client_with_timeouts_sends_an_action_once() {
    let timeouts: [fn(ClientBuilder) -> ClientBuilder; 3] = [
        |client| client.timeout(Duration::from_millis(200)),
        |client| client.read_timeout(Duration::from_millis(200)),
        |client| client.timeout(Duration::from_millis(200)).connect_timeout(Duration::from_millis(150)),
    ];
    for (number, own) in timeouts.into_iter().enumerate() {
        for phase in [Phase::ReadsNothing, Phase::SaysNothing, Phase::StopsInTheHead, Phase::StopsInTheBody] {
            let (url, counts) = serve(move |stream, _, counts| stops(stream, phase, counts)).await;
            let client = own(reqwest::Client::builder()).build().unwrap();
            let seam = seam(ReqwestTransport::from_client(client), &url);
            let name = if matches!(phase, Phase::ReadsNothing) { "x".repeat(32 << 20) } else { "Guest".to_owned() };
            let call = seam.access_codes().create("front-door").name(name).with_timeout(Duration::from_secs(10));
            let error = call.await.unwrap_err();
            assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::Timeout), "{number} {phase:?}: {error}");
            assert!(error.is_outcome_unknown() && !error.is_not_sent() && error.attempts() == 1, "{number} {phase:?}");
            assert_eq!(counts.get().1, 1, "{number} {phase:?}");
        }
    }
}

/// Without a connection nothing was sent, and an action is retried.
#[cfg(any(feature = "rustls-aws-lc-rs", feature = "rustls-ring", feature = "native-tls"))]
#[tokio::test]
async fn a_users_client_that_cannot_connect_in_time_has_sent_nothing() {
    // The server does not support TLS.
    let (url, counts) = serve(|stream, _, _| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let client = reqwest::Client::builder().connect_timeout(Duration::from_millis(100)).timeout(Duration::from_secs(9));
    let seam = seam(ReqwestTransport::from_client(client.build().unwrap()), &url.replace("http:", "https:"));
    let error = act(&seam, Duration::from_secs(10)).await.unwrap_err();
    assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::NotSent), "{error}");
    assert_eq!((error.attempts(), counts.get().1), (3, 3));
}

/// The timeout for connecting does not apply to an open connection.
#[tokio::test]
async fn a_users_timeout_for_connecting_does_not_end_an_exchange() {
    let (url, counts) = serve(|mut stream, _, counts| async move {
        request(&mut stream, &counts).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        answer(&mut stream).await;
    })
    .await;
    let client = reqwest::Client::builder().connect_timeout(Duration::from_millis(100)).build().unwrap();
    act(&seam(ReqwestTransport::from_client(client), &url), Duration::from_secs(10)).await.unwrap();
    assert_eq!(counts.get(), (1, 1));
}
