//! `connection_verbose` of reqwest logs every byte, so the transport disables it. A separate test program, because a
//! program has one logger.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::sync::Mutex;

use seam_reqwest::{
    Credentials, ReqwestTransport, Seam,
    reqwest::{self, ClientBuilder},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Everything that is logged.
struct Log(Mutex<String>);

static LOG: Log = Log(Mutex::new(String::new()));

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut text = self.0.lock().unwrap();
        text.push_str(&record.args().to_string());
        text.push('\n');
    }

    fn flush(&self) {}
}

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 45\r\n\r\n\
    {\"access_code\":{\"access_code_id\":\"26d6138c\"}}";

/// Returns the log of an action over this transport.
async fn logged(transport: ReqwestTransport) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"}") {
            stream.read_buf(&mut bytes).await.unwrap();
        }
        stream.write_all(ANSWER).await.unwrap();
    });
    let builder = Seam::builder(transport).credentials(Credentials::api_key("seam_canary_key").unwrap());
    let seam = builder.base_url(url).build().unwrap();
    seam.access_codes().create("front-door").code("1988").await.unwrap();
    server.await.unwrap();
    std::mem::take(&mut LOG.0.lock().unwrap())
}

#[tokio::test]
async fn a_verbose_connection_is_overruled() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let shows_secrets = |log: &str| log.contains("seam_canary_key") || log.contains("1988");
    let verbose = |client: ClientBuilder| client.connection_verbose(true);

    let own = verbose(reqwest::Client::builder()).build().unwrap();
    let log = logged(ReqwestTransport::from_client(own)).await;
    assert!(shows_secrets(&log), "the test cannot detect secrets in the log: {log}");

    let log = logged(ReqwestTransport::builder().client(verbose).build().unwrap()).await;
    assert!(!shows_secrets(&log), "{log}");
}
