//! `fake-seam`: the in-memory Seam as a program, for tests in any language.
//!
//! ```text
//! cargo run -p seam-fake --bin fake-seam -- --seed
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for the terminal")]

#[path = "fake-seam/health.rs"]
mod health;
#[path = "fake-seam/stdin.rs"]
mod stdin;

use std::{
    env,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr},
    process::ExitCode,
    time::SystemTime,
};

use seam_fake::FakeSeam;

const HELP: &str = "\
An in-memory Seam, for tests that must not open real doors.

Usage: fake-seam [--seed [default|building]] [--port PORT] [--host ADDRESS] [--pace SECONDS] [--quiet]
       fake-seam --health-check [URL]

  --seed            begin with what users of the official fake know: seam_apikey1_token, august_device_1, ...
  --seed building   begin with a small building: the API key is seam_fake_api_key
                    (without --seed there is one workspace with this key, and nothing in it)
  --port PORT       the port; else the environment's PORT, else a free one, which is printed
  --host ADDRESS    the address to listen on, 127.0.0.1 unless given
  --pace SECONDS    how many seconds pass in the state in a real one: 1 unless given, 0 to let time stand still
  --quiet           no line for each request
  --exit-with-stdin exit when the standard input ends, for programs that start this one

  --health-check    exit with 0 if the fake-seam at URL answers, with 1 if not; the default URL is
                    http://127.0.0.1:PORT, with the environment's PORT
";

/// What the command line says.
#[derive(Debug, PartialEq)]
struct Arguments {
    seed: Seed,
    port: u16,
    host: IpAddr,
    pace: f64,
    quiet: bool,
}

#[derive(Debug, PartialEq)]
enum Seed {
    Nothing,
    Default,
    Building,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    if let Some((_, url)) = arguments.split_first().filter(|(flag, _)| *flag == "--health-check") {
        return check_health(url);
    }
    let count = arguments.len();
    arguments.retain(|argument| argument != "--exit-with-stdin");
    let exits_with_stdin = arguments.len() < count;
    match read(&arguments, env::var("PORT").ok()) {
        Ok(arguments) => serve(arguments, exits_with_stdin).await,
        Err(problem) => {
            eprintln!("fake-seam: {problem}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn check_health(url: &[String]) -> ExitCode {
    let outcome = match (url, env::var("PORT")) {
        ([url], _) => health::check(url),
        ([], Ok(port)) => health::check(&format!("http://127.0.0.1:{port}")),
        ([], Err(_)) => Err("--health-check needs a URL, or PORT in the environment".to_owned()),
        _ => Err("--health-check takes one URL".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("fake-seam: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments, exits_with_stdin: bool) -> ExitCode {
    let fake = match arguments.seed {
        Seed::Nothing => FakeSeam::empty(),
        Seed::Default => FakeSeam::with_default_seed(),
        Seed::Building => FakeSeam::new(),
    };
    fake.advance_to(SystemTime::now());
    let mut serve = fake.serve_with().address((arguments.host, arguments.port)).pace(arguments.pace);
    if !arguments.quiet {
        // Nobody may be reading any more; that is no reason to stop.
        serve = serve.log(|line| drop(writeln!(io::stdout(), "{line}")));
    }
    let server = match serve.start().await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("fake-seam: cannot listen on {}:{}: {error}", arguments.host, arguments.port);
            return ExitCode::FAILURE;
        }
    };
    println!("{}", server.url());
    if exits_with_stdin {
        stdin::ended().await;
    } else {
        std::future::pending::<()>().await;
    }
    ExitCode::SUCCESS
}

/// Reads the command line; `Err` says what is wrong with it.
fn read(arguments: &[String], port: Option<String>) -> Result<Arguments, String> {
    let number = |name: &str, text: &str| text.parse().map_err(|_| format!("{name} is not a port: {text}"));
    let mut read = Arguments {
        seed: Seed::Nothing,
        port: port.map_or(Ok(0), |port| number("PORT", &port))?,
        host: Ipv4Addr::LOCALHOST.into(),
        pace: 1.0,
        quiet: false,
    };
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(argument) = rest.next() {
        let mut value = |name: &str| rest.next().ok_or(format!("{name} needs a value"));
        match argument {
            "--seed" => {
                read.seed = match rest.next_if(|next| !next.starts_with("--")) {
                    None | Some("default") => Seed::Default,
                    Some("building") => Seed::Building,
                    Some(other) => return Err(format!("--seed is default or building, not {other}")),
                };
            }
            "--port" => read.port = number("--port", value("--port")?)?,
            "--host" => {
                let host = value("--host")?;
                read.host = host.parse().map_err(|_| format!("--host is not an address: {host}"))?;
            }
            "--pace" => {
                let pace = value("--pace")?;
                let is_pace = |pace: &f64| pace.is_finite() && *pace >= 0.0;
                read.pace = pace.parse().ok().filter(is_pace).ok_or(format!("--pace is not a number: {pace}"))?;
            }
            "--quiet" => read.quiet = true,
            other => return Err(format!("there is no argument {other}")),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str], port: Option<&str>) -> Result<Arguments, String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        read(&arguments, port.map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_read() {
        let plain =
            Arguments { seed: Seed::Nothing, port: 0, host: Ipv4Addr::LOCALHOST.into(), pace: 1.0, quiet: false };
        assert_eq!(of(&[], None), Ok(plain));
        assert_eq!(of(&["--seed"], Some("4000")).map(|read| (read.seed, read.port)), Ok((Seed::Default, 4000)));
        assert_eq!(of(&["--port", "1"], Some("4000")).map(|read| read.port), Ok(1));
        assert_eq!(of(&["--seed", "--quiet"], None).map(|read| (read.seed, read.quiet)), Ok((Seed::Default, true)));
        assert_eq!(of(&["--seed", "building", "--pace", "0"], None).map(|read| read.pace), Ok(0.0));
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        for (arguments, port, problem) in [
            (&["--port"][..], None, "--port needs a value"),
            (&["--port", "door"], None, "--port is not a port: door"),
            (&[], Some("door"), "PORT is not a port: door"),
            (&["--seed", "house"], None, "--seed is default or building, not house"),
            (&["--pace", "-1"], None, "--pace is not a number: -1"),
            (&["--host", "door"], None, "--host is not an address: door"),
            (&["--sed"], None, "there is no argument --sed"),
        ] {
            assert_eq!(of(arguments, port), Err(problem.to_owned()));
        }
    }
}
