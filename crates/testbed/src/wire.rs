//! HTTP/1.1 on a connection: requests in, answers and failures out.
//!
//! The last byte of a request is only looked at until its answer is known. A socket that is closed with a byte
//! unread is reset by the kernel, which the standard library offers no other way to do.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{Shutdown, TcpStream};

use crate::request::Request;

/// Larger requests are not for tests.
const MOST: usize = 64 << 20;

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    /// Whether a byte of the request was looked at, but not read.
    holds_byte: bool,
    /// Whether the connection ends when this is dropped, by a reset if a byte is unread.
    is_reset: bool,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, holds_byte: false, is_reset: false })
    }

    /// The next request, if the caller sends one.
    pub(crate) fn request(&mut self) -> Result<Option<Request>> {
        let Some(head) = self.head()? else { return Ok(None) };
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or("").split(' ');
        let method = words.next().unwrap_or("").to_owned();
        let target = words.next().unwrap_or("");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        let mut request = Request {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            body: Vec::new(),
        };
        let is_chunked = request.header("transfer-encoding").is_some_and(|kind| kind.contains("chunked"));
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if is_chunked || length > 0 {
            self.accept()?;
            if request.header("expect").is_some() {
                self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            request.body = if is_chunked { self.chunks()? } else { self.body(length)? };
        }
        Ok(Some(request))
    }

    /// Takes the request as read. Before this, closing the connection resets it.
    pub(crate) fn accept(&mut self) -> Result<()> {
        if std::mem::take(&mut self.holds_byte) {
            self.stream.read_exact(&mut [0])?;
        }
        Ok(())
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)
    }

    /// Ends the connection in order, unless it is to be reset.
    pub(crate) fn close(&mut self) {
        if !self.is_reset {
            // The caller may have gone already, which is as good.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets the connection be reset when this is dropped and no other handle of the socket is open. A request
    /// in chunks is read to its end; there the connection is closed in order.
    pub(crate) fn reset(&mut self) {
        self.is_reset = true;
    }

    /// Everything before the empty line that ends the headers. Of the empty line the last byte stays unread.
    fn head(&mut self) -> Result<Option<Vec<u8>>> {
        const END: &[u8] = b"\r\n\r\n";
        let mut head = Vec::new();
        let mut ahead = [0; 16_384];
        loop {
            let count = match self.stream.peek(&mut ahead) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if count == 0 {
                return if head.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
            }
            let known = head.len();
            head.extend_from_slice(ahead.get(..count).unwrap_or_default());
            let from = known.saturating_sub(END.len());
            let end = head.get(from..).and_then(|tail| tail.windows(END.len()).position(|part| part == END));
            if let Some(end) = end {
                let end = from + end;
                self.skip(end + END.len() - 1 - known)?;
                self.holds_byte = true;
                head.truncate(end);
                return Ok(Some(head));
            }
            self.skip(count)?;
            if head.len() > MOST {
                return Err(Error::other("the head of the request is too long"));
            }
        }
    }

    /// Reads what was looked at before.
    fn skip(&mut self, count: usize) -> Result<()> {
        self.stream.read_exact(&mut vec![0; count])
    }

    /// A body of known length, the last byte of which stays unread.
    fn body(&mut self, length: usize) -> Result<Vec<u8>> {
        if length > MOST {
            return Err(Error::other("the body of the request is too long"));
        }
        let mut body = vec![0; length];
        let (last, most) = body.split_last_mut().ok_or(ErrorKind::InvalidInput)?;
        self.stream.read_exact(most)?;
        let mut ahead = [0];
        if self.stream.peek(&mut ahead)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        [*last] = ahead;
        self.holds_byte = true;
        Ok(body)
    }

    /// A body in chunks. Extensions and trailers are read and left out.
    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or("").trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| Error::other("a chunk without a size"))?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            if body.len() + size > MOST {
                return Err(Error::other("the body of the request is too long"));
            }
            let known = body.len();
            body.resize(known + size, 0);
            self.stream.read_exact(body.get_mut(known..).unwrap_or_default())?;
            self.line()?;
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while line.len() < 8_192 {
            self.stream.read_exact(&mut byte)?;
            match byte {
                [b'\n'] => break,
                [b'\r'] => {}
                [other] => line.push(other),
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}
