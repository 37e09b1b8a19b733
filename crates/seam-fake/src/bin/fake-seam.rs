//! `fake-seam`: the in-memory Seam as a program, for tests in any language.
//!
//! ```text
//! cargo run -p seam-fake --bin fake-seam -- --seed
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for the terminal")]

use std::{
    env, fs,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr},
    path,
    process::ExitCode,
    time::SystemTime,
};

use seam_fake::FakeSeam;

const HELP: &str = "\
An in-memory Seam, for tests that must not open real doors.

Usage: fake-seam [--seed [default|building|FILE]] [--port PORT] [--host ADDRESS] [--pace SECONDS] [--quiet]

  --seed            begin with what users of the official fake know: seam_apikey1_token, august_device_1, ...
  --seed building   begin with a small building: the API key is seam_fake_api_key
  --seed FILE       begin with what a .toml or .json file describes
                    (without --seed there is one workspace with this key, and nothing in it)
  --port PORT       the port; else the environment's PORT, else a free one, which is printed
  --host ADDRESS    the address to listen on, 127.0.0.1 unless given
  --pace SECONDS    how many seconds pass in the state in a real one: 1 unless given, 0 to let time stand still
  --quiet           no line for each request
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
    File(String),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match read(&arguments, env::var("PORT").ok()) {
        Ok(arguments) => serve(arguments).await,
        Err(problem) => {
            eprintln!("fake-seam: {problem}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

async fn serve(arguments: Arguments) -> ExitCode {
    let fake = match begin(arguments.seed) {
        Ok(fake) => fake,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::FAILURE;
        }
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
    std::future::pending::<()>().await;
    ExitCode::SUCCESS
}

/// Creates the state; `Err` is the problem of its seed file.
fn begin(seed: Seed) -> Result<FakeSeam, String> {
    match seed {
        Seed::Nothing => Ok(FakeSeam::empty()),
        Seed::Default => Ok(FakeSeam::with_default_seed()),
        Seed::Building => Ok(FakeSeam::new()),
        Seed::File(path) => {
            let document = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
            FakeSeam::from_seed(&document).map_err(|error| error.in_file(path).to_string())
        }
    }
}

/// Whether the value of `--seed` is a path, and not the name of a seed.
fn is_file(seed: &str) -> bool {
    seed.contains(path::is_separator) || [".toml", ".json"].iter().any(|ending| seed.ends_with(ending))
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
                    Some(path) if is_file(path) => Seed::File(path.to_owned()),
                    Some(other) => {
                        return Err(format!("--seed is default, building or a .toml or .json file, not {other}"));
                    }
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
        for path in ["hotel.toml", "hotel.json", "./hotel"] {
            assert_eq!(of(&["--seed", path], None).map(|read| read.seed), Ok(Seed::File(path.to_owned())));
        }
        assert_eq!(of(&["--seed", "building", "--pace", "0"], None).map(|read| read.pace), Ok(0.0));
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        for (arguments, port, problem) in [
            (&["--port"][..], None, "--port needs a value"),
            (&["--port", "door"], None, "--port is not a port: door"),
            (&[], Some("door"), "PORT is not a port: door"),
            (&["--seed", "house"], None, "--seed is default, building or a .toml or .json file, not house"),
            (&["--pace", "-1"], None, "--pace is not a number: -1"),
            (&["--host", "door"], None, "--host is not an address: door"),
            (&["--sed"], None, "there is no argument --sed"),
        ] {
            assert_eq!(of(arguments, port), Err(problem.to_owned()));
        }
    }
}
