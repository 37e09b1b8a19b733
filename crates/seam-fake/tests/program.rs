//! Tests of the program `fake-seam` as a child process.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// The timeout of each test step.
const LIMIT: Duration = Duration::from_secs(20);

/// The running program. It is killed on drop.
struct Program {
    child: Child,
    address: SocketAddr,
    lines: mpsc::Receiver<String>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fake-seam"))
            .args(arguments)
            .env_remove("PORT")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        let url = lines.recv_timeout(LIMIT).unwrap();
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        Self { child, address, lines }
    }

    /// Returns the next log line of a request.
    fn request_line(&self) -> String {
        let lines = std::iter::from_fn(|| Some(self.lines.recv_timeout(LIMIT).unwrap()));
        lines.into_iter().find(|line| !line.starts_with("API key ")).unwrap()
    }

    /// Sends bytes on a new connection and returns everything received until the program closes it.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        // The program may close the connection before it has read all of an invalid request.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends a request and returns the status and the JSON of the response.
    fn send_json(&self, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.send(
            format!(
                "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let body = if head.contains("transfer-encoding: chunked") { without_chunks(body) } else { body.to_owned() };
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }
}

/// Returns the content of a chunked body.
fn without_chunks(mut body: &str) -> String {
    let mut content = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        content.push_str(rest.get(..length).unwrap());
        body = rest.get(length + 2..).unwrap_or_default();
    }
    content
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(output: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

const KEY: &str = "seam_apikey1_token";

#[test]
fn it_supports_the_options_of_the_official_fake() {
    let program = Program::start(&["--seed"]);
    assert_eq!(program.send_json("GET", "/health", "", &Value::Null).0, 200);
    let (_, seed) = program.send_json("GET", "/_fake/default_seed", "", &Value::Null);
    assert_eq!(seed.get("seam_apikey1_token"), Some(&json!(KEY)));
    let (_, devices) = program.send_json("GET", "/devices/list", KEY, &Value::Null);
    let (_, database) = program.send_json("GET", "/_fake/database", "", &Value::Null);
    let count = |body: &Value| body.get("devices").and_then(Value::as_array).map(Vec::len);
    assert_eq!((count(&devices), count(&database)), (Some(5), Some(5)));
    let outage = json!({ "workspace_id": "seed_workspace_1", "routes": ["/devices/list"] });
    assert_eq!(program.send_json("POST", "/_fake/simulate_workspace_outage", "", &outage).0, 200);
    assert_eq!(program.send_json("GET", "/devices/list", KEY, &Value::Null), (503, Value::Null));
    assert_eq!(program.send_json("GET", "/devices/get?device_id=august_device_1", KEY, &Value::Null).0, 200);
}

#[test]
fn masked_lines_have_identifiers_and_no_secrets() {
    let program = Program::start(&["--seed", "--mask"]);
    let code = json!({ "device_id": "august_device_1", "name": "Jane", "code": "8642" });
    program.send_json("POST", "/access_codes/create", KEY, &code);
    let line = program.request_line();
    assert!(line.starts_with("POST /access_codes/create 200 "), "{line}");
    assert!(line.contains(" request-000001 ") && line.contains("device_id=august_device_1"), "{line}");
    assert!(
        line.contains("code=***") && !line.contains("8642") && !line.contains(KEY) && !line.contains("Jane"),
        "{line}"
    );
    program.send_json("GET", "/access_codes/get?device_id=august_device_1&code=8642&token=8642", KEY, &Value::Null);
    let line = program.request_line();
    assert!(line.starts_with("GET /access_codes/get ") && !line.contains("8642"), "{line}");
}

#[test]
fn it_survives_invalid_requests() {
    let program = Program::start(&["--seed", "--quiet"]);
    let deep = "[".repeat(100_000);
    let requests: [&[u8]; 8] = [
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW /coffee HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        b"GET /devices/list?%%%=&&&a.b.c.d=%FF%FE HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        b"POST /devices/list HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\nconnection: close\r\n\r\n",
        b"POST /devices/list HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nZZZ\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n\r\n\r\n",
    ];
    for request in requests {
        let mut stream = TcpStream::connect(program.address).unwrap();
        let _ = stream.write_all(request);
        // The request is left incomplete, as by a client that crashed.
        drop(stream);
    }
    let body = format!(
        "POST /devices/list HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{deep}",
        deep.len()
    );
    assert!(program.send(body.as_bytes()).starts_with("HTTP/1.1 400 "));
    for (path, body) in [
        ("/_fake/database", json!([1, 2])),
        ("/_fake/database", json!({ "devices": [{ "device_id": 7 }] })),
        ("/_fake/update_action_attempt", json!({ "action_attempt_id": null })),
        ("/_fake/advance_time", json!({ "seconds": -1 })),
        ("/_fake/advance_time", json!({ "seconds": "a while" })),
        ("/_fake/faults", json!("lightning")),
    ] {
        assert_eq!(program.send_json("POST", path, "", &body).0, 400, "{path} {body}");
    }
    assert_eq!(program.send_json("GET", "/devices/list", KEY, &Value::Null).0, 200);
    // The maximum is a year.
    for (seconds, status) in [(1e18, 400), (31_622_401.0, 400), (31_622_400.0, 200)] {
        assert_eq!(program.send_json("POST", "/_fake/advance_time", "", &json!({ "seconds": seconds })).0, status);
    }
    assert_eq!(program.send_json("GET", "/devices/list", KEY, &Value::Null).0, 200);
}

#[test]
fn an_invalid_command_line_is_rejected() {
    let run = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_fake-seam")).args(arguments).output().unwrap();
    let output = run(&["--sed"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .starts_with("error: unknown argument '--sed'; did you mean '--seed'?\n")
    );
    assert_eq!(
        String::from_utf8_lossy(&run(&["--version"]).stdout),
        format!("fake-seam {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(String::from_utf8_lossy(&run(&["--help"]).stdout).contains("--pace"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = run(&["--port", &listener.local_addr().unwrap().port().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the port is in use; use another --port"));
}

#[test]
fn webhooks_are_sent_and_retried() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = format!("http://{}/hook", receiver.local_addr().unwrap());
    // Advances by five seconds, the delay of the second attempt.
    let program = Program::start(&["--seed", "--quiet", "--pace", "100"]);
    let webhook = json!({ "url": hook, "event_types": ["lock.unlocked"] });
    let (status, _) = program.send_json("POST", "/webhooks/create", KEY, &webhook);
    assert_eq!(status, 200);
    let unlock = json!({ "device_id": "august_device_1" });
    assert_eq!(program.send_json("POST", "/locks/unlock_door", KEY, &unlock).0, 200);

    let mut ids = Vec::new();
    for status in ["503 Service Unavailable", "204 No Content"] {
        let (stream, _) = receiver.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut reader = BufReader::new(&stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap().to_owned()
        };
        assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
        assert!(header("svix-signature").starts_with("v1,"));
        let mut body = vec![0; header("content-length").parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(event.get("event_type"), Some(&json!("lock.unlocked")));
        ids.push(header("svix-id"));
        (&stream).write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).unwrap();
    }
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn faults_close_connections_and_truncate_bodies() {
    let program = Program::start(&["--seed", "--quiet"]);
    let fault = |kind: &str| {
        let fault = json!({ "kind": kind, "route": "/devices/list", "times": 1 });
        assert_eq!(program.send_json("POST", "/_fake/faults", "", &fault).0, 200);
    };
    let request = format!(
        "GET /devices/list HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {KEY}\r\n\r\n"
    );
    let whole = program.send(request.as_bytes());
    for kind in ["unreachable", "lost_response"] {
        fault(kind);
        assert_eq!(program.send(request.as_bytes()), "", "{kind}");
    }
    fault("truncated");
    let half = program.send(request.as_bytes());
    assert!(half.starts_with("HTTP/1.1 200 OK") && half.len() < whole.len() && half.len() > whole.len() / 3, "{half}");
    fault("malformed");
    assert!(program.send(request.as_bytes()).ends_with("{\"ok\": tru"));
    assert_eq!(program.send(request.as_bytes()).len(), whole.len());
}

#[test]
fn a_page_of_another_port_may_send_requests() {
    let program = Program::start(&["--seed", "--quiet"]);
    let answer =
        program.send(b"OPTIONS /devices/list HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:3000\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 204 No Content"));
    assert!(answer.contains("access-control-allow-origin: http://localhost:3000\r\n"), "{answer}");
    assert!(answer.contains("access-control-allow-headers: authorization,"), "{answer}");
}

#[test]
fn it_starts_with_a_seed_file_and_a_reset_restores_it() {
    let hotel = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/hotel.toml");
    let program = Program::start(&["--seed", hotel, "--quiet"]);
    let (key, space) = ("seam_test_harbour", json!({ "space_id": "guest-rooms" }));
    assert_eq!(program.send_json("POST", "/spaces/delete", key, &space).0, 200);
    assert_eq!(program.send_json("POST", "/spaces/get", key, &space).0, 404);
    assert_eq!(program.send_json("POST", "/_fake/reset", key, &json!({})).0, 200);
    assert_eq!(program.send_json("POST", "/spaces/get", key, &space).1["space"]["name"], "Guest rooms");
}

#[test]
fn it_exits_with_all_problems_of_a_seed_file() {
    let path = std::env::temp_dir().join(format!("fake-seam-{}-seed.toml", std::process::id()));
    std::fs::write(&path, "[[lock]]\nname = 'Gate'\ntype = 'yale_lok'\nbattery = 2\n").unwrap();
    let run = |seed: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_fake-seam")).args(["--seed", seed]).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        String::from_utf8(output.stderr).unwrap()
    };
    let name = path.to_str().unwrap();
    let problems = run(name);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        problems,
        format!(
            "error: {name}:3:8: unknown device type 'yale_lok'; did you mean 'yale_lock'?\n\
             error: {name}:4:11: expected a number from 0 to 1 for 'battery'\n"
        )
    );
    assert!(run(name).starts_with(&format!("error: cannot read {name}: ")));
}

#[test]
fn it_prints_its_keys_and_a_line_for_each_request() {
    let program = Program::start(&["--seed"]);
    let keys: Vec<String> = (0..2).map(|_| program.lines.recv_timeout(LIMIT).unwrap()).collect();
    assert_eq!(keys, ["API key seam_apikey1_token for My Workspace", "API key seam_apikey2_token for Empty Workspace"]);
    let code = json!({ "device_id": "august_device_1\u{1b}[31m", "name": "Ja\u{202e}ne\n2", "code": "8642" });
    program.send_json("POST", "/access_codes/create", KEY, &code);
    let line = program.request_line();
    assert!(line.contains("code=\"8642\""), "{line}");
    assert!(line.contains(r"device_id=august_device_1\u{1b}[31m") && !line.contains('\u{1b}'), "{line}");
    assert!(line.contains(r"Ja\u{202e}ne\n2") && !line.contains('\u{202e}'), "{line}");
}

#[cfg(unix)]
#[test]
fn signals_save_the_state_and_the_next_process_loads_it() {
    let path = std::env::temp_dir().join(format!("fake-seam-{}-state.json", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let arguments = ["--seed", "--state", path.to_str().unwrap()];
    let unlock = json!({ "device_id": "august_device_1" });
    let mut attempts = Vec::new();
    for (signal, known) in [("TERM", 0), ("INT", 1)] {
        let mut program = Program::start(&arguments);
        let (_, list) =
            program.send_json("POST", "/action_attempts/list", KEY, &json!({ "device_id": "august_device_1" }));
        assert_eq!(list["action_attempts"].as_array().map(Vec::len), Some(known));
        let (_, answer) = program.send_json("POST", "/locks/unlock_door", KEY, &unlock);
        attempts.push(answer["action_attempt"]["action_attempt_id"].clone());
        let kill = Command::new("kill").args(["-s", signal, &program.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(program.child.wait().unwrap().code(), Some(0), "{signal}");
    }
    let program = Program::start(&arguments);
    assert_eq!(program.send_json("POST", "/_fake/advance_time", "", &json!({ "seconds": 10 })).0, 200);
    for attempt in attempts {
        let (_, answer) =
            program.send_json("POST", "/action_attempts/get", KEY, &json!({ "action_attempt_id": attempt }));
        assert_eq!(answer["action_attempt"]["status"], "success");
    }
    drop(program);
    for (flag, problem) in [("--state", "it is not a regular file"), ("--seed", "larger than 16777216 bytes")] {
        let output = Command::new(env!("CARGO_BIN_EXE_fake-seam")).args([flag, "/dev/zero"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(problem), "{output:?}");
    }
    std::fs::write(&path, "no state").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_fake-seam")).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("invalid saved state at line 1, column 2; remove the file")
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "no state");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn the_state_is_saved_only_after_changes() {
    let path = std::env::temp_dir().join(format!("fake-seam-{}-reads.json", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let program = Program::start(&["--seed", "--state", path.to_str().unwrap()]);
    let saved = || std::fs::metadata(&path).unwrap().modified().unwrap();
    // The seed has an event, which is delivered immediately.
    thread::sleep(Duration::from_millis(1_500));
    let before = saved();
    for _ in 0..25 {
        assert_eq!(program.send_json("POST", "/devices/list", KEY, &json!({})).0, 200);
        assert_eq!(program.send_json("GET", "/health", "", &Value::Null).0, 200);
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(saved(), before);
    program.send_json("POST", "/locks/unlock_door", KEY, &json!({ "device_id": "august_device_1" }));
    let deadline = std::time::Instant::now() + LIMIT;
    while saved() == before {
        assert!(std::time::Instant::now() < deadline);
        thread::sleep(Duration::from_millis(50));
    }
    drop(program);
    std::fs::remove_file(&path).unwrap();
}
