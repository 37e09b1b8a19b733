//! Missing resources: a runtime with drivers, threads, files, certificates. Each case is an error with nothing sent,
//! and not a panic.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    net::TcpListener,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use seam_reqwest::{Credentials, Error, ReqwestTransport, Seam, TokioClock, TransportErrorKind};

/// A server that counts connections and never responds.
fn server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            open.push(stream);
        }
    });
    (port, connections)
}

fn seam(url: &str) -> Seam {
    let builder = Seam::builder(ReqwestTransport::builder().build().unwrap()).clock(TokioClock);
    let builder = builder.credentials(Credentials::api_key("seam_example_key").unwrap());
    builder.base_url(url).build().unwrap()
}

async fn act(seam: &Seam) -> Error {
    seam.locks().unlock_door("front-door").with_timeout(Duration::from_secs(5)).await.unwrap_err()
}

fn assert_not_sent(error: &Error, part: &str) {
    assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::NotSent), "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

/// tokio prints the message of its panic, and the call returns an error.
#[test]
fn a_runtime_without_time_or_io_is_an_error() {
    let (port, connections) = server();
    let url = format!("http://127.0.0.1:{port}");
    for (time, io, part) in
        [(false, false, "no IO driver"), (true, false, "no IO driver"), (false, true, "no time driver")]
    {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        if time {
            runtime.enable_time();
        }
        if io {
            runtime.enable_io();
        }
        let error = runtime.build().unwrap().block_on(act(&seam(&url)));
        assert_not_sent(&error, part);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

/// The environment variable that marks the child process, which lacks a resource.
const MISSING: &str = "SEAM_TEST_MISSING";

/// Runs one test of this program in a child process.
fn again(test: &str, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).args(["--exact", test, "--test-threads", "1", "--nocapture"]);
    command.env(MISSING, "1").envs(environment.iter().copied()).output().unwrap()
}

fn assert_passed(output: &Output) {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

fn this_program() -> String {
    std::env::current_exe().unwrap().to_str().unwrap().to_owned()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The stacks of threads would need more memory than is available.
#[test]
fn without_threads_nothing_is_sent() {
    let stack = (1_u64 << 46).to_string();
    assert_passed(&again("in_a_process_without_threads", &this_program(), &[], &[("RUST_MIN_STACK", &stack)]));
}

#[test]
fn in_a_process_without_threads() {
    if std::env::var_os(MISSING).is_none() {
        return;
    }
    assert!(
        std::thread::Builder::new().spawn(|| ()).is_err(),
        "the process can start threads, so the test proves nothing"
    );
    // The lookup of a host name needs a thread.
    assert_not_sent(&run(act(&seam("http://localhost:9"))), "cannot start a thread to look up the host");

    #[cfg(feature = "blocking")]
    {
        let error = seam_reqwest::blocking::builder().unwrap_err();
        assert_eq!(error.kind(), seam_reqwest::ErrorKind::InvalidConfiguration);
        assert!(error.to_string().contains("cannot start the thread for requests"), "{error}");
    }
}

/// Every Unix shell has `ulimit`.
#[cfg(unix)]
#[test]
fn without_files_nothing_is_sent() {
    let script = "ulimit -n 64 && exec \"$0\" \"$@\"";
    assert_passed(&again("in_a_process_without_files", "sh", &["-c", script, &this_program()], &[]));
}

#[test]
fn in_a_process_without_files() {
    if std::env::var_os(MISSING).is_none() {
        return;
    }
    let (port, connections) = server();
    let seam = seam(&format!("http://127.0.0.1:{port}"));
    run(async {
        let mut files = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            files.push(file);
            assert!(files.len() < 1_000, "the number of files is not limited, so the test proves nothing");
        }
        assert_not_sent(&act(&seam).await, "could not connect");
    });
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

/// A container without the package ca-certificates.
#[cfg(all(unix, not(target_vendor = "apple"), not(feature = "native-tls")))]
#[cfg(any(feature = "rustls-aws-lc-rs", feature = "rustls-ring"))]
#[test]
fn plain_http_to_a_loopback_address_works_without_certificates() {
    let environment = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/dev/null")];
    assert_passed(&again("on_a_machine_without_certificates", &this_program(), &[], &environment));
}

#[test]
fn on_a_machine_without_certificates() {
    if std::env::var_os(MISSING).is_none() {
        return;
    }
    run(async {
        let (port, connections) = server();
        let error = act(&seam(&format!("https://127.0.0.1:{port}"))).await;
        assert_not_sent(&error, "no root certificates were found");
        assert!(error.to_string().contains("SSL_CERT_FILE"), "{error}");
        assert_eq!(connections.load(Ordering::SeqCst), 0);

        // The request is sent, and the server does not respond.
        let call = seam(&format!("http://127.0.0.1:{port}"));
        let error = call.locks().unlock_door("front-door").with_timeout(Duration::from_millis(200)).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    });
}

/// A client of the program, with only the features that this crate enables.
#[cfg(not(feature = "rustls-ring"))]
#[test]
fn a_plain_client_of_reqwest_needs_no_provider() {
    let _ = reqwest::Client::new();
}
