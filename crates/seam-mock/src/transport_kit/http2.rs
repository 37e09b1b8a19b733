//! The frames of HTTP/2 that a misbehaving server needs (RFC 9113).

use super::server::Wire;

/// The preface that a client begins a connection with.
const PREFACE_LENGTH: usize = 24;

/// The kinds of frames.
#[expect(missing_docs, reason = "the names are those of RFC 9113, section 6")]
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// The flags of frames.
#[expect(missing_docs, reason = "the names are those of RFC 9113, section 6")]
pub mod flag {
    pub const ACK: u8 = 1;
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
}

/// The reasons in `RST_STREAM` and `GOAWAY`.
#[expect(missing_docs, reason = "the names are those of RFC 9113, section 7")]
pub mod reason {
    pub const NO_ERROR: u32 = 0;
    pub const PROTOCOL_ERROR: u32 = 1;
    pub const INTERNAL_ERROR: u32 = 2;
    pub const REFUSED_STREAM: u32 = 7;
    pub const CANCEL: u32 = 8;
    pub const ENHANCE_YOUR_CALM: u32 = 11;
    pub const HTTP_1_1_REQUIRED: u32 = 13;
}

/// The head of a response with status 200 and a JSON content type, in HPACK.
pub const OK_HEAD: &[u8] = b"\x88\x0f\x10\x10application/json";

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The kind, one of [`kind`].
    pub kind: u8,
    /// The flags, of [`flag`].
    pub flags: u8,
    /// The stream, or 0 for the connection.
    pub stream: u32,
}

/// Writes a frame.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    let mut frame = vec![a, b, c, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The server side of an HTTP/2 connection. Its methods block; `None` means that the client closed the connection.
#[derive(Debug)]
pub struct Frames {
    wire: Wire,
}

impl Frames {
    /// Reads the client's preface, and writes the server's settings.
    #[must_use = "`None` means that the connection is closed"]
    pub fn accept(mut wire: Wire, settings: &[u8]) -> Option<Self> {
        wire.bytes(PREFACE_LENGTH)?;
        wire.write(frame(kind::SETTINGS, 0, 0, settings))?;
        Some(Self { wire })
    }

    /// Returns the connection.
    pub fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// Reads the next frame.
    pub fn read(&mut self) -> Option<Frame> {
        let head = self.wire.bytes(9)?;
        let (&[a, b, c, kind, flags, d, e, f, g], _) = head.split_first_chunk()?;
        self.wire.bytes(usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?)?;
        Some(Frame { kind, flags, stream: u32::from_be_bytes([d, e, f, g]) })
    }

    /// Reads a whole request and counts it. Returns its stream.
    pub fn request(&mut self) -> Option<u32> {
        loop {
            let frame = self.read()?;
            match frame.kind {
                kind::SETTINGS if frame.flags & flag::ACK == 0 => self.write(kind::SETTINGS, flag::ACK, 0, &[])?,
                kind::HEADERS | kind::DATA if frame.flags & flag::END_STREAM != 0 => {
                    self.wire.record().count_request();
                    return Some(frame.stream);
                }
                _ => {}
            }
        }
    }

    /// Writes a frame.
    pub fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Option<()> {
        self.wire.write(frame(kind, flags, stream, payload))
    }

    /// Writes a response with a JSON body.
    pub fn answer(&mut self, stream: u32, body: &str) -> Option<()> {
        self.write(kind::HEADERS, flag::END_HEADERS, stream, OK_HEAD)?;
        self.write(kind::DATA, flag::END_STREAM, stream, body.as_bytes())
    }

    /// Responds to every request.
    pub fn answer_all(&mut self, body: &str) -> Option<()> {
        loop {
            let stream = self.request()?;
            self.answer(stream, body)?;
        }
    }

    /// Resets a stream.
    pub fn reset(&mut self, stream: u32, reason: u32) -> Option<()> {
        self.write(kind::RST_STREAM, 0, stream, &reason.to_be_bytes())
    }

    /// Writes a GOAWAY: no stream after `last` was or will be processed.
    pub fn go_away(&mut self, last: u32, reason: u32) -> Option<()> {
        self.write(kind::GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
    }

    /// Reads until the client closes the connection, and always returns `None`.
    pub fn wait_for_close(&mut self) -> Option<()> {
        loop {
            self.read()?;
        }
    }
}
