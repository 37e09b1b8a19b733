//! Checks of the thread and the process of an exchange.

use std::{
    cell::Cell,
    net::{Ipv4Addr, UdpSocket},
    panic::catch_unwind,
    process,
    time::Duration,
};

use tokio::runtime::{Handle, Id};

/// The process in which a client was built. Its connections, threads and runtime do not work in a forked child process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn current() -> Self {
        Self(process::id())
    }

    /// Checks that the client was not built before a fork.
    pub(crate) fn check(self) -> Result<(), &'static str> {
        if self == Self::current() {
            return Ok(());
        }
        Err("this client was built before the process forked, and a child cannot use the connections of its parent; \
             build a client in the child")
    }

    #[cfg(test)]
    pub(crate) fn another() -> Self {
        Self(process::id().wrapping_add(1))
    }
}

/// The drivers of a tokio runtime.
#[derive(Clone, Copy, Debug)]
struct Drivers {
    has_time: bool,
    has_io: bool,
}

/// Checks that the thread has a tokio runtime with IO and time drivers. Without them hyper and tokio would panic.
pub(crate) fn check() -> Result<(), &'static str> {
    match drivers() {
        None => Err("this transport needs a tokio runtime; call it from one, or use a client of the module `blocking`"),
        Some(Drivers { has_io: false, .. }) => {
            Err("the tokio runtime has no IO driver; build it with enable_io() or enable_all()")
        }
        Some(Drivers { has_time: false, .. }) => {
            Err("the tokio runtime has no time driver; build it with enable_time() or enable_all()")
        }
        Some(_) => Ok(()),
    }
}

/// Returns whether the thread has a tokio runtime with timers.
pub(crate) fn has_time() -> bool {
    drivers().is_some_and(|drivers| drivers.has_time)
}

/// Returns the drivers of the runtime of this thread; `None` without a runtime.
fn drivers() -> Option<Drivers> {
    thread_local! {
        /// The last runtime of this thread.
        static LAST: Cell<Option<(Id, Drivers)>> = const { Cell::new(None) };
    }

    let id = Handle::try_current().ok()?.id();
    if let Some((_, drivers)) = LAST.get().filter(|(last, _)| *last == id) {
        return Some(drivers);
    }
    // tokio reports a missing driver only by a panic, whose message is printed.
    let has_time = catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok();
    let has_io = match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
        Ok(socket) if socket.set_nonblocking(true).is_ok() => {
            catch_unwind(|| drop(tokio::net::UdpSocket::from_std(socket))).is_ok()
        }
        // Without a socket the driver cannot be tested, and no connection is possible either.
        _ => return Some(Drivers { has_time, has_io: true }),
    };
    let drivers = Drivers { has_time, has_io };
    LAST.set(Some((id, drivers)));
    Some(drivers)
}
