//! Programs that run beside this one, and are ended with it; and programs that may take only so long.

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

/// How long a server may take to be there.
const STARTUP_LIMIT: Duration = Duration::from_secs(30);

/// How often is looked whether something has happened.
const POLL: Duration = Duration::from_millis(20);

/// A server on a loopback port, which is ended when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // By its own id. It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a server that says on its first line where it listens.
    pub(crate) fn that_tells(command: &mut Command) -> Result<Self> {
        let mut child = spawn(command.stdout(Stdio::piped()))?;
        let output = child.stdout.take();
        let mut server = Self { child, url: String::new() };
        let (send, lines) = mpsc::channel();
        let output = output.ok_or("the server has no output")?;
        thread::spawn(move || {
            let mut lines = BufReader::new(output).lines();
            if let Some(Ok(line)) = lines.next() {
                let _ = send.send(line);
            }
            // A server whose lines nobody takes would stand still.
            lines.for_each(drop);
        });
        server.url = lines.recv_timeout(STARTUP_LIMIT).map_err(|_| "the server does not say where it listens")?;
        server.wait_until_healthy()?;
        Ok(server)
    }

    /// Starts a server that listens where the environment's `PORT` says.
    pub(crate) fn that_is_told(command: &mut Command) -> Result<Self> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(|error| format!("there is no free port: {error}"))?.port();
        let child = spawn(command.env("PORT", port.to_string()).stdout(Stdio::null()))?;
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}") };
        server.wait_until_healthy()?;
        Ok(server)
    }

    fn wait_until_healthy(&mut self) -> Result {
        let began = Instant::now();
        while began.elapsed() < STARTUP_LIMIT {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the server ended with {status}"));
            }
            if is_healthy(&self.url) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(format!("{}/health does not answer", self.url))
    }
}

/// Whether a server says that it is well.
fn is_healthy(url: &str) -> bool {
    let ask = || {
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
    ask().unwrap_or(false)
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null());
    command.spawn().map_err(|error| format!("`{}` cannot be run: {error}", run::line(command)))
}

/// Runs a command in sight of the user, for no longer than `limit`.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Result {
    let line = run::line(command);
    println!("$ {line}");
    wait_within(limit, &mut spawn(command)?, &line)
}

/// Runs a command for what it writes to its standard output, for no longer than `limit`.
pub(crate) fn output_within(limit: Duration, command: &mut Command) -> Result<String> {
    let line = run::line(command);
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let mut output = child.stdout.take().ok_or("the program has no output")?;
    // On a thread, since a program whose output nobody reads would block.
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    wait_within(limit, &mut child, &line)?;
    match reader.join() {
        Ok(Ok(text)) => Ok(text),
        _ => Err(format!("the output of `{line}` cannot be read")),
    }
}

/// Waits for a program that is to succeed, and ends it after `limit`.
fn wait_within(limit: Duration, child: &mut Child, line: &str) -> Result {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("`{line}` failed with {status}")),
            Ok(None) if began.elapsed() < limit => thread::sleep(POLL),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{line}` took longer than {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("`{line}` is lost: {error}")),
        }
    }
}

/// A command without what would lead the clients elsewhere: credentials, addresses, proxies.
pub(crate) fn isolated(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("SEAM_") {
            command.env_remove(name);
        }
    }
    command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost")
}

/// Builds a program of this workspace, and says where it is.
pub(crate) fn build(arguments: &[&str]) -> Result<String> {
    let mut command = run::cargo(["build", "--quiet", "--message-format", "json-render-diagnostics"]);
    let messages = run::output(command.args(arguments))?;
    let executable = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(ToOwned::to_owned)
    });
    executable.ok_or_else(|| format!("cargo does not say where the program of `{}` is", arguments.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended() {
        let began = Instant::now();
        let program = if cfg!(windows) { "timeout" } else { "sleep" };
        let outcome = run_within(Duration::from_millis(50), Command::new(program).arg("60"));
        assert!(outcome.unwrap_err().contains("took longer"));
        let outcome = output_within(Duration::from_millis(50), Command::new(program).arg("60"));
        assert!(outcome.unwrap_err().contains("took longer"));
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_server_that_ends_or_says_nothing_is_none() {
        assert!(Server::that_is_told(Command::new("cargo").arg("--version")).is_err());
        assert!(Server::that_tells(&mut Command::new("no-such-program")).is_err());
        assert!(!is_healthy("http://127.0.0.1:1"));
    }
}
