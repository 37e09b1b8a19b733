//! The timer of [`SystemClock`](crate::SystemClock): one thread that wakes all pauses of the program.
//!
//! futures-timer does the same, but panics in the middle of an exchange when its thread cannot be started, and never
//! wakes anything in a forked child. Here [`start`] returns an error before anything is sent, and starts another thread
//! in a child.

use std::{
    collections::BTreeMap,
    io,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    process,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use crate::client::instant::FOREVER;

/// The timer of this process. A forked child process inherits the value, but not the thread.
static TIMER: Mutex<Option<Arc<Timer>>> = Mutex::new(None);

/// The queue of pauses that have not ended, shared with the thread that wakes them.
#[derive(Debug)]
pub(crate) struct Timer {
    process: u32,
    queue: Mutex<Queue>,
    /// Signals a pause that ends before the thread would wake up.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    /// The wakers by the ends of their pauses; the number distinguishes pauses that end at the same instant.
    wakers: BTreeMap<(Instant, u64), Waker>,
    next_number: u64,
    /// The instant at which the thread wakes up; `None` while it is awake, and after it was signalled.
    ///
    /// Most pauses are timeouts of exchanges that end in time, and each ends later than the one before. The thread sleeps on while
    /// they begin and are dropped.
    wakes_at: Option<Instant>,
}

/// Returns the timer of this process, and starts its thread unless it is running.
pub(crate) fn start() -> io::Result<Arc<Timer>> {
    let mut timer = lock(&TIMER);
    if let Some(running) = timer.as_ref().filter(|timer| timer.process == process::id()) {
        return Ok(Arc::clone(running));
    }
    let started = Arc::new(Timer { process: process::id(), queue: Mutex::default(), changed: Condvar::new() });
    let running = Arc::clone(&started);
    thread::Builder::new().name("seam-timer".to_owned()).spawn(move || running.run())?;
    *timer = Some(Arc::clone(&started));
    Ok(started)
}

impl Timer {
    fn run(&self) {
        let mut queue = lock(&self.queue);
        loop {
            let now = Instant::now();
            let mut due = Vec::new();
            while let Some(first) = queue.wakers.first_entry().filter(|first| first.key().0 <= now) {
                due.push(first.remove());
            }
            if !due.is_empty() {
                // A waker runs foreign code: it may start a pause, or panic, which must not end all other pauses.
                drop(queue);
                for waker in due {
                    let _ = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
                }
                queue = lock(&self.queue);
                continue;
            }
            let first = queue.wakers.first_key_value().map(|((end, _), _)| *end);
            let wait = first.map_or(FOREVER, |end| end.saturating_duration_since(now));
            queue.wakes_at = now.checked_add(wait);
            queue = self.changed.wait_timeout(queue, wait).unwrap_or_else(PoisonError::into_inner).0;
            queue.wakes_at = None;
        }
    }
}

/// A pause that ends at an instant.
#[derive(Debug)]
pub(crate) struct Pause {
    end: Instant,
    /// The entry in the queue of a timer, from the first poll on.
    entry: Option<(Arc<Timer>, u64)>,
}

impl Pause {
    /// Creates a pause that ends `duration` from now, and at the latest in a year.
    pub(crate) fn new(duration: Duration) -> Self {
        let now = Instant::now();
        Self { end: now.checked_add(duration.min(FOREVER)).unwrap_or(now), entry: None }
    }
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.end {
            return Poll::Ready(());
        }
        // Without a thread the pause would never end. No exchange is in flight then: each starts the timer first.
        let Ok(timer) = start() else { return Poll::Ready(()) };
        let mut queue = lock(&timer.queue);
        let number = match &self.entry {
            Some((entered, number)) if Arc::ptr_eq(entered, &timer) => *number,
            _ => queue.next_number,
        };
        queue.next_number = queue.next_number.max(number.saturating_add(1));
        queue.wakers.insert((self.end, number), context.waker().clone());
        let is_before = queue.wakes_at.is_some_and(|wakes_at| self.end < wakes_at);
        if is_before {
            queue.wakes_at = None;
        }
        drop(queue);
        if is_before {
            timer.changed.notify_one();
        }
        self.entry = Some((timer, number));
        Poll::Pending
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some((timer, number)) = self.entry.take() {
            // In a forked child process the lock of the parent's timer may never be released.
            if timer.process == process::id() {
                let waker = lock(&timer.queue).wakers.remove(&(self.end, number));
                // Dropped after the lock is released: the drop of a waker runs foreign code.
                drop(waker);
            }
        }
    }
}

/// Locks a mutex and ignores poisoning: no code panics while a value is inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
