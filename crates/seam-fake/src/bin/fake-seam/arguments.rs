//! The command line of `fake-seam`.

use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use lexopt::{Arg, Parser, ValueExt};

pub(crate) const HELP: &str = "\
An in-memory Seam for tests. Open its URL in a browser for the console.

Usage: fake-seam [OPTIONS]
       fake-seam --health-check [URL]

Options:
  --seed [SEED]      the initial state:
                       default   the seed of Seam's official fake: seam_apikey1_token, august_device_1, ...
                       building  a small building, with the API key seam_fake_api_key
                       FILE      a building described in a .toml or .json file
                     without --seed: one workspace with the API key seam_fake_api_key; --seed alone is --seed default
  --state FILE       load the state from FILE if it exists, and save it there
  --port PORT        the port [default: PORT from the environment, or a free port, which is printed]
  --host ADDRESS     the address to listen on, 'localhost' or an IP address [default: 127.0.0.1]
  --pace SECONDS     seconds that the clock advances per real second; 0 stops the clock [default: 1]
  --quiet            print only the URL
  --mask             print *** for parameters that may be secret
  --allow-remote-webhooks
                     also send webhooks to addresses other than loopback
  --exit-with-stdin  exit when the standard input is closed, for use as a child process
  --health-check     exit with 0 if the fake-seam at URL is healthy, otherwise with 1
                     [default: http://127.0.0.1:PORT, with PORT from the environment]
  --help             print this help
  --version          print the version
";

/// The long options, for suggestions.
const OPTIONS: [&str; 12] = [
    "allow-remote-webhooks",
    "exit-with-stdin",
    "health-check",
    "help",
    "host",
    "mask",
    "pace",
    "port",
    "quiet",
    "seed",
    "state",
    "version",
];

/// A parsed command line.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Version,
    /// Checks the health of the server at this URL.
    HealthCheck(String),
    Serve(Options),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) seed: Seed,
    pub(crate) state: Option<PathBuf>,
    pub(crate) port: u16,
    pub(crate) host: IpAddr,
    pub(crate) pace: f64,
    pub(crate) quiet: bool,
    pub(crate) mask: bool,
    pub(crate) allow_remote_webhooks: bool,
    pub(crate) exit_with_stdin: bool,
}

/// The initial state.
#[derive(Debug, PartialEq)]
pub(crate) enum Seed {
    Empty,
    Default,
    Building,
    File(PathBuf),
}

/// Parses the arguments after the program name; `port` is `PORT` from the environment.
pub(crate) fn parse(arguments: Vec<OsString>, port: Option<&str>) -> Result<Command, String> {
    // An empty variable counts as unset.
    let port = port.filter(|port| !port.is_empty());
    let mut options = Options {
        seed: Seed::Empty,
        state: None,
        port: port.map_or(Ok(0), |port| self::port("PORT", port))?,
        host: Ipv4Addr::LOCALHOST.into(),
        pace: 1.0,
        quiet: false,
        mask: false,
        allow_remote_webhooks: false,
        exit_with_stdin: false,
    };
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Command::Version),
            Arg::Long("health-check") => return health_check(&mut parser, port),
            Arg::Long("seed") => options.seed = seed(optional_value(&mut parser)?)?,
            Arg::Long("state") => options.state = Some(value(&mut parser)?.into()),
            Arg::Long("port") => options.port = self::port("--port", &string(&mut parser)?)?,
            Arg::Long("host") => options.host = host(&string(&mut parser)?)?,
            Arg::Long("pace") => options.pace = pace(&string(&mut parser)?)?,
            Arg::Long("quiet") => options.quiet = true,
            Arg::Long("mask") => options.mask = true,
            Arg::Long("allow-remote-webhooks") => options.allow_remote_webhooks = true,
            Arg::Long("exit-with-stdin") => options.exit_with_stdin = true,
            unknown => return Err(unknown_argument(&unknown)),
        }
    }
    Ok(Command::Serve(options))
}

fn health_check(parser: &mut Parser, port: Option<&str>) -> Result<Command, String> {
    let url = match (optional_value(parser)?, port) {
        (Some(url), _) => url.string().map_err(|error| error.to_string())?,
        (None, Some(port)) => format!("http://127.0.0.1:{}", self::port("PORT", port)?),
        (None, None) => return Err("'--health-check' requires a URL, or PORT in the environment".to_owned()),
    };
    match parser.next().map_err(|error| error.to_string())? {
        None => Ok(Command::HealthCheck(url)),
        Some(other) => Err(format!("unexpected argument {} after '--health-check'", name(&other))),
    }
}

fn value(parser: &mut Parser) -> Result<OsString, String> {
    parser.value().map_err(|error| error.to_string())
}

fn string(parser: &mut Parser) -> Result<String, String> {
    value(parser)?.string().map_err(|error| error.to_string())
}

/// Returns the optional value of an option: the part after `=`, or the next argument unless it is an option.
fn optional_value(parser: &mut Parser) -> Result<Option<OsString>, String> {
    if let Some(value) = parser.optional_value() {
        return Ok(Some(value));
    }
    let next = parser.try_raw_args().and_then(|arguments| arguments.peek().map(OsString::from));
    match next {
        Some(next) if !next.as_encoded_bytes().starts_with(b"-") => value(parser).map(Some),
        _ => Ok(None),
    }
}

fn seed(value: Option<OsString>) -> Result<Seed, String> {
    let Some(value) = value else { return Ok(Seed::Default) };
    let path = PathBuf::from(&value);
    let is_file = path.extension().is_some_and(|extension| extension == "toml" || extension == "json")
        || path.parent().is_some_and(|folder| !folder.as_os_str().is_empty());
    match value.to_str() {
        Some("default") => Ok(Seed::Default),
        Some("building") => Ok(Seed::Building),
        _ if is_file => Ok(Seed::File(path)),
        _ => Err(format!(
            "invalid value '{}' for '--seed': expected default, building, or a .toml or .json file",
            path.display()
        )),
    }
}

fn port(name: &str, value: &str) -> Result<u16, String> {
    value.parse().map_err(|_| format!("invalid value '{value}' for '{name}': expected a port from 0 to 65535"))
}

fn host(value: &str) -> Result<IpAddr, String> {
    if value.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let address = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
    address.parse().map_err(|_| format!("invalid value '{value}' for '--host': expected 'localhost' or an IP address"))
}

fn pace(value: &str) -> Result<f64, String> {
    let pace = value.parse().ok().filter(|pace| (0.0..=1_000_000.0).contains(pace));
    pace.ok_or_else(|| format!("invalid value '{value}' for '--pace': expected a number from 0 to 1000000"))
}

fn unknown_argument(argument: &Arg<'_>) -> String {
    let problem = format!("unknown argument {}", name(argument));
    let Arg::Long(long) = argument else { return problem };
    let similar = OPTIONS.iter().map(|option| (strsim::jaro_winkler(option, long), option));
    match similar.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((similarity, option)) if similarity > 0.8 => format!("{problem}; did you mean '--{option}'?"),
        _ => problem,
    }
}

fn name(argument: &Arg<'_>) -> String {
    match argument {
        Arg::Long(long) => format!("'--{long}'"),
        Arg::Short(short) => format!("'-{short}'"),
        Arg::Value(value) => format!("'{}'", value.to_string_lossy()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str], port: Option<&str>) -> Result<Options, String> {
        match parse(arguments.iter().map(OsString::from).collect(), port)? {
            Command::Serve(options) => Ok(options),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn options_are_parsed() {
        let plain = of(&[], None).unwrap();
        assert_eq!(
            (&plain.seed, plain.port, plain.host, plain.quiet),
            (&Seed::Empty, 0, Ipv4Addr::LOCALHOST.into(), false)
        );
        assert_eq!(of(&["--seed"], Some("4000")).map(|read| (read.seed, read.port)), Ok((Seed::Default, 4000)));
        assert_eq!(of(&["--port", "1"], Some("4000")).map(|read| read.port), Ok(1));
        assert_eq!(of(&["--port=1"], Some("")).map(|read| read.port), Ok(1));
        assert_eq!(of(&[], Some("")).map(|read| read.port), Ok(0));
        assert_eq!(of(&["--seed", "--quiet"], None).map(|read| (read.seed, read.quiet)), Ok((Seed::Default, true)));
        assert_eq!(of(&["--seed", "building", "--pace", "0"], None).map(|read| read.pace), Ok(0.0));
        assert_eq!(of(&["--seed=a/b.toml"], None).map(|read| read.seed), Ok(Seed::File("a/b.toml".into())));
        assert_eq!(of(&["--host", "localhost"], None).map(|read| read.host), Ok(Ipv4Addr::LOCALHOST.into()));
        assert_eq!(of(&["--host=[::1]"], None).map(|read| read.host.to_string()), Ok("::1".to_owned()));
        assert_eq!(parse(vec!["--version".into()], None), Ok(Command::Version));
        let check = parse(vec!["--health-check".into()], Some("4000"));
        assert_eq!(check, Ok(Command::HealthCheck("http://127.0.0.1:4000".to_owned())));
    }

    #[test]
    fn errors_state_the_problem_and_the_expected_value() {
        for (arguments, port, problem) in [
            (&["--port"][..], None, "missing argument for option '--port'"),
            (&["--port", "door"], None, "invalid value 'door' for '--port': expected a port from 0 to 65535"),
            (&[], Some("door"), "invalid value 'door' for 'PORT': expected a port from 0 to 65535"),
            (
                &["--seed", "house"],
                None,
                "invalid value 'house' for '--seed': expected default, building, or a .toml or .json file",
            ),
            (&["--pace", "-1"], None, "invalid value '-1' for '--pace': expected a number from 0 to 1000000"),
            (&["--pace", "NaN"], None, "invalid value 'NaN' for '--pace': expected a number from 0 to 1000000"),
            (&["--host", "door"], None, "invalid value 'door' for '--host': expected 'localhost' or an IP address"),
            (&["--sed"], None, "unknown argument '--sed'; did you mean '--seed'?"),
            (&["--xyzzy"], None, "unknown argument '--xyzzy'"),
            (&["door"], None, "unknown argument 'door'"),
            (&["--health-check"], None, "'--health-check' requires a URL, or PORT in the environment"),
        ] {
            assert_eq!(of(arguments, port), Err(problem.to_owned()));
        }
    }

    #[test]
    fn the_help_names_every_option() {
        for option in OPTIONS {
            assert!(HELP.contains(&format!("--{option}")), "{option}");
        }
    }
}
