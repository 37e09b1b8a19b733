//! What an exchange needs of the thread and the process that it runs on.

use std::{
    cell::Cell,
    net::{Ipv4Addr, UdpSocket},
    panic::catch_unwind,
    process,
    time::Duration,
};

use tokio::runtime::{Handle, Id};

/// The process that a client was built in. Its connections, threads and runtime are of no use in a forked child.
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

/// What the tokio runtime of this thread can do.
#[derive(Clone, Copy, Debug)]
struct Drivers {
    has_time: bool,
    has_io: bool,
}

/// Checks that the thread has a tokio runtime which can carry out an exchange. Otherwise hyper and tokio would panic.
pub(crate) fn check() -> Result<(), &'static str> {
    match drivers() {
        None => Err("this transport needs a tokio runtime; clients of the module `blocking` bring their own"),
        Some(Drivers { has_io: false, .. }) => {
            Err("the tokio runtime has no IO driver: build it with enable_io() or enable_all()")
        }
        Some(Drivers { has_time: false, .. }) => {
            Err("the tokio runtime has no time driver: build it with enable_time() or enable_all()")
        }
        Some(_) => Ok(()),
    }
}

/// Whether the thread has a tokio runtime with timers.
pub(crate) fn has_time() -> bool {
    drivers().is_some_and(|drivers| drivers.has_time)
}

/// The drivers of the runtime of this thread; `None` where there is no runtime.
fn drivers() -> Option<Drivers> {
    thread_local! {
        /// The last runtime of this thread.
        static LAST: Cell<Option<(Id, Drivers)>> = const { Cell::new(None) };
    }

    let id = Handle::try_current().ok()?.id();
    if let Some((_, drivers)) = LAST.get().filter(|(last, _)| *last == id) {
        return Some(drivers);
    }
    // tokio says so by a panic alone. Its message, which names what to enable, is printed.
    let has_time = catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok();
    let has_io = match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
        Ok(socket) if socket.set_nonblocking(true).is_ok() => {
            catch_unwind(|| drop(tokio::net::UdpSocket::from_std(socket))).is_ok()
        }
        // Without a socket there is nothing to learn, and no connection either.
        _ => return Some(Drivers { has_time, has_io: true }),
    };
    let drivers = Drivers { has_time, has_io };
    LAST.set(Some((id, drivers)));
    Some(drivers)
}
