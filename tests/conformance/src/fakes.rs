//! The official SDKs against `fake-seam`, and this client against the official fake.

use std::{process::Command, time::Duration};

use xtask_programs::{
    Result,
    process::{self, Server},
};

use crate::drivers;

/// The time limit of one program. Together they take a few seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs both drivers against `fake-seam`, and this client against the official fake.
pub(crate) fn check(python: &str) -> Result {
    let node = drivers::install()?;
    let fake = process::build(&["--package", "seam-fake", "--bin", "fake-seam"])?;
    let client = process::build(&["--package", "seam-conformance", "--bin", "drive_official_fake"])?;

    println!("The official Python SDK drives fake-seam");
    let server = fake_seam(&fake)?;
    let mut driver = Command::new(python);
    driver.args(["-I", &format!("{}/drive.py", drivers::FOLDER), &server.url]);
    process::run_within(LIMIT, process::isolated(&mut driver))?;
    drop(server);

    println!("The official JavaScript SDK drives fake-seam");
    let server = fake_seam(&fake)?;
    let mut driver = Command::new(&node);
    driver.args([&format!("{}/drive.mjs", drivers::NPM), &server.url]);
    process::run_within(LIMIT, process::isolated(&mut driver))?;
    drop(server);

    println!("This client drives the official fake");
    let script = format!("{}/node_modules/@seamapi/fake-seam-connect/dist/server.js", drivers::NPM);
    let server = Server::with_port_variable(Command::new(&node).args([&script, "--seed"]))?;
    process::run_within(LIMIT, process::isolated(Command::new(client).arg(&server.url)))
}

fn fake_seam(program: &str) -> Result<Server> {
    Server::with_printed_url(Command::new(program).args(["--seed", "--quiet", "--port", "0"]))
}
