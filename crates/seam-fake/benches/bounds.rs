//! Time and memory of a large or long-lived fake: searches among 100,000 devices, unlocks after 200,000 earlier ones, and access
//! codes on many doors.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

use std::{
    env, fs,
    process::Command,
    time::{Duration, Instant},
};

use seam_core::Seam;
use seam_fake::{FakeSeam, NewDevice};

const DEVICES: usize = 100_000;
const UNLOCKS: usize = 200_000;
const DOORS: usize = 4_000;
/// The number of calls for each percentile.
const SAMPLES: usize = 2_000;

/// Returns a fake with this number of locks.
fn locks(count: usize) -> FakeSeam {
    let fake = FakeSeam::empty();
    for number in 0..count {
        fake.add_device(NewDevice::of_type("august_lock").id(format!("lock-{number}")).name(format!("Door {number}")));
    }
    fake
}

/// Returns the resident memory of this process in megabytes, or 0 on systems that do not report it.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    resident.and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// Prints the first duration and percentiles of all durations.
fn report(name: &str, mut durations: Vec<Duration>) {
    let first = durations.first().copied().unwrap();
    durations.sort_unstable();
    let at = |percent: usize| durations.get((durations.len() - 1) * percent / 100).copied().unwrap();
    println!("{name}: first {first:.1?}, median {:.1?}, 99th percentile {:.1?}", at(50), at(99));
}

/// Searches for some devices by name, and returns the duration of each search.
async fn searches(seam: &Seam) -> Vec<Duration> {
    let mut durations = Vec::new();
    for number in 0..200 {
        let began = Instant::now();
        let found = seam.devices().list().search(format!("door {}", DEVICES - 1 - number)).await.unwrap();
        durations.push(began.elapsed());
        assert_eq!(found.items.len(), 1);
    }
    durations
}

async fn search() {
    let before = memory();
    let began = Instant::now();
    let fake = locks(DEVICES);
    println!("{DEVICES} devices: added in {:.1?}, {} MB", began.elapsed(), memory() - before);
    let seam = fake.seam();
    report("search for one of them by name", searches(&seam).await);

    // All devices have the same account.
    let account = seam.connected_accounts().list().limit(1).await.unwrap().items.remove(0).connected_account_id;
    seam.connected_accounts().simulate().disconnect(&account).await.unwrap();
    report("the same after a change of every device", searches(&seam).await);
    println!("memory after the searches: {} MB", memory() - before);
}

async fn unlocks() {
    let fake = locks(1);
    let seam = fake.seam();
    fake.disable_rate_limits();
    seam.locks().unlock_door("lock-0").await.unwrap();
    let before = memory();
    let mut durations = Vec::new();
    for _ in 0..UNLOCKS + SAMPLES {
        let began = Instant::now();
        seam.locks().unlock_door("lock-0").await.unwrap();
        durations.push(began.elapsed());
        fake.advance(Duration::from_secs(1));
    }
    println!("{UNLOCKS} unlocks: {} MB of additional memory", memory().saturating_sub(before));
    report("the unlocks after them", durations.split_off(UNLOCKS));
}

async fn codes() {
    let fake = locks(DOORS);
    let seam = fake.seam();
    let mut durations = Vec::new();
    let began = Instant::now();
    for number in 0..DOORS {
        let began = Instant::now();
        let code =
            seam.access_codes().create(format!("lock-{number}")).name("Guest").code(format!("{}", 10_000 + number));
        code.await.unwrap();
        durations.push(began.elapsed());
    }
    println!("{DOORS} codes on {DOORS} doors: {:.1?}", began.elapsed());
    report("one of them", durations);
    let began = Instant::now();
    fake.advance(Duration::from_secs(60));
    println!("all codes set on their doors: {:.1?}", began.elapsed());
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match env::args().nth(1).as_deref() {
        Some("search") => search().await,
        Some("unlocks") => unlocks().await,
        Some("codes") => codes().await,
        // Each part runs in a separate process, because a part would reuse the freed memory of the previous one.
        _ => {
            for name in ["search", "unlocks", "codes"] {
                let status = Command::new(env::current_exe().unwrap()).arg(name).status().unwrap();
                assert!(status.success(), "{name} failed");
            }
        }
    }
}
