//! Runs the cases that the modules below declare. `cargo test -p seam-faults --test matrix -- NAME` runs those whose names contain
//! `NAME`.
//!
//! For each HTTP stack, the program starts a second process of itself with a test authority among the trusted ones, because a
//! process cannot safely change its environment once it has threads. `SEAM_FAULTS_STACK=hyper` selects one stack. At the end it searches the logs of all crates, at all levels, and all panics for
//! secrets.
#![allow(clippy::print_stderr, reason = "a test program prints to its terminal")]

mod matrix {
    pub(crate) mod body;
    pub(crate) mod calls;
    pub(crate) mod connect;
    pub(crate) mod exchange;
    pub(crate) mod head;
    pub(crate) mod headers;
    pub(crate) mod http2;
    pub(crate) mod json;
    pub(crate) mod proxies;
    pub(crate) mod retry_after;
    pub(crate) mod silence;
    pub(crate) mod sockets;
    pub(crate) mod support;
    pub(crate) mod tls;
    pub(crate) mod waits;
}

use std::{
    collections::HashSet,
    io::{self, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, ExitCode},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use libtest_mimic::{Arguments, Failed, Trial};
use matrix::support::AUTHORITY;
use seam_faults::{Canaries, Case, Stack};
use seam_mock::transport_kit::Authority;

fn cases() -> Vec<Case> {
    [
        matrix::body::cases(),
        matrix::calls::cases(),
        matrix::connect::cases(),
        matrix::exchange::cases(),
        matrix::head::cases(),
        matrix::headers::cases(),
        matrix::http2::cases(),
        matrix::json::cases(),
        matrix::proxies::cases(),
        matrix::retry_after::cases(),
        matrix::silence::cases(),
        matrix::tls::cases(),
        matrix::waits::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The number of cases that run at the same time.
const THREADS: usize = 8;

/// The log of all crates, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() -> ExitCode {
    match std::env::var(AUTHORITY) {
        Ok(_) => run(),
        Err(_) => match run_over_all(&stacks()) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("cannot run the cases: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Returns the stack that the environment selects, or all stacks.
fn stacks() -> Vec<Stack> {
    match std::env::var_os(Stack::VARIABLE) {
        Some(_) => vec![Stack::of_environment()],
        None => Stack::ALL.to_vec(),
    }
}

/// Runs the cases over each stack, and returns whether all cases passed.
fn run_over_all(stacks: &[Stack]) -> Result<bool, BoxError> {
    let mut passed = true;
    for stack in stacks {
        passed &= run_in_child(*stack)?;
    }
    Ok(passed)
}

/// Runs this program in a second process with the stack and the test authority in its environment. Returns whether all cases passed.
fn run_in_child(stack: Stack) -> Result<bool, BoxError> {
    eprintln!("running the cases over {}", stack.name());
    let authority = Authority::new()?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("authority-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (certificate, with_key) = (folder.join("trusted.pem"), folder.join("authority.pem"));
    std::fs::write(&certificate, authority.certificate())?;
    std::fs::write(&with_key, authority.to_pem())?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(std::env::args_os().skip(1))
        .env(Stack::VARIABLE, stack.name())
        .env(AUTHORITY, &with_key)
        .env("SSL_CERT_FILE", &certificate)
        .env_remove("SSL_CERT_DIR");
    let proxy = format!("http://{}", rejecting_proxy()?);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"] {
        command.env(name, &proxy);
    }
    for name in ["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        command.env_remove(name);
    }
    let status = command.status();
    std::fs::remove_dir_all(&folder)?;
    Ok(status?.success())
}

/// Starts a proxy that rejects all requests, for the environment. Requests to this machine must not reach it.
fn rejecting_proxy() -> io::Result<std::net::SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // An error here ends the connection, which the client reports as a rejection as well.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n",
            );
        }
    });
    Ok(address)
}

/// Returns the names that more than one case has. `-- NAME` could not select one of them.
fn repeated_names(cases: &[Case]) -> Vec<&str> {
    let mut names = HashSet::new();
    cases.iter().map(|case| case.name.as_str()).filter(|name| !names.insert(*name)).collect()
}

fn run() -> ExitCode {
    static PANICS: OnceLock<Log> = OnceLock::new();

    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).init();
    let panics = PANICS.get_or_init(|| log.clone());
    std::panic::set_hook(Box::new(|panic| {
        // Writing to memory cannot fail.
        let _ = writeln!(panics.clone(), "{panic}");
        eprintln!("{panic}");
    }));

    let cases = cases();
    let repeated = repeated_names(&cases);
    if !repeated.is_empty() {
        eprintln!("several cases have the same name: {}", repeated.join("; "));
        return ExitCode::FAILURE;
    }
    let trials = cases.into_iter().map(|case| Trial::test(case.name.clone(), move || trial(&case))).collect();
    let mut arguments = Arguments::from_args();
    // Many cases wait for a deadline, so more threads than cores are useful.
    arguments.test_threads = arguments.test_threads.or(Some(THREADS));
    let conclusion = libtest_mimic::run(&arguments, trials);

    let text = String::from_utf8_lossy(&log.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    let canaries = Canaries::new();
    let leaks: Vec<&str> = text.lines().filter(|line| canaries.find_in(line).is_some()).take(10).collect();
    if !leaks.is_empty() {
        eprintln!("the log contains a secret:\n{}", leaks.join("\n"));
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Runs a case in its own runtime.
fn trial(case: &Case) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = || runtime.block_on(case.run()).map_err(Failed::from);
    if case.name.starts_with(matrix::calls::MANY_CALLS) {
        // A thousand calls log the same as one call, and logging them would slow down the other cases.
        return tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), run);
    }
    run()
}
