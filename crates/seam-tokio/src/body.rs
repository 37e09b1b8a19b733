//! A buffer for a response body that is received in parts.

use std::fmt;

use seam_core::{Body, Bytes, TransportError, TransportErrorKind};

/// A buffer that collects the parts of a response body, up to a limit. A body that is received in one part is not
/// copied.
pub struct BodyBuffer {
    announced: u64,
    limit: usize,
    /// The body, while it has at most one part.
    first: Bytes,
    /// The body, if it has several parts.
    several: Vec<u8>,
}

impl BodyBuffer {
    /// Creates a buffer for a body of at least `announced` and at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::TooLarge`] when `announced` exceeds `limit`.
    pub fn new(announced: u64, limit: usize) -> Result<Self, TransportError> {
        if usize::try_from(announced).map_or(true, |announced| announced > limit) {
            return Err(TransportErrorKind::TooLarge.into());
        }
        Ok(Self { announced, limit, first: Bytes::new(), several: Vec::new() })
    }

    fn len(&self) -> usize {
        self.first.len().max(self.several.len())
    }

    /// Adds the next part.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::TooLarge`] when the body exceeds the limit.
    pub fn add(&mut self, part: Bytes) -> Result<(), TransportError> {
        if part.len() > self.limit - self.len() {
            return Err(TransportErrorKind::TooLarge.into());
        }
        if self.len() == 0 {
            self.first = part;
            return Ok(());
        }
        if self.several.is_empty() {
            self.several = std::mem::take(&mut self.first).into();
        }
        self.several.extend_from_slice(&part);
        Ok(())
    }

    /// Returns the whole body.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::Body`] when the body is shorter than announced: over HTTP/2, hyper treats a stream
    /// that is reset without an error as the end of the body.
    pub fn finish(self) -> Result<Body, TransportError> {
        if u64::try_from(self.len()).is_ok_and(|length| length < self.announced) {
            return Err(TransportErrorKind::Body.into());
        }
        Ok(if self.several.is_empty() { self.first.into() } else { self.several.into() })
    }
}

impl fmt::Debug for BodyBuffer {
    /// Prints how many bytes there are, never their content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyBuffer({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(announced: u64, limit: usize, parts: &[&'static str]) -> Result<String, TransportErrorKind> {
        let mut buffer = BodyBuffer::new(announced, limit).map_err(|error| error.kind())?;
        for part in parts {
            buffer.add(Bytes::from_static(part.as_bytes())).map_err(|error| error.kind())?;
        }
        let body = buffer.finish().map_err(|error| error.kind())?;
        Ok(String::from_utf8(body.into_bytes().into()).unwrap())
    }

    #[test]
    fn parts_are_joined() {
        for parts in [&["abcdef"][..], &["abc", "def"], &["", "ab", "", "cd", "ef", ""]] {
            assert_eq!(read(0, 6, parts).as_deref(), Ok("abcdef"), "{parts:?}");
            assert_eq!(read(6, 100, parts).as_deref(), Ok("abcdef"), "{parts:?}");
            assert_eq!(read(0, 5, parts), Err(TransportErrorKind::TooLarge), "{parts:?}");
            assert_eq!(read(7, 100, parts), Err(TransportErrorKind::Body), "{parts:?}");
        }
        assert_eq!(read(0, 0, &[]).as_deref(), Ok(""));
        assert_eq!(read(u64::MAX, usize::MAX - 1, &[]), Err(TransportErrorKind::TooLarge));
    }
}
