//! The streamed body of `GET /_fake/database`, so that a large state is not copied.

use std::{
    convert::Infallible,
    fmt::Write,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::Frame;
use seam_core::{
    Bytes,
    http::{self, HeaderValue, header::CONTENT_TYPE},
};
use serde_json::Value;

use crate::{FakeSeam, json::Object, render, tables::TABLES};

/// The maximum number of rows per chunk.
const CHUNK: usize = 256;

/// The position in the tables. Rows that change during the transfer are sent with their values at that time.
pub(super) struct DatabaseStream {
    fake: FakeSeam,
    /// The index of the table in [`TABLES`].
    table: usize,
    /// The number of the last row of the table that was sent.
    after: u64,
    has_rows: bool,
}

impl DatabaseStream {
    pub(super) fn respond(fake: FakeSeam) -> http::Response<Self> {
        let mut response = http::Response::new(Self { fake, table: 0, after: 0, has_rows: false });
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    /// Returns the next part of the document; `None` at the end.
    fn next(&mut self) -> Option<String> {
        if self.table > TABLES.len() {
            return None;
        }
        let Some(table) = TABLES.get(self.table) else {
            self.table += 1;
            return Some("}".to_owned());
        };
        let mut part = String::new();
        if self.after == 0 {
            let first = if self.table == 0 { '{' } else { ',' };
            // Writing to a string cannot fail.
            let _ = write!(part, "{first}{}:[", Value::from(table.name));
        }
        let state = self.fake.lock();
        let rows = state.table(table).after(self.after).take(CHUNK);
        let rows: Vec<(u64, &Object)> = rows.collect();
        for (number, row) in &rows {
            if self.has_rows {
                part.push(',');
            }
            part.push_str(&render::row(row).to_string());
            (self.after, self.has_rows) = (*number, true);
        }
        if rows.len() < CHUNK {
            part.push(']');
            (self.table, self.after, self.has_rows) = (self.table + 1, 0, false);
        }
        Some(part)
    }
}

impl hyper::body::Body for DatabaseStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|part| Ok(Frame::data(Bytes::from(part)))))
    }
}
