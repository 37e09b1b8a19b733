//! Calls of every kind under random faults, for as long as one likes: `cargo xtask soak --minutes N [--seed S]`.
//!
//! The server runs in a process of its own, which is this program again, so that what is measured here is the client's.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that shows figures prints them")]

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use seam_core::Seam;
use seam_faults::{Faults, Load, Outcome, RandomServer, Stack, Tally};
use tokio::{runtime::Runtime, task::JoinSet};

type Failure = Box<dyn Error + Send + Sync>;

/// How many calls go on at a time.
const AT_ONCE: usize = 64;
/// A call may be over this much after its deadline: timers are not exact, and this machine has other things to do.
const TOLERANCE: Duration = Duration::from_millis(50);
/// A call that is over later than this has not been ended by its deadline.
const NEVER: Duration = Duration::from_secs(5);
/// For how long the server knows what arrived. No call takes so long.
const MEMORY: Duration = Duration::from_secs(30);
/// Half of the calls are made with one client. The client of the others is dropped after this, and the next one begins.
const LIFE_OF_A_CLIENT: Duration = Duration::from_secs(7);
/// By this much memory may grow in an hour, in KiB.
const GROWTH: f64 = 2048.0;
/// Growth is judged in runs of this length and more: in shorter ones it is noise.
const JUDGED: Duration = Duration::from_secs(5 * 60);
/// How long everything that was begun may take to end once nothing is begun any more.
const TO_END: Duration = Duration::from_secs(30);

const USAGE: &str = "soak --minutes N [--seed S]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match *arguments {
        ["serve", seed] => seed.parse().map_err(Failure::from).and_then(serve).map(|()| true),
        ["--minutes", minutes] => soak(minutes, None),
        ["--minutes", minutes, "--seed", seed] => soak(minutes, Some(seed)),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// The server: says its URL, and then its tally and which of the ids on a line arrived, for each line that it reads.
fn serve(seed: u64) -> Result<(), Failure> {
    let runtime = runtime()?;
    let server = runtime.block_on(RandomServer::start_and_forget(Faults::Seeded(seed), MEMORY))?;
    println!("{}", server.url());
    for line in std::io::stdin().lines() {
        let arrived: Vec<String> = line?.split_whitespace().filter(|id| server.has(id)).map(str::to_owned).collect();
        println!("{}\n{}", server.tally().to_json(), arrived.join(" "));
    }
    Ok(())
}

/// The process with the server. It ends when this is dropped.
struct Served {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    url: String,
}

impl Served {
    fn start(seed: u64) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child =
            command.args(["serve", &seed.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (to, from) = (child.stdin.take().ok_or("no stdin")?, child.stdout.take().ok_or("no stdout")?);
        let mut served = Self { child, to, from: BufReader::new(from), url: String::new() };
        served.url = served.line()?;
        Ok(served)
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// The tally, and which of these arrived.
    fn ask(&mut self, ids: &[String]) -> Result<(Tally, Vec<String>), Failure> {
        writeln!(self.to, "{}", ids.join(" "))?;
        self.to.flush()?;
        let tally = Tally::from_json(&self.line()?).ok_or("the server says nothing that makes sense")?;
        Ok((tally, self.line()?.split_whitespace().map(str::to_owned).collect()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Memory over time: the least of every ten seconds, since what is in use at a moment comes and goes with the calls.
#[derive(Default)]
struct Memory {
    least: Vec<(f64, f64)>,
    of_window: Option<(f64, f64)>,
}

impl Memory {
    const WINDOW: f64 = 10.0;

    /// Looks how much there is now, in KiB, on systems that tell.
    fn sample(&mut self, at: Duration) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        if let Some(size) = line.and_then(|line| line.split_whitespace().next()?.parse().ok()) {
            self.add(at.as_secs_f64(), size);
        }
    }

    fn add(&mut self, at: f64, size: f64) {
        let (begin, least) = self.of_window.unwrap_or((at, size));
        if at >= begin + Self::WINDOW {
            self.least.push((begin + Self::WINDOW / 2.0, least));
            self.of_window = Some((at, size));
        } else {
            self.of_window = Some((begin, least.min(size)));
        }
    }

    /// Without the first fifth of the time.
    fn after_warm_up(&self, whole: Duration) -> &[(f64, f64)] {
        let from = self.least.partition_point(|(at, _)| *at < whole.as_secs_f64() / 5.0);
        self.least.get(from..).unwrap_or_default()
    }
}

/// By how much a value grows in an hour, and the error of that, as the line says that is nearest to the samples.
fn growth(samples: &[(f64, f64)]) -> Option<(f64, f64)> {
    let count = f64::from(u32::try_from(samples.len()).ok().filter(|count| *count > 2)?);
    let middle = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (middle(|sample| sample.0), middle(|sample| sample.1));
    let width = samples.iter().map(|sample| (sample.0 - x).powi(2)).sum::<f64>();
    let slope = samples.iter().map(|sample| (sample.0 - x) * (sample.1 - y)).sum::<f64>() / width;
    let rest = samples.iter().map(|sample| (sample.1 - y - slope * (sample.0 - x)).powi(2)).sum::<f64>();
    Some((slope * 3600.0, (rest / (count - 2.0) / width).sqrt() * 3600.0))
}

/// The sockets of this process, on systems that tell.
fn sockets() -> usize {
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::read_link(entry.path()).ok()).filter(|to| is_socket(to)).count()
}

fn is_socket(to: &Path) -> bool {
    to.to_string_lossy().starts_with("socket:")
}

fn soak(minutes: &str, seed: Option<&str>) -> Result<bool, Failure> {
    let seconds = minutes.parse::<f64>()? * 60.0;
    let length = Duration::try_from_secs_f64(seconds)?;
    let seed = match seed {
        Some(seed) => seed.parse()?,
        None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs(),
    };
    println!("{minutes} minutes with the seed {seed}");
    let mut server = Served::start(seed)?;
    let runtime = runtime()?;
    let (end, tally) = runtime.block_on(run(length, seed, &mut server))?;
    drop(server);
    report(length, seed, &end, &tally);
    let broken = end.broken(length, &tally);
    for problem in &broken {
        println!("BROKEN: {problem}");
    }
    if !broken.is_empty() {
        println!("Again: cargo xtask soak --minutes {minutes} --seed {seed}");
    }
    Ok(broken.is_empty())
}

/// What there is in the end.
struct End {
    outcome: Outcome,
    took: Duration,
    /// Actions that are said not to have been sent, and those of them that arrived.
    not_sent: usize,
    liars: Vec<String>,
    clients: usize,
    memory: Memory,
    sockets: usize,
    tasks: usize,
    /// Whether calls panicked or did not end.
    stuck: Vec<String>,
    /// By how much a timer was late that did nothing else.
    machine: Duration,
}

/// Makes calls until the time is over.
async fn run(length: Duration, seed: u64, server: &mut Served) -> Result<(End, Tally), Failure> {
    let sockets_before = sockets();
    let load = Load::new(seed, TOLERANCE);
    let seam = Arc::new(Mutex::new(Load::client(Stack::of_environment(), &server.url)?));
    let (next, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut callers = JoinSet::new();
    let lasting = Load::client(Stack::of_environment(), &server.url)?;
    for caller in 0..AT_ONCE {
        let lasting = (caller % 2 == 0).then(|| lasting.clone());
        let (load, seam, next, is_over) = (load.clone(), Arc::clone(&seam), Arc::clone(&next), Arc::clone(&is_over));
        callers.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let client = lasting.clone().unwrap_or_else(|| current(&seam));
                load.call(&client, next.fetch_add(1, Ordering::Relaxed)).await;
            }
        });
    }
    let machine = Arc::new(AtomicU64::new(0));
    let probe = tokio::spawn(probe(Arc::clone(&machine)));

    let started = Instant::now();
    let (mut memory, mut clients, mut renewed, mut told) = (Memory::default(), 2, started, started);
    let (mut not_sent, mut liars) = (0, Vec::new());
    while started.elapsed() < length {
        tokio::time::sleep(Duration::from_millis(100).min(length.saturating_sub(started.elapsed()))).await;
        memory.sample(started.elapsed());
        if renewed.elapsed() >= LIFE_OF_A_CLIENT {
            (renewed, clients) = (Instant::now(), clients + 1);
            let client = Load::client(Stack::of_environment(), &server.url)?;
            *seam.lock().unwrap_or_else(PoisonError::into_inner) = client;
        }
        if told.elapsed() >= Duration::from_secs(10) {
            told = Instant::now();
            let ids = load.take_not_sent();
            let (tally, arrived) = server.ask(&ids)?;
            not_sent += ids.len();
            liars.extend(arrived);
            tell(started.elapsed(), &load.outcome(), &tally, memory.least.last().map(|(_, size)| *size));
        }
    }

    is_over.store(true, Ordering::Relaxed);
    let mut stuck = Vec::new();
    let ended = tokio::time::timeout(TO_END, async {
        while let Some(done) = callers.join_next().await {
            stuck.extend(done.err().map(|error| format!("a call panicked: {error}")));
        }
    });
    if ended.await.is_err() {
        stuck.push(format!("{} calls did not end within {TO_END:?}", callers.len()));
        callers.abort_all();
    }
    let took = started.elapsed();
    probe.abort();
    drop((seam, lasting));
    let ids = load.take_not_sent();
    let (tally, arrived) = server.ask(&ids)?;
    not_sent += ids.len();
    liars.extend(arrived);
    // What was dropped ends when the runtime gets round to it.
    let metrics = tokio::runtime::Handle::current().metrics();
    let (mut tasks, mut open) = (0, 0);
    for _ in 0..50 {
        (tasks, open) = (metrics.num_alive_tasks(), sockets().saturating_sub(sockets_before));
        if tasks == 0 && open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let machine = Duration::from_micros(machine.load(Ordering::Relaxed));
    let outcome = load.outcome();
    Ok((End { outcome, took, not_sent, liars, clients, memory, sockets: open, tasks, stuck, machine }, tally))
}

fn current(seam: &Mutex<Seam>) -> Seam {
    seam.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Sees how late a timer of this machine is under this load.
async fn probe(worst: Arc<AtomicU64>) {
    let pause = Duration::from_millis(20);
    loop {
        let started = Instant::now();
        tokio::time::sleep(pause).await;
        let late = started.elapsed().saturating_sub(pause).as_micros();
        worst.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

fn tell(at: Duration, outcome: &Outcome, tally: &Tally, memory: Option<f64>) {
    println!(
        "{:5.0} s: {} calls, {} requests, {} duplicates, {} mixed up, {} secrets, {} late, {}",
        at.as_secs_f64(),
        outcome.calls,
        tally.requests,
        tally.duplicates,
        outcome.mixed_up,
        outcome.secrets,
        outcome.late,
        memory.map_or("no memory figure".to_owned(), |size| format!("{:.1} MiB", size / 1024.0))
    );
}

impl End {
    /// The limits that are broken.
    fn broken(&self, length: Duration, tally: &Tally) -> Vec<String> {
        let Outcome { mixed_up, secrets, latest, .. } = self.outcome;
        let must_be_none = [
            ("actions that arrived twice", tally.duplicates),
            ("requests that arrived too often", tally.too_often),
            ("mixed-up answers", mixed_up),
            ("secrets shown", secrets),
            ("actions that arrived and are said not to have been sent", u64::try_from(self.liars.len()).unwrap_or(1)),
            ("open sockets", u64::try_from(self.sockets).unwrap_or(1)),
            ("tasks alive", u64::try_from(self.tasks).unwrap_or(1)),
        ];
        let mut broken = self.stuck.clone();
        broken
            .extend(must_be_none.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}")));
        if latest > NEVER {
            broken.push(format!("a call went on for {latest:?} after its deadline"));
        }
        if self.outcome.calls == 0 || tally.requests == 0 {
            broken.push("nothing was tried".to_owned());
        }
        let growth = growth(self.memory.after_warm_up(length)).map_or(0.0, |(growth, _)| growth);
        if length >= JUDGED && growth > GROWTH {
            broken.push(format!("memory grows by {:.2} MiB an hour", growth / 1024.0));
        }
        broken
    }
}

fn report(length: Duration, seed: u64, end: &End, tally: &Tally) {
    let Outcome { calls, ends, mixed_up, secrets, late, latest, examples, .. } = &end.outcome;
    println!("\n{:.0} s with the seed {seed}, by {} clients", end.took.as_secs_f64(), end.clients);
    println!("calls              {calls}");
    for (what, count) in ends {
        println!("  {what:24}{count:>10}");
    }
    println!("requests           {}", tally.requests);
    for (what, count) in &tally.faults {
        println!("  {what:24}{count:>10}");
    }
    println!("duplicates         {}, and {} other requests that arrived too often", tally.duplicates, tally.too_often);
    println!("said not sent      {}, of which arrived {}", end.not_sent, end.liars.len());
    println!("mixed-up answers   {mixed_up}");
    println!("secrets shown      {secrets}");
    println!("late calls         {late} by more than {TOLERANCE:?}, the latest by {latest:?}");
    println!("  a timer that did nothing else was late by {:?} at most", end.machine);
    let samples = end.memory.after_warm_up(length);
    match (samples.first(), samples.last(), growth(samples)) {
        (Some((_, first)), Some((_, last)), Some((growth, error))) => {
            let judged = if length >= JUDGED { "" } else { " (too short a run to judge)" };
            println!("memory             {:.2} MiB after warm-up, {:.2} MiB at the end", first / 1024.0, last / 1024.0);
            println!("  growth           {:.2} ± {:.2} MiB an hour{judged}", growth / 1024.0, error / 1024.0);
        }
        _ => println!("memory             is not measured on this system"),
    }
    println!("open sockets       {}", end.sockets);
    println!("tasks alive        {}", end.tasks);
    for example in examples.iter().chain(&tally.examples).chain(&end.liars) {
        println!("  {example}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_the_line() {
        let samples: Vec<(f64, f64)> = (0..100).map(|at| (f64::from(at), 500.0 + 2.0 * f64::from(at))).collect();
        let (slope, error) = growth(&samples).unwrap();
        assert!((slope - 7200.0).abs() < 0.001 && error < 0.001, "{slope} {error}");
        assert_eq!(growth(&samples[..2]), None);
    }

    #[test]
    fn memory_is_the_least_of_each_window() {
        let mut memory = Memory::default();
        for at in 0..=40_u8 {
            memory.add(f64::from(at), f64::from(at % 7));
        }
        assert_eq!(memory.least, [(5.0, 0.0), (15.0, 0.0), (25.0, 0.0), (35.0, 0.0)]);
        assert_eq!(memory.after_warm_up(Duration::from_secs(40)), [(15.0, 0.0), (25.0, 0.0), (35.0, 0.0)]);
    }
}
