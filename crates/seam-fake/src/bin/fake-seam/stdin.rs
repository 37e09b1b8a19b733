//! `--exit-with-stdin`: exits when the standard input is closed.
//!
//! The parent process keeps the other end of a pipe. The operating system closes the pipe when that process exits for any
//! reason, so the fake never outlives it.

use std::{io, thread};

use tokio::sync::oneshot;

/// Returns when the standard input ends.
pub(crate) async fn ended() {
    let (send, ended) = oneshot::channel::<()>();
    // Not tokio's: its reads of the standard input block the shutdown of the runtime.
    thread::spawn(move || {
        // A read error counts as the end of the standard input.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(send);
    });
    let _ = ended.await;
}
