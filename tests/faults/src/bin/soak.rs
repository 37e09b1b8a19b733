//! Sends calls of every kind under random faults for a given time: `cargo xtask soak --minutes N [--seed S]`.
//!
//! The server runs in a second process of this program, so that the measured memory and sockets are those of the client.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints to its terminal")]

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
use seam_faults::{Faults, Load, LoadResults, RandomServer, Stack, Tally};
use tokio::{runtime::Runtime, task::JoinSet};

type Failure = Box<dyn Error + Send + Sync>;

/// The number of concurrent calls.
const CONCURRENT_CALLS: usize = 64;
/// The time after its deadline at which a call counts as late. Timers are not exact, and the machine runs other programs.
const TOLERANCE: Duration = Duration::from_millis(50);
/// The time after its deadline at which a call fails the run.
const MAX_DELAY: Duration = Duration::from_secs(5);
/// The time for which the server remembers requests. No call takes longer.
const RETENTION: Duration = Duration::from_secs(30);
/// The lifetime of the client for one half of the calls, after which a new client replaces it. The other half uses one client for
/// the whole run.
const CLIENT_LIFETIME: Duration = Duration::from_secs(7);
/// The limit of the growth of memory, in KiB an hour.
const MAX_GROWTH: f64 = 2048.0;
/// The minimum length of a run for the limit of growth. In a shorter run, the measured growth is noise.
const MIN_GROWTH_RUN: Duration = Duration::from_secs(5 * 60);
/// The time limit for the running calls to end after the last call has started.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

const USAGE: &str = "usage: soak --minutes N [--seed S]";

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

/// Runs the server. It prints its URL. For each line of request ids on standard input, it prints its counts, and then the ids that
/// have arrived.
fn serve(seed: u64) -> Result<(), Failure> {
    let runtime = runtime()?;
    let server = runtime.block_on(RandomServer::start_with_retention(Faults::Seeded(seed), RETENTION))?;
    println!("{}", server.url());
    for line in std::io::stdin().lines() {
        let arrived: Vec<String> =
            line?.split_whitespace().filter(|id| server.has_arrived(id)).map(str::to_owned).collect();
        println!("{}\n{}", server.tally().to_json(), arrived.join(" "));
    }
    Ok(())
}

/// The process of the server. It is killed when this value is dropped.
struct ServerProcess {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    url: String,
}

impl ServerProcess {
    fn start(seed: u64) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child =
            command.args(["serve", &seed.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (stdin, stdout) = (child.stdin.take().ok_or("no stdin")?, child.stdout.take().ok_or("no stdout")?);
        let mut server = Self { child, stdin, stdout: BufReader::new(stdout), url: String::new() };
        server.url = server.read_line()?;
        Ok(server)
    }

    fn read_line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// Returns the counts of the server, and those of the requests that have arrived.
    fn query(&mut self, ids: &[String]) -> Result<(Tally, Vec<String>), Failure> {
        writeln!(self.stdin, "{}", ids.join(" "))?;
        self.stdin.flush()?;
        let tally = Tally::from_json(&self.read_line()?).ok_or("cannot parse the counts of the server")?;
        Ok((tally, self.read_line()?.split_whitespace().map(str::to_owned).collect()))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The memory of this process over time: the minimum of each window of ten seconds, because the momentary use varies with the calls.
#[derive(Default)]
struct Memory {
    /// The middle of each window in seconds, and its minimum in KiB.
    minima: Vec<(f64, f64)>,
    /// The start of the current window, and its minimum.
    window: Option<(f64, f64)>,
}

impl Memory {
    const WINDOW: f64 = 10.0;

    /// Adds the current memory use, on systems that report it.
    fn sample(&mut self, at: Duration) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        if let Some(size) = line.and_then(|line| line.split_whitespace().next()?.parse().ok()) {
            self.add(at.as_secs_f64(), size);
        }
    }

    fn add(&mut self, at: f64, size: f64) {
        let (start, minimum) = self.window.unwrap_or((at, size));
        if at >= start + Self::WINDOW {
            self.minima.push((start + Self::WINDOW / 2.0, minimum));
            self.window = Some((at, size));
        } else {
            self.window = Some((start, minimum.min(size)));
        }
    }

    /// Returns the minima after the first fifth of the run.
    fn after_warm_up(&self, length: Duration) -> &[(f64, f64)] {
        let from = self.minima.partition_point(|(at, _)| *at < length.as_secs_f64() / 5.0);
        self.minima.get(from..).unwrap_or_default()
    }
}

/// Returns the growth of a value in an hour and its standard error, by linear regression.
fn growth(samples: &[(f64, f64)]) -> Option<(f64, f64)> {
    let count = f64::from(u32::try_from(samples.len()).ok().filter(|count| *count > 2)?);
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let x_variation = samples.iter().map(|sample| (sample.0 - x).powi(2)).sum::<f64>();
    let slope = samples.iter().map(|sample| (sample.0 - x) * (sample.1 - y)).sum::<f64>() / x_variation;
    let residuals = samples.iter().map(|sample| (sample.1 - y - slope * (sample.0 - x)).powi(2)).sum::<f64>();
    Some((slope * 3600.0, (residuals / (count - 2.0) / x_variation).sqrt() * 3600.0))
}

/// Returns the number of open sockets of this process, or 0 on systems that do not report it.
fn open_sockets() -> usize {
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::read_link(entry.path()).ok()).filter(|target| is_socket(target)).count()
}

fn is_socket(target: &Path) -> bool {
    target.to_string_lossy().starts_with("socket:")
}

fn soak(minutes: &str, seed: Option<&str>) -> Result<bool, Failure> {
    let seconds = minutes.parse::<f64>()? * 60.0;
    let length = Duration::try_from_secs_f64(seconds)?;
    let seed = match seed {
        Some(seed) => seed.parse()?,
        None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs(),
    };
    println!("running for {minutes} minutes with seed {seed}");
    let mut server = ServerProcess::start(seed)?;
    let runtime = runtime()?;
    let (summary, tally) = runtime.block_on(run(length, seed, &mut server))?;
    drop(server);
    report(length, seed, &summary, &tally);
    let failures = summary.failures(length, &tally);
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    if !failures.is_empty() {
        println!("to repeat the run: cargo xtask soak --minutes {minutes} --seed {seed}");
    }
    Ok(failures.is_empty())
}

/// The results of a run.
struct Summary {
    results: LoadResults,
    elapsed: Duration,
    /// The number of actions that the client reported as not sent.
    not_sent: usize,
    /// The actions among them that arrived.
    wrongly_not_sent: Vec<String>,
    clients: usize,
    memory: Memory,
    /// The number of sockets that are still open.
    sockets: usize,
    /// The number of tasks that are still alive.
    tasks: usize,
    /// Descriptions of calls that panicked or did not end.
    stuck: Vec<String>,
    /// The maximum delay of an independent timer, to compare with the delay of calls.
    timer_delay: Duration,
}

/// Sends calls for the given time.
async fn run(length: Duration, seed: u64, server: &mut ServerProcess) -> Result<(Summary, Tally), Failure> {
    let sockets_before = open_sockets();
    let load = Load::new(seed, TOLERANCE);
    let seam = Arc::new(Mutex::new(Load::client(Stack::of_environment(), &server.url)?));
    let (next, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut callers = JoinSet::new();
    let lasting = Load::client(Stack::of_environment(), &server.url)?;
    for caller in 0..CONCURRENT_CALLS {
        let lasting = (caller % 2 == 0).then(|| lasting.clone());
        let (load, seam, next, is_over) = (load.clone(), Arc::clone(&seam), Arc::clone(&next), Arc::clone(&is_over));
        callers.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let client = lasting.clone().unwrap_or_else(|| current(&seam));
                load.call(&client, next.fetch_add(1, Ordering::Relaxed)).await;
            }
        });
    }
    let timer_delay = Arc::new(AtomicU64::new(0));
    let probe = tokio::spawn(measure_timer_delay(Arc::clone(&timer_delay)));

    let started = Instant::now();
    let (mut memory, mut clients, mut renewed, mut reported) = (Memory::default(), 2, started, started);
    let (mut not_sent, mut wrongly_not_sent) = (0, Vec::new());
    while started.elapsed() < length {
        tokio::time::sleep(Duration::from_millis(100).min(length.saturating_sub(started.elapsed()))).await;
        memory.sample(started.elapsed());
        if renewed.elapsed() >= CLIENT_LIFETIME {
            (renewed, clients) = (Instant::now(), clients + 1);
            let client = Load::client(Stack::of_environment(), &server.url)?;
            *seam.lock().unwrap_or_else(PoisonError::into_inner) = client;
        }
        if reported.elapsed() >= Duration::from_secs(10) {
            reported = Instant::now();
            let ids = load.take_not_sent();
            let (tally, arrived) = server.query(&ids)?;
            not_sent += ids.len();
            wrongly_not_sent.extend(arrived);
            print_progress(started.elapsed(), &load.results(), &tally, memory.minima.last().map(|(_, size)| *size));
        }
    }

    is_over.store(true, Ordering::Relaxed);
    let mut stuck = Vec::new();
    let ended = tokio::time::timeout(DRAIN_TIMEOUT, async {
        while let Some(done) = callers.join_next().await {
            stuck.extend(done.err().map(|error| format!("a call panicked: {error}")));
        }
    });
    if ended.await.is_err() {
        stuck.push(format!("{} calls did not end within {DRAIN_TIMEOUT:?}", callers.len()));
        callers.abort_all();
    }
    let elapsed = started.elapsed();
    probe.abort();
    drop((seam, lasting));
    let ids = load.take_not_sent();
    let (tally, arrived) = server.query(&ids)?;
    not_sent += ids.len();
    wrongly_not_sent.extend(arrived);
    // The runtime needs time to end the dropped tasks and close their sockets.
    let metrics = tokio::runtime::Handle::current().metrics();
    let (mut tasks, mut open) = (0, 0);
    for _ in 0..50 {
        (tasks, open) = (metrics.num_alive_tasks(), open_sockets().saturating_sub(sockets_before));
        if tasks == 0 && open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let timer_delay = Duration::from_micros(timer_delay.load(Ordering::Relaxed));
    let results = load.results();
    Ok((
        Summary {
            results,
            elapsed,
            not_sent,
            wrongly_not_sent,
            clients,
            memory,
            sockets: open,
            tasks,
            stuck,
            timer_delay,
        },
        tally,
    ))
}

fn current(seam: &Mutex<Seam>) -> Seam {
    seam.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Measures the maximum delay of a timer under the load of the calls.
async fn measure_timer_delay(max: Arc<AtomicU64>) {
    let pause = Duration::from_millis(20);
    loop {
        let started = Instant::now();
        tokio::time::sleep(pause).await;
        let late = started.elapsed().saturating_sub(pause).as_micros();
        max.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

fn print_progress(at: Duration, results: &LoadResults, tally: &Tally, memory: Option<f64>) {
    println!(
        "{:5.0} s: {} calls, {} requests, {} duplicate actions, {} mismatched responses, {} leaked secrets, {} late calls, {}",
        at.as_secs_f64(),
        results.calls,
        tally.requests,
        tally.duplicate_actions,
        results.mismatched,
        results.leaked_secrets,
        results.late,
        memory.map_or("memory not measured".to_owned(), |size| format!("{:.1} MiB", size / 1024.0))
    );
}

impl Summary {
    /// Returns descriptions of the violated limits.
    fn failures(&self, length: Duration, tally: &Tally) -> Vec<String> {
        let LoadResults { mismatched, leaked_secrets, max_delay, .. } = self.results;
        let must_be_zero = [
            ("actions arrived more than once", tally.duplicate_actions),
            ("requests arrived more often than retries allow", tally.excess_requests),
            ("calls got the response of another call", mismatched),
            ("errors contain a secret", leaked_secrets),
            ("actions arrived, but were reported as not sent", u64::try_from(self.wrongly_not_sent.len()).unwrap_or(1)),
            ("sockets are still open", u64::try_from(self.sockets).unwrap_or(1)),
            ("tasks are still alive", u64::try_from(self.tasks).unwrap_or(1)),
        ];
        let mut failures = self.stuck.clone();
        let non_zero = must_be_zero.iter().filter(|(_, count)| *count > 0);
        failures.extend(non_zero.map(|(description, count)| format!("{count} {description}")));
        if max_delay > MAX_DELAY {
            failures.push(format!("a call ended {max_delay:?} after its deadline"));
        }
        if self.results.calls == 0 || tally.requests == 0 {
            failures.push("no request was sent".to_owned());
        }
        let growth = growth(self.memory.after_warm_up(length)).map_or(0.0, |(growth, _)| growth);
        if length >= MIN_GROWTH_RUN && growth > MAX_GROWTH {
            failures.push(format!("memory grew by {:.2} MiB an hour", growth / 1024.0));
        }
        failures
    }
}

fn report(length: Duration, seed: u64, summary: &Summary, tally: &Tally) {
    let LoadResults { calls, results, mismatched, leaked_secrets, late, max_delay, examples, .. } = &summary.results;
    println!("\n{:.0} s with seed {seed}, {} clients", summary.elapsed.as_secs_f64(), summary.clients);
    println!("calls                 {calls}");
    for (name, count) in results {
        println!("  {name:24}{count:>10}");
    }
    println!("requests              {}", tally.requests);
    for (name, count) in &tally.faults {
        println!("  {name:24}{count:>10}");
    }
    println!("duplicate actions     {}", tally.duplicate_actions);
    println!("excess requests       {}", tally.excess_requests);
    println!("reported as not sent  {}, of which {} arrived", summary.not_sent, summary.wrongly_not_sent.len());
    println!("mismatched responses  {mismatched}");
    println!("leaked secrets        {leaked_secrets}");
    println!("late calls            {late} by more than {TOLERANCE:?}, at most {max_delay:?}");
    println!("  delay of a timer    {:?} at most", summary.timer_delay);
    let samples = summary.memory.after_warm_up(length);
    match (samples.first(), samples.last(), growth(samples)) {
        (Some((_, first)), Some((_, last)), Some((growth, error))) => {
            let note = if length >= MIN_GROWTH_RUN { "" } else { " (not significant in a short run)" };
            println!(
                "memory                {:.2} MiB after warm-up, {:.2} MiB at the end",
                first / 1024.0,
                last / 1024.0
            );
            println!("  growth              {:.2} ± {:.2} MiB an hour{note}", growth / 1024.0, error / 1024.0);
        }
        _ => println!("memory                not measured on this system"),
    }
    println!("open sockets          {}", summary.sockets);
    println!("tasks alive           {}", summary.tasks);
    for example in examples.iter().chain(&tally.examples).chain(&summary.wrongly_not_sent) {
        println!("  {example}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_the_slope_of_the_regression_line() {
        let samples: Vec<(f64, f64)> = (0..100).map(|at| (f64::from(at), 500.0 + 2.0 * f64::from(at))).collect();
        let (slope, error) = growth(&samples).unwrap();
        assert!((slope - 7200.0).abs() < 0.001 && error < 0.001, "{slope} {error}");
        assert_eq!(growth(&samples[..2]), None);
    }

    #[test]
    fn memory_is_the_minimum_of_each_window() {
        let mut memory = Memory::default();
        for at in 0..=40_u8 {
            memory.add(f64::from(at), f64::from(at % 7));
        }
        assert_eq!(memory.minima, [(5.0, 0.0), (15.0, 0.0), (25.0, 0.0), (35.0, 0.0)]);
        assert_eq!(memory.after_warm_up(Duration::from_secs(40)), [(15.0, 0.0), (25.0, 0.0), (35.0, 0.0)]);
    }
}
