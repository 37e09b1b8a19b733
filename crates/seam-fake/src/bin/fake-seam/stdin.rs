//! `--exit-with-stdin`: the end of the standard input ends the program.
//!
//! A program that starts `fake-seam` keeps the other end of a pipe. The operating system closes the pipe however that
//! program ends, so the fake never outlives it.

use std::{io, thread};

use tokio::sync::oneshot;

/// Returns when the standard input ends.
pub(crate) async fn ended() {
    let (send, ended) = oneshot::channel::<()>();
    // Not tokio's: its reads of the standard input block the shutdown of the runtime.
    thread::spawn(move || {
        // A standard input that cannot be read has ended as well.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(send);
    });
    let _ = ended.await;
}
