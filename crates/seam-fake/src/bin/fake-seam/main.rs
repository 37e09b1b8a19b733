//! `fake-seam`: the in-memory Seam as an HTTP server, for tests in any language.
//!
//! ```text
//! cargo run -p seam-fake --bin fake-seam -- --seed
//! ```
#![expect(clippy::print_stderr, reason = "this is a command-line program")]

mod arguments;
mod health;
mod state_file;
mod stdin;

use std::{
    env,
    fs::File,
    io::{self, ErrorKind, Read, Write},
    path::Path,
    process::ExitCode,
    time::SystemTime,
};

use seam_fake::{FakeSeam, Server};

use self::{
    arguments::{Command, HELP, Options, Seed},
    state_file::StateFile,
};

/// The maximum size of a seed file in bytes.
const SEED_LIMIT: u64 = 16 * 1024 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match arguments::parse(env::args_os().skip(1).collect(), env::var("PORT").ok().as_deref()) {
        Ok(Command::Help) => {
            print(HELP.trim_end());
            Ok(())
        }
        Ok(Command::Version) => {
            print(&format!("fake-seam {}", env!("CARGO_PKG_VERSION")));
            Ok(())
        }
        Ok(Command::HealthCheck(url)) => health::check(&url),
        Ok(Command::Serve(options)) => serve(options).await,
        Err(problem) => {
            eprintln!("error: {problem}\n\nFor more information, try 'fake-seam --help'.");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            for line in problem.lines() {
                eprintln!("error: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints a line. Ignores errors, since the reader of the output may have exited.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints a warning.
fn warn(problem: &str) {
    eprintln!("warning: {problem}");
}

/// Serves until a signal, or the end of the standard input.
async fn serve(options: Options) -> Result<(), String> {
    let ended = Ended::watch(options.exit_with_stdin)?;
    let (fake, is_loaded) = match options.state.as_deref().map(state_file::load).transpose()?.flatten() {
        Some(fake) => (fake, true),
        None => (begin(&options.seed)?, false),
    };
    // A loaded state continues at the current time, unless its clock is ahead.
    fake.advance_to(SystemTime::now());
    let state_file = options.state.clone().map(|path| StateFile::new(path, fake.clone())).transpose()?;
    let server = start(&fake, &options).await?;
    print(server.url());
    if !options.quiet {
        if let Some(path) = options.state.as_deref().filter(|_| is_loaded) {
            print(&format!("loaded the state from {}", path.display()));
        }
        for (name, key) in fake.api_keys() {
            print(&format!("API key {key} for {name}"));
        }
    }
    match &state_file {
        Some(file) => tokio::select! {
            () = ended.wait() => {}
            () = file.keep_saved() => {}
        },
        None => ended.wait().await,
    }
    drop(server);
    state_file.map_or(Ok(()), |file| file.save())
}

fn begin(seed: &Seed) -> Result<FakeSeam, String> {
    let start = FakeSeam::starting_at(SystemTime::now());
    match seed {
        Seed::Empty => Ok(start.empty()),
        Seed::Default => Ok(start.default_seed()),
        Seed::Building => Ok(start.building()),
        Seed::File(path) => {
            let document = read_seed(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            start.seed(&document).map_err(|error| error.in_file(path.display().to_string()).to_string())
        }
    }
}

/// Reads a seed file, which may be a pipe, up to the size limit.
fn read_seed(path: &Path) -> io::Result<String> {
    let mut document = String::new();
    File::open(path)?.take(SEED_LIMIT + 1).read_to_string(&mut document)?;
    if document.len() as u64 > SEED_LIMIT {
        return Err(io::Error::other(format!("the file is larger than {SEED_LIMIT} bytes")));
    }
    Ok(document)
}

async fn start(fake: &FakeSeam, options: &Options) -> Result<Server, String> {
    let mut serve = fake.serve_with().address((options.host, options.port)).pace(options.pace);
    if options.allow_remote_webhooks {
        serve = serve.allow_remote_webhooks();
    }
    if !options.quiet {
        serve = serve.log(print);
    }
    if !options.mask {
        serve = serve.log_values();
    }
    serve.start().await.map_err(|error| {
        let (host, port) = (options.host, options.port);
        match error.kind() {
            ErrorKind::AddrInUse => {
                format!(
                    "cannot listen on {host}:{port}: the port is in use; use another --port, or omit it for a free port"
                )
            }
            ErrorKind::PermissionDenied => format!("cannot listen on {host}:{port}: permission denied: {error}"),
            _ => format!("cannot listen on {host}:{port}: {error}"),
        }
    })
}

/// Waits for the end of the program. As process 1 of a container, a program must handle signals explicitly.
struct Ended {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    with_stdin: bool,
}

impl Ended {
    fn watch(with_stdin: bool) -> Result<Self, String> {
        #[cfg(unix)]
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(|error| format!("cannot handle SIGTERM: {error}"))?;
        Ok(Self {
            #[cfg(unix)]
            terminate,
            with_stdin,
        })
    }

    async fn wait(mut self) {
        let interrupted = tokio::signal::ctrl_c();
        #[cfg(unix)]
        let terminated = self.terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        let stdin = async {
            if self.with_stdin {
                stdin::ended().await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminated => {}
            () = stdin => {}
        }
    }
}
