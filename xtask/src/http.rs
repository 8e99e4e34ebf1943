//! The load generator's side of HTTP/1.1: one connection, requests one after another.
//!
//! Only what a benchmark of our own servers needs: answers with a Content-Length, on loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// Time for one read or write.
const IO_TIMEOUT: Duration = Duration::from_secs(30);

/// The one header that is read.
const LENGTH_NAME: &[u8] = b"content-length:";

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    /// Connects; refuses any address but loopback.
    pub(crate) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        ensure!(address.ip().is_loopback(), "{address} is not on this machine");
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(IO_TIMEOUT))?;
        stream.set_write_timeout(Some(IO_TIMEOUT))?;
        Ok(Self { stream: BufReader::new(stream), line: Vec::new(), body: Vec::new() })
    }

    /// Sends a whole request and reads the whole answer; returns its status.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.get_mut().write_all(request)?;
        let first = self.read_line()?;
        let status = first.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse().ok()).context("no status line")?;
        let mut length = 0_usize;
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, digits)) = line.split_at_checked(LENGTH_NAME.len())
                && name.eq_ignore_ascii_case(LENGTH_NAME)
            {
                let digits = std::str::from_utf8(digits)?;
                length = digits.trim().parse().context("a broken Content-Length")?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(status)
    }

    /// The last answer's body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    fn read_line(&mut self) -> anyhow::Result<&[u8]> {
        self.line.clear();
        let count = self.stream.read_until(b'\n', &mut self.line)?;
        ensure!(count > 0, "the server closed the connection");
        Ok(self.line.trim_ascii_end())
    }
}
