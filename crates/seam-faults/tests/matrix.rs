//! Runs every case that the modules below declare. `cargo test -p seam-faults --test matrix -- NAME` runs some.
//!
//! The program starts itself again with an authority of its own among those that the machine trusts, since a process
//! cannot change its environment once it has threads. Everything that is logged meanwhile, by any crate and at any
//! level, and every panic, is looked through for secrets in the end.
#![allow(clippy::print_stderr, reason = "a test program speaks on its terminal")]

mod matrix {
    pub(crate) mod body;
    pub(crate) mod connect;
    pub(crate) mod head;
    pub(crate) mod headers;
    pub(crate) mod json;
    pub(crate) mod retry_after;
    pub(crate) mod support;
}

use std::{
    collections::HashSet,
    io::{self, Write},
    path::Path,
    process::{Command, ExitCode},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use libtest_mimic::{Arguments, Failed, Trial};
use matrix::support::AUTHORITY;
use seam_faults::{Authority, Canaries, Case};

fn cases() -> Vec<Case> {
    [
        matrix::connect::cases(),
        matrix::head::cases(),
        matrix::body::cases(),
        matrix::json::cases(),
        matrix::retry_after::cases(),
        matrix::headers::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many cases run at once.
const THREADS: usize = 8;

/// What was logged.
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
        Err(_) => match again() {
            Ok(code) => code,
            Err(error) => {
                eprintln!("the cases cannot be run: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Runs this program again with the authority in its environment.
fn again() -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    let authority = Authority::new()?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("authority-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (trusted, whole) = (folder.join("trusted.pem"), folder.join("authority.pem"));
    std::fs::write(&trusted, authority.certificate())?;
    std::fs::write(&whole, authority.to_pem())?;
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(AUTHORITY, &whole)
        .env("SSL_CERT_FILE", &trusted)
        .env_remove("SSL_CERT_DIR")
        .status();
    std::fs::remove_dir_all(&folder)?;
    Ok(if status?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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

    let all = cases();
    let mut names = HashSet::new();
    if let Some(case) = all.iter().find(|case| !names.insert(case.name.as_str())) {
        eprintln!("there are two cases of the name {}", case.name);
        return ExitCode::FAILURE;
    }
    let trials = all.into_iter().map(|case| Trial::test(case.name.clone(), move || trial(&case))).collect();
    let mut arguments = Arguments::from_args();
    // Many of them do nothing but wait for a deadline.
    arguments.test_threads = arguments.test_threads.or(Some(THREADS));
    let conclusion = libtest_mimic::run(&arguments, trials);

    let text = String::from_utf8_lossy(&log.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    let canaries = Canaries::new();
    let leaks: Vec<&str> = text.lines().filter(|line| canaries.find_in(line).is_some()).take(10).collect();
    if !leaks.is_empty() {
        eprintln!("a secret was logged:\n{}", leaks.join("\n"));
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

fn trial(case: &Case) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(case.run()).map_err(Failed::from)
}
