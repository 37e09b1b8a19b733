//! Servers in the background, and commands with a time limit.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{Result, run};

/// The longest time from the start of a server to its first healthy response.
const STARTUP_LIMIT: Duration = Duration::from_secs(30);

/// The time between two checks of a process.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A server on a loopback port. Dropping it ends the process.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The base URL, without a trailing slash.
    pub url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // By process id. Both fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a server that prints its URL as the first line of its output, and waits until it is healthy.
    pub fn with_printed_url(command: &mut Command) -> Result<Self> {
        let mut child = spawn(command.stdout(Stdio::piped()))?;
        let output = child.stdout.take();
        let mut server = Self { child, url: String::new() };
        let (send, lines) = mpsc::channel();
        let output = output.ok_or("the server has no standard output")?;
        thread::spawn(move || {
            let mut lines = BufReader::new(output).lines();
            if let Some(Ok(line)) = lines.next() {
                let _ = send.send(line);
            }
            // A full pipe would block the server.
            lines.for_each(drop);
        });
        server.url = lines.recv_timeout(STARTUP_LIMIT).map_err(|_| "the server did not print its URL")?;
        server.wait_until_healthy()?;
        Ok(server)
    }

    /// Starts a server that listens on the port of the environment variable `PORT`, and waits until it is healthy.
    pub fn with_port_variable(command: &mut Command) -> Result<Self> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(|error| format!("cannot find a free port: {error}"))?.port();
        let child = spawn(command.env("PORT", port.to_string()).stdout(Stdio::null()))?;
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}") };
        server.wait_until_healthy()?;
        Ok(server)
    }

    fn wait_until_healthy(&mut self) -> Result {
        let start = Instant::now();
        while start.elapsed() < STARTUP_LIMIT {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the server exited with {status}"));
            }
            if is_healthy(&self.url) {
                return Ok(());
            }
            thread::sleep(POLL_INTERVAL);
        }
        Err(format!("{}/health did not respond within {} s", self.url, STARTUP_LIMIT.as_secs()))
    }
}

/// Returns whether `GET /health` responds with status 200.
fn is_healthy(url: &str) -> bool {
    let check = || {
        let address: SocketAddr = url.strip_prefix("http://")?.parse().ok()?;
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream
            .write_all(format!("GET /health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes())
            .ok()?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).ok()?;
        Some(head.ends_with(b" 200"))
    };
    check().unwrap_or(false)
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null());
    command.spawn().map_err(|error| format!("cannot run `{}`: {error}", run::line(command)))
}

/// Prints a command and runs it. After `limit` the process is killed, which is an error.
pub fn run_within(limit: Duration, command: &mut Command) -> Result {
    let line = run::line(command);
    println!("$ {line}");
    wait_within(limit, &mut spawn(command)?, &line)
}

/// Runs a command and returns its standard output. After `limit` the process is killed, which is an error.
pub fn output_within(limit: Duration, command: &mut Command) -> Result<String> {
    let line = run::line(command);
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let mut output = child.stdout.take().ok_or("the program has no standard output")?;
    // On a thread: a full pipe would block the program.
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    wait_within(limit, &mut child, &line)?;
    match reader.join() {
        Ok(Ok(text)) => Ok(text),
        _ => Err(format!("cannot read the output of `{line}`")),
    }
}

/// Waits for a process to succeed, and kills it after `limit`.
fn wait_within(limit: Duration, child: &mut Child, line: &str) -> Result {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("`{line}` failed with {status}")),
            Ok(None) if start.elapsed() < limit => thread::sleep(POLL_INTERVAL),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{line}` timed out after {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("cannot wait for `{line}`: {error}")),
        }
    }
}

/// Removes from a command's environment what would send a client to another server: credentials, endpoints and proxies.
pub fn isolated(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("SEAM_") {
            command.env_remove(name);
        }
    }
    command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost")
}

/// Builds a program of this workspace and returns its path.
pub fn build(arguments: &[&str]) -> Result<String> {
    let mut command = run::cargo(["build", "--quiet", "--message-format", "json-render-diagnostics"]);
    let messages = run::output(command.args(arguments))?;
    let executable = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(ToOwned::to_owned)
    });
    executable.ok_or_else(|| format!("`cargo build {}` reported no executable", arguments.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_killed_after_its_limit() {
        let start = Instant::now();
        let program = if cfg!(windows) { "timeout" } else { "sleep" };
        let outcome = run_within(Duration::from_millis(50), Command::new(program).arg("60"));
        assert!(outcome.unwrap_err().contains("timed out"));
        let outcome = output_within(Duration::from_millis(50), Command::new(program).arg("60"));
        assert!(outcome.unwrap_err().contains("timed out"));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_server_that_exits_or_does_not_start_is_an_error() {
        assert!(Server::with_port_variable(Command::new("cargo").arg("--version")).is_err());
        assert!(Server::with_printed_url(&mut Command::new("no-such-program")).is_err());
        assert!(!is_healthy("http://127.0.0.1:1"));
    }
}
