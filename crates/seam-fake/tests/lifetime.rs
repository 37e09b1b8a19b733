//! Tests of the health check of `fake-seam`, and of its exit when its parent process ends.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    io::{BufRead, BufReader, Read},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(20);

fn fake_seam() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-seam"));
    command.env_remove("PORT").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running program and its first line of output.
struct Running(Child, String);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(arguments: &[&str], stdin: Stdio) -> Self {
        let mut running = Self(fake_seam().args(arguments).stdin(stdin).spawn().unwrap(), String::new());
        BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut running.1).unwrap();
        running
    }

    fn url(&self) -> &str {
        self.1.trim_end()
    }

    /// Opens a connection, which closes when the program ends.
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.url().strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }
}

#[test]
fn a_health_check_succeeds_only_for_a_running_fake() {
    let check = |url: &[&str], port: Option<&str>| {
        let output =
            fake_seam().arg("--health-check").args(url).envs(port.map(|port| ("PORT", port))).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let running = Running::start(&["--quiet"], Stdio::null());
    let port = running.url().rsplit(':').next().unwrap();
    assert_eq!(check(&[running.url()], None).0, Some(0));
    assert_eq!(check(&[&format!("http://localhost:{port}/")], None).0, Some(0));
    assert_eq!(check(&[], Some(port)).0, Some(0));

    // The port was bound and closed, so nothing listens on it.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, problem) = check(&[&format!("http://{closed}")], None);
    assert!(code == Some(1) && problem.contains(&format!("cannot reach {closed}")), "{problem}");
    let (code, problem) = check(&["https://127.0.0.1:1"], None);
    assert!(code == Some(1) && problem.contains("http://HOST:PORT"), "{problem}");
    let (code, problem) = check(&[], None);
    assert!(code == Some(2) && problem.contains("requires a URL"), "{problem}");
}

#[test]
fn a_health_check_reports_the_status_of_an_unhealthy_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let check = fake_seam().args(["--health-check", &url]).spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
    }
    assert!(head.starts_with("GET /health HTTP/1.1\r\n"), "{head}");
    std::io::Write::write_all(&mut stream, b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap();
    drop((stream, reader));
    let output = check.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("status 503"));
}

#[test]
fn the_end_of_stdin_ends_the_program_if_requested() {
    let mut running = Running::start(&["--quiet", "--exit-with-stdin"], Stdio::piped());
    let mut connection = running.connect();
    drop(running.0.stdin.take());
    // The connection is closed or reset; only a timeout is a failure.
    let end = connection.read(&mut [0]).map_err(|error| error.kind());
    assert!(matches!(end, Ok(0) | Err(std::io::ErrorKind::ConnectionReset)), "{end:?}");
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn the_end_of_stdin_is_ignored_by_default() {
    let mut running = Running::start(&["--quiet"], Stdio::null());
    let health = fake_seam().args(["--health-check", running.url()]).status().unwrap();
    assert!(health.success());
    assert_eq!(running.0.try_wait().unwrap(), None);
}
