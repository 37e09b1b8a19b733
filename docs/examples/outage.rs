//! Makes calls to a server that fails at random, and counts the requests that it received.
//!
//! The server runs on loopback, in this program. It closes and resets connections, truncates and delays responses, does
//! not respond, or responds with errors. The tests of the guide check the figures that this program prints.
//!
//! ```console
//! $ cargo run --example outage -- 200
//! 1,000 reads from an unreachable server: 1020 requests
//! 1,000 actions on an unreachable server: 1000 requests
//! 200 calls under random faults, a third of them reads, in [..] s
//!   reads received more than once: [..], actions: 0
//!   calls that used their whole timeout of 500ms: [..], the longest [..] more
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use seam_faults::{Fault, Faults, RandomServer};
use seam_reqwest::{Credentials, Seam};
use tokio::task::JoinSet;

const TIMEOUT: Duration = Duration::from_millis(500);

fn client(server: &RandomServer) -> Result<Seam, seam_reqwest::Error> {
    let builder = seam_reqwest::builder()?.credentials(Credentials::api_key("seam_example_key")?);
    builder.base_url(server.url()).timeout(TIMEOUT).build()
}

/// Makes calls, 64 at a time, and returns the duration of each.
async fn many(seam: &Seam, calls: usize, is_read: fn(usize) -> bool) -> Vec<Duration> {
    let times = Arc::new(Mutex::new(Vec::new()));
    let mut running = JoinSet::new();
    for number in 0..calls {
        if running.len() == 64 {
            running.join_next().await;
        }
        let (seam, times) = (seam.clone(), Arc::clone(&times));
        running.spawn(async move {
            let id = format!("call-{number}");
            let started = Instant::now();
            // Most calls fail. The server counts the requests that it received.
            if is_read(number) {
                let _ = seam.access_codes().get(id).await;
            } else {
                let _ = seam.locks().unlock_door(id).await;
            }
            let took = started.elapsed();
            if let Ok(mut times) = times.lock() {
                times.push(took);
            }
        });
    }
    running.join_all().await;
    times.lock().map(|mut times| std::mem::take(&mut *times)).unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let calls = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;

    let dead = RandomServer::start(Faults::Always(Fault::CloseWithoutResponse)).await?;
    many(&client(&dead)?, 1000, |_| true).await;
    println!("1,000 reads from an unreachable server: {} requests", dead.request_count());
    let dead = RandomServer::start(Faults::Always(Fault::CloseWithoutResponse)).await?;
    many(&client(&dead)?, 1000, |_| false).await;
    println!("1,000 actions on an unreachable server: {} requests", dead.request_count());

    let server = RandomServer::start(Faults::Seeded(7)).await?;
    let started = Instant::now();
    let mut times = many(&client(&server)?, calls, |number| number % 3 == 0).await;
    println!("{calls} calls under random faults, a third of them reads, in {:.1} s", started.elapsed().as_secs_f64());
    let arrived = server.arrived();
    let twice = |is_read: bool| {
        let numbers = arrived.iter().filter_map(|(id, count)| Some((id.strip_prefix("call-")?, count)));
        let numbers = numbers.filter_map(|(id, count)| Some((id.parse::<usize>().ok()?, *count)));
        numbers.filter(|(number, count)| *count > 1 && (number % 3 == 0) == is_read).count()
    };
    println!("  reads received more than once: {}, actions: {}", twice(true), twice(false));
    times.sort_unstable();
    let late = times.iter().filter(|took| **took > TIMEOUT).count();
    let worst = times.last().copied().unwrap_or_default().saturating_sub(TIMEOUT);
    println!("  calls that used their whole timeout of {TIMEOUT:?}: {late}, the longest {worst:?} more");
    Ok(())
}
