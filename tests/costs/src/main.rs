//! Counts instructions and allocations of calls: through `Seam` over each transport, and over bare reqwest with hand-written
//! structs. valgrind counts, so the load of the machine does not matter.
//!
//! ```sh
//! cargo run --release -p call-costs               # prints the counts
//! cargo run --release -p call-costs -- check      # compares them with baseline.txt, as CI does
//! cargo run --release -p call-costs -- update     # writes baseline.txt
//! ```
//!
//! The program runs itself once as the server, which is not measured, and twice for each case, with few and with many
//! rounds. The difference is the cost of the rounds without the start of the program.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed measurement ends the program")]
#![allow(clippy::print_stdout, reason = "the program prints its results")]

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use seam_reqwest::{Credentials, ReqwestTransport, Seam};
use serde_json::json;
use xtask_programs::valgrind;

/// An invalid API key.
const API_KEY: &str = "seam_costs_key";

const ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";

/// The cases, each with the rounds of its longer run.
const CASES: [(&str, u64); 3] = [("get", 220), ("page", 12), ("unlock", 120)];

/// The measured clients: bare reqwest, and `Seam` over each transport. `custom` is the transport over reqwest with the default clock,
/// like a transport that a user writes.
const SIDES: [&str; 4] = ["bare", "reqwest", "hyper", "custom"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let argument = |index: usize| arguments.get(index).map(String::as_str);
    match argument(1) {
        Some("server") => {
            serve();
            ExitCode::SUCCESS
        }
        Some("run") => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let rounds = argument(4).unwrap().parse().unwrap();
            runtime.block_on(run(argument(2).unwrap(), argument(3).unwrap(), rounds, argument(5).unwrap()));
            ExitCode::SUCCESS
        }
        mode => compare(mode),
    }
}

/// Responds to requests by their paths, on one connection after another.
fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let code = json!({"access_code": {"access_code_id": ID, "device_id": "d1", "name": "Guest", "code": "1988",
        "created_at": "2025-06-14T16:54:17.946Z", "status": "set", "type": "ongoing", "is_managed": false,
        "workspace_id": "w1", "errors": [], "warnings": []}, "ok": true});
    let device = json!({"device_id": ID, "device_type": "august_lock", "display_name": "Front Door", "nickname": "Front",
        "capabilities_supported": ["access_code", "lock"], "can_remotely_unlock": true, "can_remotely_lock": true,
        "created_at": "2025-06-14T16:54:17.946Z", "is_managed": true, "workspace_id": "w1", "errors": [], "warnings": [],
        "custom_metadata": {}, "connected_account_id": "c1", "location": {"timezone": "Europe/Berlin"},
        "properties": {"online": true, "locked": true, "battery_level": 0.9, "name": "Front Door",
            "battery": {"level": 0.9, "status": "full"}, "model": {"display_name": "Lock", "manufacturer_display_name": "August"}}});
    let page = json!({"devices": vec![device; 100], "pagination": {"has_next_page": false, "next_page_cursor": null,
        "next_page_url": null}, "ok": true});
    let attempt = |status| {
        json!({"action_attempt": {"action_attempt_id": "a1", "action_type": "UNLOCK_DOOR", "status": status,
            "result": (status == "success").then(|| json!({"was_confirmed_by_device": true})), "error": null}, "ok": true})
    };
    let responses = [
        ("/access_codes", code),
        ("/devices", page),
        ("/locks", attempt("pending")),
        ("/action_attempts", attempt("success")),
    ];
    let responses = responses.map(|(path, body)| {
        let body = body.to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nseam-request-id: r1\r\n";
        (path, format!("{head}content-length: {}\r\n\r\n{body}", body.len()))
    });
    for stream in listener.incoming() {
        let (stream, responses) = (stream.unwrap(), responses.clone());
        std::thread::spawn(move || answer(stream, &responses));
    }
}

fn answer(stream: TcpStream, responses: &[(&str, String)]) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut path = String::new();
        if reader.read_line(&mut path).unwrap_or(0) == 0 {
            return;
        }
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let lower = line.to_ascii_lowercase();
            length = lower.strip_prefix("content-length: ").map_or(length, |text| text.trim().parse().unwrap());
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let path = path.split(' ').nth(1).unwrap();
        let (_, response) = responses.iter().find(|(start, _)| path.starts_with(start)).unwrap();
        writer.write_all(response.as_bytes()).unwrap();
    }
}

async fn run(side: &str, case: &str, rounds: u64, url: &str) {
    match side {
        "bare" => {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            for _ in 0..rounds {
                bare::call(&client, case, url).await;
            }
        }
        _ => {
            let builder = match side {
                "hyper" => seam_hyper::builder().unwrap(),
                "reqwest" => seam_reqwest::builder().unwrap(),
                _ => Seam::builder(ReqwestTransport::builder().build().unwrap()),
            };
            let builder = builder.credentials(Credentials::api_key(API_KEY).unwrap());
            let seam = builder.base_url(url).build().unwrap();
            for _ in 0..rounds {
                call(&seam, case).await;
            }
        }
    }
}

async fn call(seam: &Seam, case: &str) {
    match case {
        "get" => drop(seam.access_codes().unmanaged().get(ID).await.unwrap()),
        "page" => assert_eq!(seam.devices().list().await.unwrap().len(), 100),
        _ => {
            let wait = seam.locks().unlock_door(ID).and_wait().poll_interval(Duration::from_millis(1));
            wait.await.unwrap();
        }
    }
}

/// Hand-written calls with plain strings and without error handling.
mod bare {
    use reqwest::Client;
    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::{Map, Value, json};

    use super::{API_KEY, ID};

    #[derive(Deserialize)]
    struct Found {
        access_code: Code,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "decoding is measured even if the value is not used")]
    struct Code {
        access_code_id: String,
        device_id: String,
        name: Option<String>,
        code: Option<String>,
        created_at: String,
        status: String,
        r#type: String,
        is_managed: bool,
        workspace_id: String,
        errors: Vec<Problem>,
        warnings: Vec<Problem>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "decoding is measured even if the value is not used")]
    struct Problem {
        message: String,
    }

    #[derive(Deserialize)]
    struct Devices {
        devices: Vec<Device>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "decoding is measured even if the value is not used")]
    struct Device {
        device_id: String,
        device_type: String,
        display_name: String,
        nickname: Option<String>,
        capabilities_supported: Vec<String>,
        can_remotely_unlock: Option<bool>,
        can_remotely_lock: Option<bool>,
        created_at: String,
        is_managed: bool,
        workspace_id: String,
        errors: Vec<Problem>,
        warnings: Vec<Problem>,
        custom_metadata: Map<String, Value>,
        connected_account_id: Option<String>,
        location: Option<Location>,
        properties: Properties,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "decoding is measured even if the value is not used")]
    struct Location {
        timezone: Option<String>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "decoding is measured even if the value is not used")]
    struct Properties {
        online: bool,
        locked: Option<bool>,
        battery_level: Option<f64>,
        name: String,
        battery: Option<Battery>,
        model: Model,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "decoding is measured even if the value is not used")]
    struct Battery {
        level: f64,
        status: String,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "decoding is measured even if the value is not used")]
    struct Model {
        display_name: String,
        manufacturer_display_name: String,
    }

    #[derive(Deserialize)]
    struct Attempted {
        action_attempt: Attempt,
    }

    #[derive(Deserialize)]
    struct Attempt {
        action_attempt_id: String,
        status: String,
    }

    pub(crate) async fn call(client: &Client, case: &str, url: &str) {
        match case {
            "get" => drop(
                get::<Found>(client, &format!("{url}/access_codes/unmanaged/get?access_code_id={ID}&_strict=true"))
                    .await
                    .access_code,
            ),
            "page" => assert_eq!(get::<Devices>(client, &format!("{url}/devices/list")).await.devices.len(), 100),
            _ => {
                let request = client.post(format!("{url}/locks/unlock_door")).bearer_auth(API_KEY);
                let body = json!({ "device_id": ID }).to_string();
                let response = request.header("content-type", "application/json").body(body).send().await.unwrap();
                let attempt: Attempted = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
                let id = attempt.action_attempt.action_attempt_id;
                let url = format!("{url}/action_attempts/get?action_attempt_id={id}&_strict=true");
                assert_eq!(get::<Attempted>(client, &url).await.action_attempt.status, "success");
            }
        }
    }

    async fn get<T: DeserializeOwned>(client: &Client, url: &str) -> T {
        let response = client.get(url).bearer_auth(API_KEY).send().await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }
}

/// The rounds of the shorter runs: caches and pools are filled by then.
const FEW: u64 = 4;

/// How much a ratio or a count of allocations may grow beyond the baseline, in percent.
const TOLERANCE: u64 = 3;

/// The baseline: for each case and transport the instructions in thousandths of those of bare reqwest, and the allocations.
const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.txt");

/// What a call costs.
#[derive(Clone, Copy)]
struct Cost {
    instructions: u64,
    allocations: u64,
}

fn compare(mode: Option<&str>) -> ExitCode {
    let server = Command::new(std::env::current_exe().unwrap()).arg("server").stdout(Stdio::piped()).spawn();
    let mut server = Server(server.unwrap());
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut url).unwrap();

    let mut lines = String::new();
    println!("{:8}{:10}{:>14}{:>8}{:>13}", "call", "over", "instructions", "ratio", "allocations");
    for (case, rounds) in CASES {
        let costs = SIDES.map(|side| cost(side, case, rounds, url.trim()));
        let [Cost { instructions: bare, .. }, ..] = costs;
        for (side, found) in SIDES.into_iter().zip(costs) {
            let ratio = found.instructions * 1000 / bare;
            let Cost { instructions, allocations } = found;
            println!(
                "{case:8}{side:10}{instructions:>14}{:>5}.{:02}{allocations:>13}",
                ratio / 1000,
                ratio % 1000 / 10
            );
            if side != "bare" {
                writeln!(lines, "{case} {side} {ratio} {allocations}").unwrap();
            }
        }
    }
    match mode {
        Some("update") => std::fs::write(BASELINE, lines).unwrap(),
        Some("check") => return check(&lines),
        _ => {}
    }
    ExitCode::SUCCESS
}

/// Compares the counts with the baseline. Ratios, since instructions depend on the version of Rust.
fn check(lines: &str) -> ExitCode {
    let baseline = std::fs::read_to_string(BASELINE).unwrap();
    let mut code = ExitCode::SUCCESS;
    for (found, expected) in lines.lines().zip(baseline.lines()) {
        let (name, now) = split(found);
        let (expected_name, before) = split(expected);
        assert_eq!(name, expected_name, "the baseline has other cases: update it");
        let whats = ["thousandths of the instructions over bare reqwest", "allocations"];
        for ((what, now), before) in whats.into_iter().zip(now).zip(before) {
            if now * 100 > before * (100 + TOLERANCE) {
                println!("{name}: {now} {what}, where the baseline has {before}");
                code = ExitCode::FAILURE;
            }
        }
    }
    assert_eq!(baseline.lines().count(), lines.lines().count(), "the baseline has other cases: update it");
    if code != ExitCode::SUCCESS {
        println!(
            "If that is intended: cargo run --release -p call-costs -- update, and commit tests/costs/baseline.txt"
        );
    }
    code
}

/// Splits a line of the baseline into the name of its case and its two numbers.
fn split(line: &str) -> (&str, [u64; 2]) {
    let mut words = line.rsplitn(3, ' ');
    let mut number = || words.next().unwrap().parse().unwrap();
    let (allocations, ratio) = (number(), number());
    (words.next().unwrap(), [ratio, allocations])
}

fn cost(side: &str, case: &str, rounds: u64, url: &str) -> Cost {
    let of = |count: fn(&[&str]) -> xtask_programs::Result<u64>| {
        let count = |rounds: u64| count(&["run", side, case, &rounds.to_string(), url]);
        let [few, many] = [FEW, rounds].map(|rounds| count(rounds).unwrap_or_else(|error| panic!("{error}")));
        (many - few) / (rounds - FEW)
    };
    Cost { instructions: of(valgrind::instructions), allocations: of(valgrind::allocations) }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
