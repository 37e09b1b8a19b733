//! The byte stream of a connection, plain or over TLS.

#[cfg(feature = "transport-kit-tls")]
use std::sync::Arc;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
};

#[cfg(feature = "transport-kit-tls")]
use rustls::{ServerConnection, StreamOwned};

/// A plain connection or a TLS session.
pub(crate) trait Stream: Read + Write + Send {
    /// Closes the write direction.
    fn half_close(&mut self) -> io::Result<()>;

    /// Returns the protocol negotiated by ALPN.
    fn protocol(&self) -> Option<&[u8]> {
        None
    }
}

impl Stream for TcpStream {
    fn half_close(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Completes the handshake of a connection.
#[cfg(feature = "transport-kit-tls")]
pub(crate) fn accept(config: &Arc<rustls::ServerConfig>, mut stream: TcpStream) -> io::Result<Box<dyn Stream>> {
    let mut session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(&mut stream)?;
    }
    Ok(Box::new(StreamOwned::new(session, stream)))
}

#[cfg(feature = "transport-kit-tls")]
impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn half_close(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        while self.conn.wants_write() {
            self.conn.write_tls(&mut self.sock)?;
        }
        self.sock.shutdown(Shutdown::Write)
    }

    fn protocol(&self) -> Option<&[u8]> {
        self.conn.alpn_protocol()
    }
}
